package io.dstm.tep.internal.rules;

import static io.dstm.tep.internal.rules.Packets.inner;
import static io.dstm.tep.internal.rules.Packets.ipv4;
import static io.dstm.tep.internal.rules.Packets.ipv6;
import static io.dstm.tep.internal.rules.Packets.view;
import static io.dstm.tep.internal.rules.Wire.binding;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.net.PortSet;
import io.dstm.packet.Icmpv6;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.tep.internal.table.TableView;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fragments in, whole packets out. The full client holds 192.0.2.1, the sharer ports 5120 to 6143 of 192.0.2.9. */
class FragmentsTest {

    private static final String TEP = "2001:db8::1";
    private static final String FULL = "2001:db8:f::1";
    private static final String SHARER = "2001:db8:a::1";
    private static final String WORLD = "198.51.100.5";
    private static final long SECOND = 1_000_000_000L;

    private static Wire wire(Wire.Settings settings) {
        return new Wire(settings)
                .serve("192.0.2.0/24", binding("192.0.2.1", FULL), binding("192.0.2.9", new PortSet(0, 6, 5), SHARER));
    }

    private static Wire wire() {
        return wire(new Wire.Settings());
    }

    /** The fragments of an outer packet: a Fragment header each, cut every {@code part} bytes. */
    private static List<byte[]> outerFragments(String client, byte[] carried, int part, int id) {
        List<byte[]> fragments = new ArrayList<>();
        for (int offset = 0; offset < carried.length; offset += part) {
            byte[] piece = Arrays.copyOfRange(carried, offset, Math.min(carried.length, offset + part));
            fragments.add(outerFragment(client, piece, offset, offset + part < carried.length, id));
        }
        return fragments;
    }

    private static byte[] outerFragment(String client, byte[] piece, int offset, boolean more, int id) {
        byte[] packet = ipv6(client, TEP)
                .payload(IpProtocol.IPV4, piece)
                .fragment(offset, more)
                .bytes();
        view(packet).putInt(44, id);
        return packet;
    }

    /** The fragments of an IPv4 packet without options. */
    private static List<byte[]> fragments(byte[] packet, int part) {
        List<byte[]> fragments = new ArrayList<>();
        for (int offset = 0; offset < packet.length - 20; offset += part) {
            int length = Math.min(part, packet.length - 20 - offset);
            byte[] fragment = new byte[20 + length];
            System.arraycopy(packet, 0, fragment, 0, 20);
            System.arraycopy(packet, 20 + offset, fragment, 20, length);
            boolean more = offset + length < packet.length - 20;
            Ipv4Header.changeFragment(view(fragment), 0, 20 + length, offset, more);
            fragments.add(fragment);
        }
        return fragments;
    }

    private static byte[] tunnelled(String client, byte[] packet) {
        return ipv6(client, TEP).payload(IpProtocol.IPV4, packet).bytes();
    }

    private static byte[] udpUp(int data) {
        return ipv4("192.0.2.9", WORLD).udp(5120, 53, data).bytes();
    }

    private static byte[] udpDown(int data) {
        return ipv4(WORLD, "192.0.2.9").udp(53, 5120, data).bytes();
    }

    private static byte[] withTtl(byte[] packet, int ttl) {
        byte[] changed = packet.clone();
        view(changed).put(8, (byte) ttl);
        Ipv4Header.recomputeChecksum(view(changed), 0);
        return changed;
    }

    private static void assertVerdicts(Wire wire, Outcome first, long firstCount, Outcome second, long secondCount) {
        assertThat(wire.verdicts()).containsExactlyInAnyOrderEntriesOf(Map.of(first, firstCount, second, secondCount));
    }

    @ParameterizedTest
    @ValueSource(ints = {24, 256, 1232})
    void puts_an_outer_packet_together_whatever_the_order(int part) {
        byte[] packet = udpUp(1400);
        List<byte[]> fragments = outerFragments(SHARER, packet, part, 9);
        for (int seed = 0; seed < 5; seed++) {
            List<byte[]> shuffled = new ArrayList<>(fragments);
            Collections.shuffle(shuffled, new Random(seed));
            Wire wire = wire();
            shuffled.forEach(wire::fromIpv6);

            assertThat(wire.toIpv4).containsExactly(packet);
            assertVerdicts(wire, Outcome.HOLD_FRAGMENT_IPV6, fragments.size() - 1, Outcome.OUT_DECAPSULATED_IPV4, 1);
            assertThat(wire.counters.bytes(Outcome.NOTED_REASSEMBLED_IPV6)).isEqualTo(packet.length + 40);
            assertThat(wire.up.incomplete()).isZero();
            assertThat(wire.up.bytesHeld()).isZero();
        }
    }

    @Test
    void a_port_is_checked_after_outer_fragments_were_put_together() {
        Wire wire = wire();
        byte[] foreign = ipv4("192.0.2.9", WORLD).udp(80, 53, 1400).bytes();
        outerFragments(SHARER, foreign, 800, 1).forEach(wire::fromIpv6);

        assertThat(wire.toIpv4).isEmpty();
        assertVerdicts(wire, Outcome.HOLD_FRAGMENT_IPV6, 1, Outcome.DROP_FOREIGN_PORT_IPV6, 1);
    }

    @Test
    void packets_of_one_client_are_told_apart_by_their_identification() {
        byte[] one = udpUp(1000);
        byte[] other = ipv4("192.0.2.9", WORLD).udp(5121, 53, 1000).bytes();
        Wire wire = wire();
        List<byte[]> ofOne = outerFragments(SHARER, one, 800, 1);
        List<byte[]> ofOther = outerFragments(SHARER, other, 800, 2);
        wire.fromIpv6(ofOne.get(0))
                .fromIpv6(ofOther.get(0))
                .fromIpv6(ofOther.get(1))
                .fromIpv6(ofOne.get(1));

        assertThat(wire.toIpv4).containsExactly(other, one);
    }

    @Test
    void strangers_get_no_memory() {
        Wire wire = wire();
        outerFragments("2001:db8:99::1", udpUp(1400), 800, 1).forEach(wire::fromIpv6);

        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(Outcome.DROP_FRAGMENT_IPV6, 2L));
        assertThat(wire.up.bytesHeld()).isZero();
    }

    @Test
    void an_atomic_fragment_neither_waits_nor_meets_others() {
        // RFC 6946 section 4: a whole packet with the identification of one that is in fragments.
        byte[] packet = udpUp(1400);
        List<byte[]> fragments = outerFragments(SHARER, packet, 800, 7);
        byte[] atomic = outerFragment(SHARER, udpUp(10), 0, false, 7);
        Wire wire = wire();
        wire.fromIpv6(fragments.get(0)).fromIpv6(atomic).fromIpv6(fragments.get(1));

        assertThat(wire.toIpv4).containsExactly(udpUp(10), packet);
    }

    /** Offset, length and last of the second fragment; the first is bytes 400 to 800 of a packet of 1200. */
    @ParameterizedTest
    @CsvSource({
        "408, 8, true",
        "400, 200, true",
        "392, 16, true",
        "792, 400, false",
        "0, 1200, true",
        "0, 408, true",
        // behind the end, another end, the end once more as no end
        "800, 408, false2",
        "1200, 8, true2",
        "800, 400, true2",
    })
    void an_overlap_ends_the_whole_packet_without_a_word(int offset, int length, String more) {
        byte[] packet = udpUp(1172);
        assertThat(packet).hasSize(1200);
        Wire wire = wire();
        wire.fromIpv6(outerFragment(SHARER, Arrays.copyOfRange(packet, 400, 800), 400, true, 1));
        if (more.endsWith("2")) {
            wire.fromIpv6(outerFragment(SHARER, Arrays.copyOfRange(packet, 800, 1200), 800, false, 1));
        }
        wire.fromIpv6(outerFragment(SHARER, new byte[length], offset, more.startsWith("true"), 1));
        assertThat(wire.counters.packets(Outcome.DROP_OVERLAPPING_FRAGMENT_IPV6))
                .isEqualTo(1);
        assertThat(wire.up.bytesHeld()).isZero();

        // RFC 5722: those that come later belong to it too.
        wire.fromIpv6(outerFragment(SHARER, Arrays.copyOfRange(packet, 0, 400), 0, true, 1));
        wire.fromIpv6(outerFragment(SHARER, Arrays.copyOfRange(packet, 800, 1200), 800, false, 1));
        wire.nanos += 61 * SECOND;
        wire.fromIpv6(new byte[0]);
        assertThat(wire.toIpv4).isEmpty();
        assertThat(wire.toIpv6).isEmpty();
        assertThat(wire.counters.packets(Outcome.DROP_OVERLAPPING_FRAGMENT_IPV6))
                .isEqualTo(3);
    }

    @Test
    void a_fragment_that_came_twice_does_no_harm_but_one_that_differs_does() {
        byte[] packet = udpUp(1400);
        List<byte[]> fragments = outerFragments(SHARER, packet, 600, 1);
        Wire wire = wire();
        wire.fromIpv6(fragments.get(0)).fromIpv6(fragments.get(0));
        wire.fromIpv6(fragments.get(2)).fromIpv6(fragments.get(2)).fromIpv6(fragments.get(1));
        assertThat(wire.toIpv4).containsExactly(packet);
        assertThat(wire.counters.packets(Outcome.DROP_DUPLICATE_FRAGMENT_IPV6)).isEqualTo(2);

        byte[] differs = fragments.get(0).clone();
        differs[500] ^= 1;
        wire.fromIpv6(fragments.get(0)).fromIpv6(differs);
        assertThat(wire.counters.packets(Outcome.DROP_OVERLAPPING_FRAGMENT_IPV6))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        // more to come and no multiple of eight; nothing in it; longer than any packet
        "0, 801, true, DROP_MALFORMED_FRAGMENT_IPV6",
        "800, 0, false, DROP_MALFORMED_FRAGMENT_IPV6",
        "65528, 8, false, DROP_MALFORMED_FRAGMENT_IPV6",
        "0, 16, true, DROP_TINY_FRAGMENT_IPV6",
    })
    void drops_outer_fragments_that_cannot_be(int offset, int length, boolean more, Outcome outcome) {
        Wire wire = wire().fromIpv6(outerFragment(SHARER, Arrays.copyOf(udpUp(900), length), offset, more, 1));

        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(outcome, 1L));
        assertThat(wire.up.bytesHeld()).isZero();
    }

    /** RFC 8200 section 4.5: code and pointer for what can be said of a fragment alone. */
    @ParameterizedTest
    @CsvSource({
        "0, 801, true, 0, 4",
        "800, 801, true, 0, 4",
        "65528, 8, false, 0, 42",
        "0, 16, true, 3, 0",
    })
    void tells_the_client_what_is_wrong_with_its_fragment(int offset, int length, boolean more, int code, int pointer) {
        byte[] fragment = outerFragment(SHARER, Arrays.copyOf(udpUp(900), length), offset, more, 1);
        Wire wire = wire().fromIpv6(fragment);

        assertThat(wire.toIpv4).isEmpty();
        assertThat(wire.toIpv6)
                .containsExactly(ipv6(TEP, SHARER)
                        .icmp(Icmpv6.PARAMETER_PROBLEM, code, pointer, fragment)
                        .bytes());

        Wire.Settings stealth = new Wire.Settings();
        stealth.icmpv6Errors = false;
        assertThat(wire(stealth).fromIpv6(fragment).toIpv6).isEmpty();
        byte[] stranger = outerFragment("2001:db8:bad::1", Arrays.copyOf(udpUp(900), length), offset, more, 1);
        assertThat(wire().fromIpv6(stranger).toIpv6).as("to strangers").isEmpty();
    }

    @Test
    void a_fragment_inside_a_fragment_is_nothing() {
        byte[] packet = udpUp(600);
        byte[] nested = ipv6(SHARER, TEP)
                .payload(IpProtocol.IPV4, Arrays.copyOf(packet, 400))
                .fragment(0, true)
                .fragment(0, true)
                .bytes();
        Wire wire = wire().fromIpv6(nested);
        byte[] rest = outerFragment(SHARER, new byte[8], nested.length - 48, false, 7);
        wire.fromIpv6(rest);

        assertVerdicts(wire, Outcome.HOLD_FRAGMENT_IPV6, 1, Outcome.DROP_MALFORMED_IPV6, 1);
    }

    @Test
    void congestion_on_any_fragment_marks_the_packet_unless_it_cannot_be_marked() {
        byte[] packet = ipv4("192.0.2.9", WORLD).tos(2).udp(5120, 53, 1400).bytes();
        List<byte[]> fragments = outerFragments(SHARER, packet, 800, 1);
        byte[] marked = fragments.get(1).clone();
        Ipv6Header.writeFields(view(marked), 0, 3, marked.length - 40, IpProtocol.FRAGMENT, 64);
        byte[] capable = fragments.get(0).clone();
        Ipv6Header.writeFields(view(capable), 0, 2, capable.length - 40, IpProtocol.FRAGMENT, 64);

        Wire wire = wire().fromIpv6(capable).fromIpv6(marked);
        assertThat(Ipv4Header.tos(view(wire.toIpv4.get(0)), 0)).isEqualTo(3);

        wire.fromIpv6(fragments.get(0)).fromIpv6(marked);
        assertThat(wire.toIpv4).hasSize(1);
        assertThat(wire.counters.packets(Outcome.DROP_CONGESTED_FRAGMENTS_IPV6)).isEqualTo(1);
    }

    @Test
    void tells_the_client_when_the_rest_does_not_come_in_a_minute() {
        byte[] packet = udpUp(1400);
        List<byte[]> fragments = outerFragments(SHARER, packet, 1232, 77);
        Wire wire = wire().fromIpv6(fragments.get(0));
        wire.nanos += 60 * SECOND - 1;
        wire.fromIpv6(new byte[0]);
        assertThat(wire.toIpv6).isEmpty();

        wire.nanos += 1;
        wire.fromIpv6(new byte[0]);
        byte[] error = wire.toIpv6.get(0);
        assertThat(error).hasSize(1280);
        assertThat(Icmpv6.type(view(error), 40)).isEqualTo(Icmpv6.TIME_EXCEEDED);
        assertThat(Icmpv6.code(view(error), 40)).isEqualTo(1);
        assertThat(Icmpv6.isChecksumSound(view(error), 0, 40, error.length - 40))
                .isTrue();
        assertThat(Arrays.copyOfRange(error, 48, 1280)).isEqualTo(Arrays.copyOf(fragments.get(0), 1232));
        assertThat(wire.counters.packets(Outcome.NOTED_REASSEMBLY_TIMEOUT_IPV6)).isEqualTo(1);
        assertThat(wire.up.bytesHeld()).isZero();

        wire.fromIpv6(fragments.get(1));
        assertThat(wire.toIpv4).as("too late").isEmpty();
    }

    @Test
    void says_nothing_of_a_packet_whose_first_part_never_came_or_where_policy_forbids() {
        List<byte[]> fragments = outerFragments(SHARER, udpUp(1400), 800, 77);
        Wire.Settings silent = new Wire.Settings();
        silent.icmpv6Errors = false;
        Wire first = wire().fromIpv6(fragments.get(1));
        Wire second = wire(silent).fromIpv6(fragments.get(0));
        for (Wire wire : List.of(first, second)) {
            wire.nanos += 61 * SECOND;
            wire.fromIpv6(new byte[0]);
            assertThat(wire.toIpv6).isEmpty();
            assertThat(wire.counters.packets(Outcome.NOTED_REASSEMBLY_TIMEOUT_IPV6))
                    .isEqualTo(1);
        }
        assertThat(second.counters.packets(Outcome.WITHHELD_BY_POLICY_ICMPV6)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {24, 552, 1400})
    void puts_a_packet_to_a_shared_address_together_and_sends_it_whole(int part) {
        byte[] packet = udpDown(1300);
        List<byte[]> fragments = fragments(packet, part);
        Collections.reverse(fragments);
        Wire wire = wire();
        fragments.forEach(wire::fromIpv4);

        assertThat(wire.toIpv6).hasSize(1);
        assertThat(inner(wire.toIpv6.get(0))).isEqualTo(withTtl(packet, 63));
        assertThat(wire.counters.packets(Outcome.OUT_ENCAPSULATED_IPV6)).isEqualTo(1);
        assertThat(wire.counters.packets(Outcome.HOLD_FRAGMENT_IPV4)).isEqualTo(fragments.size() - 1);
        assertThat(wire.down.bytesHeld()).isZero();
    }

    @Test
    void a_packet_that_was_put_together_may_leave_in_fragments_of_the_tunnel() {
        Wire wire = wire();
        fragments(udpDown(1800), 1400).forEach(wire::fromIpv4);

        assertThat(wire.toIpv6).hasSize(2);
        assertThat(wire.counters.packets(Outcome.OUT_FRAGMENT_IPV6)).isEqualTo(2);
        assertThat(wire.toIpv6).allSatisfy(out -> assertThat(out.length).isLessThanOrEqualTo(1500));
    }

    @Test
    void puts_the_fragments_inside_a_tunnel_together_before_it_looks_at_the_port() {
        byte[] packet = udpUp(1400);
        Wire wire = wire();
        fragments(packet, 800).forEach(fragment -> wire.fromIpv6(tunnelled(SHARER, fragment)));
        assertThat(wire.toIpv4).containsExactly(packet);

        byte[] foreign = ipv4("192.0.2.9", WORLD).udp(80, 53, 1400).bytes();
        fragments(foreign, 800).forEach(fragment -> wire.fromIpv6(tunnelled(SHARER, fragment)));
        assertThat(wire.toIpv4).hasSize(1);
        assertThat(wire.counters.packets(Outcome.DROP_FOREIGN_PORT_IPV6)).isEqualTo(1);
        assertThat(wire.toIpv6).as("ICMPv6 1/5").hasSize(1);
    }

    @Test
    void takes_options_before_the_inner_fragment_off() {
        byte[] packet = udpUp(1000);
        Wire wire = wire();
        for (byte[] fragment : fragments(packet, 800)) {
            wire.fromIpv6(ipv6(SHARER, TEP)
                    .payload(IpProtocol.IPV4, fragment)
                    .before(60, "0000 0401 0401 0100")
                    .bytes());
        }
        assertThat(wire.toIpv4).containsExactly(packet);
    }

    @Test
    void one_clients_fragments_never_complete_anothers() {
        byte[] packet = udpUp(1400);
        List<byte[]> fragments = fragments(packet, 800);
        Wire wire = wire();
        wire.bind(binding("192.0.2.9", new PortSet(0, 6, 6), "2001:db8:b::1"));
        wire.fromIpv6(tunnelled(SHARER, fragments.get(0)));
        wire.fromIpv6(tunnelled("2001:db8:b::1", fragments.get(1)));
        wire.fromIpv6(tunnelled("2001:db8:c::1", fragments.get(1)));

        assertThat(wire.toIpv4).isEmpty();
        assertThat(wire.up.incomplete()).isEqualTo(2);
        assertThat(wire.counters.packets(Outcome.DROP_NO_SOURCE_BINDING_IPV6))
                .as("the stranger")
                .isEqualTo(1);
    }

    @Test
    void leads_a_fragmented_packet_from_a_full_address_to_a_shared_one() {
        byte[] packet = ipv4("192.0.2.1", "192.0.2.9").udp(53, 5120, 1300).bytes();
        Wire wire = wire();
        fragments(packet, 800).forEach(fragment -> wire.fromIpv6(tunnelled(FULL, fragment)));

        assertVerdicts(wire, Outcome.HOLD_FRAGMENT_IPV4, 1, Outcome.HAIRPIN_ENCAPSULATED_IPV6, 1);
        assertThat(inner(wire.toIpv6.get(0))).isEqualTo(withTtl(packet, 63));
    }

    /** Protocol, offset and length: what hides flags or ports from a filter (RFC 1858, RFC 3128). */
    @ParameterizedTest
    @CsvSource({
        "6, 0, 8, DROP_TINY_FRAGMENT_IPV4",
        "6, 8, 800, DROP_TINY_FRAGMENT_IPV4",
        "6, 0, 16, HOLD_FRAGMENT_IPV4",
        "17, 0, 8, HOLD_FRAGMENT_IPV4",
        "17, 8, 800, HOLD_FRAGMENT_IPV4",
        "6, 0, 801, DROP_MALFORMED_FRAGMENT_IPV4",
        "17, 65528, 8, DROP_MALFORMED_FRAGMENT_IPV4",
    })
    void drops_tiny_and_impossible_fragments(int protocol, int offset, int length, Outcome outcome) {
        Packets.Ipv4 fragment = ipv4(WORLD, "192.0.2.9").payload(protocol, new byte[length]);
        Wire wire = wire().fromIpv4(fragment.fragment(offset, offset != 65528).bytes());

        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(outcome, 1L));
    }

    @Test
    void gives_ipv4_fragments_up_after_half_a_minute_without_a_word() {
        Wire wire = wire();
        wire.fromIpv4(fragments(udpDown(1000), 800).get(0));
        wire.nanos += 30 * SECOND;
        wire.fromIpv4(fragments(udpDown(1000), 800).get(1));

        assertThat(wire.toIpv4).isEmpty();
        assertThat(wire.toIpv6).isEmpty();
        assertThat(wire.counters.packets(Outcome.NOTED_REASSEMBLY_TIMEOUT_IPV4)).isEqualTo(1);
    }

    @Test
    void allows_so_many_fragments_a_packet() {
        Wire.Settings settings = new Wire.Settings();
        settings.reassembly = new ReassemblyLimits(1 << 20, 8, 3);
        Wire wire = wire(settings);
        fragments(udpDown(400), 136).forEach(wire::fromIpv4);
        assertThat(wire.toIpv6).hasSize(1);

        fragments(udpDown(400), 104).forEach(wire::fromIpv4);
        assertThat(wire.toIpv6).hasSize(1);
        assertThat(wire.counters.packets(Outcome.DROP_TOO_MANY_FRAGMENTS_IPV4)).isEqualTo(1);
        assertThat(wire.down.bytesHeld()).isZero();
    }

    @Test
    void a_source_pushes_out_its_own_oldest_packet_only() {
        Wire.Settings settings = new Wire.Settings();
        settings.reassembly = new ReassemblyLimits(1 << 20, 2, 8);
        Wire wire = wire(settings);
        byte[] others = ipv4("203.0.113.7", "192.0.2.9").udp(53, 5120, 1000).bytes();
        wire.fromIpv4(fragments(others, 800).get(0));
        List<List<byte[]>> packets = new ArrayList<>();
        for (int id = 0; id < 3; id++) {
            byte[] packet = udpDown(1000);
            view(packet).putShort(4, (short) id);
            packets.add(fragments(packet, 800));
            wire.fromIpv4(packets.get(id).get(0));
        }
        assertThat(wire.counters.packets(Outcome.NOTED_REASSEMBLY_EVICTED_IPV4)).isEqualTo(1);

        wire.fromIpv4(packets.get(2).get(1))
                .fromIpv4(packets.get(1).get(1))
                .fromIpv4(fragments(others, 800).get(1));
        assertThat(wire.toIpv6).hasSize(3);
    }

    @Test
    void a_flood_pushes_out_the_oldest_and_memory_stays_as_it_is() {
        Wire.Settings settings = new Wire.Settings();
        settings.reassembly = new ReassemblyLimits(64 << 10, 1000, 64);
        Wire wire = wire(settings);
        for (int source = 0; source < 5000; source++) {
            byte[] packet = ipv4("10.1." + source / 200 + "." + (1 + source % 200), "192.0.2.9")
                    .udp(53, 5120, 1000)
                    .bytes();
            wire.fromIpv4(fragments(packet, 800).get(0));
            assertThat(wire.down.bytesHeld()).isLessThanOrEqualTo(64 << 10);
        }
        assertThat(wire.down.incomplete()).isLessThanOrEqualTo(32);
        assertThat(wire.counters.packets(Outcome.NOTED_REASSEMBLY_EVICTED_IPV4)).isGreaterThan(4900);

        fragments(udpDown(1000), 800).forEach(wire::fromIpv4);
        assertThat(wire.toIpv6).as("who comes in time gets through").hasSize(1);
    }

    @Test
    void a_packet_longer_than_all_memory_is_dropped() {
        Wire.Settings settings = new Wire.Settings();
        settings.reassembly = new ReassemblyLimits(1024, 4, 64);
        Wire wire = wire(settings);
        fragments(udpDown(1300), 552).forEach(wire::fromIpv4);

        assertThat(wire.counters.packets(Outcome.DROP_NO_MEMORY_FRAGMENT_IPV4)).isPositive();
        assertThat(wire.toIpv6).isEmpty();
        assertThat(wire.down.bytesHeld()).isZero();
    }

    @Test
    void a_packet_longer_than_a_slot_is_dropped() {
        Wire wire = wire();
        fragments(udpDown(2100), 1400).forEach(wire::fromIpv4);
        outerFragments(SHARER, udpUp(2100), 1232, 1).forEach(wire::fromIpv6);

        assertThat(wire.counters.packets(Outcome.DROP_TOO_LONG_REASSEMBLED_IPV4))
                .isEqualTo(1);
        assertThat(wire.counters.packets(Outcome.DROP_TOO_LONG_REASSEMBLED_IPV6))
                .isEqualTo(1);
        assertThat(wire.up.bytesHeld() + wire.down.bytesHeld()).isZero();
    }

    @Test
    void keeps_nothing_where_reassembly_is_off_and_forgets_what_it_had() {
        Wire.Settings settings = new Wire.Settings();
        Wire wire = wire(settings);
        wire.fromIpv4(fragments(udpDown(1000), 800).get(0));
        settings.reassembly = ReassemblyLimits.OFF;
        wire.policy = settings.policy();
        wire.fromIpv4(fragments(udpDown(1000), 800).get(1));
        outerFragments(SHARER, udpUp(1000), 800, 1).forEach(wire::fromIpv6);
        wire.nanos += 61 * SECOND;
        wire.fromIpv4(new byte[0]);

        assertThat(wire.counters.packets(Outcome.DROP_SHARED_FRAGMENT_IPV4)).isEqualTo(1);
        assertThat(wire.counters.packets(Outcome.DROP_FRAGMENT_IPV6)).isEqualTo(2);
        assertThat(wire.down.bytesHeld()).isZero();
        assertThat(wire.toIpv6).isEmpty();
    }

    @Test
    void a_ping_in_fragments_is_checked_as_a_whole() {
        byte[] message = new byte[1208];
        io.dstm.packet.Icmpv4.write(view(message), 0, 8, 0, 5121 << 16, message.length);
        byte[] ping = ipv4(WORLD, "192.0.2.9").payload(IpProtocol.ICMP, message).bytes();
        Wire wire = wire();
        fragments(ping, 800).forEach(wire::fromIpv4);
        assertThat(wire.toIpv6).hasSize(1);

        byte[] broken = ping.clone();
        broken[1000] ^= 1;
        fragments(broken, 800).forEach(wire::fromIpv4);
        assertThat(wire.toIpv6).hasSize(1);
        assertThat(wire.counters.packets(Outcome.DROP_BAD_CHECKSUM_ICMPV4)).isEqualTo(1);
    }

    @Test
    void makes_no_garbage_once_it_has_its_memory() {
        Wire wire = wire();
        List<byte[]> fragments = outerFragments(SHARER, udpUp(1400), 800, 1);
        fragments.addAll(fragments(udpDown(1400), 800));
        PacketMemory memory = new PacketMemory(1, 8, 4096);
        PacketOutput out = new PacketOutput(memory);
        PacketBatch in = new PacketBatch(memory, 1);
        TableView view = wire.table.newReader().enter();
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = 0;
        int rounds = 50_000;
        for (int round = -10_000; round < rounds; round++) {
            if (round == 0) {
                allocated = thread.getCurrentThreadAllocatedBytes();
            }
            for (int i = 0; i < fragments.size(); i++) {
                byte[] fragment = fragments.get(i);
                memory.bytes().put(memory.slotStart(0), fragment);
                in.clear();
                in.add(memory.slotStart(0), fragment.length);
                out.clear();
                if (i < 2) {
                    wire.up.fromIpv6(in, out, view, wire.policy, round, Wire.NOW);
                } else {
                    wire.down.fromIpv4(in, out, view, wire.policy, round, Wire.NOW);
                }
            }
        }
        assertThat(wire.counters.packets(Outcome.OUT_DECAPSULATED_IPV4)).isEqualTo(rounds + 10_000);
        assertThat(wire.counters.packets(Outcome.OUT_ENCAPSULATED_IPV6)).isEqualTo(rounds + 10_000);
        // A compiler's events count too; an object a packet would be megabytes.
        assertThat(thread.getCurrentThreadAllocatedBytes() - allocated).isLessThan(rounds * 2L);
    }
}
