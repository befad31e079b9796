package io.dstm.client.internal.tunnel;

import static io.dstm.client.internal.tunnel.TunnelRig.LEASE;
import static io.dstm.client.internal.tunnel.TunnelRig.NODE;
import static io.dstm.client.internal.tunnel.TunnelRig.REMOTE;
import static io.dstm.client.internal.tunnel.TunnelRig.SECOND;
import static io.dstm.client.internal.tunnel.TunnelRig.TEP;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathMtuTest {

    private static final Ipv6Address ROUTER = Ipv6Address.parse("2001:db8:5::1");
    private static final int TOO_BIG = 2;
    private static final int MAY_BE_CUT = 0;
    private static final int WHOLE = 0x4000;

    private final TunnelRig rig = new TunnelRig().withLease(PortSet.FULL);

    @Test
    void a_packet_that_may_not_be_fragmented_is_refused_with_the_size_that_fits_the_path() {
        assertThat(rig.down(tooBig(1400)).isEmpty()).isTrue();

        byte[] answer = rig.up(packet(1361, WHOLE)).onlyIpv4();

        assertThat(Packets.destination(answer)).isEqualTo(LEASE);
        assertThat(Packets.u16(answer, 20)).as("type 3 code 4").isEqualTo(0x0304);
        assertThat(Packets.u16(answer, 26)).as("next hop MTU").isEqualTo(1360);
        assertThat(rig.up(packet(1360, WHOLE)).onlyIpv6()).hasSize(1400);
        assertThat(rig.moved())
                .isEqualTo(Map.of(
                        NodeCounter.LEARN_PATH_MTU_IPV6, 1L,
                        NodeCounter.DROP_TOO_BIG_IPV4, 1L,
                        NodeCounter.MADE_TOO_BIG_IPV4, 1L,
                        NodeCounter.FORWARD_NATIVE_IPV4, 1L));
    }

    @ParameterizedTest
    @ValueSource(ints = {1241, 1300, 1460})
    void a_packet_that_may_be_fragmented_leaves_in_ipv6_fragments_that_fit(int length) {
        rig.down(tooBig(1280));
        byte[] whole = packet(length, MAY_BE_CUT);

        List<byte[]> sent = rig.up(whole).toIpv6();

        assertThat(sent).hasSize(2).allSatisfy(fragment -> {
            assertThat(fragment.length).isLessThanOrEqualTo(1280);
            assertThat(Packets.u16(fragment, 4)).as("payload length").isEqualTo(fragment.length - 40);
            assertThat(fragment[6]).as("next header: fragment").isEqualTo((byte) 44);
            assertThat(fragment[40]).as("of IPv4").isEqualTo((byte) 4);
            assertThat(Arrays.copyOfRange(fragment, 8, 24)).isEqualTo(NODE.toBytes());
            assertThat(Arrays.copyOfRange(fragment, 24, 40)).isEqualTo(TEP.toBytes());
            assertThat(Packets.u16(fragment, 0))
                    .as("traffic class of the packet")
                    .isEqualTo(0x6B80);
        });
        byte[] first = sent.get(0);
        byte[] last = sent.get(1);
        assertThat(Packets.u16(first, 42)).as("offset 0, more to come").isEqualTo(1);
        assertThat(Packets.u16(last, 42)).as("offset, the last").isEqualTo(first.length - 48);
        assertThat(Packets.u32(first, 44)).as("identification").isEqualTo(Packets.u32(last, 44));
        byte[] together = ByteBuffer.allocate(length)
                .put(first, 48, first.length - 48)
                .put(last, 48, last.length - 48)
                .array();
        assertThat(together).isEqualTo(whole);
        assertThat(rig.moved())
                .isEqualTo(Map.of(NodeCounter.LEARN_PATH_MTU_IPV6, 1L, NodeCounter.FORWARD_NATIVE_IPV4, 1L));
        assertThat(Packets.u32(rig.up(whole).toIpv6().get(0), 44))
                .as("the next packet's identification")
                .isNotEqualTo(Packets.u32(first, 44));
    }

    @Test
    void what_the_path_carries_leaves_whole() {
        rig.down(tooBig(1280));
        assertThat(rig.up(packet(1240, MAY_BE_CUT)).onlyIpv6()).hasSize(1280);
    }

    @Test
    void is_forgotten_after_ten_minutes() {
        rig.down(tooBig(1280));
        rig.nanos += 600 * SECOND - 1;
        assertThat(rig.up(packet(1460, WHOLE)).toIpv6()).isEmpty();
        rig.nanos += 1;
        assertThat(rig.up(packet(1460, WHOLE)).onlyIpv6()).hasSize(1500);
    }

    @Test
    void is_not_raised_by_a_later_error() {
        rig.down(tooBig(1300));
        rig.down(tooBig(1400));
        assertThat(Packets.u16(rig.up(packet(1460, WHOLE)).onlyIpv4(), 26)).isEqualTo(1260);
        assertThat(rig.counters.packets(NodeCounter.DROP_ICMPV6_IPV6)).isEqualTo(1);
    }

    @Test
    void is_kept_when_the_lease_is_renewed_and_forgotten_when_the_tep_is_another() {
        rig.down(tooBig(1280));
        rig.withLease(PortSet.FULL);
        assertThat(rig.up(packet(1460, WHOLE)).toIpv6()).isEmpty();

        ClientLease lease = TunnelRig.lease(PortSet.FULL);
        rig.tunnel.connect(
                new ClientLease(
                        lease.key(),
                        NODE,
                        Ipv6Address.parse("2001:db8:f::2"),
                        lease.obtained(),
                        lease.renewAfter(),
                        lease.rebindAfter(),
                        lease.valid()),
                rig.nanos + 3600 * SECOND);
        assertThat(rig.up(packet(1460, WHOLE)).onlyIpv6()).hasSize(1500);
    }

    @Test
    void believes_no_size_that_ipv6_or_the_tunnel_rules_out() {
        for (long mtu : new long[] {0, 68, 1279, 1500, 9000, 0xFFFF_FFFFL}) {
            rig.down(tooBig(mtu));
        }
        assertNothingLearned(6);
    }

    @Test
    void believes_no_error_about_what_it_did_not_send() {
        byte[] ours = quoted(NODE, TEP, 4);
        byte[] wrongChecksum = error(TOO_BIG, 1280, ours);
        wrongChecksum[42] ^= 1;
        byte[] notVersion6 = ours.clone();
        notVersion6[0] = 0x45;
        List<byte[]> forged = List.of(
                error(TOO_BIG, 1280, quoted(ROUTER, TEP, 4)),
                error(TOO_BIG, 1280, quoted(NODE, ROUTER, 4)),
                error(TOO_BIG, 1280, quoted(NODE, TEP, 17)),
                error(TOO_BIG, 1280, notVersion6),
                error(TOO_BIG, 1280, Arrays.copyOf(ours, 39)),
                error(TOO_BIG, 1280, new byte[0]),
                wrongChecksum,
                Arrays.copyOf(error(TOO_BIG, 1280, ours), 47));
        // The last one is shorter than its header says.
        forged.forEach(rig::down);
        assertThat(rig.counters.packets(NodeCounter.DROP_MALFORMED_IPV6)).isEqualTo(1);
        assertNothingLearned(forged.size() - 1);
    }

    @Test
    void believes_an_error_about_a_fragment_it_sent() {
        byte[] fragment = quoted(NODE, TEP, 44);
        fragment[40] = 4;
        rig.down(error(TOO_BIG, 1280, fragment));
        assertThat(rig.counters.packets(NodeCounter.LEARN_PATH_MTU_IPV6)).isEqualTo(1);
    }

    @Test
    void no_mutation_of_an_error_ends_in_an_exception_or_a_packet() {
        SplittableRandom random = new SplittableRandom(4);
        byte[] sound = tooBig(1280);
        for (int i = 0; i < 20_000; i++) {
            byte[] mutated = Arrays.copyOf(sound, random.nextInt(sound.length + 1));
            for (int flips = random.nextInt(4); flips > 0 && mutated.length > 0; flips--) {
                mutated[random.nextInt(mutated.length)] ^= (byte) (1 << random.nextInt(8));
            }
            assertThat(rig.down(mutated).isEmpty()).isTrue();
        }
    }

    @Test
    void fragments_for_which_there_is_no_room_are_counted() {
        rig.down(tooBig(1280));
        PacketMemory memory = new PacketMemory(1, 0, 2048);
        byte[] packet = packet(1460, MAY_BE_CUT);
        memory.bytes().put(memory.slotStart(0), packet);
        PacketBatch in = new PacketBatch(memory, 1);
        in.add(memory.slotStart(0), packet.length);
        PacketOutput out = new PacketOutput(memory);

        rig.tunnel.fromIpv4(in, out, rig.nanos);

        assertThat(out.toIpv6().count()).isZero();
        assertThat(rig.moved())
                .isEqualTo(Map.of(NodeCounter.LEARN_PATH_MTU_IPV6, 1L, NodeCounter.DROP_NO_ROOM_IPV4, 1L));
    }

    private void assertNothingLearned(long errors) {
        assertThat(rig.moved()).doesNotContainKey(NodeCounter.LEARN_PATH_MTU_IPV6);
        assertThat(rig.counters.packets(NodeCounter.DROP_ICMPV6_IPV6)).isEqualTo(errors);
        assertThat(rig.up(packet(1460, WHOLE)).onlyIpv6()).hasSize(1500);
    }

    /** An IPv4 packet of so many bytes. */
    private static byte[] packet(int length, int fragmentField) {
        byte[] data = new byte[length - 20];
        new SplittableRandom(length).nextBytes(data);
        return Packets.ipv4(LEASE, REMOTE, 253, 0xB8, 9, fragmentField, data);
    }

    private static byte[] tooBig(long mtu) {
        return error(TOO_BIG, mtu, quoted(NODE, TEP, 4));
    }

    /** The beginning of an IPv6 packet, with 60 bytes of what it carries. */
    private static byte[] quoted(Ipv6Address from, Ipv6Address to, int nextHeader) {
        byte[] packet = Packets.tunnelled(from, to, 0, Arrays.copyOf(packet(1460, MAY_BE_CUT), 60));
        packet[6] = (byte) nextHeader;
        return packet;
    }

    /** An ICMPv6 error from a router to this node, with a sound checksum. */
    private static byte[] error(int type, long mtu, byte[] quote) {
        return Packets.icmpv6(ROUTER, NODE, type, 0, mtu, quote);
    }
}
