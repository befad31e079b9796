package io.dstm.datapath.internal.device;

import static io.dstm.datapath.internal.testing.Packets.pattern;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.net.Ipv6Address;
import io.dstm.datapath.internal.nativecode.NativeLibraryLoader;
import io.dstm.datapath.internal.testing.Isolated;
import io.dstm.datapath.internal.testing.Packets;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class Ipv6DeviceTest {

    private static final String NODE = "2001:db8::1";
    private static final String TEP = "2001:db8::2";
    private static final String TEP_ALIAS = "2001:db8::3";

    private Isolated node;
    private Isolated tep;
    private Ipv6Device sender;
    private Ipv6Device receiver;

    @BeforeEach
    void lay() throws Exception {
        node = Isolated.create();
        tep = Isolated.create();
        node.cable(tep, "wire0", NODE, "wire1", TEP);
        tep.sh("ip addr add " + TEP_ALIAS + "/64 dev wire1 nodad");
        // An unknown neighbour would delay packets, and the kernel would keep only the first of them.
        node.awaitReach(TEP_ALIAS);
        NativeLibraryLoader.load(null);
        sender = node.call(() -> Ipv6Device.open(List.of()));
        receiver = tep.call(() -> Ipv6Device.open(List.of(Ipv6Address.parse(TEP))));
    }

    @AfterEach
    void clear() throws Exception {
        for (AutoCloseable open : Arrays.asList(sender, receiver, node, tep)) {
            if (open != null) {
                open.close();
            }
        }
    }

    private static byte[] inner(int length, int seed) {
        return Packets.udp("10.0.0.1", 1000, "198.51.100.1", 2000, pattern(length, seed));
    }

    @Test
    void the_outer_header_is_shown_as_it_came() throws Exception {
        byte[] inner = inner(100, 1);
        // DSCP EF with both ECN bits, a flow label, an unusual hop limit
        byte[] sent = Packets.ipv6(0xBB, 4, 33, NODE, TEP, inner);

        assertThat(sender.send(Packets.batch(sent))).isEqualTo(1);

        PacketBatch batch = Packets.empty(4);
        assertThat(receiver.receive(batch, 5000)).isEqualTo(1);
        assertThat(batch.offset(0)).isEqualTo(batch.memory().slotStart(0));
        assertThat(Packets.packet(batch, 0)).isEqualTo(Packets.shown(0xBB, 33, NODE, TEP, inner));
    }

    @Test
    void a_header_is_sent_as_it_was_written() throws Exception {
        Process tcpdump = tep.start(
                "timeout",
                "30",
                "tcpdump",
                "--immediate-mode",
                "-i",
                "wire1",
                "-n",
                "-vv",
                "-c",
                "1",
                "-l",
                "ip6",
                "proto",
                "4");
        // tcpdump says on its first line that it listens.
        var lines = tcpdump.inputReader();
        assertThat(lines.readLine()).contains("listening");

        // A source that is not the sender's own: HDRINCL puts nothing right.
        sender.send(Packets.batch(Packets.ipv6(0xBB, 4, 33, "2001:db8:ffff::9", TEP, inner(10, 1))));

        StringBuilder decoded = new StringBuilder();
        lines.lines().forEach(decoded::append);
        assertThat(decoded)
                .contains("class 0xbb", "flowlabel 0x12345", "hlim 33", "next-header IPIP (4)", "payload length: 38")
                .contains("2001:db8:ffff::9 > 2001:db8::2: IP (tos 0x0")
                .contains("10.0.0.1.1000 > 198.51.100.1.2000");
    }

    @Test
    void a_destination_options_header_is_skipped() throws Exception {
        byte[] inner = inner(60, 2);
        // RFC 2473 section 4.1.1: next header 4, length 0, Tunnel Encapsulation Limit 4, PadN
        byte[] options = {4, 0, 4, 1, 4, 1, 1, 0};
        byte[] payload =
                ByteBuffer.allocate(8 + inner.length).put(options).put(inner).array();

        sender.send(Packets.batch(Packets.ipv6(0, 60, 64, NODE, TEP, payload)));

        PacketBatch batch = Packets.empty(4);
        assertThat(receiver.receive(batch, 5000)).isEqualTo(1);
        assertThat(Packets.packet(batch, 0)).isEqualTo(Packets.shown(0, 64, NODE, TEP, inner));
    }

    @Test
    void outer_fragments_are_put_together() throws Exception {
        byte[] inner = inner(2000, 3);
        byte[] first = fragment(inner, 0, 1400, true);
        byte[] second = fragment(inner, 1400, inner.length, false);

        // The later one first: order must not matter.
        sender.send(Packets.batch(second, first));

        PacketBatch batch = Packets.empty(4);
        assertThat(receiver.receive(batch, 5000)).isEqualTo(1);
        assertThat(Packets.packet(batch, 0)).isEqualTo(Packets.shown(0, 64, NODE, TEP, inner));
    }

    /** RFC 8200 section 4.5. */
    private static byte[] fragment(byte[] whole, int from, int to, boolean more) {
        ByteBuffer payload = ByteBuffer.allocate(8 + to - from)
                .put((byte) 4)
                .put((byte) 0)
                .putShort((short) (from | (more ? 1 : 0)))
                .putInt(77)
                .put(whole, from, to - from);
        return Packets.ipv6(0, 44, 64, NODE, TEP, payload.array());
    }

    @Test
    void the_largest_packet_comes_whole() throws Exception {
        int largest = 65535;
        byte[] inner = inner(largest - 28, 4);
        byte[][] fragments = new byte[(largest + 1399) / 1400][];
        for (int i = 0; i < fragments.length; i++) {
            fragments[i] = fragment(inner, i * 1400, Math.min(largest, (i + 1) * 1400), i < fragments.length - 1);
        }

        assertThat(sender.send(Packets.batch(fragments))).isEqualTo(fragments.length);

        PacketBatch batch = Packets.empty(2);
        assertThat(receiver.receive(batch, 5000)).isEqualTo(1);
        assertThat(batch.length(0)).isEqualTo(40 + largest);
        assertThat(Packets.packet(batch, 0)).isEqualTo(Packets.shown(0, 64, NODE, TEP, inner));
    }

    @Test
    void packets_to_other_addresses_are_dropped_and_counted() throws Exception {
        sender.send(Packets.batch(
                Packets.ipv6(0, 4, 64, NODE, TEP_ALIAS, inner(10, 1)),
                Packets.ipv6(0, 4, 64, NODE, TEP, inner(10, 2)),
                Packets.ipv6(0, 4, 64, NODE, TEP_ALIAS, inner(10, 3)),
                Packets.ipv6(0, 4, 64, NODE, TEP, inner(10, 4))));

        PacketBatch batch = Packets.empty(8);
        assertThat(receiver.receive(batch, 5000)).isEqualTo(2);
        assertThat(Packets.packet(batch, 0)).endsWith(pattern(10, 2));
        assertThat(Packets.packet(batch, 1)).endsWith(pattern(10, 4));
        assertThat(receiver.notOurs()).isEqualTo(2);
        assertThat(receiver.received()).isEqualTo(2);
    }

    @Test
    void without_addresses_every_address_of_the_machine_is_ours() throws Exception {
        try (Ipv6Device any = tep.call(() -> Ipv6Device.open(List.of()))) {
            sender.send(Packets.batch(
                    Packets.ipv6(0, 4, 64, NODE, TEP_ALIAS, inner(10, 1)),
                    Packets.ipv6(0, 4, 64, NODE, TEP, inner(10, 2))));
            assertThat(any.receive(Packets.empty(8), 5000)).isEqualTo(2);
        }
    }

    /** An ICMPv6 message whose checksum a kernel accepts. */
    private static byte[] icmp(String destination, int type, byte[] quoted) {
        ByteBuffer message =
                ByteBuffer.allocate(8 + quoted.length).put((byte) type).put(8, quoted);
        byte[] packet = Packets.ipv6(0xB8, 58, 33, NODE, destination, message.array());
        long sum = 58 + message.capacity();
        for (int i = 8; i < packet.length; i += 2) {
            sum += ByteBuffer.wrap(packet).getShort(i) & 0xFFFF;
        }
        sum = (sum >>> 16) + (sum & 0xFFFF);
        ByteBuffer.wrap(packet).putShort(42, (short) ~((sum >>> 16) + sum));
        return packet;
    }

    @Test
    void errors_about_packets_of_ours_come_whole_among_the_packets() throws Exception {
        byte[] quoted = Packets.ipv6(0, 4, 64, TEP, NODE, inner(100, 1));
        byte[] error = icmp(TEP, 1, quoted);
        byte[] packet = Packets.ipv6(0, 4, 64, NODE, TEP, inner(10, 2));
        sender.send(Packets.batch(
                packet, icmp(TEP, 128, quoted), icmp(TEP_ALIAS, 1, quoted), icmp(TEP, 136, quoted), error, packet));

        int packets = 0;
        int errors = 0;
        PacketBatch batch = Packets.empty(8);
        while (packets + errors < 3) {
            int received = receiver.receive(batch, 5000);
            assertThat(received).as("after " + packets + " and " + errors).isPositive();
            for (int i = 0; i < received; i++) {
                byte[] shown = Packets.packet(batch, i);
                if (shown[6] == 58) {
                    errors++;
                    // The flow label is all that the kernel keeps for itself.
                    ByteBuffer.wrap(error).putInt(0, 6 << 28 | 0xB8 << 20);
                    assertThat(shown).isEqualTo(error);
                } else {
                    packets++;
                    assertThat(shown).endsWith(pattern(10, 2));
                }
            }
        }
        assertThat(errors).isEqualTo(1);
        assertThat(receiver.receive(batch, 100)).isZero();
        assertThat(receiver.notOurs()).as("errors to others are none of ours").isZero();
    }

    @Test
    void an_error_alone_ends_the_waiting() throws Exception {
        CompletableFuture<Integer> waiting = tep.begin(() -> receiver.receive(Packets.empty(4), -1));
        tep.awaitAsleepIn("poll");
        sender.send(Packets.batch(icmp(TEP, 3, Packets.ipv6(0, 4, 64, TEP, NODE, inner(100, 1)))));

        assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }

    @Test
    void a_flood_of_errors_leaves_room_for_packets() throws Exception {
        byte[][] flood = new byte[100][];
        Arrays.fill(flood, icmp(TEP, 1, Packets.ipv6(0, 4, 64, TEP, NODE, inner(10, 1))));
        sender.send(Packets.batch(flood));
        sender.send(Packets.batch(Packets.ipv6(0, 4, 64, NODE, TEP, inner(10, 2))));

        PacketBatch batch = Packets.empty(8);
        assertThat(receiver.receive(batch, 5000)).isPositive();
        assertThat(Packets.packet(batch, batch.count() - 1)).endsWith(pattern(10, 2));
    }

    @Test
    void a_flood_to_other_addresses_does_not_keep_receive_beyond_its_time() throws Exception {
        byte[][] foreign = new byte[300][];
        Arrays.fill(foreign, Packets.ipv6(0, 4, 64, NODE, TEP_ALIAS, inner(10, 1)));
        sender.send(Packets.batch(foreign));

        assertThat(receiver.receive(Packets.empty(16), 100)).isZero();
        assertThat(receiver.notOurs()).isEqualTo(300);
    }

    @Test
    void other_next_headers_are_not_received() throws Exception {
        sender.send(Packets.batch(
                Packets.ipv6(0, 41, 64, NODE, TEP, Packets.ipv6(0, 59, 64, NODE, TEP, new byte[0])),
                Packets.ipv6(0, 59, 64, NODE, TEP, new byte[8])));
        assertThat(receiver.receive(Packets.empty(4), 200)).isZero();
        assertThat(receiver.notOurs()).isZero();
    }

    @Test
    void a_packet_without_content_is_shown() throws Exception {
        sender.send(Packets.batch(Packets.ipv6(0, 4, 64, NODE, TEP, new byte[0])));
        PacketBatch batch = Packets.empty(4);
        assertThat(receiver.receive(batch, 5000)).isEqualTo(1);
        assertThat(batch.length(0)).isEqualTo(40);
    }

    @Test
    void a_packet_longer_than_a_slot_is_dropped_and_counted() throws Exception {
        sender.send(Packets.batch(
                Packets.ipv6(0, 4, 64, NODE, TEP, inner(200, 1)), Packets.ipv6(0, 4, 64, NODE, TEP, inner(20, 2))));
        PacketBatch batch = new PacketBatch(new PacketMemory(4, 0, 192), 4);

        assertThat(receiver.receive(batch, 5000)).isEqualTo(1);

        assertThat(Packets.packet(batch, 0)).endsWith(pattern(20, 2));
        assertThat(receiver.tooLong()).isEqualTo(1);
    }

    @Test
    void one_call_moves_many_each_way() throws Exception {
        byte[][] packets = new byte[100][];
        for (int i = 0; i < packets.length; i++) {
            packets[i] = Packets.ipv6(0, 4, 64, NODE, TEP, inner(30, i));
        }
        assertThat(sender.send(Packets.batch(packets))).isEqualTo(100);
        assertThat(sender.calls()).isEqualTo(1);

        PacketBatch batch = Packets.empty(128);
        assertThat(receiver.receive(batch, 5000)).isEqualTo(100);
        assertThat(receiver.calls()).isEqualTo(1);
        for (int i = 0; i < packets.length; i++) {
            assertThat(Packets.packet(batch, i)).endsWith(pattern(30, i));
        }
    }

    @Test
    void a_burst_of_ten_thousand_packets_arrives_complete_and_in_order() throws Exception {
        int count = 10_000;
        // Half of what the socket's queue surely holds: more would test the queue.
        Semaphore ahead = new Semaphore(3_000);
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
            for (int next = 0; next < count; next += 100) {
                byte[][] packets = new byte[100][];
                for (int i = 0; i < packets.length; i++) {
                    packets[i] = Packets.ipv6(0, 4, 64, NODE, TEP, inner(4 + (next + i) % 1400, next + i));
                }
                try {
                    ahead.acquireUninterruptibly(packets.length);
                    assertThat(sender.send(Packets.batch(packets))).isEqualTo(100);
                } catch (DatapathException failure) {
                    throw new AssertionError(failure);
                }
            }
        });
        PacketBatch batch = Packets.empty(64);
        int seen = 0;
        while (seen < count) {
            int received = receiver.receive(batch, 10_000);
            assertThat(received).as("packets after " + seen).isPositive();
            for (int i = 0; i < received; i++, seen++) {
                assertThat(Packets.packet(batch, i))
                        .isEqualTo(Packets.shown(0, 64, NODE, TEP, inner(4 + seen % 1400, seen)));
            }
            ahead.release(received);
        }
        sending.get(10, TimeUnit.SECONDS);
        assertThat(receiver.overflows()).isZero();
    }

    @Test
    void what_nobody_fetches_is_counted_as_overflow() throws Exception {
        byte[][] packets = new byte[1000][];
        Arrays.fill(packets, Packets.ipv6(0, 4, 64, NODE, TEP, inner(1200, 1)));
        PacketBatch batch = Packets.batch(packets);
        for (int round = 0; round < 100 && receiver.overflows() == 0; round++) {
            sender.send(batch);
        }
        assertThat(receiver.overflows()).isPositive();
        long counted = receiver.overflows();
        receiver.close();
        assertThat(receiver.overflows()).isEqualTo(counted);
    }

    @Test
    void a_packet_the_kernel_refuses_does_not_cost_the_others() throws Exception {
        byte[] good = Packets.ipv6(0, 4, 64, NODE, TEP, inner(10, 1));
        byte[] noRoute = Packets.ipv6(0, 4, 64, NODE, "2001:db8:ffff::1", inner(10, 1));
        byte[] tooBig = Packets.ipv6(0, 4, 64, NODE, TEP, inner(1500, 1));
        byte[] tooShort = Arrays.copyOf(good, 39);

        assertThat(sender.send(Packets.batch(noRoute, good, tooBig, good, tooShort, good, noRoute)))
                .isEqualTo(3);

        assertThat(sender.refused()).isEqualTo(4);
        assertThat(receiver.receive(Packets.empty(8), 5000)).isEqualTo(3);
    }

    @Test
    void close_ends_a_waiting_receive() throws Exception {
        CompletableFuture<Integer> waiting = tep.begin(() -> receiver.receive(Packets.empty(4), -1));
        tep.awaitAsleepIn("poll");
        receiver.close();
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void says_that_the_right_to_raw_sockets_is_missing() {
        tep.drop(13);
        assertThatThrownBy(() -> tep.tryCall(() -> Ipv6Device.open(List.of())))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining("CAP_NET_RAW");
    }
}
