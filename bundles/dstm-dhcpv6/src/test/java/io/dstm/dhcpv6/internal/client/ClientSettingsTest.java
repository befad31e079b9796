package io.dstm.dhcpv6.internal.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigException;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientSettingsTest {

    @Test
    void defaults() throws Exception {
        ClientSettings settings = ClientSettings.read(Map.of("interface", "eth0"));

        assertThat(settings.device()).isEqualTo("eth0");
        assertThat(settings.rapidCommit()).isTrue();
        assertThat(settings.tunnelSource()).isNull();
        assertThat(settings.codes()).isEqualTo(DstmCodes.DEFAULT);
    }

    @Test
    void everything_set() throws Exception {
        ClientSettings settings = ClientSettings.read(Map.of(
                "interface", "eth0",
                "rapid.commit", "false",
                "tunnel.source", "2001:db8::7",
                "option.ia.dstm", "40001",
                "option.dstm.tep", "40002",
                "option.dstm.ports", "40003"));

        assertThat(settings.rapidCommit()).isFalse();
        assertThat(settings.tunnelSource()).isEqualTo(Ipv6Address.parse("2001:db8::7"));
        assertThat(settings.codes()).isEqualTo(new DstmCodes(40001, 40002, 40003));
    }

    @Test
    void equal_configurations_make_equal_settings() throws Exception {
        assertThat(ClientSettings.read(Map.of("interface", "eth0")))
                .isEqualTo(ClientSettings.read(Map.of("interface", "eth0")));
    }

    @Test
    void documented_defaults_are_the_defaults() throws Exception {
        Map<String, Object> documented = new HashMap<>(Map.of("interface", "eth0"));
        for (var method : ClientConfigDefinition.class.getDeclaredMethods()) {
            if (method.getDefaultValue() != null) {
                documented.put(method.getName().replace('_', '.'), method.getDefaultValue());
            }
        }

        assertThat(documented).hasSize(ClientConfigDefinition.class.getDeclaredMethods().length);
        assertThat(ClientSettings.read(documented)).isEqualTo(ClientSettings.read(Map.of("interface", "eth0")));
    }

    @ParameterizedTest
    @CsvSource({
        "interface      , ''          , is required",
        "interface      , eth0%1      , is not the name of a network interface",
        "rapid.commit   , 1           , neither true nor false",
        "tunnel.source  , fe80::1     , no address that packets from the TEP can reach",
        "tunnel.source  , 192.0.2.1   , is not an IPv6 address",
        "option.dstm.tep, 65281       , must differ",
        "interfaces     , eth0        , is not a known key"
    })
    void refuses(String key, String value, String reason) {
        Map<String, Object> properties = new HashMap<>(Map.of("interface", "eth0"));
        properties.put(key, value);

        assertThatThrownBy(() -> ClientSettings.read(properties))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(reason);
    }
}
