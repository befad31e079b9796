package io.dstm.client.internal.tunnel;

import static io.dstm.client.internal.tunnel.Packets.ACK;
import static io.dstm.client.internal.tunnel.Packets.FIN;
import static io.dstm.client.internal.tunnel.Packets.RST;
import static io.dstm.client.internal.tunnel.Packets.SYN;
import static io.dstm.client.internal.tunnel.Packets.ip;
import static io.dstm.client.internal.tunnel.TunnelRig.LEASE;
import static io.dstm.client.internal.tunnel.TunnelRig.PLACEHOLDER;
import static io.dstm.client.internal.tunnel.TunnelRig.REMOTE;
import static io.dstm.client.internal.tunnel.TunnelRig.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.PortSet;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TranslationTest {

    private static final byte[] DATA = {9, 8, 7};
    private static final byte[] NO_DATA = {};
    /** 64 ports: 5120 to 5183. */
    private static final PortSet SET = PortSet.ofRange(5120, 5183);

    private static byte[] sent(TunnelRig rig, byte[] packet) {
        return Packets.inner(rig.up(packet).onlyIpv6());
    }

    @Nested
    class WithFullAddress {

        private final TunnelRig rig = new TunnelRig().withLease(PortSet.FULL);

        @Test
        void a_flow_of_the_placeholder_becomes_one_of_the_lease_and_back() {
            byte[] out = sent(rig, Packets.tcp(PLACEHOLDER, 40000, REMOTE, 80, SYN, NO_DATA));
            int port = Packets.sourcePort(out);

            assertThat(Packets.source(out)).isEqualTo(LEASE);
            assertThat(port).as("above the kernel's own range").isGreaterThanOrEqualTo(Translation.FIRST_RESERVED);
            assertThat(Packets.checksumsFit(out)).isTrue();
            byte[] in = rig.fromTep(Packets.tcp(REMOTE, 80, LEASE, port, SYN | ACK, NO_DATA))
                    .onlyIpv4();
            assertThat(in).isEqualTo(Packets.tcp(REMOTE, 80, PLACEHOLDER, 40000, SYN | ACK, NO_DATA));
            assertThat(rig.moved())
                    .isEqualTo(
                            Map.of(NodeCounter.FORWARD_TRANSLATED_IPV4, 1L, NodeCounter.FORWARD_TRANSLATED_IPV6, 1L));
        }

        @Test
        void a_ofTheLeaseflow_beside_it_stays_untouched() {
            sent(rig, Packets.udp(PLACEHOLDER, 40000, REMOTE, 53, DATA));
            byte[] packet = Packets.udp(LEASE, 40000, REMOTE, 53, DATA);
            byte[] answer = Packets.udp(REMOTE, 53, LEASE, 40000, DATA);

            assertThat(sent(rig, packet)).isEqualTo(packet);
            assertThat(rig.fromTep(answer).onlyIpv4()).isEqualTo(answer);
        }

        @Test
        void a_program_that_binds_a_port_in_use_by_a_translated_flow_gets_another() {
            int taken = Packets.sourcePort(sent(rig, Packets.udp(PLACEHOLDER, 40000, REMOTE, 53, DATA)));

            byte[] out = sent(rig, Packets.udp(LEASE, taken, REMOTE, 53, DATA));

            int port = Packets.sourcePort(out);
            assertThat(port).isNotEqualTo(taken);
            byte[] back =
                    rig.fromTep(Packets.udp(REMOTE, 53, LEASE, port, DATA)).onlyIpv4();
            assertThat(back).isEqualTo(Packets.udp(REMOTE, 53, LEASE, taken, DATA));
        }

        @Test
        void pings_of_the_placeholder_are_told_apart_by_identifier() {
            byte[] out = sent(rig, Packets.icmp(PLACEHOLDER, REMOTE, 8, 77, DATA));
            int identifier = Packets.identifier(out);
            byte[] ofTheLease = Packets.icmp(LEASE, REMOTE, 8, 77, DATA);

            assertThat(Packets.checksumsFit(out)).isTrue();
            assertThat(sent(rig, ofTheLease)).isEqualTo(ofTheLease);
            assertThat(rig.fromTep(Packets.icmp(REMOTE, LEASE, 0, identifier, DATA))
                            .onlyIpv4())
                    .isEqualTo(Packets.icmp(REMOTE, PLACEHOLDER, 0, 77, DATA));
            assertThat(rig.fromTep(Packets.icmp(REMOTE, LEASE, 0, 77, DATA)).onlyIpv4())
                    .isEqualTo(Packets.icmp(REMOTE, LEASE, 0, 77, DATA));
        }

        @Test
        void an_error_about_a_translated_flow_finds_the_placeholder() {
            byte[] out = sent(rig, Packets.tcp(PLACEHOLDER, 40000, REMOTE, 80, SYN, NO_DATA));
            int router = ip("203.0.113.1");

            byte[] in = rig.fromTep(Packets.icmpError(router, LEASE, 3, 1, out)).onlyIpv4();

            assertThat(Packets.destination(in)).isEqualTo(PLACEHOLDER);
            assertThat(Packets.quoted(in)).isEqualTo(Packets.tcp(PLACEHOLDER, 40000, REMOTE, 80, SYN, NO_DATA));
            assertThat(Packets.checksumsFit(in)).isTrue();
        }

        @Test
        void an_error_that_the_node_reports_about_a_translated_flow_speaks_of_the_lease() {
            int port = Packets.sourcePort(sent(rig, Packets.udp(PLACEHOLDER, 40000, REMOTE, 53, DATA)));
            byte[] arrived =
                    rig.fromTep(Packets.udp(REMOTE, 53, LEASE, port, DATA)).onlyIpv4();

            byte[] out = sent(rig, Packets.icmpError(PLACEHOLDER, REMOTE, 3, 3, arrived));

            assertThat(Packets.source(out)).isEqualTo(LEASE);
            assertThat(Packets.quoted(out)).isEqualTo(Packets.udp(REMOTE, 53, LEASE, port, DATA));
            assertThat(Packets.checksumsFit(out)).isTrue();
        }

        @Test
        void an_error_that_quotes_a_packet_to_somebody_else_goes_nowhere() {
            sent(rig, Packets.udp(PLACEHOLDER, 40000, REMOTE, 53, DATA));
            byte[] toAnother = Packets.udp(REMOTE, 53, ip("198.51.100.8"), 40000, DATA);

            assertThat(rig.up(Packets.icmpError(PLACEHOLDER, REMOTE, 3, 3, toAnother))
                            .isEmpty())
                    .isTrue();
            assertThat(rig.counters.packets(NodeCounter.DROP_ICMP_IPV4)).isEqualTo(1);
        }

        @Test
        void later_fragments_follow_the_first() {
            int port = Packets.sourcePort(sent(rig, Packets.udp(PLACEHOLDER, 40000, REMOTE, 53, DATA)));
            byte[] whole = Packets.udp(REMOTE, 53, LEASE, port, new byte[1600]);
            byte[] first = fragment(whole, 0, 800, true);
            byte[] second = fragment(whole, 800, 808, false);
            byte[] expected = Packets.udp(REMOTE, 53, PLACEHOLDER, 40000, new byte[1600]);

            assertThat(rig.fromTep(first).onlyIpv4()).isEqualTo(fragment(expected, 0, 800, true));
            assertThat(rig.fromTep(second).onlyIpv4()).isEqualTo(fragment(expected, 800, 808, false));
        }

        @Test
        void fragments_that_leave_the_placeholder_carry_the_lease() {
            byte[] whole = Packets.udp(PLACEHOLDER, 40000, REMOTE, 53, new byte[1600]);

            byte[] first = sent(rig, fragment(whole, 0, 800, true));
            byte[] second = sent(rig, fragment(whole, 800, 808, false));

            byte[] expected = Packets.udp(LEASE, Packets.sourcePort(first), REMOTE, 53, new byte[1600]);
            assertThat(first).isEqualTo(fragment(expected, 0, 800, true));
            assertThat(second).isEqualTo(fragment(expected, 800, 808, false));
        }

        @Test
        void a_protocol_without_ports_cannot_leave_the_placeholder() {
            assertThat(rig.up(Packets.ipv4(PLACEHOLDER, REMOTE, 50, DATA)).isEmpty())
                    .isTrue();
            assertThat(rig.moved()).isEqualTo(Map.of(NodeCounter.DROP_PROTOCOL_IPV4, 1L));
        }

        @Test
        void a_reserved_port_that_a_program_uses_already_is_given_to_no_translated_flow() {
            byte[] bound = Packets.udp(LEASE, 65534, REMOTE, 53, DATA);
            assertThat(sent(rig, bound)).isEqualTo(bound);

            byte[] out = sent(rig, Packets.udp(PLACEHOLDER, 65534, REMOTE, 53, DATA));

            assertThat(Packets.sourcePort(out)).isNotEqualTo(65534);
        }

        @Test
        void an_error_about_a_flow_that_is_over_goes_to_the_lease() {
            byte[] out = sent(rig, Packets.icmp(PLACEHOLDER, REMOTE, 8, 77, DATA));
            byte[] error = Packets.icmpError(REMOTE, LEASE, 11, 0, out);
            rig.nanos += 59 * SECOND;
            assertThat(Packets.destination(rig.fromTep(error).onlyIpv4())).isEqualTo(PLACEHOLDER);
            rig.nanos += SECOND;

            assertThat(rig.fromTep(error).onlyIpv4()).isEqualTo(error);
            rig.tunnel.sweep(rig.nanos);
            assertThat(rig.fromTep(error).onlyIpv4()).isEqualTo(error);
        }
    }

    private static byte[] fragment(byte[] whole, int offset, int length, boolean more) {
        byte[] part = Arrays.copyOfRange(whole, 20 + offset, 20 + offset + length);
        return Packets.ipv4(
                Packets.source(whole),
                Packets.destination(whole),
                whole[9],
                0,
                Packets.u16(whole, 4),
                (more ? 0x2000 : 0) | offset / 8,
                part);
    }

    @Nested
    class WithSharedAddress {

        private final TunnelRig rig = new TunnelRig().withLease(SET);

        @Test
        void ports_of_the_set_pass_as_they_are() {
            byte[] packet = Packets.udp(LEASE, 5130, REMOTE, 53, DATA);
            byte[] answer = Packets.udp(REMOTE, 53, LEASE, 5130, DATA);

            assertThat(sent(rig, packet)).isEqualTo(packet);
            assertThat(rig.fromTep(answer).onlyIpv4()).isEqualTo(answer);
            assertThat(rig.moved())
                    .isEqualTo(Map.of(NodeCounter.FORWARD_NATIVE_IPV4, 1L, NodeCounter.FORWARD_NATIVE_IPV6, 1L));
        }

        @Test
        void ports_outside_the_set_are_translated_into_it_with_their_parity() {
            byte[] out = sent(rig, Packets.udp(LEASE, 40001, REMOTE, 53, DATA));
            int port = Packets.sourcePort(out);

            assertThat(SET.contains(port)).isTrue();
            assertThat(port % 2).isEqualTo(1);
            assertThat(Packets.checksumsFit(out)).isTrue();
            assertThat(rig.fromTep(Packets.udp(REMOTE, 53, LEASE, port, DATA)).onlyIpv4())
                    .isEqualTo(Packets.udp(REMOTE, 53, LEASE, 40001, DATA));
        }

        @Test
        void one_inside_port_has_one_outside_port_whatever_the_destination() {
            int first = Packets.sourcePort(sent(rig, Packets.udp(LEASE, 40001, REMOTE, 53, DATA)));
            int second = Packets.sourcePort(sent(rig, Packets.udp(LEASE, 40001, ip("192.0.2.9"), 99, DATA)));

            assertThat(second).isEqualTo(first);
        }

        @Test
        void others_ports_are_dropped() {
            assertThat(rig.fromTep(Packets.udp(REMOTE, 53, LEASE, 5119, DATA)).isEmpty())
                    .isTrue();
            assertThat(rig.fromTep(Packets.tcp(REMOTE, 53, LEASE, 5184, SYN, NO_DATA))
                            .isEmpty())
                    .isTrue();
            assertThat(rig.fromTep(Packets.icmp(REMOTE, LEASE, 0, 5184, DATA)).isEmpty())
                    .isTrue();
            assertThat(rig.fromTep(Packets.icmp(REMOTE, LEASE, 8, 1, DATA)).isEmpty())
                    .isTrue();
            assertThat(rig.moved()).isEqualTo(Map.of(NodeCounter.DROP_PORT_IPV6, 4L));
        }

        @Test
        void a_server_on_a_port_of_the_set_is_reached() {
            byte[] syn = Packets.tcp(REMOTE, 999, LEASE, 5140, SYN, NO_DATA);
            byte[] synAck = Packets.tcp(LEASE, 5140, REMOTE, 999, SYN | ACK, NO_DATA);

            assertThat(rig.fromTep(syn).onlyIpv4()).isEqualTo(syn);
            assertThat(sent(rig, synAck)).isEqualTo(synAck);
        }

        @Test
        void echo_identifiers_come_from_the_set() {
            byte[] out = sent(rig, Packets.icmp(LEASE, REMOTE, 8, 1, DATA));

            assertThat(SET.contains(Packets.identifier(out))).isTrue();
            assertThat(rig.fromTep(Packets.icmp(REMOTE, LEASE, 0, Packets.identifier(out), DATA))
                            .onlyIpv4())
                    .isEqualTo(Packets.icmp(REMOTE, LEASE, 0, 1, DATA));
        }

        @Test
        void a_ping_with_an_identifier_of_the_set_is_answered() {
            byte[] request = Packets.icmp(REMOTE, LEASE, 8, 5125, DATA);
            byte[] reply = Packets.icmp(LEASE, REMOTE, 0, 5125, DATA);

            assertThat(rig.fromTep(request).onlyIpv4()).isEqualTo(request);
            assertThat(sent(rig, reply)).isEqualTo(reply);
            assertThat(rig.up(Packets.icmp(LEASE, REMOTE, 0, 1, DATA)).isEmpty())
                    .isTrue();
        }

        @Test
        void an_error_about_others_flows_is_dropped() {
            byte[] others = Packets.udp(LEASE, 9000, REMOTE, 53, DATA);
            byte[] damaged = Packets.udp(LEASE, 5130, REMOTE, 53, DATA);
            damaged[11] ^= 1;

            assertThat(rig.fromTep(Packets.icmpError(REMOTE, LEASE, 3, 3, others))
                            .isEmpty())
                    .isTrue();
            assertThat(rig.fromTep(Packets.icmpError(REMOTE, LEASE, 3, 3, damaged))
                            .isEmpty())
                    .isTrue();
            assertThat(rig.fromTep(Packets.icmpError(REMOTE, LEASE, 11, 0, new byte[10]))
                            .isEmpty())
                    .isTrue();
            assertThat(rig.moved()).isEqualTo(Map.of(NodeCounter.DROP_ICMP_IPV6, 3L));
        }

        @Test
        void an_error_with_only_eight_quoted_bytes_is_understood() {
            byte[] out = sent(rig, Packets.tcp(LEASE, 40000, REMOTE, 80, SYN, NO_DATA));
            byte[] shortened = Arrays.copyOf(out, 28);

            byte[] in = rig.fromTep(Packets.icmpError(REMOTE, LEASE, 3, 4, shortened))
                    .onlyIpv4();

            assertThat(Packets.sourcePort(Packets.quoted(in))).isEqualTo(40000);
            assertThat(Packets.checksumsFit(in)).isTrue();
        }

        @Test
        void later_fragments_pass_only_behind_their_first() {
            byte[] whole = Packets.udp(REMOTE, 53, LEASE, 5130, new byte[1600]);

            assertThat(rig.fromTep(fragment(whole, 800, 808, false)).isEmpty()).isTrue();
            assertThat(rig.fromTep(fragment(whole, 0, 800, true)).toIpv4()).hasSize(1);
            assertThat(rig.fromTep(fragment(whole, 800, 808, false)).toIpv4()).hasSize(1);
            rig.nanos += FragmentTable.SECONDS * SECOND;
            assertThat(rig.fromTep(fragment(whole, 800, 808, false)).isEmpty()).isTrue();
            assertThat(rig.counters.packets(NodeCounter.DROP_FRAGMENT_IPV6)).isEqualTo(2);
        }

        @Test
        void protocols_without_ports_cannot_share_an_address() {
            assertThat(rig.up(Packets.ipv4(LEASE, REMOTE, 50, DATA)).isEmpty()).isTrue();
            assertThat(rig.fromTep(Packets.ipv4(REMOTE, LEASE, 50, DATA)).isEmpty())
                    .isTrue();
            assertThat(rig.moved())
                    .isEqualTo(Map.of(NodeCounter.DROP_PROTOCOL_IPV4, 1L, NodeCounter.DROP_PROTOCOL_IPV6, 1L));
        }

        @Test
        void a_datagram_without_checksum_stays_without() {
            byte[] packet = Packets.udp(LEASE, 40001, REMOTE, 53, DATA);
            packet[26] = 0;
            packet[27] = 0;

            assertThat(Packets.u16(sent(rig, packet), 26)).isZero();
        }

        @Test
        void the_same_lease_again_keeps_its_flows_and_another_forgets_them() {
            int before = Packets.sourcePort(sent(rig, Packets.udp(LEASE, 40001, REMOTE, 53, DATA)));
            rig.tunnel.setGate(Gate.TRIGGER);
            rig.withLease(SET);
            byte[] back =
                    rig.fromTep(Packets.udp(REMOTE, 53, LEASE, before, DATA)).onlyIpv4();
            assertThat(Packets.destinationPort(back)).isEqualTo(40001);

            rig.withLease(PortSet.ofRange(5120, 5247));
            back = rig.fromTep(Packets.udp(REMOTE, 53, LEASE, before, DATA)).onlyIpv4();
            assertThat(Packets.destinationPort(back)).isEqualTo(before);
        }

        @Test
        void the_65th_inside_port_gets_nothing_until_a_mapping_may_end() {
            Set<Integer> outside = new HashSet<>();
            for (int port = 40000; port < 40064; port++) {
                outside.add(Packets.sourcePort(sent(rig, Packets.udp(LEASE, port, REMOTE, 53, DATA))));
            }
            assertThat(outside).hasSize(64);

            assertThat(rig.up(Packets.udp(LEASE, 40064, REMOTE, 53, DATA)).isEmpty())
                    .isTrue();
            assertThat(rig.counters.packets(NodeCounter.DROP_NO_PORT_IPV4)).isEqualTo(1);
            rig.nanos += PortMap.UDP_LEAST_SECONDS * SECOND;
            assertThat(rig.up(Packets.udp(LEASE, 40064, REMOTE, 53, DATA)).toIpv6())
                    .hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 6})
    void every_place_of_a_pool_is_found_again(int offset) {
        PortSet ports = new PortSet(offset, 6, 5);
        PortMap.Pool pool = PortMap.Pool.of(ports);

        for (int rank = 0; rank < ports.size(); rank++) {
            assertThat(pool.rankOf(pool.portAt(rank))).isEqualTo(rank);
        }
    }

    @Nested
    class MappingsEnd {

        private final TunnelRig rig = new TunnelRig().withLease(SET);

        private int port;

        private void out(int flags, byte[] data) {
            port = Packets.sourcePort(sent(rig, Packets.tcp(LEASE, 40000, REMOTE, 80, flags, data)));
        }

        private boolean in(int flags) {
            byte[] delivered = rig.fromTep(Packets.tcp(REMOTE, 80, LEASE, port, flags, NO_DATA))
                    .onlyIpv4();
            return Packets.destinationPort(delivered) == 40000;
        }

        private boolean livesAfter(int seconds) {
            rig.nanos += seconds * SECOND;
            return in(ACK);
        }

        @Test
        void of_an_unanswered_connection_after_four_minutes() {
            out(SYN, NO_DATA);
            assertThat(livesAfter(239)).isTrue();
            assertThat(livesAfter(1))
                    .as("what came from outside did not prolong it")
                    .isFalse();
        }

        @Test
        void of_an_idle_established_connection_after_two_hours_and_four_minutes() {
            out(SYN, NO_DATA);
            in(SYN | ACK);
            out(ACK, NO_DATA);
            assertThat(livesAfter(7439)).isTrue();
            assertThat(livesAfter(7439)).as("both directions prolong it").isTrue();
            assertThat(livesAfter(7440)).isFalse();
        }

        @Test
        void of_a_closed_connection_after_four_minutes() {
            out(SYN, NO_DATA);
            in(SYN | ACK);
            out(ACK, DATA);
            out(FIN | ACK, NO_DATA);
            in(FIN | ACK);
            out(ACK, NO_DATA);
            assertThat(livesAfter(239)).isTrue();
            rig.nanos += 7440 * SECOND;
            assertThat(in(ACK)).isFalse();
        }

        @Test
        void of_a_reset_connection_after_four_minutes() {
            out(SYN, NO_DATA);
            in(SYN | ACK);
            out(ACK, DATA);
            in(RST);
            rig.nanos += 240 * SECOND;
            assertThat(in(ACK)).isFalse();
        }

        @Test
        void not_of_another_connection_that_began_on_the_port_of_a_closed_one() {
            out(SYN, NO_DATA);
            in(SYN | ACK);
            out(ACK, DATA);
            in(RST);
            out(SYN, NO_DATA);
            in(SYN | ACK);
            out(ACK, NO_DATA);
            assertThat(livesAfter(7439)).isTrue();
        }

        @Test
        void not_of_a_connection_that_shares_the_port_with_a_closed_one() {
            out(SYN, NO_DATA);
            in(SYN | ACK);
            out(ACK, DATA);
            in(RST);
            out(ACK, DATA);
            assertThat(livesAfter(7439)).isTrue();
        }

        @Test
        void of_a_connection_half_closed_only_after_two_hours() {
            out(SYN, NO_DATA);
            in(SYN | ACK);
            out(ACK, NO_DATA);
            out(FIN | ACK, NO_DATA);
            assertThat(livesAfter(3600)).isTrue();
        }

        @Test
        void of_datagrams_after_five_minutes_without_any_going_out() {
            int outside = Packets.sourcePort(sent(rig, Packets.udp(LEASE, 40000, REMOTE, 53, DATA)));
            rig.nanos += 299 * SECOND;
            assertThat(Packets.destinationPort(rig.fromTep(Packets.udp(REMOTE, 53, LEASE, outside, DATA))
                            .onlyIpv4()))
                    .isEqualTo(40000);
            rig.nanos += SECOND;
            assertThat(Packets.destinationPort(rig.fromTep(Packets.udp(REMOTE, 53, LEASE, outside, DATA))
                            .onlyIpv4()))
                    .isEqualTo(outside);
        }
    }
}
