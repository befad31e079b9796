package io.dstm.client.internal.tunnel;

import static io.dstm.client.internal.tunnel.Packets.ip;
import static io.dstm.client.internal.tunnel.TunnelRig.LEASE;
import static io.dstm.client.internal.tunnel.TunnelRig.NODE;
import static io.dstm.client.internal.tunnel.TunnelRig.PLACEHOLDER;
import static io.dstm.client.internal.tunnel.TunnelRig.REMOTE;
import static io.dstm.client.internal.tunnel.TunnelRig.SECOND;
import static io.dstm.client.internal.tunnel.TunnelRig.TEP;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NodeTunnelTest {

    private static final byte[] DATA = {1, 2, 3, 4, 5};

    private static byte[] query(int source) {
        return Packets.udp(source, 40000, REMOTE, 53, DATA);
    }

    @Test
    void encapsulates_what_carries_the_lease_byte_for_byte() {
        TunnelRig rig = new TunnelRig().withLease(PortSet.FULL);

        byte[] sent = rig.up(Packets.ipv4(LEASE, REMOTE, 17, 0xB9, 7, 0, DATA)).onlyIpv6();

        assertThat(HexFormat.of().formatHex(sent))
                .isEqualTo(
                        "6b900000" // version 6, traffic class b9 as the inner TOS (DSCP and ECN), flow label 0
                                + "0019" + "04" + "40" // payload 25, next header 4 (IPv4), hop limit 64
                                + "20010db8000100000000000000000077" // this node
                                + "20010db8000f00000000000000000001" // the TEP
                                + "45b90019" + "00070000" + "4011" // inner header as it was, TTL 64 not decremented
                                + HexFormat.of().toHexDigits((short) Packets.u16(sent, 50))
                                + "c6336407" + "cb007150" + "0102030405");
        assertThat(rig.moved()).isEqualTo(Map.of(NodeCounter.FORWARD_NATIVE_IPV4, 1L));
        assertThat(rig.bytes(NodeCounter.FORWARD_NATIVE_IPV4)).isEqualTo(25);
    }

    @Test
    void decapsulates_what_the_tep_sends_to_the_lease() {
        TunnelRig rig = new TunnelRig().withLease(PortSet.FULL);
        byte[] inner = Packets.udp(REMOTE, 53, LEASE, 40000, DATA);

        assertThat(rig.fromTep(inner).onlyIpv4()).isEqualTo(inner);
        assertThat(rig.moved()).isEqualTo(Map.of(NodeCounter.FORWARD_NATIVE_IPV6, 1L));
    }

    @Test
    void skips_a_destination_options_header_with_the_encapsulation_limit() {
        TunnelRig rig = new TunnelRig().withLease(PortSet.FULL);
        byte[] inner = Packets.udp(REMOTE, 53, LEASE, 40000, DATA);
        byte[] options = HexFormat.of().parseHex("0400040104010100"); // next 4, 8 bytes, limit 4, PadN 1
        byte[] payload = Arrays.copyOf(options, 8 + inner.length);
        System.arraycopy(inner, 0, payload, 8, inner.length);
        byte[] outer = Packets.tunnelled(TEP, NODE, 0, payload);
        outer[6] = 60;

        assertThat(rig.down(outer).onlyIpv4()).isEqualTo(inner);
    }

    static Stream<Arguments> wrongFromBelow() {
        byte[] sound = Packets.udp(REMOTE, 53, LEASE, 40000, DATA);
        byte[] other = Packets.udp(REMOTE, 53, ip("198.51.100.8"), 40000, DATA);
        byte[] noIpv4 = Packets.tunnelled(TEP, NODE, 0, sound);
        noIpv4[6] = 41;
        byte[] cutOff = Arrays.copyOf(Packets.tunnelled(TEP, NODE, 0, sound), 50);
        byte[] brokenInner = sound.clone();
        brokenInner[0] = 0x44;
        Ipv6Address stranger = Ipv6Address.parse("2001:db8:bad::1");
        return Stream.of(
                Arguments.of(
                        "not from the TEP",
                        Packets.tunnelled(stranger, NODE, 0, sound),
                        NodeCounter.DROP_NOT_FROM_TEP_IPV6),
                Arguments.of(
                        "not to our end",
                        Packets.tunnelled(TEP, stranger, 0, sound),
                        NodeCounter.DROP_TUNNEL_SOURCE_IPV6),
                Arguments.of(
                        "to another address",
                        Packets.tunnelled(TEP, NODE, 0, other),
                        NodeCounter.DROP_DESTINATION_IPV6),
                Arguments.of("IPv6 inside", noIpv4, NodeCounter.DROP_NEXT_HEADER_IPV6),
                Arguments.of("shorter than it says", cutOff, NodeCounter.DROP_MALFORMED_IPV6),
                Arguments.of("not even a header", new byte[3], NodeCounter.DROP_MALFORMED_IPV6),
                Arguments.of(
                        "broken inside",
                        Packets.tunnelled(TEP, NODE, 0, brokenInner),
                        NodeCounter.DROP_MALFORMED_INNER_IPV6),
                Arguments.of(
                        "from ourselves",
                        Packets.tunnelled(TEP, NODE, 0, Packets.udp(LEASE, 1, LEASE, 2, DATA)),
                        NodeCounter.DROP_SOURCE_IPV6),
                Arguments.of(
                        "from loopback",
                        Packets.tunnelled(TEP, NODE, 0, Packets.udp(ip("127.0.0.1"), 1, LEASE, 2, DATA)),
                        NodeCounter.DROP_SOURCE_IPV6),
                Arguments.of(
                        "from a group",
                        Packets.tunnelled(TEP, NODE, 0, Packets.udp(ip("224.0.0.1"), 1, LEASE, 2, DATA)),
                        NodeCounter.DROP_SOURCE_IPV6),
                Arguments.of(
                        "congested but not capable",
                        Packets.tunnelled(TEP, NODE, 3, sound),
                        NodeCounter.DROP_ECN_IPV6));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongFromBelow")
    void drops_and_counts_what_is_wrong_from_below(String situation, byte[] packet, NodeCounter counter) {
        TunnelRig rig = new TunnelRig().withLease(PortSet.FULL);

        assertThat(rig.down(packet).isEmpty()).isTrue();
        assertThat(rig.moved()).isEqualTo(Map.of(counter, 1L));
        assertThat(rig.bytes(counter)).isEqualTo(packet.length);
    }

    static Stream<Arguments> wrongFromAbove() {
        byte[] brokenLength = query(LEASE);
        brokenLength[3] = 127;
        byte[] ipv6 = Packets.tunnelled(NODE, TEP, 0, DATA);
        return Stream.of(
                Arguments.of("another's source", query(ip("198.51.100.8")), NodeCounter.DROP_SOURCE_IPV4),
                Arguments.of(
                        "to a group",
                        Packets.udp(LEASE, 1, ip("224.0.0.251"), 5353, DATA),
                        NodeCounter.DROP_DESTINATION_IPV4),
                Arguments.of("to everybody", Packets.udp(LEASE, 1, -1, 67, DATA), NodeCounter.DROP_DESTINATION_IPV4),
                Arguments.of(
                        "to loopback",
                        Packets.udp(LEASE, 1, ip("127.0.0.1"), 67, DATA),
                        NodeCounter.DROP_DESTINATION_IPV4),
                Arguments.of(
                        "to ourselves",
                        Packets.udp(PLACEHOLDER, 1, LEASE, 67, DATA),
                        NodeCounter.DROP_DESTINATION_IPV4),
                Arguments.of("IPv6", ipv6, NodeCounter.DROP_NOT_IPV4),
                Arguments.of("empty", new byte[0], NodeCounter.DROP_MALFORMED_IPV4),
                Arguments.of("longer than there is", brokenLength, NodeCounter.DROP_MALFORMED_IPV4));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongFromAbove")
    void drops_and_counts_what_is_wrong_from_above(String situation, byte[] packet, NodeCounter counter) {
        TunnelRig rig = new TunnelRig().withLease(PortSet.FULL);

        assertThat(rig.up(packet).isEmpty()).isTrue();
        assertThat(rig.moved()).isEqualTo(Map.of(counter, 1L));
    }

    /** RFC 6040 figure 4, by inner and outer mark; 4 stands for drop. */
    @ParameterizedTest
    @CsvSource({
        "0,0,0", "0,1,0", "0,2,0", "0,3,4",
        "2,0,2", "2,1,1", "2,2,2", "2,3,3",
        "1,0,1", "1,1,1", "1,2,1", "1,3,3",
        "3,0,3", "3,1,3", "3,2,3", "3,3,3"
    })
    void merges_congestion_marks(int inner, int outer, int expected) {
        TunnelRig rig = new TunnelRig().withLease(PortSet.FULL);
        byte[] packet = Packets.ipv4(REMOTE, LEASE, 50, 0x48 | inner, 1, 0, DATA);

        TunnelRig.Out out = rig.down(Packets.tunnelled(TEP, NODE, 0x48 | outer, packet));

        if (expected == 4) {
            assertThat(out.isEmpty()).isTrue();
        } else {
            assertThat(out.onlyIpv4()).isEqualTo(Packets.ipv4(REMOTE, LEASE, 50, 0x48 | expected, 1, 0, DATA));
        }
    }

    @Test
    void carries_the_class_of_service_over_both_ways() {
        TunnelRig rig = new TunnelRig().withLease(PortSet.FULL);

        byte[] down = Packets.ipv4(REMOTE, LEASE, 50, 0x00, 1, 0, DATA);
        assertThat(rig.down(Packets.tunnelled(TEP, NODE, 0xB8, down)).onlyIpv4())
                .as("what the network made of it (RFC 6333 section 7.1)")
                .isEqualTo(Packets.ipv4(REMOTE, LEASE, 50, 0xB8, 1, 0, DATA));
        byte[] up = Packets.ipv4(LEASE, REMOTE, 50, 0xB9, 1, 0, DATA);
        assertThat(rig.up(up).onlyIpv6()).isEqualTo(Packets.tunnelled(NODE, TEP, 0xB9, up));
    }

    /** RFC 2473 section 6.3, RFC 6040 section 4.1. */
    @Test
    void the_operator_chooses_hop_limit_and_ecn_mode() {
        TunnelRig rig = new TunnelRig(new TunnelSettings(1500, 4, 255, true, false)).withLease(PortSet.FULL);
        byte[] marked = Packets.ipv4(LEASE, REMOTE, 50, 0xBB, 1, 0, DATA);

        byte[] outer = rig.up(marked).onlyIpv6();

        byte[] expected = Packets.tunnelled(NODE, TEP, 0xB8, marked);
        expected[7] = (byte) 255;
        assertThat(outer).isEqualTo(expected);
    }

    @Test
    void tells_the_program_when_a_packet_is_too_big() {
        TunnelRig rig = new TunnelRig(1280, 4).withLease(PortSet.FULL);
        byte[] big = Packets.udp(LEASE, 40000, REMOTE, 53, new byte[1213]);

        byte[] answer = rig.up(big).onlyIpv4();

        assertThat(Packets.destination(answer)).isEqualTo(LEASE);
        assertThat(Packets.u16(answer, 20)).as("type 3 code 4").isEqualTo(0x0304);
        assertThat(Packets.u16(answer, 26)).as("next hop MTU").isEqualTo(1240);
        assertThat(answer).hasSize(576);
        assertThat(Packets.checksumsFit(answer)).isTrue();
        assertThat(rig.moved()).isEqualTo(Map.of(NodeCounter.DROP_TOO_BIG_IPV4, 1L, NodeCounter.MADE_TOO_BIG_IPV4, 1L));
        byte[] fits = Packets.udp(LEASE, 40000, REMOTE, 53, new byte[1212]);
        assertThat(rig.up(fits).onlyIpv6()).hasSize(1280);
    }

    @Test
    void raises_the_need_once_and_sends_what_waited_when_the_lease_is_there() throws Exception {
        TunnelRig rig = new TunnelRig();
        rig.tunnel.setGate(Gate.TRIGGER);

        assertThat(rig.up(query(PLACEHOLDER)).isEmpty()).isTrue();
        assertThat(rig.up(Packets.tcp(PLACEHOLDER, 40001, REMOTE, 80, Packets.SYN, new byte[0]))
                        .isEmpty())
                .isTrue();

        assertThat(rig.needs).containsExactly("203.0.113.80/17");
        assertThat(rig.tunnel.waitingPackets()).isEqualTo(2);
        assertThat(rig.moved()).as("those who wait have no outcome yet").isEmpty();

        rig.withLease(PortSet.FULL);
        TunnelRig.Recorder wire = new TunnelRig.Recorder();
        rig.tunnel.replayWaiting(wire, rig.nanos);

        assertThat(wire.sentToIpv6).hasSize(2).allSatisfy(packet -> {
            assertThat(Packets.source(Packets.inner(packet))).isEqualTo(LEASE);
            assertThat(Packets.checksumsFit(Packets.inner(packet))).isTrue();
        });
        assertThat(rig.moved()).isEqualTo(Map.of(NodeCounter.FORWARD_TRANSLATED_IPV4, 2L));
        assertThat(rig.tunnel.waitingPackets()).isZero();
    }

    @Test
    void raises_no_need_for_chatter_of_the_link() {
        TunnelRig rig = new TunnelRig();
        rig.tunnel.setGate(Gate.TRIGGER);

        rig.up(Packets.ipv4(PLACEHOLDER, ip("224.0.0.22"), 2, DATA));
        rig.up(Packets.udp(PLACEHOLDER, 5353, ip("224.0.0.251"), 5353, DATA));
        rig.up(Packets.udp(PLACEHOLDER, 68, -1, 67, DATA));

        assertThat(rig.needs).isEmpty();
        assertThat(rig.tunnel.waitingPackets()).isZero();
    }

    @Test
    void keeps_no_more_than_may_wait() {
        TunnelRig rig = new TunnelRig(1500, 4);
        rig.tunnel.setGate(Gate.TRIGGER);

        for (int i = 0; i < 6; i++) {
            rig.up(query(PLACEHOLDER));
        }
        assertThat(rig.tunnel.waitingPackets()).isEqualTo(4);
        assertThat(rig.moved()).isEqualTo(Map.of(NodeCounter.DROP_QUEUE_FULL_IPV4, 2L));
    }

    @Test
    void keeps_no_more_bytes_than_may_wait() {
        TunnelRig rig = new TunnelRig(1500, 4);
        rig.tunnel.setGate(Gate.TRIGGER);

        rig.up(Packets.udp(PLACEHOLDER, 1, REMOTE, 2, new byte[1400]));
        rig.up(Packets.udp(PLACEHOLDER, 1, REMOTE, 2, new byte[1400]));

        assertThat(rig.tunnel.waitingPackets()).isEqualTo(1);
    }

    @Test
    void tells_those_who_waited_in_vain() throws Exception {
        TunnelRig rig = new TunnelRig();
        rig.tunnel.setGate(Gate.TRIGGER);
        byte[] syn = Packets.tcp(PLACEHOLDER, 40001, REMOTE, 80, Packets.SYN, new byte[0]);
        rig.up(syn);
        rig.tunnel.setGate(Gate.REFUSE);
        TunnelRig.Recorder wire = new TunnelRig.Recorder();

        rig.tunnel.replayWaiting(wire, rig.nanos);

        assertThat(wire.sentToIpv4).hasSize(1);
        byte[] answer = wire.sentToIpv4.get(0);
        assertThat(Packets.u16(answer, 20))
                .as("type 3 code 1: host unreachable")
                .isEqualTo(0x0301);
        assertThat(Packets.quoted(answer)).isEqualTo(syn);
        assertThat(Packets.destination(answer)).isEqualTo(PLACEHOLDER);
        assertThat(Packets.checksumsFit(answer)).isTrue();
        assertThat(rig.moved())
                .isEqualTo(Map.of(NodeCounter.DROP_QUEUE_EXPIRED_IPV4, 1L, NodeCounter.MADE_UNREACHABLE_IPV4, 1L));
    }

    @Test
    void answers_at_once_while_leases_are_refused_but_not_without_limit() {
        TunnelRig rig = new TunnelRig();
        rig.tunnel.setGate(Gate.REFUSE);

        for (int i = 0; i < 300; i++) {
            rig.up(query(PLACEHOLDER));
        }
        assertThat(rig.needs).isEmpty();
        assertThat(rig.moved())
                .isEqualTo(Map.of(NodeCounter.DROP_NO_LEASE_IPV4, 300L, NodeCounter.MADE_UNREACHABLE_IPV4, 100L));
        rig.nanos += SECOND;
        assertThat(rig.up(query(PLACEHOLDER)).toIpv4()).hasSize(1);
    }

    @Test
    void never_answers_an_icmp_error_with_another() {
        TunnelRig rig = new TunnelRig();
        rig.tunnel.setGate(Gate.REFUSE);

        assertThat(rig.up(Packets.icmpError(PLACEHOLDER, REMOTE, 3, 3, query(REMOTE)))
                        .isEmpty())
                .isTrue();
        assertThat(rig.up(Packets.icmp(PLACEHOLDER, REMOTE, 8, 1, DATA)).toIpv4())
                .hasSize(1);
    }

    @Test
    void is_deaf_when_packets_are_no_need() {
        TunnelRig rig = new TunnelRig();
        rig.tunnel.setGate(Gate.IGNORE);

        assertThat(rig.up(query(PLACEHOLDER)).isEmpty()).isTrue();
        assertThat(rig.needs).isEmpty();
        assertThat(rig.moved()).isEqualTo(Map.of(NodeCounter.DROP_NO_LEASE_IPV4, 1L));
    }

    @Test
    void passes_nothing_from_the_end_of_validity_on_even_if_nobody_disconnects() {
        TunnelRig rig = new TunnelRig();
        rig.tunnel.connect(TunnelRig.lease(PortSet.FULL), rig.nanos + SECOND);
        rig.nanos += SECOND - 1;
        assertThat(rig.up(query(LEASE)).toIpv6()).hasSize(1);
        rig.nanos += 1;

        assertThat(rig.up(query(LEASE)).isEmpty()).isTrue();
        assertThat(rig.fromTep(Packets.udp(REMOTE, 53, LEASE, 40000, DATA)).isEmpty())
                .isTrue();
        assertThat(rig.moved())
                .isEqualTo(Map.of(
                        NodeCounter.FORWARD_NATIVE_IPV4, 1L,
                        NodeCounter.DROP_NO_LEASE_IPV4, 1L,
                        NodeCounter.DROP_NO_LEASE_IPV6, 1L));
    }

    @Test
    void lets_fragments_of_a_full_address_pass() {
        TunnelRig rig = new TunnelRig().withLease(PortSet.FULL);

        assertThat(rig.up(Packets.ipv4(LEASE, REMOTE, 17, 0, 9, 0x2000, new byte[800]))
                        .toIpv6())
                .hasSize(1);
        assertThat(rig.up(Packets.ipv4(LEASE, REMOTE, 17, 0, 9, 100, DATA)).toIpv6())
                .hasSize(1);
        assertThat(rig.fromTep(Packets.ipv4(REMOTE, LEASE, 17, 0, 9, 100, DATA)).toIpv4())
                .hasSize(1);
    }

    @Test
    void lets_any_protocol_of_a_full_address_pass() {
        TunnelRig rig = new TunnelRig().withLease(PortSet.FULL);

        assertThat(rig.up(Packets.ipv4(LEASE, REMOTE, 50, DATA)).toIpv6()).hasSize(1);
        assertThat(rig.fromTep(Packets.ipv4(REMOTE, LEASE, 132, DATA)).toIpv4()).hasSize(1);
    }
}
