package io.dstm.server.internal.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.config.ConfigException;
import io.dstm.api.lease.RelayInfo;
import io.dstm.api.net.Ipv6Address;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdmissionTest {

    private static final Ipv6Address IN = Ipv6Address.parse("2001:db8:1::7");
    private static final Ipv6Address OUT = Ipv6Address.parse("2001:db8:2::7");

    private static Admission admission(String... properties) {
        Map<String, String> map = new HashMap<>(Map.of("ranges", "192.0.2.0/24"));
        for (String property : properties) {
            map.put(property.substring(0, property.indexOf('=')), property.substring(property.indexOf('=') + 1));
        }
        try {
            return PoolConfig.read("p", map).admission();
        } catch (ConfigException wrong) {
            throw new AssertionError(wrong);
        }
    }

    private static RelayInfo relay(Ipv6Address link, String interfaceId, String remoteId, String subscriberId) {
        return new RelayInfo(link, interfaceId, remoteId, subscriberId);
    }

    @Test
    void everyone_may_use_a_pool_that_names_nobody() {
        assertThat(admission().admits(null, null, List.of())).isTrue();
    }

    @Test
    void clients_are_known_by_their_place() {
        Admission admission = admission("clients=2001:db8:1::/48");
        assertThat(admission.admits(IN, null, List.of())).isTrue();
        assertThat(admission.admits(OUT, IN, List.of())).isFalse();
        assertThat(admission.admits(null, null, List.of())).isFalse();
    }

    @Test
    void links_are_those_of_relays_or_else_the_servers_own() {
        Admission admission = admission("links=2001:db8:9::/48,2001:db8:1::/48");
        assertThat(admission.admits(OUT, IN, List.of())).isTrue();
        assertThat(admission.admits(IN, OUT, List.of())).isFalse();
        assertThat(admission.admits(OUT, null, List.of(relay(null, null, null, null), relay(IN, null, null, null))))
                .isTrue();
        assertThat(admission.admits(IN, null, List.of(relay(OUT, null, null, null))))
                .isFalse();
        assertThat(admission.admits(IN, null, List.of())).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "interface.ids=ge-0/0/1, ge-0/0/1, true",
        "interface.ids=ge-0/0/1, ge-0/0/10, false",
        "interface.ids=ge-0/0/*, ge-0/0/10, true",
        "interface.ids=ge-0/0/*, xe-0/0/1, false",
        "interface.ids=x|ge-0/0/1, ge-0/0/1, true",
        "interface.ids=0x00ff, 0x00ff, true",
        "interface.ids=0x00FF, 0x00ff, true",
        "interface.ids=0x6765, ge, true",
        "interface.ids=0*, 0x00ff, false",
        "interface.ids=*, 0x00ff, true",
        "interface.ids=*, , false"
    })
    void interfaces_are_known_by_what_the_relay_calls_them(String key, String id, boolean admitted) {
        assertThat(admission(key.replace('|', ',')).admits(IN, null, List.of(relay(null, id, null, null))))
                .isEqualTo(admitted);
    }

    @ParameterizedTest
    @CsvSource({
        "remote.ids=9:cpe-1, 9:cpe-1, true",
        "remote.ids=9:cpe-1, 99:cpe-1, false",
        "remote.ids=*:cpe-1, 99:cpe-1, true",
        "remote.ids=9:*, 9:0x00, true",
        "remote.ids=9:a:b, 9:a:b, true",
        "remote.ids=9:cpe-1, , false"
    })
    void customers_are_known_by_remote_id(String key, String id, boolean admitted) {
        assertThat(admission(key).admits(IN, null, List.of(relay(null, null, id, null))))
                .isEqualTo(admitted);
    }

    @Test
    void customers_are_known_by_subscriber_id() {
        Admission admission = admission("subscriber.ids=gold-*");
        assertThat(admission.admits(IN, null, List.of(relay(null, null, null, "gold-7"))))
                .isTrue();
        assertThat(admission.admits(IN, null, List.of(relay(null, "gold-7", "9:gold-7", "tin-7"))))
                .isFalse();
    }

    @Test
    void every_list_must_be_satisfied() {
        Admission admission = admission(
                "clients=2001:db8:1::/48",
                "links=2001:db8:2::/48",
                "interface.ids=i",
                "remote.ids=9:r",
                "subscriber.ids=s");
        RelayInfo all = relay(OUT, "i", "9:r", "s");
        assertThat(admission.admits(IN, null, List.of(all))).isTrue();
        assertThat(admission.admits(OUT, null, List.of(all))).isFalse();
        assertThat(admission.admits(IN, null, List.of(relay(IN, "i", "9:r", "s"))))
                .isFalse();
        assertThat(admission.admits(IN, null, List.of(relay(OUT, "x", "9:r", "s"))))
                .isFalse();
        assertThat(admission.admits(IN, null, List.of(relay(OUT, "i", "9:x", "s"))))
                .isFalse();
        assertThat(admission.admits(IN, null, List.of(relay(OUT, "i", "9:r", "x"))))
                .isFalse();
        assertThat(admission.admits(IN, null, List.of(relay(OUT, null, "9:r", null), relay(null, "i", null, "s"))))
                .as("each from another relay")
                .isTrue();
    }
}
