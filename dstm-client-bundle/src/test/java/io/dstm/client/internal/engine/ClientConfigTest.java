package io.dstm.client.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigException;
import io.dstm.client.internal.ClientConfigDefinition;
import io.dstm.client.internal.engine.ClientConfig.LocalPorts;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientConfigTest {

    @Test
    void an_empty_file_gives_the_documented_defaults() throws Exception {
        Map<String, Object> documented = new HashMap<>();
        for (Method method : ClientConfigDefinition.class.getDeclaredMethods()) {
            documented.put(method.getName().replace('_', '.'), method.getDefaultValue());
        }

        ClientConfig defaults = ClientConfig.read(Map.of());

        assertThat(ClientConfig.read(documented)).isEqualTo(defaults);
        assertThat(documented).hasSize(ClientConfig.class.getRecordComponents().length);
        assertThat(defaults)
                .isEqualTo(new ClientConfig(
                        "dstm0",
                        "dhcpv6",
                        1500,
                        Duration.ofMinutes(10),
                        true,
                        Duration.ofSeconds(20),
                        256,
                        1024,
                        LocalPorts.AUTO,
                        64,
                        ClientConfig.EcnMode.NORMAL,
                        false,
                        ClientConfig.RefusedSource.RENEW,
                        ClientConfig.DatapathMode.TUN,
                        64));
    }

    @ParameterizedTest
    @CsvSource({
        "device,a/b",
        "device,seventeen-letters",
        "tunnel.mtu,1279",
        "tunnel.mtu,large",
        "idle.release,soon",
        "trigger.packet,yes",
        "demand.timeout,0s",
        "queue.packets,-1",
        "route.metric,4294967296",
        "local.ports,some",
        "outer.hop.limit,0",
        "ecn,on",
        "prohibited.answers,maybe",
        "refused.source,release",
        "datapath,xdp",
        "batch,0",
        "tunel.mtu,1500"
    })
    void a_wrong_value_is_refused_and_named(String key, String value) {
        assertThatThrownBy(() -> ClientConfig.read(Map.of(key, value)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(key + ": ");
    }

    @Test
    void every_problem_is_named_at_once() {
        assertThatThrownBy(() -> ClientConfig.read(Map.of("batch", "0", "tunnel.mtu", "1")))
                .hasMessageContaining("batch")
                .hasMessageContaining("tunnel.mtu");
    }
}
