package io.dstm.dhcpv6.internal.common;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport.Entry;
import io.dstm.dhcpv6.internal.server.ServerSettings;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.helpers.NOPLogger;

class ConfigStateTest {

    private Instant now = Instant.parse("2026-11-21T12:00:00Z");
    private final ConfigState<ServerSettings> state =
            new ConfigState<>("a.pid", "DSTM-0000", NOPLogger.NOP_LOGGER, ServerSettings::read, () -> now);

    @Test
    void first_configuration_that_is_wrong_leaves_none_in_force() {
        state.update(Map.of());

        assertThat(state.settings()).isEmpty();
        assertThat(state.entries()).hasSize(1);
        assertThat(state.entries().get(0).accepted()).isFalse();
        assertThat(state.entries().get(0).problems())
                .extracting(ConfigProblem::key)
                .containsExactly("interfaces");
    }

    @Test
    void last_good_one_stays_in_force() {
        state.update(Map.of("interfaces", "eth0"));
        assertThat(state.entries()).containsExactly(new Entry("a.pid", true, List.of(), now));

        now = now.plusSeconds(5);
        state.update(Map.of("interfaces", "eth1", "preference", "lots"));

        assertThat(state.settings().orElseThrow().interfaces()).containsExactly("eth0");
        assertThat(state.entries().get(0).accepted()).isFalse();
        assertThat(state.entries().get(0).changed()).isEqualTo(now);

        state.update(Map.of("interfaces", "eth1"));

        assertThat(state.settings().orElseThrow().interfaces()).containsExactly("eth1");
        assertThat(state.entries().get(0).accepted()).isTrue();
    }

    @Test
    void what_hinders_the_one_in_force_is_a_warning() {
        state.update(Map.of("interfaces", "eth9"));

        assertThat(state.entries("interfaces", "")).isEqualTo(state.entries());
        assertThat(state.entries("interfaces", "interface eth9 is missing or down"))
                .containsExactly(new Entry(
                        "a.pid",
                        true,
                        List.of(),
                        List.of(new ConfigProblem("interfaces", "interface eth9 is missing or down")),
                        now));

        state.update(Map.of());
        assertThat(state.entries("interfaces", "not of the refused one")).isEqualTo(state.entries());
    }

    @Test
    void what_our_component_adds_is_no_unknown_key() {
        state.update(Map.of("interfaces", "eth0", "jmx.objectname", "io.dstm:type=X", "component.id", 5L));

        assertThat(state.settings()).isPresent();
    }
}
