package io.dstm.tep.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigException;
import io.dstm.tep.internal.control.TepConfig;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TepConfigTest {

    @Test
    void the_described_defaults_are_the_real_ones() throws Exception {
        Map<String, Object> described = new HashMap<>();
        for (Method attribute : TepConfigDefinition.class.getDeclaredMethods()) {
            if (attribute.getDefaultValue() != null) {
                described.put(attribute.getName().replace('_', '.'), attribute.getDefaultValue());
            }
        }
        assertThat(described).hasSize(11);
        described.put("tunnel.address", "2001:db8::1");

        assertThat(TepConfig.read(described)).isEqualTo(TepConfig.read(Map.of("tunnel.address", "2001:db8::1")));
    }

    @ParameterizedTest
    @CsvSource({
        "tunnel.address, ::1",
        "tunnel.address, ff02::1",
        "tunnel.address, fe80::1",
        "tunnel.address, 192.0.2.1",
        "device, a name",
        "device, dstm-tep-dstm-tep",
        "ipv4.address, 224.0.0.1",
        "ipv4.address, 127.0.0.1",
        "ipv4.address, 0.0.0.0",
        "tunnel.mtu, 1279",
        "tunnel.mtu, 65536",
        "icmp.rate, -1",
        "batch, 1025",
        "forwarding, yes",
        "tunel.mtu, 1500",
    })
    void refuses_what_cannot_work_and_names_the_key(String key, String value) {
        Map<String, String> config = new HashMap<>(Map.of("tunnel.address", "2001:db8::1"));
        config.put(key, value);

        assertThatThrownBy(() -> TepConfig.read(config))
                .isInstanceOfSatisfying(ConfigException.class, refused -> assertThat(refused.problems())
                        .extracting(problem -> problem.key())
                        .containsExactly(key));
    }
}
