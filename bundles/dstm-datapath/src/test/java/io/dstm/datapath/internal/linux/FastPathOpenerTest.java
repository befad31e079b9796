package io.dstm.datapath.internal.linux;

import static io.dstm.datapath.internal.testing.TepNetwork.LEASED;
import static io.dstm.datapath.internal.testing.TepNetwork.NODE;
import static io.dstm.datapath.internal.testing.TepNetwork.TEP;
import static io.dstm.datapath.internal.testing.TepNetwork.WORLD;
import static io.dstm.datapath.internal.testing.TepNetwork.binding;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.Datapath.Specification;
import io.dstm.api.datapath.Datapath.Tunnel;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.datapath.internal.testing.Encapsulator;
import io.dstm.datapath.internal.testing.Isolated;
import io.dstm.datapath.internal.testing.Packets;
import io.dstm.datapath.internal.testing.TepNetwork;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Programs at both ends of a tunnel that the kernel forwards.
 *
 * <pre>
 *   node, a tunnel of our own ==== wire0 (IPv6) wire1 ==== tep ---- link0 (IPv4) link1 ---- server
 * </pre>
 */
@Timeout(120)
class FastPathOpenerTest {

    /** Sets a feature of a device as ethtool does: 0x17 is checksums of packets it sends, 0x2C is GRO. */
    private static final String FEATURE = "python3 -c 'import array, fcntl, socket, struct, sys\n"
            + "order = array.array(\"B\", struct.pack(\"II\", int(sys.argv[2], 16), int(sys.argv[3])))\n"
            + "fcntl.ioctl(socket.socket(), 0x8946,"
            + " struct.pack(\"16sP\", sys.argv[1].encode(), order.buffer_info()[0]))' ";

    private final LinuxDatapath datapath = new LinuxDatapath(null);
    private TepNetwork network;
    private Isolated node;
    private Isolated tep;
    private Isolated server;
    private Tunnel tunnel;

    @BeforeEach
    void lay() {
        network = new TepNetwork();
        node = network.node();
        tep = network.tep();
        server = network.server();
        for (String feature : List.of("0x17 0", "0x2C 1")) {
            node.sh(FEATURE + "wire0 " + feature);
            server.sh(FEATURE + "link1 " + feature);
        }
        node.call(() -> datapath.open(
                new Specification("dstm0", 1460, List.of(Ipv6Address.parse(NODE)), 64), new Encapsulator(NODE, TEP)));
        node.sh("ip addr add " + LEASED + "/32 dev dstm0 && ip route add default dev dstm0 src " + LEASED);
        tunnel = tep.call(() -> datapath.open(TepNetwork.tunnel(), TepNetwork.rules()));
        tep.sh("ip route add 192.0.2.0/24 dev dstm-tep");
        node.awaitReach(WORLD);
    }

    @AfterEach
    void clear() throws Exception {
        datapath.close();
        if (network != null) {
            network.close();
        }
    }

    private FastPath open(String... devices) {
        return open(FastPath.Way.DRIVER, devices);
    }

    private FastPath open(FastPath.Way way, String... devices) {
        FastPath path =
                TepNetwork.configured(tep.call(() -> datapath.openFastPath(tunnel, List.of(devices), false, way)));
        try {
            network.fill(path);
        } catch (AssertionError refused) {
            path.close();
            throw refused;
        }
        return path;
    }

    private FastPath openKept() {
        return TepNetwork.configured(tep.call(() -> datapath.openFastPath(tunnel, List.of("wire1", "link0"), true)));
    }

    private boolean hasPrograms() {
        return tep.sh("ip -o link show dev wire1").contains("xdp")
                && tep.sh("ip -o link show dev link0").contains("xdp");
    }

    @Test
    void what_is_kept_forwards_without_a_tunnel_until_another_takes_over() throws Exception {
        Path directory = Files.createTempDirectory("dstm-bpf");
        tep.sh("mount -t bpf bpf " + directory);
        System.setProperty("dstm.bpf", directory.toString());
        try {
            FastPath first = openKept();
            assertThat(hasPrograms()).as("before there are bindings").isFalse();
            network.fill(first);
            assertThat(hasPrograms()).isTrue();
            exchange(10);

            tep.run(first::leave);
            tunnel.close();
            assertThat(hasPrograms()).isTrue();
            // The kernel knows both next hops, so that all packets are common.
            exchange(100);

            tunnel = tep.call(() -> datapath.open(TepNetwork.tunnel(), TepNetwork.rules()));
            FastPath second = openKept();
            assertThat(second.description()).isEqualTo("xdp on , af_xdp for what it leaves");
            exchange(10);
            assertThat(second.counts()).isEqualTo(FastPath.Counts.NONE);
            network.fill(second);
            assertThat(second.description()).contains("wire1 (driver)", "link0 (driver)");
            exchange(20);
            assertThat(second.counts().decapsulated()).isPositive();

            tep.run(second::leave);
            assertThat(hasPrograms()).isTrue();
            tep.run(() -> datapath.endKept("dstm-tep"));
            tep.sh(
                    "for i in $(seq 100); do ip -o link show dev wire1 | grep -q xdp || exit 0; sleep 0.05; done; exit 1");
        } finally {
            System.clearProperty("dstm.bpf");
            tep.sh("umount " + directory);
            Files.delete(directory);
        }
    }

    @Test
    void nothing_can_be_kept_without_a_file_system_for_it() throws Exception {
        Path directory = Files.createTempDirectory("dstm-bpf");
        System.setProperty("dstm.bpf", directory.toString());
        try (FastPath path = openKept()) {
            assertThatThrownBy(() -> tep.tryCall(() -> {
                        path.replace(TepNetwork.SERVED, List.of(binding()));
                        return null;
                    }))
                    .isInstanceOf(DatapathException.class)
                    .hasMessageContaining("mount -t bpf");
        } finally {
            System.clearProperty("dstm.bpf");
        }
        assertThat(hasPrograms()).isFalse();
    }

    private void exchange(int count) throws Exception {
        try (DatagramSocket near = node.call(() -> new DatagramSocket(new InetSocketAddress(LEASED, 5000)));
                DatagramSocket far = server.call(() -> new DatagramSocket(new InetSocketAddress(WORLD, 6000)))) {
            near.setSoTimeout(20_000);
            far.setSoTimeout(20_000);
            for (int i = 0; i < count; i++) {
                byte[] payload = Packets.pattern(10 + i, i);
                near.send(new DatagramPacket(payload, payload.length, InetAddress.getByName(WORLD), 6000));
                DatagramPacket arrived = new DatagramPacket(new byte[2000], 2000);
                far.receive(arrived);
                assertThat(Arrays.copyOf(arrived.getData(), arrived.getLength()))
                        .isEqualTo(payload);
                far.send(new DatagramPacket(payload, payload.length, InetAddress.getByName(LEASED), 5000));
                near.receive(arrived);
                assertThat(Arrays.copyOf(arrived.getData(), arrived.getLength()))
                        .isEqualTo(payload);
            }
        }
    }

    @Test
    void datagrams_go_both_ways_without_meeting_the_rules() throws Exception {
        try (FastPath path = open()) {
            assertThat(path.description()).contains("wire1 (driver)", "link0 (driver)");
            long judged = tunnel.statistics().fromIpv6() + tunnel.statistics().fromIpv4();

            exchange(100);

            FastPath.Counts counts = path.counts();
            // A packet or two meet the rules while the kernel makes sure of a next hop.
            assertThat(counts.decapsulated()).isBetween(90L, 100L);
            assertThat(counts.encapsulated()).isBetween(90L, 100L);
            assertThat(tunnel.statistics().fromIpv6() + tunnel.statistics().fromIpv4())
                    .isBetween(judged, judged + 20);
        }
    }

    @Test
    void what_it_leaves_alone_meets_the_rules_as_ever() throws Exception {
        try (FastPath path = open("wire1", "link0")) {
            ping(10, 1000);
            path.change(List.of(binding().key()), List.of());
            FastPath.Counts counts = path.counts();
            assertThat(counts.encapsulated()).isZero();
            exchange(10);
            assertThat(path.counts()).isEqualTo(counts);
        }
        exchange(10);
    }

    /** Waits for that many answers, asking more often if need be: by itself ping waits for late ones hardly longer than the others took. */
    private void ping(int count, int bytes) {
        node.sh("ping -q -c " + count + " -w 30 -i 0.01 -s " + bytes + " " + WORLD);
    }

    /** Packets through the TUN, either way, as the kernel counts them. */
    private long throughTun() {
        return Long.parseLong(
                tep.sh("awk '/dstm-tep:/ { print $3 + $11 }' /proc/net/dev").strip());
    }

    private static void awaitCount(LongSupplier count) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (count.getAsLong() < 100 && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        assertThat(count.getAsLong()).isGreaterThanOrEqualTo(100);
    }

    private void exchangePastTheStack() throws Exception {
        // The first packets find the next hops.
        exchange(5);
        Datapath.Statistics before = tunnel.statistics();
        long kernel = throughTun();

        exchange(100);

        // A packet is counted after it was sent: the last one may be there before its count.
        awaitCount(() -> tunnel.statistics().fromIpv6() - before.fromIpv6());
        awaitCount(() -> tunnel.statistics().fromIpv4() - before.fromIpv4());
        awaitCount(() -> tunnel.statistics().toIpv6() - before.toIpv6());
        awaitCount(() -> tunnel.statistics().toIpv4() - before.toIpv4());
        assertThat(throughTun() - kernel).as("through the TUN").isLessThan(20);
    }

    @Test
    void what_the_driver_leaves_meets_the_rules_past_the_stack_and_all_else_the_stack() throws Exception {
        try (FastPath path = open("wire1", "link0")) {
            assertThat(path.description())
                    .isEqualTo("xdp on wire1 (driver), link0 (driver), af_xdp for what it leaves");
            path.change(List.of(binding().key()), List.of());
            FastPath.Counts before = path.counts();
            exchangePastTheStack();
            assertThat(path.counts()).isEqualTo(before);

            // In fragments, which the driver never forwards.
            path.change(List.of(), List.of(binding()));
            server.sh("ip route replace default via 198.51.100.1 mtu lock 1400");
            ping(5, 4000);
            node.awaitReach(TEP);
            server.awaitReach("198.51.100.1");
        }
        exchange(10);
    }

    /** The address is one of so many that packets are judged in two steps. */
    @Test
    void with_many_bindings_the_driver_forwards_and_the_rules_have_what_it_leaves_late() throws Exception {
        try (FastPath path = open("wire1", "link0")) {
            tep.run(() -> path.replace(List.of(Ipv4Range.parse("192.0.0.0/16")), List.of(binding())));
            assertThat(path.description())
                    .isEqualTo("xdp on wire1 (driver), link0 (driver) in two steps, af_xdp for what it leaves");
            long judged = tunnel.statistics().fromIpv6() + tunnel.statistics().fromIpv4();
            exchange(100);
            FastPath.Counts counts = path.counts();
            // A packet or two meet the rules while the kernel makes sure of a next hop.
            assertThat(counts.decapsulated()).isBetween(90L, 100L);
            assertThat(counts.encapsulated()).isBetween(90L, 100L);
            assertThat(tunnel.statistics().fromIpv6() + tunnel.statistics().fromIpv4())
                    .isBetween(judged, judged + 20);

            path.change(List.of(binding().key()), List.of());
            Datapath.Statistics before = tunnel.statistics();
            long kernel = throughTun();
            exchange(100);
            assertThat(path.counts()).isEqualTo(counts);
            awaitCount(() -> tunnel.statistics().fromIpv6() - before.fromIpv6());
            awaitCount(() -> tunnel.statistics().fromIpv4() - before.fromIpv4());
            // Those from sockets would leave by sockets, as the first ones of each processor may.
            for (int i = 0; i < 20 && throughTun() - kernel <= 50; i++) {
                exchange(50);
            }
            assertThat(throughTun() - kernel).as("through the TUN").isGreaterThan(50);

            path.change(List.of(), List.of(binding()));
            // In fragments, which the driver never forwards, and none of which waits for the second step.
            server.sh("ip route replace default via 198.51.100.1 mtu lock 1400");
            ping(5, 4000);
        }
        exchange(10);
    }

    @Test
    void without_the_right_to_sockets_for_frames_the_driver_forwards_all_the_same() throws Exception {
        // CAP_NET_RAW
        tep.drop(13);
        try (FastPath path = open("wire1", "link0")) {
            assertThat(path.description())
                    .startsWith("xdp on wire1 (driver), link0 (driver) (no af_xdp: ")
                    .contains("CAP_NET_RAW");
            exchange(20);
            assertThat(path.counts().decapsulated()).isPositive();
        }
    }

    @Test
    void the_rules_have_every_packet_past_the_stack() throws Exception {
        try (FastPath path = open(FastPath.Way.RULES, "wire1", "link0")) {
            assertThat(path.description()).isEqualTo("af_xdp on wire1 (driver), link0 (driver)");
            exchangePastTheStack();
            assertThat(path.counts()).isEqualTo(FastPath.Counts.NONE);
        }
        exchange(10);
    }

    @Test
    void what_sockets_do_not_get_meets_the_rules_as_ever() throws Exception {
        try (FastPath path = open(FastPath.Way.RULES, "wire1", "link0")) {
            ping(10, 1000);
            // In fragments that fit the tunnel, which nobody here would cut.
            server.sh("ip route replace default via 198.51.100.1 mtu lock 1400");
            ping(5, 4000);
            // A hop on the way that is the last.
            assertThat(node.sh("ping -c 1 -W 30 -t 1 " + WORLD + " || true")).contains("Time to live exceeded");
            path.change(List.of(binding().key()), List.of());
            exchange(10);
        }
        tunnel.close();
    }

    @Test
    void a_socket_goes_with_its_tunnel() {
        FastPath path = open(FastPath.Way.RULES, "wire1");
        tunnel.close();
        path.close();
        assertThat(tep.sh("ip -o link show dev wire1")).doesNotContain("xdp");
    }

    @Test
    void a_host_that_takes_another_hardware_address_is_followed() throws Exception {
        try (FastPath path = open()) {
            exchange(10);
            server.sh("ip link set link1 down && ip link set link1 address 02:00:00:00:0a:0b && ip link set link1 up"
                    + " && ip route replace default via 198.51.100.1");
            // The kernel believes in a known address for up to a minute: it must forget it here.
            tep.sh("ip neigh flush dev link0 && for i in $(seq 200); do ip neigh show " + WORLD
                    + " | grep -q 02:00:00:00:0a:0b && exit 0; ping -q -c 1 -W 0.1 " + WORLD
                    + " >/dev/null 2>&1 || true; sleep 0.05; done; ip neigh; exit 1");
            FastPath.Counts before = path.counts();
            exchange(20);
            assertThat(path.counts().decapsulated()).isGreaterThan(before.decapsulated());
        }
    }

    @Test
    void a_route_that_changes_is_followed() throws Exception {
        try (FastPath path = open()) {
            exchange(10);
            FastPath.Counts before = path.counts();
            assertThat(before.decapsulated()).isPositive();
            tep.sh("ip route add prohibit " + WORLD);
            String answer = node.sh("for i in $(seq 100); do ping -q -c 1 -W 1 " + WORLD
                    + " >/dev/null 2>&1 || exit 0; done; echo still answers; exit 1");
            assertThat(answer).isEmpty();
            tep.sh("ip route del prohibit " + WORLD);
            exchange(10);
        }
    }

    @Test
    void without_the_right_to_load_programs_packets_go_on_through_the_rules() throws Exception {
        // CAP_SYS_ADMIN, which includes the others, CAP_PERFMON, CAP_BPF; CAP_NET_ADMIN stays.
        tep.drop(21, 38, 39);
        assertThatThrownBy(() -> tep.tryCall(() -> datapath.openFastPath(tunnel, List.of())))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining("CAP_BPF");
        assertThat(tep.sh("ip -o link show dev wire1")).doesNotContain("xdp");
        exchange(10);
    }

    @Test
    void without_the_right_to_calculate_with_addresses_it_says_which_one_is_missing() throws Exception {
        tep.drop(21, 38);
        assertThatThrownBy(() -> tep.tryCall(() -> datapath.openFastPath(tunnel, List.of())))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining("CAP_PERFMON");
        exchange(10);
    }

    @Test
    void a_device_whose_driver_cannot_run_programs_has_them_in_front_of_the_stack_and_so_have_all() throws Exception {
        tep.sh("ip link add bridge0 type bridge && ip link set bridge0 up && ip addr del 198.51.100.1/24 dev link0"
                + " && ip link set link0 master bridge0 && ip addr add 198.51.100.1/24 dev bridge0");
        node.awaitReach(WORLD);
        assertThatThrownBy(() -> open("wire1", "bridge0"))
                .hasMessageContaining("Cannot put the program on bridge0: its driver runs none");
        assertThat(tep.sh("ip -o link show")).doesNotContain("xdp");
        for (FastPath.Way way : List.of(FastPath.Way.GENERIC, FastPath.Way.TC)) {
            try (FastPath path = open(way, "wire1", "bridge0")) {
                assertThat(path.description())
                        .isEqualTo(
                                way == FastPath.Way.TC
                                        ? "tc on wire1, bridge0"
                                        : "xdp on wire1 (generic), bridge0 (generic), af_xdp for what it leaves");
                exchange(100);
                assertThat(path.counts().decapsulated()).isGreaterThan(80);
                assertThat(path.counts().encapsulated()).isGreaterThan(80);
            }
        }
    }

    @Test
    void a_device_that_is_not_there_leaves_all_as_it_was() {
        assertThatThrownBy(() -> tep.tryCall(() -> datapath.openFastPath(tunnel, List.of("wire1", "wire7"))))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining("wire7");
        assertThatThrownBy(() -> tep.tryCall(() -> datapath.openFastPath(tunnel, List.of("wire1", "lo"))))
                .isInstanceOf(DatapathException.class);
        assertThat(tep.sh("ip -o link show dev wire1")).doesNotContain("xdp");
    }
}
