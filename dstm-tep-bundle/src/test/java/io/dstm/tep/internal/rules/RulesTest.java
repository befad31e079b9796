package io.dstm.tep.internal.rules;

import static io.dstm.tep.internal.rules.Packets.inner;
import static io.dstm.tep.internal.rules.Packets.ipv4;
import static io.dstm.tep.internal.rules.Packets.ipv6;
import static io.dstm.tep.internal.rules.Packets.view;
import static io.dstm.tep.internal.rules.Wire.binding;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.packet.FragmentHeader;
import io.dstm.packet.Icmpv4;
import io.dstm.packet.Icmpv6;
import io.dstm.packet.InternetChecksum;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule with packets in and packets out. The full client holds 192.0.2.1, the shared ones ports of 192.0.2.9. */
class RulesTest {

    private static final String TEP = "2001:db8::1";
    private static final String FULL = "2001:db8:f::1";
    private static final String FIRST = "2001:db8:a::1";
    private static final String SECOND = "2001:db8:b::1";
    private static final String STRANGER = "2001:db8:c::1";
    private static final String WORLD = "198.51.100.5";

    /** PSID 5 of 6 bits: ports 5120 to 6143. */
    private static final PortSet FIVE = new PortSet(0, 6, 5);

    private static final PortSet SIX = new PortSet(0, 6, 6);

    private static Wire wire() {
        return wire(new Wire.Settings());
    }

    private static Wire wire(Wire.Settings settings) {
        return new Wire(settings)
                .serve(
                        "192.0.2.0/24",
                        binding("192.0.2.1", FULL),
                        binding("192.0.2.9", FIVE, FIRST),
                        binding("192.0.2.9", SIX, SECOND));
    }

    private static Packets.Ipv6 up(String client, Packets.Ipv4 inner) {
        return ipv6(client, TEP).carrying(inner);
    }

    private static void assertSound(byte[] ipv4) {
        assertThat(Ipv4Header.check(view(ipv4), 0, ipv4.length).description()).isEqualTo("sound");
        assertThat(Ipv4Header.isChecksumSound(view(ipv4), 0)).isTrue();
    }

    private static void assertVerdict(Wire wire, Outcome outcome) {
        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(outcome, 1L));
    }

    @Test
    void takes_a_packet_of_a_full_address_out_of_the_tunnel() {
        byte[] packet = ipv4("192.0.2.1", WORLD).tcp(80, 4000, 10).bytes();
        Wire wire =
                wire().fromIpv6(ipv6(FULL, TEP).payload(IpProtocol.IPV4, packet).bytes());

        assertThat(wire.toIpv4).containsExactly(packet);
        assertThat(wire.toIpv6).isEmpty();
        assertVerdict(wire, Outcome.OUT_DECAPSULATED_IPV4);
        assertThat(wire.counters.bytes(Outcome.OUT_DECAPSULATED_IPV4)).isEqualTo(packet.length + 40);
        assertThat(wire.counters.bytes(Outcome.OUT_ALL_IPV4)).isEqualTo(packet.length);
    }

    @Test
    void puts_a_packet_to_a_full_address_into_the_tunnel() {
        Wire wire = wire().fromIpv4(
                        ipv4(WORLD, "192.0.2.1").tos(0xB9).udp(53, 7, 10).bytes());

        byte[] out = wire.toIpv6.get(0);
        assertThat(Ipv6Header.check(view(out), 0, out.length).description()).isEqualTo("sound");
        assertThat(Ipv6Header.payloadLength(view(out), 0)).isEqualTo(out.length - 40);
        assertThat(Ipv6Header.nextHeader(view(out), 0)).isEqualTo(IpProtocol.IPV4);
        assertThat(Ipv6Header.trafficClass(view(out), 0)).isEqualTo(0xB9);
        assertThat(Ipv6Header.flowLabel(view(out), 0)).isZero();
        assertThat(address(out, 8)).isEqualTo(Ipv6Address.parse(TEP));
        assertThat(address(out, 24)).isEqualTo(Ipv6Address.parse(FULL));
        assertThat(inner(out))
                .isEqualTo(ipv4(WORLD, "192.0.2.1")
                        .tos(0xB9)
                        .ttl(63)
                        .udp(53, 7, 10)
                        .bytes());
        assertVerdict(wire, Outcome.OUT_ENCAPSULATED_IPV6);
    }

    private static Ipv6Address address(byte[] packet, int offset) {
        return Ipv6Address.ofBytes(packet, offset);
    }

    @ParameterizedTest
    @CsvSource({"5119,none", "5120,a", "6143,a", "6144,b", "7167,b", "7168,none"})
    void a_port_of_a_shared_address_chooses_the_client(int port, String client) {
        Wire wire = wire().fromIpv4(ipv4(WORLD, "192.0.2.9").udp(53, port, 10).bytes());

        if (client.equals("none")) {
            assertThat(wire.toIpv6).isEmpty();
            assertVerdict(wire, Outcome.DROP_NO_DESTINATION_BINDING_IPV4);
        } else {
            assertThat(address(wire.toIpv6.get(0), 24)).isEqualTo(Ipv6Address.parse("2001:db8:" + client + "::1"));
        }
    }

    @ParameterizedTest
    @CsvSource({"6", "17", "132", "33", "136"})
    void every_protocol_with_ports_passes_by_its_ports(int protocol) {
        Wire wire = wire();
        wire.fromIpv6(up(FIRST, ipv4("192.0.2.9", WORLD).ports(protocol, 5120, 80, 24))
                .bytes());
        wire.fromIpv4(ipv4(WORLD, "192.0.2.9").ports(protocol, 80, 5120, 24).bytes());
        wire.fromIpv6(up(FIRST, ipv4("192.0.2.9", WORLD).ports(protocol, 80, 5120, 24))
                .bytes());

        assertThat(wire.toIpv4).hasSize(1);
        assertThat(wire.toIpv6).hasSize(2);
        assertThat(wire.verdicts())
                .containsOnlyKeys(
                        Outcome.OUT_DECAPSULATED_IPV4, Outcome.OUT_ENCAPSULATED_IPV6, Outcome.DROP_FOREIGN_PORT_IPV6);
    }

    @Test
    void protocols_without_ports_pass_for_full_addresses_only() {
        Wire wire = wire();
        wire.fromIpv6(up(FULL, ipv4("192.0.2.1", WORLD).payload(IpProtocol.ESP, new byte[40]))
                .bytes());
        wire.fromIpv4(
                ipv4(WORLD, "192.0.2.1").payload(IpProtocol.ESP, new byte[40]).bytes());
        assertThat(wire.toIpv4).hasSize(1);
        assertThat(wire.toIpv6).hasSize(1);

        wire.fromIpv6(up(FIRST, ipv4("192.0.2.9", WORLD).payload(IpProtocol.ESP, new byte[40]))
                .bytes());
        wire.fromIpv4(
                ipv4(WORLD, "192.0.2.9").payload(IpProtocol.ESP, new byte[40]).bytes());
        assertThat(wire.toIpv4).hasSize(1);
        assertThat(wire.toIpv6).hasSize(1);
        assertThat(wire.verdicts()).containsEntry(Outcome.DROP_NO_PORT_IPV4, 2L);
    }

    @Test
    void fragments_of_full_addresses_pass_one_by_one() {
        UnaryOperator<Packets.Ipv4> later =
                packet -> packet.fragment(1480, false).payload(IpProtocol.UDP, new byte[100]);
        Wire wire = wire();
        wire.fromIpv6(up(FULL, later.apply(ipv4("192.0.2.1", WORLD))).bytes());
        wire.fromIpv4(later.apply(ipv4(WORLD, "192.0.2.1")).bytes());

        assertThat(wire.toIpv4).hasSize(1);
        assertThat(wire.toIpv6).hasSize(1);
    }

    /** Outer source, inner source, port, and the counter that a packet which is not the sender's ends in. */
    @ParameterizedTest
    @CsvSource({
        // another's address: the sender is a client, but of something else
        "2001:db8:a::1, 192.0.2.1, 80,   DROP_FOREIGN_ADDRESS_IPV6",
        "2001:db8:f::1, 192.0.2.9, 5120, DROP_FOREIGN_ADDRESS_IPV6",
        "2001:db8:f::1, 192.0.2.77, 80,  DROP_FOREIGN_ADDRESS_IPV6",
        // another's port, or nobody's, of the sender's own address
        "2001:db8:a::1, 192.0.2.9, 6144, DROP_FOREIGN_PORT_IPV6",
        "2001:db8:a::1, 192.0.2.9, 80,   DROP_FOREIGN_PORT_IPV6",
        // an IPv6 source that is no client's, with a client's address and port
        "2001:db8:c::1, 192.0.2.9, 5120, DROP_FOREIGN_SOURCE_IPV6",
        "2001:db8:c::1, 192.0.2.1, 80,   DROP_FOREIGN_SOURCE_IPV6",
        // nothing of it is known
        "2001:db8:c::1, 192.0.2.77, 80,  DROP_NO_SOURCE_BINDING_IPV6",
        "2001:db8:c::1, 10.0.0.1, 80,    DROP_NO_SOURCE_BINDING_IPV6",
    })
    void each_kind_of_spoofing_has_its_own_counter(String outer, String source, int port, Outcome outcome) {
        Wire wire =
                wire().fromIpv6(up(outer, ipv4(source, WORLD).udp(port, 53, 10)).bytes());

        assertThat(wire.toIpv4).isEmpty();
        assertVerdict(wire, outcome);
        // The sender is told, once, by ICMPv6 1/5 that quotes its packet.
        assertThat(wire.toIpv6).hasSize(1);
        assertThat(wire.of(Outcome.Kind.SENT)).containsEntry(Outcome.OUT_ERROR_ICMPV6, 1L);
    }

    @Test
    void tells_a_client_that_a_source_is_not_its_own() {
        byte[] packet = up(FIRST, ipv4("192.0.2.1", WORLD).udp(80, 53, 10)).bytes();
        byte[] error = wire().fromIpv6(packet).toIpv6.get(0);

        assertThat(address(error, 8)).isEqualTo(Ipv6Address.parse(TEP));
        assertThat(address(error, 24)).isEqualTo(Ipv6Address.parse(FIRST));
        assertThat(Icmpv6.type(view(error), 40)).isEqualTo(1);
        assertThat(Icmpv6.code(view(error), 40)).isEqualTo(5);
        assertThat(Icmpv6.isChecksumSound(view(error), 0, 40, error.length - 40))
                .isTrue();
        assertThat(error).endsWith(packet);
    }

    @Test
    void quotes_no_more_than_fits_the_smallest_mtu() {
        byte[] packet = up(FIRST, ipv4("192.0.2.1", WORLD).udp(80, 53, 1400)).bytes();
        byte[] error = wire().fromIpv6(packet).toIpv6.get(0);

        assertThat(error).hasSize(1280);
        assertThat(Icmpv6.isChecksumSound(view(error), 0, 40, 1240)).isTrue();
    }

    @Test
    void says_nothing_to_clients_where_policy_forbids() {
        Wire.Settings settings = new Wire.Settings();
        settings.icmpv6Errors = false;
        Wire wire = wire(settings)
                .fromIpv6(up(FIRST, ipv4("192.0.2.1", WORLD).udp(80, 53, 10)).bytes());

        assertThat(wire.toIpv6).isEmpty();
        assertThat(wire.of(Outcome.Kind.NOTED)).containsOnlyKeys(Outcome.WITHHELD_BY_POLICY_ICMPV6);
    }

    @Test
    void a_binding_is_over_in_the_second_in_which_it_ends() {
        Wire wire = wire();
        wire.seconds = Wire.LATER.getEpochSecond() - 1;
        wire.fromIpv6(up(FULL, ipv4("192.0.2.1", WORLD).udp(80, 53, 10)).bytes());
        wire.fromIpv4(ipv4(WORLD, "192.0.2.1").udp(53, 80, 10).bytes());
        assertThat(wire.verdicts()).containsOnlyKeys(Outcome.OUT_DECAPSULATED_IPV4, Outcome.OUT_ENCAPSULATED_IPV6);

        wire.seconds++;
        wire.fromIpv6(up(FULL, ipv4("192.0.2.1", WORLD).udp(80, 53, 10)).bytes());
        wire.fromIpv4(ipv4(WORLD, "192.0.2.1").udp(53, 80, 10).bytes());
        assertThat(wire.verdicts())
                .containsEntry(Outcome.DROP_NO_SOURCE_BINDING_IPV6, 1L)
                .containsEntry(Outcome.DROP_NO_DESTINATION_BINDING_IPV4, 1L)
                .containsEntry(Outcome.OUT_DECAPSULATED_IPV4, 1L);
    }

    @Test
    void a_binding_is_bound_to_its_own_tunnel_address() {
        Wire wire = new Wire();
        wire.bind(
                binding("192.0.2.1", FULL),
                new Binding(
                        binding("192.0.2.2", FULL).key(),
                        Ipv6Address.parse(FULL),
                        Ipv6Address.parse("2001:db8::2"),
                        Wire.LATER));
        wire.fromIpv6(ipv6(FULL, "2001:db8::2")
                .carrying(ipv4("192.0.2.2", WORLD).udp(1, 2, 3))
                .bytes());
        assertThat(wire.toIpv4).hasSize(1);

        wire.fromIpv6(
                ipv6(FULL, TEP).carrying(ipv4("192.0.2.2", WORLD).udp(1, 2, 3)).bytes());
        wire.fromIpv6(ipv6(FULL, "2001:db8::3")
                .carrying(ipv4("192.0.2.2", WORLD).udp(1, 2, 3))
                .bytes());
        assertThat(wire.toIpv4).hasSize(1);
        assertThat(wire.verdicts())
                .containsEntry(Outcome.DROP_WRONG_TUNNEL_IPV6, 1L)
                .containsEntry(Outcome.DROP_NOT_OURS_IPV6, 1L);
        wire.fromIpv4(ipv4(WORLD, "192.0.2.2").udp(2, 1, 3).bytes());
        assertThat(address(wire.toIpv6.get(wire.toIpv6.size() - 1), 8)).isEqualTo(Ipv6Address.parse("2001:db8::2"));
    }

    /** The header that goes before the IPv4 packet, and what becomes of it. Each is eight bytes: next header, length, options. */
    @ParameterizedTest
    @CsvSource({
        // Tunnel Encapsulation Limit 4 and PadN, as Linux sends it; Pad1 only; as Hop-by-Hop
        "60, 0000 0401 0401 0100, OUT_DECAPSULATED_IPV4",
        "60, 0000 0000 0000 0000, OUT_DECAPSULATED_IPV4",
        "0,  0000 0104 0000 0000, OUT_DECAPSULATED_IPV4",
        // a limit of 0 concerns those who encapsulate further
        "60, 0000 0401 0001 0100, OUT_DECAPSULATED_IPV4",
        // an option that must not be skipped, one that is too long, a header that is too long
        "60, 0000 8104 0000 0000, DROP_UNKNOWN_OPTION_IPV6",
        "60, 0000 0405 0000 0000, DROP_MALFORMED_IPV6",
        "60, 00ff 0104 0000 0000, DROP_MALFORMED_IPV6",
        // a whole packet with a Fragment header; the first part of one; a Routing header
        "44, 0000 0000 0000 0007, OUT_DECAPSULATED_IPV4",
        "44, 0000 0001 0000 0007, DROP_MALFORMED_FRAGMENT_IPV6",
        "44, 0000 0008 0000 0007, HOLD_FRAGMENT_IPV6",
        "43, 0000 0000 0000 0000, DROP_NOT_TUNNELLED_IPV6",
    })
    void skips_what_may_stand_before_the_ipv4_packet(int header, String hex, Outcome outcome) {
        Wire wire = wire().fromIpv6(up(FULL, ipv4("192.0.2.1", WORLD).udp(80, 53, 10))
                .before(header, hex)
                .bytes());

        assertVerdict(wire, outcome);
        assertThat(wire.toIpv4).hasSize(outcome == Outcome.OUT_DECAPSULATED_IPV4 ? 1 : 0);
    }

    @Test
    void gives_up_on_a_packet_with_endless_extension_headers() {
        Packets.Ipv6 packet = up(FULL, ipv4("192.0.2.1", WORLD).udp(80, 53, 10));
        for (int i = 0; i < 9; i++) {
            packet.before(60, "0000 0104 0000 0000");
        }
        assertVerdict(wire().fromIpv6(packet.bytes()), Outcome.DROP_MALFORMED_IPV6);
    }

    @ParameterizedTest
    @CsvSource({
        "ff02::1,        DROP_MARTIAN_SOURCE_IPV6",
        "::,             DROP_MARTIAN_SOURCE_IPV6",
        "::1,            DROP_MARTIAN_SOURCE_IPV6",
        "::ffff:1.2.3.4, DROP_MARTIAN_SOURCE_IPV6",
        "2001:db8::1,    DROP_LOOP_IPV6",
    })
    void drops_outer_sources_that_no_client_has(String source, Outcome outcome) {
        Wire wire = wire().fromIpv6(
                        up(source, ipv4("192.0.2.1", WORLD).udp(80, 53, 10)).bytes());

        assertVerdict(wire, outcome);
        assertThat(wire.toIpv6).as("no answer to such a source").isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0.1.2.3", "127.0.0.1", "169.254.1.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"})
    void drops_ipv4_addresses_that_no_host_has(String martian) {
        Wire wire = wire();
        wire.fromIpv6(up(FULL, ipv4("192.0.2.1", martian).udp(80, 53, 10)).bytes());
        wire.fromIpv4(ipv4(martian, "192.0.2.1").udp(80, 53, 10).bytes());
        wire.fromIpv4(ipv4(WORLD, martian).udp(80, 53, 10).bytes());

        assertThat(wire.toIpv4).isEmpty();
        assertThat(wire.toIpv6).isEmpty();
        assertThat(wire.verdicts())
                .containsOnlyKeys(
                        Outcome.DROP_MARTIAN_DESTINATION_IPV4,
                        Outcome.DROP_MARTIAN_SOURCE_IPV4,
                        Outcome.DROP_NO_DESTINATION_BINDING_IPV4);
    }

    @Test
    void drops_what_comes_from_outside_with_a_source_inside() {
        Wire wire =
                wire().fromIpv4(ipv4("192.0.2.77", "192.0.2.1").udp(80, 53, 10).bytes());

        assertVerdict(wire, Outcome.DROP_INSIDE_SOURCE_IPV4);
        assertThat(wire.toIpv6).isEmpty();
        assertThat(wire.toIpv4).isEmpty();
    }

    static Stream<Arguments> malformed() {
        byte[] good = ipv4(WORLD, "192.0.2.1").udp(80, 53, 10).bytes();
        return Stream.of(
                Arguments.of("nothing", new byte[0], Outcome.DROP_MALFORMED_IPV4),
                Arguments.of("cut in the header", cut(good, 19), Outcome.DROP_MALFORMED_IPV4),
                Arguments.of("cut in the data", cut(good, good.length - 1), Outcome.DROP_MALFORMED_IPV4),
                Arguments.of("version 5", with(good, 0, 0x55), Outcome.DROP_MALFORMED_IPV4),
                Arguments.of("header of 16 bytes", with(good, 0, 0x44), Outcome.DROP_MALFORMED_IPV4),
                Arguments.of("header longer than the packet", with(good, 0, 0x4F), Outcome.DROP_MALFORMED_IPV4),
                Arguments.of("total length below the header", with(good, 3, 19), Outcome.DROP_MALFORMED_IPV4),
                Arguments.of("wrong checksum", with(good, 10, good[10] ^ 1), Outcome.DROP_BAD_CHECKSUM_IPV4));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void drops_malformed_packets_on_either_side(String name, byte[] packet, Outcome outcome) {
        assertVerdict(wire().fromIpv4(packet), outcome);
        if (packet.length >= 20 && outcome != Outcome.DROP_BAD_CHECKSUM_IPV4) {
            assertVerdict(
                    wire().fromIpv6(ipv6(FULL, TEP)
                            .payload(IpProtocol.IPV4, packet)
                            .bytes()),
                    outcome);
        }
    }

    @Test
    void tells_a_kernels_ipv6_chatter_from_malformed_packets() {
        byte[] solicitation =
                ipv6("fe80::1", "ff02::2").icmp(133, 0, 0, new byte[0]).bytes();

        assertVerdict(wire().fromIpv4(solicitation), Outcome.DROP_WRONG_SIDE_IPV6);
        assertVerdict(wire().fromIpv4(cut(solicitation, 8)), Outcome.DROP_MALFORMED_IPV4);
    }

    @Test
    void drops_an_inner_packet_with_a_wrong_checksum() {
        byte[] packet = up(FULL, ipv4("192.0.2.1", WORLD).udp(80, 53, 10)).bytes();
        packet[50] ^= 1;

        assertVerdict(wire().fromIpv6(packet), Outcome.DROP_BAD_CHECKSUM_IPV4);
    }

    @Test
    void drops_an_outer_packet_that_is_shorter_than_it_says() {
        byte[] packet = up(FULL, ipv4("192.0.2.1", WORLD).udp(80, 53, 10)).bytes();
        for (int length = 0; length < packet.length; length++) {
            assertVerdict(wire().fromIpv6(cut(packet, length)), Outcome.DROP_MALFORMED_IPV6);
        }
    }

    private static byte[] cut(byte[] packet, int length) {
        return Arrays.copyOf(packet, length);
    }

    private static byte[] with(byte[] packet, int at, int value) {
        byte[] changed = packet.clone();
        changed[at] = (byte) value;
        return changed;
    }

    @Test
    void carries_the_class_of_service_over_and_repairs_the_checksum() {
        Wire wire = wire().fromIpv6(ipv6(FULL, TEP)
                .trafficClass(0xB8)
                .carrying(ipv4("192.0.2.1", WORLD).tos(0x02).udp(80, 53, 10))
                .bytes());

        assertSound(wire.toIpv4.get(0));
        assertThat(Ipv4Header.tos(view(wire.toIpv4.get(0)), 0)).isEqualTo(0xBA);
    }

    /** RFC 6040 figure 4, all of it: inner field, outer field, what goes on, whether the combination is odd. */
    @ParameterizedTest
    @CsvSource({
        "0,0,0,false", "0,2,0,true", "0,1,0,true", "0,3,drop,true",
        "2,0,2,false", "2,2,2,false", "2,1,1,false", "2,3,3,false",
        "1,0,1,false", "1,2,1,true", "1,1,1,false", "1,3,3,false",
        "3,0,3,false", "3,2,3,false", "3,1,3,true", "3,3,3,false",
    })
    void merges_congestion_marks(int inner, int outer, String result, boolean odd) {
        Wire wire = wire().fromIpv6(ipv6(FULL, TEP)
                .trafficClass(outer)
                .carrying(ipv4("192.0.2.1", WORLD).tos(inner).udp(80, 53, 10))
                .bytes());

        assertThat(wire.counters.packets(Outcome.NOTED_ODD_ECN_IPV6)).isEqualTo(odd ? 1 : 0);
        if (result.equals("drop")) {
            assertThat(wire.toIpv4).isEmpty();
            assertVerdict(wire, Outcome.DROP_CONGESTION_IPV6);
        } else {
            assertThat(Ipv4Header.tos(view(wire.toIpv4.get(0)), 0)).isEqualTo(Integer.parseInt(result));
            assertSound(wire.toIpv4.get(0));
        }
    }

    @Test
    void leads_a_packet_from_one_client_to_another() {
        Wire wire = wire().fromIpv6(up(FIRST, ipv4("192.0.2.9", "192.0.2.1").tcp(5120, 80, 10))
                .bytes());

        assertVerdict(wire, Outcome.HAIRPIN_ENCAPSULATED_IPV6);
        assertThat(wire.toIpv4).isEmpty();
        byte[] out = wire.toIpv6.get(0);
        assertThat(address(out, 24)).isEqualTo(Ipv6Address.parse(FULL));
        assertThat(inner(out))
                .isEqualTo(
                        ipv4("192.0.2.9", "192.0.2.1").ttl(63).tcp(5120, 80, 10).bytes());
    }

    @Test
    void two_clients_of_one_address_reach_each_other() {
        Wire wire = wire().fromIpv6(up(FIRST, ipv4("192.0.2.9", "192.0.2.9").tcp(5120, 6144, 10))
                .bytes());

        assertVerdict(wire, Outcome.HAIRPIN_ENCAPSULATED_IPV6);
        assertThat(address(wire.toIpv6.get(0), 24)).isEqualTo(Ipv6Address.parse(SECOND));
    }

    @Test
    void hairpinning_falls_by_ttl_even_where_a_kernel_forwards() {
        Wire.Settings settings = new Wire.Settings();
        settings.decrementToTunnel = false;
        Wire wire = wire(settings);
        wire.fromIpv4(ipv4(WORLD, "192.0.2.1").udp(53, 7, 10).bytes());
        wire.fromIpv6(
                up(FIRST, ipv4("192.0.2.9", "192.0.2.1").tcp(5120, 80, 10)).bytes());

        assertThat(Ipv4Header.ttl(view(wire.toIpv6.get(0)), 40)).isEqualTo(64);
        assertThat(Ipv4Header.ttl(view(wire.toIpv6.get(1)), 40)).isEqualTo(63);
    }

    @Test
    void clients_do_not_reach_each_other_where_policy_forbids() {
        Wire.Settings settings = new Wire.Settings();
        settings.hairpin = Hairpinning.FALSE;
        Wire wire = wire(settings)
                .fromIpv6(up(FIRST, ipv4("192.0.2.9", "192.0.2.1").tcp(5120, 80, 10))
                        .bytes());

        assertVerdict(wire, Outcome.DROP_HAIRPIN_BY_POLICY_IPV4);
        assertThat(wire.toIpv6).isEmpty();
        assertThat(wire.toIpv4).isEmpty();
    }

    @Test
    void a_packet_to_itself_ends_here() {
        Wire wire = wire().fromIpv6(up(FIRST, ipv4("192.0.2.9", "192.0.2.9").tcp(5120, 5120, 10))
                .bytes());

        assertVerdict(wire, Outcome.DROP_SAME_ENDS_IPV4);
    }

    @Test
    void a_packet_to_an_address_of_the_pool_that_nobody_holds_does_not_leave() {
        byte[] packet = ipv4("192.0.2.1", "192.0.2.200").tcp(80, 81, 10).bytes();
        Wire wire =
                wire().fromIpv6(ipv6(FULL, TEP).payload(IpProtocol.IPV4, packet).bytes());

        assertVerdict(wire, Outcome.DROP_NO_DESTINATION_BINDING_IPV4);
        assertThat(wire.toIpv4).isEmpty();
        byte[] error = inner(wire.toIpv6.get(0));
        assertSound(error);
        assertThat(Icmpv4.type(view(error), 20)).isEqualTo(3);
        assertThat(Icmpv4.code(view(error), 20)).isEqualTo(1);
        assertThat(address(wire.toIpv6.get(0), 24)).isEqualTo(Ipv6Address.parse(FULL));
    }

    @Test
    void tells_the_world_that_nobody_holds_a_port() {
        byte[] packet = ipv4(WORLD, "192.0.2.9").udp(53, 80, 900).bytes();
        Wire wire = wire().fromIpv4(packet);

        byte[] error = wire.toIpv4.get(0);
        assertSound(error);
        assertThat(error).as("RFC 1812 section 4.3.2.3").hasSize(576);
        assertThat(Ipv4Header.source(view(error), 0)).isEqualTo(Wire.TEP4.value());
        assertThat(Ipv4Header.destination(view(error), 0))
                .isEqualTo(Ipv4Address.parse(WORLD).value());
        assertThat(Icmpv4.type(view(error), 20)).isEqualTo(3);
        assertThat(Icmpv4.code(view(error), 20)).isEqualTo(1);
        assertThat(InternetChecksum.isSound(view(error), 20, 556)).isTrue();
        assertThat(error).endsWith(cut(packet, 548));
    }

    static Stream<Arguments> unanswerable() {
        byte[] quoted = ipv4("192.0.2.77", WORLD).udp(1, 2, 8).bytes();
        return Stream.of(
                Arguments.of("an ICMP error", ipv4(WORLD, "192.0.2.77").icmpError(3, 3, 0, quoted)),
                Arguments.of("an echo request", ipv4(WORLD, "192.0.2.77").echo(8, 1)),
                Arguments.of(
                        "a later fragment",
                        ipv4(WORLD, "192.0.2.77").fragment(1480, false).payload(IpProtocol.UDP, new byte[50])),
                Arguments.of("multicast", ipv4(WORLD, "224.0.0.5").udp(1, 2, 3)),
                Arguments.of("broadcast", ipv4(WORLD, "255.255.255.255").udp(1, 2, 3)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unanswerable")
    void never_answers_with_an_error(String what, Packets.Ipv4 packet) {
        Wire wire = wire().fromIpv4(packet.bytes());

        assertVerdict(wire, Outcome.DROP_NO_DESTINATION_BINDING_IPV4);
        assertThat(wire.toIpv4).isEmpty();
        assertThat(wire.toIpv6).isEmpty();
    }

    @Test
    void sends_no_more_errors_than_the_limit_allows() {
        Wire.Settings settings = new Wire.Settings();
        settings.errorsPerSecond = 20;
        Wire wire = wire(settings);
        for (int i = 0; i < 100; i++) {
            wire.fromIpv4(ipv4(WORLD, "192.0.2.77").udp(53, 80, 10).bytes());
        }
        assertThat(wire.toIpv4).hasSize(10);
        assertThat(wire.counters.packets(Outcome.WITHHELD_BY_RATE_ICMPV4)).isEqualTo(90);

        wire.nanos += 100_000_000;
        for (int i = 0; i < 100; i++) {
            wire.fromIpv4(ipv4(WORLD, "192.0.2.77").udp(53, 80, 10).bytes());
        }
        assertThat(wire.toIpv4).as("two more in a tenth of a second").hasSize(12);
    }

    @Test
    void counts_a_lifetime_down_and_says_when_it_is_over() {
        Wire.Settings settings = new Wire.Settings();
        settings.decrementFromTunnel = true;
        Wire wire = wire(settings);
        wire.fromIpv6(up(FULL, ipv4("192.0.2.1", WORLD).ttl(2).udp(80, 53, 10)).bytes());
        assertThat(Ipv4Header.ttl(view(wire.toIpv4.get(0)), 0)).isEqualTo(1);
        assertSound(wire.toIpv4.get(0));

        wire.fromIpv6(up(FULL, ipv4("192.0.2.1", WORLD).ttl(1).udp(80, 53, 10)).bytes());
        assertThat(wire.toIpv4).hasSize(1);
        byte[] back = inner(wire.toIpv6.get(0));
        assertSound(back);
        assertThat(Icmpv4.type(view(back), 20)).isEqualTo(Icmpv4.TIME_EXCEEDED);

        wire.fromIpv4(ipv4(WORLD, "192.0.2.1").ttl(1).udp(53, 80, 10).bytes());
        assertThat(Icmpv4.type(view(wire.toIpv4.get(1)), 20)).isEqualTo(Icmpv4.TIME_EXCEEDED);
        assertThat(wire.verdicts()).containsEntry(Outcome.DROP_TTL_EXPIRED_IPV4, 2L);
    }

    @Test
    void says_how_long_a_packet_may_be_that_must_not_be_fragmented() {
        Wire wire = wire();
        wire.fromIpv4(
                ipv4(WORLD, "192.0.2.1").dontFragment().udp(53, 80, 1460 - 28).bytes());
        assertThat(wire.toIpv6).hasSize(1);
        assertThat(wire.toIpv6.get(0)).hasSize(1500);

        wire.fromIpv4(
                ipv4(WORLD, "192.0.2.1").dontFragment().udp(53, 80, 1461 - 28).bytes());
        assertThat(wire.toIpv6).hasSize(1);
        byte[] error = wire.toIpv4.get(0);
        assertThat(Icmpv4.code(view(error), 20)).isEqualTo(Icmpv4.FRAGMENTATION_NEEDED);
        assertThat(Icmpv4.nextHopMtu(view(error), 20)).isEqualTo(1460);
        assertThat(wire.verdicts()).containsEntry(Outcome.DROP_TOO_BIG_IPV4, 1L);
    }

    @Test
    void tells_a_client_through_the_tunnel_that_its_packet_to_another_is_too_long() {
        Wire wire = wire().fromIpv6(
                        up(FIRST, ipv4("192.0.2.9", "192.0.2.1").dontFragment().tcp(5120, 80, 1460))
                                .bytes());

        assertVerdict(wire, Outcome.DROP_TOO_BIG_IPV4);
        assertThat(address(wire.toIpv6.get(0), 24)).isEqualTo(Ipv6Address.parse(FIRST));
        assertThat(Icmpv4.nextHopMtu(view(wire.toIpv6.get(0)), 60)).isEqualTo(1460);
    }

    @ParameterizedTest
    @CsvSource({"1461,2", "1480,2", "2000,2"})
    void fragments_the_ipv6_packet_around_what_may_be_fragmented(int length, int fragments) {
        byte[] packet =
                ipv4(WORLD, "192.0.2.1").tos(0x28).udp(53, 80, length - 28).bytes();
        Wire wire = wire().fromIpv4(packet);

        assertThat(wire.toIpv6).hasSize(fragments);
        byte[] whole = new byte[length];
        int id = FragmentHeader.identification(view(wire.toIpv6.get(0)), 40);
        for (byte[] fragment : wire.toIpv6) {
            assertThat(fragment.length).isLessThanOrEqualTo(1500);
            assertThat(Ipv6Header.check(view(fragment), 0, fragment.length).description())
                    .isEqualTo("sound");
            assertThat(Ipv6Header.trafficClass(view(fragment), 0)).isEqualTo(0x28);
            assertThat(Ipv6Header.nextHeader(view(fragment), 0)).isEqualTo(IpProtocol.FRAGMENT);
            assertThat(FragmentHeader.nextHeader(view(fragment), 40)).isEqualTo(IpProtocol.IPV4);
            assertThat(FragmentHeader.identification(view(fragment), 40)).isEqualTo(id);
            int offset = FragmentHeader.fragmentOffset(view(fragment), 40);
            assertThat(FragmentHeader.moreFragments(view(fragment), 40))
                    .isEqualTo(offset + fragment.length - 48 < length);
            System.arraycopy(fragment, 48, whole, offset, fragment.length - 48);
        }
        assertThat(whole)
                .isEqualTo(ipv4(WORLD, "192.0.2.1")
                        .tos(0x28)
                        .ttl(63)
                        .udp(53, 80, length - 28)
                        .bytes());
        assertThat(wire.counters.packets(Outcome.OUT_FRAGMENT_IPV6)).isEqualTo(fragments);
        assertVerdict(wire, Outcome.OUT_ENCAPSULATED_IPV6);

        wire.fromIpv4(packet);
        assertThat(FragmentHeader.identification(view(wire.toIpv6.get(fragments)), 40))
                .isNotEqualTo(id);
    }

    @Test
    void fragments_towards_a_smaller_ipv4_link_keep_only_copied_options() {
        Wire.Settings settings = new Wire.Settings();
        settings.ipv4Mtu = 576;
        // Record Route (7, not copied), No Operation, Router Alert (148, copied)
        byte[] packet = ipv4("192.0.2.1", WORLD)
                .options("07 07 04 00000000 01 94 04 0000")
                .udp(53, 80, 1000)
                .bytes();
        Wire wire = wire(settings)
                .fromIpv6(ipv6(FULL, TEP).payload(IpProtocol.IPV4, packet).bytes());

        assertThat(wire.toIpv4).hasSize(2);
        wire.toIpv4.forEach(RulesTest::assertSound);
        byte[] second = wire.toIpv4.get(1);
        assertThat(second.length + wire.toIpv4.get(0).length).isEqualTo(packet.length + 32);
        assertThat(Arrays.copyOfRange(second, 20, 32)).isEqualTo(Packets.bytes("01010101 010101 01 94040000"));
        assertThat(Ipv4Header.fragmentOffset(view(second), 0)).isEqualTo(544);
        assertThat(Ipv4Header.moreFragments(view(second), 0)).isFalse();
    }

    @Test
    void drops_what_needs_more_fragments_than_there_is_room() {
        Wire wire = new Wire().bind(binding("192.0.2.1", FULL));
        PacketMemory memory = new PacketMemory(1, 0, 2048 + 64);
        PacketOutput out = new PacketOutput(memory);
        PacketBatch in = new PacketBatch(memory, 1);
        byte[] packet = ipv4(WORLD, "192.0.2.1").udp(53, 80, 1800).bytes();
        memory.bytes().put(memory.slotStart(0), packet);
        in.add(memory.slotStart(0), packet.length);
        var reader = wire.table.newReader();
        new Tunnel(wire.counters.newBlock(), 1, 0).fromIpv4(in, out, reader.enter(), wire.policy, 1, Wire.NOW);
        reader.close();

        assertThat(out.toIpv6().count()).isZero();
        assertVerdict(wire, Outcome.DROP_NO_ROOM_IP);
    }

    @Test
    void pings_pass_by_identifier_both_ways() {
        Wire wire = wire();
        wire.fromIpv6(up(FIRST, ipv4("192.0.2.9", WORLD).echo(8, 5120)).bytes());
        wire.fromIpv4(ipv4(WORLD, "192.0.2.9").echo(0, 5120).bytes());
        wire.fromIpv4(ipv4(WORLD, "192.0.2.9").echo(8, 6144).bytes());
        wire.fromIpv4(ipv4(WORLD, "192.0.2.9").echo(8, 1).bytes());
        wire.fromIpv6(up(FIRST, ipv4("192.0.2.9", WORLD).echo(8, 6144)).bytes());

        assertThat(wire.toIpv4).hasSize(1);
        assertThat(address(wire.toIpv6.get(0), 24)).isEqualTo(Ipv6Address.parse(FIRST));
        assertThat(address(wire.toIpv6.get(1), 24)).isEqualTo(Ipv6Address.parse(SECOND));
        assertThat(wire.verdicts())
                .containsEntry(Outcome.OUT_ENCAPSULATED_IPV6, 2L)
                .containsEntry(Outcome.DROP_NO_DESTINATION_BINDING_IPV4, 1L)
                .containsEntry(Outcome.DROP_FOREIGN_PORT_IPV6, 1L);
    }

    @Test
    void an_error_from_the_world_finds_the_client_whose_packet_it_quotes() {
        byte[] sent = ipv4("192.0.2.9", WORLD).udp(6144, 53, 20).bytes();
        Wire wire = wire().fromIpv4(ipv4("203.0.113.1", "192.0.2.9")
                .icmpError(11, 0, 0, cut(sent, 28))
                .bytes());

        assertVerdict(wire, Outcome.OUT_ENCAPSULATED_IPV6);
        assertThat(address(wire.toIpv6.get(0), 24)).isEqualTo(Ipv6Address.parse(SECOND));
    }

    static Stream<Arguments> uselessQuotes() {
        byte[] sent = ipv4("192.0.2.9", WORLD).udp(6144, 53, 20).bytes();
        return Stream.of(
                Arguments.of("too little of it", cut(sent, 22)),
                Arguments.of("not a packet", new byte[28]),
                Arguments.of("wrong header checksum", cut(with(sent, 10, sent[10] ^ 1), 28)),
                Arguments.of(
                        "another source",
                        cut(ipv4("192.0.2.8", WORLD).udp(6144, 53, 20).bytes(), 28)),
                Arguments.of(
                        "a later fragment",
                        ipv4("192.0.2.9", WORLD)
                                .fragment(8, false)
                                .payload(17, new byte[8])
                                .bytes()),
                Arguments.of(
                        "a protocol without ports",
                        ipv4("192.0.2.9", WORLD).payload(50, new byte[8]).bytes()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("uselessQuotes")
    void an_error_that_quotes_nothing_usable_reaches_nobody(String what, byte[] quoted) {
        Wire wire = wire().fromIpv4(ipv4("203.0.113.1", "192.0.2.9")
                .icmpError(11, 0, 0, quoted)
                .bytes());

        assertVerdict(wire, Outcome.DROP_NO_PORT_IPV4);
        assertThat(wire.toIpv6).isEmpty();
    }

    @Test
    void an_error_from_a_client_must_quote_a_packet_to_that_client() {
        byte[] received = ipv4(WORLD, "192.0.2.9").udp(53, 5120, 20).bytes();
        byte[] ofAnother = ipv4(WORLD, "192.0.2.9").udp(53, 6144, 20).bytes();
        Wire wire = wire();
        wire.fromIpv6(
                up(FIRST, ipv4("192.0.2.9", WORLD).icmpError(3, 3, 0, received)).bytes());
        assertThat(wire.toIpv4).hasSize(1);

        wire.fromIpv6(up(FIRST, ipv4("192.0.2.9", WORLD).icmpError(3, 3, 0, ofAnother))
                .bytes());
        assertThat(wire.toIpv4).hasSize(1);
        assertThat(wire.verdicts()).containsEntry(Outcome.DROP_FOREIGN_PORT_IPV6, 1L);
    }

    @Test
    void drops_icmp_to_clients_that_is_broken_or_unwanted() {
        byte[] broken = ipv4(WORLD, "192.0.2.1").echo(8, 1).bytes();
        broken[60] ^= 1;
        assertVerdict(wire().fromIpv4(broken), Outcome.DROP_BAD_CHECKSUM_ICMPV4);
        assertVerdict(
                wire().fromIpv4(ipv4(WORLD, "192.0.2.1").payload(1, new byte[7]).bytes()),
                Outcome.DROP_MALFORMED_ICMPV4);

        Wire.Settings settings = new Wire.Settings();
        settings.incomingIcmpv4 = false;
        assertVerdict(
                wire(settings).fromIpv4(ipv4(WORLD, "192.0.2.1").echo(8, 1).bytes()), Outcome.DROP_BY_POLICY_ICMPV4);
    }

    @Test
    void answers_pings_to_itself_from_either_side() {
        byte[] ping =
                ipv4(WORLD, "192.0.0.1").options("94040000").ttl(3).echo(8, 77).bytes();
        Wire wire = wire();
        wire.fromIpv4(ping);
        wire.fromIpv6(
                up(FULL, ipv4("192.0.2.1", "192.0.0.1").ttl(3).echo(8, 78)).bytes());

        byte[] outside = wire.toIpv4.get(0);
        byte[] inside = inner(wire.toIpv6.get(0));
        for (byte[] pong : new byte[][] {outside, inside}) {
            assertSound(pong);
            assertThat(pong).hasSize(84);
            assertThat(Ipv4Header.ttl(view(pong), 0)).isEqualTo(64);
            assertThat(Ipv4Header.source(view(pong), 0)).isEqualTo(Wire.TEP4.value());
            assertThat(Icmpv4.type(view(pong), 20)).isEqualTo(Icmpv4.ECHO_REPLY);
            assertThat(InternetChecksum.isSound(view(pong), 20, 64)).isTrue();
        }
        assertThat(Ipv4Header.destination(view(outside), 0))
                .isEqualTo(Ipv4Address.parse(WORLD).value());
        assertThat(Icmpv4.identifier(view(inside), 20)).isEqualTo(78);
        assertVerdictOnly(wire, Outcome.ANSWER_ECHO_ICMPV4, 2);
    }

    private static void assertVerdictOnly(Wire wire, Outcome outcome, long packets) {
        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(outcome, packets));
    }

    @Test
    void takes_nothing_but_pings_for_itself() {
        Wire wire = wire();
        wire.fromIpv4(ipv4(WORLD, "192.0.0.1").udp(1, 2, 3).bytes());
        wire.fromIpv4(ipv4(WORLD, "192.0.0.1").echo(0, 3).bytes());
        wire.fromIpv6(up(FULL, ipv4("192.0.2.1", "192.0.0.1").tcp(1, 2, 3)).bytes());

        assertVerdictOnly(wire, Outcome.DROP_TO_TEP_IPV4, 3);
        assertThat(wire.toIpv4).isEmpty();
        assertThat(wire.toIpv6).isEmpty();
    }

    @Test
    void answers_pings_to_the_tunnel_address() {
        byte[] ping = ipv6(STRANGER, TEP).icmp(128, 0, 0x00070001, new byte[20]).bytes();
        Wire wire = wire().fromIpv6(ping);

        byte[] pong = wire.toIpv6.get(0);
        assertThat(address(pong, 24)).isEqualTo(Ipv6Address.parse(STRANGER));
        assertThat(Icmpv6.type(view(pong), 40)).isEqualTo(Icmpv6.ECHO_REPLY);
        assertThat(Icmpv6.isChecksumSound(view(pong), 0, 40, 28)).isTrue();
        assertVerdict(wire, Outcome.ANSWER_ECHO_ICMPV6);
    }

    /** ICMPv6 type, code and MTU; then ICMPv4 code and MTU, or the counter of what is not translated (RFC 2473 section 8.3). */
    @ParameterizedTest
    @CsvSource({
        "1,0,0,    1,0,    TRANSLATE_ERROR_ICMPV6",
        "1,4,0,    1,0,    TRANSLATE_ERROR_ICMPV6",
        "2,0,1400, 4,1360, TRANSLATE_ERROR_ICMPV6",
        "3,0,0,    1,0,    TRANSLATE_ERROR_ICMPV6",
        "4,0,0,    1,0,    TRANSLATE_ERROR_ICMPV6",
        "2,0,100,  0,0,    DROP_UNUSABLE_ICMPV6",
        "3,1,0,    0,0,    DROP_UNUSABLE_ICMPV6",
        "100,0,0,  0,0,    DROP_UNUSABLE_ICMPV6",
        "133,0,0,  0,0,    DROP_UNUSABLE_ICMPV6",
    })
    void translates_errors_from_inside_the_tunnel(
            int type, int code, int mtu, int newCode, int newMtu, Outcome outcome) {
        byte[] sent = ipv6(TEP, FIRST)
                .carrying(ipv4(WORLD, "192.0.2.9").dontFragment().udp(53, 5120, 100))
                .bytes();
        Wire wire = wire().fromIpv6(
                        ipv6("2001:db8:99::1", TEP).icmp(type, code, mtu, sent).bytes());

        assertVerdict(wire, outcome);
        if (outcome == Outcome.TRANSLATE_ERROR_ICMPV6) {
            byte[] error = wire.toIpv4.get(0);
            assertSound(error);
            assertThat(Ipv4Header.destination(view(error), 0))
                    .isEqualTo(Ipv4Address.parse(WORLD).value());
            assertThat(Icmpv4.type(view(error), 20)).isEqualTo(3);
            assertThat(Icmpv4.code(view(error), 20)).isEqualTo(newCode);
            assertThat(Icmpv4.nextHopMtu(view(error), 20)).isEqualTo(newMtu);
            assertThat(error).endsWith(inner(sent));
        } else {
            assertThat(wire.toIpv4).isEmpty();
        }
    }

    static Stream<Arguments> foreignQuotes() {
        Packets.Ipv4 inner = ipv4(WORLD, "192.0.2.9").dontFragment().udp(53, 5120, 100);
        return Stream.of(
                Arguments.of(
                        "not from this TEP",
                        ipv6("2001:db8::2", FIRST).carrying(inner).bytes()),
                Arguments.of(
                        "not to the holder", ipv6(TEP, SECOND).carrying(inner).bytes()),
                Arguments.of(
                        "to a port that nobody holds",
                        ipv6(TEP, FIRST)
                                .carrying(ipv4(WORLD, "192.0.2.9").udp(53, 80, 100))
                                .bytes()),
                Arguments.of(
                        "not a tunnelled packet",
                        ipv6(TEP, FIRST).payload(17, new byte[20]).bytes()),
                Arguments.of(
                        "cut off too early",
                        cut(ipv6(TEP, FIRST).carrying(inner).bytes(), 55)),
                Arguments.of(
                        "from a client that is none",
                        ipv6(TEP, FIRST)
                                .carrying(ipv4("192.0.2.200", "192.0.2.9").udp(53, 5120, 100))
                                .bytes()),
                Arguments.of("nothing", new byte[0]));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("foreignQuotes")
    void believes_no_error_about_a_packet_it_cannot_have_sent(String what, byte[] quoted) {
        Wire wire = wire().fromIpv6(
                        ipv6("2001:db8:99::1", TEP).icmp(1, 0, 0, quoted).bytes());

        assertVerdict(wire, Outcome.DROP_NO_QUOTED_BINDING_ICMPV6);
        assertThat(wire.toIpv4).isEmpty();
        assertThat(wire.toIpv6).isEmpty();
    }

    @Test
    void believes_an_error_about_a_first_fragment() {
        byte[] sent = ipv6(TEP, FIRST)
                .carrying(ipv4(WORLD, "192.0.2.9").udp(53, 5120, 1400))
                .fragment(0, true)
                .bytes();
        Wire wire = wire().fromIpv6(ipv6("2001:db8:99::1", TEP)
                .icmp(1, 0, 0, cut(sent, 600))
                .bytes());

        assertVerdict(wire, Outcome.TRANSLATE_ERROR_ICMPV6);
    }

    @Test
    void drops_icmpv6_that_is_broken_or_unwanted() {
        byte[] broken = ipv6(STRANGER, TEP).icmp(128, 0, 1, new byte[20]).bytes();
        broken[60] ^= 1;
        assertVerdict(wire().fromIpv6(broken), Outcome.DROP_BAD_CHECKSUM_ICMPV6);
        assertVerdict(
                wire().fromIpv6(ipv6(STRANGER, TEP).payload(58, new byte[7]).bytes()), Outcome.DROP_MALFORMED_ICMPV6);

        Wire.Settings settings = new Wire.Settings();
        settings.incomingIcmpv6 = false;
        byte[] sent = ipv6(TEP, FIRST)
                .carrying(ipv4(WORLD, "192.0.2.9").udp(53, 5120, 100))
                .bytes();
        assertVerdict(
                wire(settings)
                        .fromIpv6(
                                ipv6("2001:db8:99::1", TEP).icmp(1, 0, 0, sent).bytes()),
                Outcome.DROP_BY_POLICY_ICMPV6);
    }

    @Test
    void what_is_in_no_tunnel_is_not_ours() {
        assertVerdict(
                wire().fromIpv6(ipv6(FULL, TEP)
                        .payload(IpProtocol.UDP, new byte[30])
                        .bytes()),
                Outcome.DROP_NOT_TUNNELLED_IPV6);
    }

    @Test
    void answers_at_another_tunnel_address_that_has_no_binding_yet() {
        Wire.Settings settings = new Wire.Settings();
        settings.moreTunnelAddresses = List.of(Ipv6Address.parse("2001:db8::2"));
        Wire wire = wire(settings);
        wire.fromIpv6(
                ipv6(STRANGER, "2001:db8::2").icmp(128, 0, 1, new byte[20]).bytes());
        assertVerdict(wire, Outcome.ANSWER_ECHO_ICMPV6);
    }
}
