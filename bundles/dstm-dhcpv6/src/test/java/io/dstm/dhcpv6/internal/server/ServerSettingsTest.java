package io.dstm.dhcpv6.internal.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigException;
import io.dstm.api.net.Ipv4Address;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerSettingsTest {

    @Test
    void defaults() throws Exception {
        assertThat(ServerSettings.read(Map.of("interfaces", "eth0, eth1,eth0")))
                .isEqualTo(new ServerSettings(
                        List.of("eth0", "eth1"), true, 0, DstmCodes.DEFAULT, true, Ipv4Address.parse("192.0.0.1")));
    }

    @Test
    void everything_set() throws Exception {
        assertThat(ServerSettings.read(Map.of(
                        "interfaces", "eth0",
                        "rapid.commit", "false",
                        "preference", "255",
                        "dhcp4o6", "false",
                        "dhcp4o6.server.id", "198.51.100.1",
                        "option.ia.dstm", "40001",
                        "option.dstm.tep", "40002",
                        "option.dstm.ports", "40003")))
                .isEqualTo(new ServerSettings(
                        List.of("eth0"),
                        false,
                        255,
                        new DstmCodes(40001, 40002, 40003),
                        false,
                        Ipv4Address.parse("198.51.100.1")));
    }

    @Test
    void documented_defaults_are_the_defaults() throws Exception {
        Map<String, Object> documented = new HashMap<>(Map.of("interfaces", "eth0"));
        for (var method : ServerConfigDefinition.class.getDeclaredMethods()) {
            if (method.getDefaultValue() != null) {
                documented.put(method.getName().replace('_', '.'), method.getDefaultValue());
            }
        }

        assertThat(documented).hasSize(ServerConfigDefinition.class.getDeclaredMethods().length);
        assertThat(ServerSettings.read(documented)).isEqualTo(ServerSettings.read(Map.of("interfaces", "eth0")));
    }

    @ParameterizedTest
    @CsvSource({
        "interfaces       , ''               , is required",
        "interfaces       , ','              , is required",
        "interfaces       , eth0/1           , is not the name of a network interface",
        "interfaces       , abcdefghijklmnop , is not the name of a network interface",
        "rapid.commit     , yes              , neither true nor false",
        "preference       , 256              , is not within 0 to 255",
        "option.ia.dstm   , 65282            , must differ",
        "option.ia.dstm   , 3                , standard option",
        "option.dstm.tep  , 65536            , is not within 1 to 65535",
        "dhcp4o6          , on               , neither true nor false",
        "dhcp4o6.server.id, 192.0.0          , is not an IPv4 address",
        "dhcp4o6.server.id, 0.0.0.0          , must be the address of a host",
        "dhcp4o6.server.id, 224.0.0.1        , must be the address of a host",
        "dhcp4o6.server.id, 255.255.255.255  , must be the address of a host",
        "interface        , eth0             , is not a known key"
    })
    void refuses(String key, String value, String reason) {
        Map<String, Object> properties = new HashMap<>(Map.of("interfaces", "eth0"));
        properties.put(key, value);

        assertThatThrownBy(() -> ServerSettings.read(properties))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(reason);
    }
}
