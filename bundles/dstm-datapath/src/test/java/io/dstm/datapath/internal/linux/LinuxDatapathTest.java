package io.dstm.datapath.internal.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.datapath.Datapath.Specification;
import io.dstm.api.datapath.Datapath.Statistics;
import io.dstm.api.datapath.Datapath.Tunnel;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.api.net.Ipv6Address;
import io.dstm.datapath.internal.testing.Encapsulator;
import io.dstm.datapath.internal.testing.Isolated;
import io.dstm.datapath.internal.testing.Packets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class LinuxDatapathTest {

    private static final String NODE = "2001:db8::1";
    private static final String TEP = "2001:db8::2";

    private final LinuxDatapath datapath = new LinuxDatapath(null);
    private Isolated node;
    private Isolated tep;

    @BeforeEach
    void lay() {
        node = Isolated.create();
        tep = Isolated.create();
        node.cable(tep, "wire0", NODE, "wire1", TEP);
    }

    @AfterEach
    void clear() throws Exception {
        datapath.close();
        for (Isolated host : Arrays.asList(node, tep)) {
            if (host != null) {
                host.close();
            }
        }
    }

    private static Specification specification(String local) {
        return new Specification("dstm0", 1460, List.of(Ipv6Address.parse(local)), 64);
    }

    private Tunnel open(Isolated host, String local, String ipv4, PacketProcessor processor) {
        Tunnel tunnel = host.call(() -> datapath.open(specification(local), processor));
        host.sh("ip addr add " + ipv4 + "/24 dev dstm0");
        return tunnel;
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void two_tunnels_carry_pings_of_every_size() {
        try (Tunnel near = open(node, NODE, "10.0.0.1", new Encapsulator(NODE, TEP));
                Tunnel far = open(tep, TEP, "10.0.0.2", new Encapsulator(TEP, NODE))) {
            // Ping's own socket holds some 50 answers of a full packet and four of the largest size: what comes faster
            // than a busy machine
            // lets it read is lost there.
            assertThat(node.sh("ping -q -c 200 -i 0.002 -s 8 10.0.0.2")).contains(" 0% packet loss");
            assertThat(node.sh("ping -q -c 100 -i 0.01 -s 1432 -M do 10.0.0.2")).contains(" 0% packet loss");
            node.sh("for i in $(seq 20); do ping -q -c 1 -W 20 -s 20000 10.0.0.2; done");

            // Packets are counted after they were handed on, so an answer may overtake the count of its question.
            await("everything is counted at both ends", () -> {
                Statistics here = near.statistics();
                Statistics there = far.statistics();
                return here.toIpv6() == there.fromIpv6()
                        && here.fromIpv4() == here.toIpv6()
                        && there.toIpv6() == here.fromIpv6()
                        && here.fromIpv6() == here.toIpv4()
                        && here.toIpv6() == here.fromIpv6();
            });
            Statistics statistics = near.statistics();
            assertThat(statistics.fromIpv4()).isEqualTo(statistics.toIpv6()).isGreaterThanOrEqualTo(320);
            assertThat(statistics.refused() + statistics.discarded() + statistics.overflows())
                    .isZero();
            assertThat(far.statistics().fromIpv6()).isEqualTo(statistics.toIpv6());
            assertThat(near.failure()).isEmpty();
            assertThat(near.device()).isEqualTo("dstm0");
        }
    }

    @Test
    void a_burst_through_both_tunnels_arrives_unchanged() throws Exception {
        int window = 40;
        try (Tunnel near = open(node, NODE, "10.0.0.1", new Encapsulator(NODE, TEP));
                Tunnel far = open(tep, TEP, "10.0.0.2", new Encapsulator(TEP, NODE));
                DatagramSocket sender = node.call(() -> new DatagramSocket(new InetSocketAddress("10.0.0.1", 5000)));
                DatagramSocket receiver = tep.call(() -> new DatagramSocket(new InetSocketAddress("10.0.0.2", 6000)))) {
            receiver.setSoTimeout(10_000);
            DatagramPacket arrived = new DatagramPacket(new byte[2000], 2000);
            for (int next = 0; next < 10_000; next += window) {
                // A socket's queue holds some 50 large packets: more at once would test the socket.
                for (int i = next; i < next + window; i++) {
                    byte[] payload = Packets.pattern(4 + i % 1400, i);
                    sender.send(new DatagramPacket(payload, payload.length, InetAddress.getByName("10.0.0.2"), 6000));
                }
                for (int i = next; i < next + window; i++) {
                    receiver.receive(arrived);
                    assertThat(Arrays.copyOf(arrived.getData(), arrived.getLength()))
                            .isEqualTo(Packets.pattern(4 + i % 1400, i));
                }
            }
            assertThat(far.statistics().fromIpv6()).isEqualTo(10_000);
            assertThat(near.statistics().calls())
                    .as("native calls for 10,000 packets each way")
                    .isLessThan(20_000);
        }
    }

    @Test
    void tcp_carries_bulk_both_ways_at_once() throws Exception {
        int length = 16 << 20;
        byte[] content = Packets.pattern(length, 5);
        try (Tunnel near = open(node, NODE, "10.0.0.1", new Encapsulator(NODE, TEP));
                Tunnel far = open(tep, TEP, "10.0.0.2", new Encapsulator(TEP, NODE));
                ServerSocket server = tep.call(() -> new ServerSocket(80, 1, InetAddress.getByName("10.0.0.2")));
                Socket client = node.call(() -> new Socket("10.0.0.2", 80));
                Socket accepted = server.accept()) {
            var up = CompletableFuture.runAsync(() -> write(client, content));
            var down = CompletableFuture.runAsync(() -> write(accepted, content));
            var received = CompletableFuture.supplyAsync(() -> read(client, length));

            assertThat(Arrays.equals(read(accepted, length), content)).isTrue();
            assertThat(Arrays.equals(received.get(60, TimeUnit.SECONDS), content))
                    .isTrue();
            up.get(10, TimeUnit.SECONDS);
            down.get(10, TimeUnit.SECONDS);
            assertThat(near.statistics().refused() + far.statistics().refused()).isZero();
        }
    }

    private static void write(Socket socket, byte[] content) {
        try {
            socket.getOutputStream().write(content);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static byte[] read(Socket socket, int length) {
        try {
            return socket.getInputStream().readNBytes(length);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Test
    void several_queues_carry_what_one_does_and_lose_and_double_nothing() throws Exception {
        Specification several = new Specification("dstm0", 1460, List.of(Ipv6Address.parse(NODE)), 16, 1460, 3);
        try (Tunnel near = node.call(() -> datapath.open(several, new Encapsulator(NODE, TEP)));
                Tunnel far = open(tep, TEP, "10.0.0.2", new Encapsulator(TEP, NODE))) {
            node.sh("ip addr add 10.0.0.1/24 dev dstm0");
            // Each a flow of its own, both ways.
            node.sh("for i in $(seq 40); do ping -q -c 5 -i 0.01 -W 20 -s $((i * 30)) 10.0.0.2; done");
            // In fragments of the tunnel.
            node.sh("for i in $(seq 5); do ping -q -c 1 -W 20 -s 20000 10.0.0.2; done");
            await("everything is counted once at both ends", () -> {
                Statistics here = near.statistics();
                Statistics there = far.statistics();
                return here.toIpv6() >= 205
                        && here.toIpv6() == there.fromIpv6()
                        && here.fromIpv4() == here.toIpv6()
                        && there.toIpv6() == here.fromIpv6()
                        && here.fromIpv6() == here.toIpv4();
            });
            Statistics statistics = near.statistics();
            assertThat(statistics.refused() + statistics.discarded() + statistics.overflows())
                    .isZero();
            assertThat(furtherThreads()).hasSize(4);
        }
        assertThat(furtherThreads()).isEmpty();
        assertThat(node.sh("ip -o link show")).doesNotContain("dstm0");
    }

    private static List<String> furtherThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.matches("dstm-dstm0-from-ipv[46]-[12]"))
                .toList();
    }

    @Test
    void others_may_send_through_a_tunnel_but_not_receive() throws Exception {
        try (Tunnel tunnel = open(node, NODE, "10.0.0.1", new Encapsulator(NODE, TEP));
                DatagramSocket socket = node.call(() -> new DatagramSocket(new InetSocketAddress("10.0.0.1", 5000)))) {
            tunnel.ipv4().send(Packets.batch(Packets.udp("10.0.0.2", 1, "10.0.0.1", 5000, Packets.pattern(8, 1))));
            socket.setSoTimeout(10_000);
            socket.receive(new DatagramPacket(new byte[100], 100));
            tunnel.ipv6().send(Packets.batch(Packets.ipv6(0, 4, 64, NODE, TEP, new byte[20])));
            assertThat(tunnel.statistics().toIpv6()).isEqualTo(1);
            assertThatThrownBy(() -> tunnel.ipv4().receive(Packets.empty(1), 0)).isInstanceOf(DatapathException.class);
        }
    }

    @Test
    void rules_that_fail_do_not_stop_the_tunnel() {
        AtomicBoolean failing = new AtomicBoolean(true);
        Encapsulator encapsulator = new Encapsulator(NODE, TEP);
        PacketProcessor fragile = new PacketProcessor() {
            @Override
            public void fromIpv6(PacketBatch in, PacketOutput out, long nanos) {
                encapsulator.fromIpv6(in, out, nanos);
            }

            @Override
            public void fromIpv4(PacketBatch in, PacketOutput out, long nanos) {
                encapsulator.fromIpv4(in, out, nanos);
                if (failing.getAndSet(false)) {
                    throw new IllegalStateException("defect in the rules");
                }
            }
        };
        try (Tunnel near = open(node, NODE, "10.0.0.1", fragile);
                Tunnel far = open(tep, TEP, "10.0.0.2", new Encapsulator(TEP, NODE))) {
            node.sh("ping -q -c 3 -i 0.05 -W 1 10.0.0.2 || true");
            // One at a time: after an answer, ping waits for the others two round trips and no more.
            node.sh("for i in 1 2 3; do ping -q -c 1 -W 30 10.0.0.2; done");
            assertThat(near.statistics().discarded()).isEqualTo(1);
            assertThat(far.failure()).isEmpty();
        }
    }

    @Test
    void a_removed_device_ends_the_tunnel_with_the_reason() {
        try (Tunnel tunnel = open(node, NODE, "10.0.0.1", new Encapsulator(NODE, TEP))) {
            node.sh("ip link delete dstm0");
            await("the tunnel notices", () -> tunnel.failure().isPresent());
            assertThat(tunnel.failure()).get().asString().contains("TUN device dstm0 is gone");
            await("both threads end", () -> threads("dstm-dstm0-from-ipv6") + threads("dstm-dstm0-from-ipv4") == 0);
        }
    }

    private static long threads(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name))
                .count();
    }

    @Test
    void close_ends_the_threads_and_removes_the_device_under_traffic() {
        Tunnel near = open(node, NODE, "10.0.0.1", new Encapsulator(NODE, TEP));
        Tunnel far = open(tep, TEP, "10.0.0.2", new Encapsulator(TEP, NODE));
        assertThat(threads("dstm-dstm0-from-ipv6")).isEqualTo(2);
        assertThat(threads("dstm-dstm0-from-ipv4")).isEqualTo(2);
        Process flood = node.start("ping", "-f", "-q", "10.0.0.2");
        try {
            await("traffic flows", () -> far.statistics().fromIpv6() > 1000);
            near.close();
            assertThat(threads("dstm-dstm0-from-ipv6")).isEqualTo(1);
            assertThat(threads("dstm-dstm0-from-ipv4")).isEqualTo(1);
            assertThat(node.sh("ip -o link")).doesNotContain("dstm0");
            near.close();
            assertThat(near.statistics().fromIpv4()).isPositive();
        } finally {
            flood.destroyForcibly();
        }
    }

    @Test
    void the_same_name_can_be_used_again_after_close() {
        for (int i = 0; i < 3; i++) {
            open(node, NODE, "10.0.0.1", new Encapsulator(NODE, TEP)).close();
        }
    }

    @Test
    void a_large_device_mtu_is_set() {
        Tunnel tunnel = node.call(
                () -> datapath.open(new Specification("dstm-tep", 65535, List.of(), 16), new Encapsulator(NODE, TEP)));
        assertThat(node.sh("ip -o link show dev dstm-tep")).contains("mtu 65535", "UP");
        tunnel.close();
    }

    @Test
    void closing_the_datapath_closes_its_tunnels() {
        open(node, NODE, "10.0.0.1", new Encapsulator(NODE, TEP));
        datapath.close();
        assertThat(node.sh("ip -o link")).doesNotContain("dstm0");
    }

    @Test
    void a_tunnel_that_cannot_be_opened_leaves_nothing_behind() {
        node.drop(13);
        assertThatThrownBy(() -> node.tryCall(() -> datapath.open(specification(NODE), new Encapsulator(NODE, TEP))))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining("CAP_NET_RAW");
        assertThat(node.sh("ip -o link")).doesNotContain("dstm0");
        assertThat(threads("dstm-dstm0-from-ipv6")).isZero();
    }

    @Test
    void packets_that_the_device_queue_cannot_hold_are_counted_as_overflow() throws Exception {
        AtomicBoolean released = new AtomicBoolean();
        PacketProcessor slow = new PacketProcessor() {
            @Override
            public void fromIpv6(PacketBatch in, PacketOutput out, long nanos) {}

            @Override
            public void fromIpv4(PacketBatch in, PacketOutput out, long nanos) {
                while (!released.get()) {
                    Thread.onSpinWait();
                }
            }
        };
        try (Tunnel tunnel = open(node, NODE, "10.0.0.1", slow);
                DatagramSocket sender = node.call(() -> new DatagramSocket(new InetSocketAddress("10.0.0.1", 5000)))) {
            InetAddress destination = InetAddress.getByName("10.0.0.2");
            for (int i = 0; i < 5000; i++) {
                sender.send(new DatagramPacket(new byte[10], 10, destination, 6000));
            }
            assertThat(node.call(() -> tunnel.statistics().overflows())).isPositive();
            released.set(true);
        }
    }

    @Test
    void the_description_names_the_way() {
        assertThat(datapath.description()).isEqualTo("tun");
    }
}
