package io.dstm.tep.internal.rules;

import static io.dstm.tep.internal.rules.Packets.inner;
import static io.dstm.tep.internal.rules.Packets.ipv4;
import static io.dstm.tep.internal.rules.Packets.ipv6;
import static io.dstm.tep.internal.rules.Packets.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TunnelEntryTest {

    private static final String CLIENT = "2001:db8:f::1";

    private final Wire wire = new Wire().bind(Wire.binding("192.0.2.1", CLIENT), Wire.binding("192.0.2.2", CLIENT));

    /** RFC 6040 section 4.1, normal mode; RFC 6333 section 7.1. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 0xB8, 0xBA, 0xFF})
    void the_traffic_class_is_copied_outwards_and_stays_inside(int tos) {
        byte[] packet = wire.fromIpv4(ipv4("198.51.100.7", "192.0.2.1")
                        .tos(tos)
                        .udp(53, 80, 10)
                        .bytes())
                .toIpv6
                .get(0);

        assertThat(Ipv6Header.trafficClass(view(packet), 0)).isEqualTo(tos);
        assertThat(Ipv4Header.tos(view(inner(packet)), 0)).isEqualTo(tos);
    }

    @Test
    void each_fragment_has_the_traffic_class() {
        wire.fromIpv4(
                ipv4("198.51.100.7", "192.0.2.1").tos(0xBA).udp(53, 80, 1465).bytes());

        assertThat(wire.toIpv6).hasSize(2).allSatisfy(fragment -> assertThat(Ipv6Header.trafficClass(view(fragment), 0))
                .isEqualTo(0xBA));
    }

    /** RFC 6040 section 4.1, compatibility mode: the DSCP goes outside, the ECN field stays inside. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 0xB8, 0xBA, 0xFF})
    void an_end_that_would_not_look_at_marks_gets_packets_that_cannot_be_marked(int tos) {
        Wire.Settings settings = new Wire.Settings();
        settings.outer = new OuterHeader(64, true);
        Wire compatible = new Wire(settings).bind(Wire.binding("192.0.2.1", CLIENT));
        compatible.fromIpv4(
                ipv4("198.51.100.7", "192.0.2.1").tos(tos).udp(53, 80, 10).bytes());
        compatible.fromIpv4(
                ipv4("198.51.100.7", "192.0.2.1").tos(tos).udp(53, 80, 1465).bytes());

        assertThat(compatible.toIpv6).hasSize(3).allSatisfy(packet -> assertThat(
                        Ipv6Header.trafficClass(view(packet), 0))
                .isEqualTo(tos & 0xFC));
        assertThat(Ipv4Header.tos(view(inner(compatible.toIpv6.get(0))), 0)).isEqualTo(tos);
    }

    /** RFC 2473 section 6.3. */
    @Test
    void the_operator_sets_the_outer_hop_limit() {
        Wire.Settings settings = new Wire.Settings();
        settings.outer = new OuterHeader(255, false);
        Wire far = new Wire(settings).bind(Wire.binding("192.0.2.1", CLIENT));
        far.fromIpv4(ipv4("198.51.100.7", "192.0.2.1").udp(53, 80, 10).bytes());
        far.fromIpv4(ipv4("198.51.100.7", "192.0.2.1").udp(53, 80, 1465).bytes());

        assertThat(far.toIpv6).hasSize(3).allSatisfy(packet -> assertThat(Ipv6Header.hopLimit(view(packet), 0))
                .isEqualTo(255));
    }

    /** RFC 2473 sections 5 and 6. */
    @ParameterizedTest
    @ValueSource(ints = {2, 64, 255})
    void the_outer_header_does_not_depend_on_the_inner_lifetime(int ttl) {
        byte[] packet = wire.fromIpv4(ipv4("198.51.100.7", "192.0.2.1")
                        .ttl(ttl)
                        .udp(53, 80, 10)
                        .bytes())
                .toIpv6
                .get(0);

        assertThat(Ipv6Header.hopLimit(view(packet), 0)).isEqualTo(64);
        assertThat(Ipv6Header.flowLabel(view(packet), 0)).isZero();
        assertThat(Ipv6Header.nextHeader(view(packet), 0)).isEqualTo(IpProtocol.IPV4);
        assertThat(Ipv6Header.payloadLength(view(packet), 0)).isEqualTo(38);
        assertThat(packet)
                .startsWith(Arrays.copyOf(
                        ipv6("2001:db8::1", CLIENT)
                                .payload(IpProtocol.IPV4, new byte[38])
                                .bytes(),
                        40));
    }
}
