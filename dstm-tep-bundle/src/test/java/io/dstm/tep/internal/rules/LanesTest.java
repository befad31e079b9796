package io.dstm.tep.internal.rules;

import static io.dstm.tep.internal.rules.Packets.ipv4;
import static io.dstm.tep.internal.rules.Packets.ipv6;
import static io.dstm.tep.internal.rules.Packets.view;
import static io.dstm.tep.internal.rules.Wire.binding;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.tep.internal.table.BindingTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several threads a direction, each in a lane of the same rules. */
@Timeout(120)
class LanesTest {

    private static final String TEP = "2001:db8::1";
    private static final String SHARER = "2001:db8:a::1";
    private static final String WORLD = "198.51.100.5";
    private static final int LANES = 4;
    private static final int PACKETS = 1000;
    private static final int PART = 400;

    private final BindingTable table = new BindingTable();
    private final Counters counters = new Counters();
    private TunnelProcessor rules;

    @BeforeEach
    void open() throws Exception {
        table.resync(
                List.of(Ipv4Range.parse("192.0.2.0/24")), List.of(binding("192.0.2.9", new PortSet(0, 6, 5), SHARER)));
        RulesSettings settings = new RulesSettings(
                        Ipv6Address.parse(TEP),
                        Ipv4Address.parse("192.0.0.1"),
                        1500,
                        65535,
                        true,
                        true,
                        true,
                        true,
                        true,
                        false,
                        false)
                .withReassembly(new ReassemblyLimits(32 << 20, 100_000, 64));
        rules = new TunnelProcessor(table, counters, Policy.of(settings, 1000), 42, 0);
    }

    @AfterEach
    void close() {
        rules.close();
    }

    /** A thread of a datapath: what it has the rules judge, and how many packets left. */
    private static final class Hand {

        private final PacketMemory memory = new PacketMemory(1, 16, 4096 + 64);
        private final PacketBatch in = new PacketBatch(memory, 1);
        private final PacketOutput out = new PacketOutput(memory);
        private final PacketProcessor lane;
        private final List<byte[]> left = new ArrayList<>();

        private Hand(PacketProcessor lane) {
            this.lane = lane;
        }

        private void give(byte[] packet, boolean tunnelled) {
            in.clear();
            out.clear();
            memory.bytes().put(memory.slotStart(0), packet);
            in.add(memory.slotStart(0), packet.length);
            if (tunnelled) {
                lane.fromIpv6(in, out, 1);
            } else {
                lane.fromIpv4(in, out, 1);
            }
            PacketBatch side = tunnelled ? out.toIpv4() : out.toIpv6();
            for (int i = 0; i < side.count(); i++) {
                byte[] sent = new byte[side.length(i)];
                memory.bytes().get(side.offset(i), sent);
                left.add(sent);
            }
        }
    }

    private static byte[] up(int id) {
        byte[] packet = ipv4("192.0.2.9", WORLD).udp(5120, 53, 1100).bytes();
        return identified(packet, id);
    }

    private static byte[] down(int id) {
        return identified(ipv4(WORLD, "192.0.2.9").udp(53, 5120, 1100).bytes(), id);
    }

    private static byte[] identified(byte[] packet, int id) {
        view(packet).putShort(4, (short) id);
        Ipv4Header.recomputeChecksum(view(packet), 0);
        return packet;
    }

    private static List<byte[]> fragments(byte[] packet) {
        List<byte[]> fragments = new ArrayList<>();
        for (int offset = 0; offset < packet.length - 20; offset += PART) {
            int end = Math.min(packet.length, 20 + offset + PART);
            byte[] fragment = Arrays.copyOf(packet, 20 + end - 20 - offset);
            System.arraycopy(packet, 20 + offset, fragment, 20, end - 20 - offset);
            Ipv4Header.changeFragment(view(fragment), 0, fragment.length, offset, end < packet.length);
            fragments.add(fragment);
        }
        return fragments;
    }

    private static byte[] tunnelled(byte[] packet) {
        return ipv6(SHARER, TEP).payload(IpProtocol.IPV4, packet).bytes();
    }

    private static List<byte[]> outerFragments(byte[] packet, int id) {
        List<byte[]> fragments = new ArrayList<>();
        for (int offset = 0; offset < packet.length; offset += PART) {
            byte[] piece = Arrays.copyOfRange(packet, offset, Math.min(packet.length, offset + PART));
            byte[] fragment = ipv6(SHARER, TEP)
                    .payload(IpProtocol.IPV4, piece)
                    .fragment(offset, offset + PART < packet.length)
                    .bytes();
            view(fragment).putInt(44, id);
            fragments.add(fragment);
        }
        return fragments;
    }

    @Test
    void a_lane_stays_what_it_is() {
        assertThat(rules.lane(3)).isSameAs(rules.lane(3)).isNotSameAs(rules.lane(2));
        assertThat(rules.lane(1000)).isNotNull();
    }

    @Test
    void pieces_of_a_packet_that_come_to_different_threads_meet() {
        List<Hand> hands = List.of(new Hand(rules.lane(0)), new Hand(rules.lane(1)), new Hand(rules.lane(2)));
        List<byte[]> inner = fragments(up(1));
        List<byte[]> outer = outerFragments(up(2), 2);
        List<byte[]> world = fragments(down(3));
        assertThat(inner).hasSize(3);
        for (int i = 0; i < 3; i++) {
            hands.get(i).give(tunnelled(inner.get(i)), true);
            hands.get(i).give(outer.get(i), true);
            hands.get(i).give(world.get(i), false);
        }
        assertThat(counters.packets(Outcome.NOTED_REASSEMBLED_IPV4)).isEqualTo(2);
        assertThat(counters.packets(Outcome.NOTED_REASSEMBLED_IPV6)).isEqualTo(1);
        assertThat(hands.get(2).left).hasSize(3).contains(up(2));
        assertThat(rules.reassemblyLevel()).isZero();
    }

    @Test
    void threads_that_judge_at_once_lose_no_packet_and_no_count() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2 * LANES);
        try {
            List<Future<Integer>> done = new ArrayList<>();
            for (int number = 0; number < LANES; number++) {
                int lane = number;
                done.add(threads.submit(hand(lane, true)));
                done.add(threads.submit(hand(lane, false)));
            }
            int left = 0;
            for (Future<Integer> one : done) {
                left += one.get(60, TimeUnit.SECONDS);
            }
            // Of each direction a whole packet in each lane, and one of which each lane had pieces.
            assertThat(left).isEqualTo(2 * PACKETS * (LANES + 1));
        } finally {
            threads.shutdownNow();
        }
        assertThat(counters.packets(Outcome.OUT_DECAPSULATED_IPV4)).isEqualTo(PACKETS * (LANES + 1));
        assertThat(counters.packets(Outcome.OUT_ENCAPSULATED_IPV6)).isEqualTo(PACKETS * (LANES + 1));
        assertThat(counters.packets(Outcome.HOLD_FRAGMENT_IPV4)).isEqualTo(2 * 2 * PACKETS);
        assertThat(counters.packets(Outcome.NOTED_REASSEMBLED_IPV4)).isEqualTo(2 * PACKETS);
        assertThat(rules.reassemblyLevel()).isZero();
    }

    private Callable<Integer> hand(int lane, boolean up) {
        return () -> {
            Hand hand = new Hand(rules.lane(lane));
            for (int id = 0; id < PACKETS; id++) {
                byte[] packet = up ? up(id) : down(id);
                hand.give(up ? tunnelled(packet) : packet, up);
                List<byte[]> pieces = fragments(packet);
                for (int piece = lane; piece < pieces.size(); piece += LANES) {
                    hand.give(up ? tunnelled(pieces.get(piece)) : pieces.get(piece), up);
                }
            }
            return hand.left.size();
        };
    }
}
