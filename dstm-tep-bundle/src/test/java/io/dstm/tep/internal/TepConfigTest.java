package io.dstm.tep.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigException;
import io.dstm.api.net.Ipv6Address;
import io.dstm.tep.internal.control.TepConfig;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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
        assertThat(described).hasSize(25);
        described.put("tunnel.address", "2001:db8::1");

        assertThat(TepConfig.read(described)).isEqualTo(TepConfig.read(Map.of("tunnel.address", "2001:db8::1")));
    }

    @ParameterizedTest
    @CsvSource({
        "tunnel.address, ::1",
        "tunnel.address, ff02::1",
        "tunnel.address, fe80::1",
        "tunnel.address, 192.0.2.1",
        "tunnel.address, '2001:db8::1, ::1'",
        "tunnel.address, '2001:db8::1, 2001:db8::1'",
        "icmpv4.rate, 1000001",
        "icmpv6.rate, -1",
        "tcp.mss, 535",
        "tcp.mss, 65536",
        "tcp.mss, on",
        "reassembly.memory, -1",
        "reassembly.packets.per.source, 0",
        "reassembly.fragments.per.packet, 257",
        "device, a name",
        "device, dstm-tep-dstm-tep",
        "ipv4.address, 224.0.0.1",
        "ipv4.address, 127.0.0.1",
        "ipv4.address, 0.0.0.0",
        "tunnel.mtu, 1279",
        "tunnel.mtu, 65536",
        "icmp.rate, -1",
        "hairpinning, off",
        "incoming.echo, port",
        "outer.hop.limit, 0",
        "outer.hop.limit, 256",
        "ecn, off",
        "batch, 1025",
        "datapath, dpdk",
        "datapath.queues, 17",
        "datapath.queues, many",
        "datapath.devices, 'eth0, a name'",
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

    @ParameterizedTest
    @CsvSource({"1500,,1420", "1280,auto,1200", "9000,off,0", "1500,1300,1300"})
    void fits_tcp_to_the_tunnel(String mtu, @Nullable String mss, int expected) throws Exception {
        Map<String, String> config = new HashMap<>(Map.of("tunnel.address", "2001:db8::1", "tunnel.mtu", mtu));
        if (mss != null) {
            config.put("tcp.mss", mss);
        }
        assertThat(TepConfig.read(config).tcpMss()).isEqualTo(expected);
    }

    @Test
    void the_first_of_several_tunnel_addresses_is_what_servers_are_told() throws Exception {
        TepConfig config = TepConfig.read(
                Map.of("tunnel.address", "2001:db8::2, 2001:db8::1", "icmp.rate", "7", "icmpv6.rate", "9"));

        assertThat(config.tunnelAddress()).isEqualTo(Ipv6Address.parse("2001:db8::2"));
        assertThat(config.tunnelAddresses()).hasSize(2);
        assertThat(config.icmpv4Rate()).isEqualTo(7);
        assertThat(config.icmpv6Rate()).isEqualTo(9);
    }
}
