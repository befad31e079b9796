package io.dstm.datapath.internal.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.datapath.internal.nativecode.NativeLibraryLoader;
import io.dstm.datapath.internal.testing.Isolated;
import io.dstm.datapath.internal.testing.Packets;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames through the programs in the kernel, without a wire: what comes out, and what is left to the rules untouched. */
@Timeout(60)
@ParameterizedClass
@EnumSource(Tried.class)
class KernelFastPathTest {

    private static final String TEP = "2001:db8::1";
    private static final String CLIENT = "2001:db8:a::1";
    private static final String SHARER = "2001:db8:b::1";
    private static final String WORLD = "198.51.100.5";
    private static final PortSet FIVE = new PortSet(4, 6, 5);
    private static final long NOW = 1_800_000_000L;

    private static final byte[] OURS = mac("020000000001");
    private static final byte[] ROUTER = mac("020000000002");

    @Parameter
    Tried tried;

    private int passed;
    private int redirected;
    private Isolated host;
    private KernelFastPath path;
    private int device;

    private static byte[] mac(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    @BeforeEach
    void lay() throws Exception {
        passed = TepDifferential.verdict(tried.way, false);
        redirected = TepDifferential.verdict(tried.way, true);
        host = Isolated.create();
        NativeLibraryLoader.load(null);
        host.sh("ip link add wire0 address 02:00:00:00:00:01 type veth peer name wire1"
                + " && ip link set wire1 up && ip link set wire0 up"
                + " && sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.wire0.forwarding=1"
                + " && ip addr add 203.0.113.1/24 dev wire0 && ip addr add 2001:db8:fe::1/64 dev wire0 nodad"
                + " && ip neigh add 203.0.113.2 lladdr 02:00:00:00:00:02 dev wire0"
                + " && ip neigh add 2001:db8:fe::2 lladdr 02:00:00:00:00:02 dev wire0"
                + " && ip route add default via 203.0.113.2 && ip route add default via 2001:db8:fe::2");
        device = Integer.parseInt(
                host.sh("cat /proc/net/if_inet6 | awk '$6 == \"wire0\" { print $2; exit }'")
                        .strip(),
                16);
        path = host.call(() -> tried.open(device));
        path.setClock(NOW);
        path.configure(new FastPath.Settings(Ipv4Address.parse("192.0.0.1"), 1500, 0, 64, 0xFF));
        path.replace(
                List.of(Ipv4Range.parse("192.0.2.0/24"), Ipv4Range.parse("198.18.0.0/28")),
                List.of(binding("192.0.2.1", PortSet.FULL, CLIENT), binding("198.18.0.9", FIVE, SHARER)));
    }

    @AfterEach
    void clear() throws Exception {
        if (path != null) {
            path.close();
        }
        if (host != null) {
            host.close();
        }
    }

    private static Binding binding(String address, PortSet ports, String client) {
        return new Binding(
                new LeaseKey(Ipv4Address.parse(address), ports),
                Ipv6Address.parse(client),
                Ipv6Address.parse(TEP),
                Instant.ofEpochSecond(NOW + 3600));
    }

    private static byte[] frame(int type, byte[] packet) {
        return ByteBuffer.allocate(14 + packet.length)
                .put(OURS)
                .put(ROUTER)
                .putShort((short) type)
                .put(packet)
                .array();
    }

    private static byte[] down(byte[] packet) {
        return frame(0x0800, packet);
    }

    private static byte[] up(String client, byte[] inner) {
        return frame(0x86DD, Packets.ipv6(0, 4, 61, client, TEP, inner));
    }

    private record Tested(int verdict, byte[] packet) {}

    private Tested test(byte[] frame) {
        Bpf.Tested tested = host.call(() -> path.test(device, frame));
        byte[] packet = new byte[tested.packet().remaining()];
        tested.packet().get(packet);
        return new Tested(tested.verdict(), packet);
    }

    private void assertPassedUp(byte[] frame) {
        Tested tested = test(frame);
        assertThat(tested.verdict()).isEqualTo(passed);
        assertThat(tested.packet()).isEqualTo(frame);
    }

    /** The packet with one less to live, as a router sends it on. */
    private static byte[] routed(byte[] packet) {
        byte[] changed = packet.clone();
        changed[8]--;
        ByteBuffer view = ByteBuffer.wrap(changed);
        view.putShort(10, (short) 0);
        int sum = 0;
        for (int i = 0; i < 20; i += 2) {
            sum += view.getShort(i) & 0xFFFF;
        }
        sum = (sum & 0xFFFF) + (sum >>> 16);
        view.putShort(10, (short) ~((sum & 0xFFFF) + (sum >>> 16)));
        return changed;
    }

    private static byte[] sentOn(int type, byte[] packet) {
        return ByteBuffer.allocate(14 + packet.length)
                .put(ROUTER)
                .put(OURS)
                .putShort((short) type)
                .put(packet)
                .array();
    }

    @Test
    void a_packet_of_a_client_leaves_without_its_outer_header() {
        byte[] inner = Packets.udp("192.0.2.1", 4000, WORLD, 53, Packets.pattern(100, 1));

        Tested tested = test(up(CLIENT, inner));

        assertThat(tested.verdict()).isEqualTo(redirected);
        assertThat(tested.packet()).isEqualTo(sentOn(0x0800, routed(inner)));
        assertThat(path.counts()).isEqualTo(new FastPath.Counts(1, inner.length + 40, 0, 0));
    }

    @Test
    void a_packet_to_a_client_leaves_with_an_outer_header() {
        byte[] packet = Packets.udp(WORLD, 53, "192.0.2.1", 4000, Packets.pattern(100, 1));

        Tested tested = test(down(packet));

        byte[] outer = Packets.ipv6(0, 4, 64, TEP, CLIENT, routed(packet));
        ByteBuffer.wrap(outer).putInt(0, 6 << 28);
        assertThat(tested.verdict()).isEqualTo(redirected);
        assertThat(tested.packet()).isEqualTo(sentOn(0x86DD, outer));
        assertThat(path.counts()).isEqualTo(new FastPath.Counts(0, 0, 1, packet.length));
    }

    @Test
    void a_shared_address_is_told_apart_by_its_port() {
        int inside = FIVE.firstPort();
        assertThat(test(up(SHARER, Packets.udp("198.18.0.9", inside, WORLD, 53, new byte[9])))
                        .verdict())
                .isEqualTo(redirected);
        assertThat(test(down(Packets.udp(WORLD, 53, "198.18.0.9", FIVE.lastPort(), new byte[9])))
                        .verdict())
                .isEqualTo(redirected);
        assertPassedUp(up(SHARER, Packets.udp("198.18.0.9", FIVE.lastPort() + 1, WORLD, 53, new byte[9])));
        assertPassedUp(down(Packets.udp(WORLD, 53, "198.18.0.9", FIVE.firstPort() & 0xFFF, new byte[9])));
    }

    @Test
    void an_echo_request_of_a_client_leaves_and_a_reply_is_left_to_the_rules() {
        byte[] echo = Packets.udp("192.0.2.1", 0x0800, WORLD, 0, Packets.pattern(20, 1));
        echo[9] = 1;
        Packets.sound(echo, 0);
        assertThat(test(up(CLIENT, echo)).verdict()).isEqualTo(redirected);
        // Whose it is, is a matter of incoming.echo, of which the program knows nothing.
        echo[20] = 0;
        assertPassedUp(up(CLIENT, echo));
    }

    @Test
    void a_packet_that_is_not_the_clients_own_is_left_to_the_rules() {
        byte[] inner = Packets.udp("192.0.2.1", 4000, WORLD, 53, new byte[9]);
        assertPassedUp(up("2001:db8:a::2", inner));
        assertPassedUp(up(CLIENT, Packets.udp("192.0.2.2", 4000, WORLD, 53, new byte[9])));
        assertPassedUp(frame(0x86DD, Packets.ipv6(0, 4, 61, CLIENT, "2001:db8::2", inner)));
        assertPassedUp(frame(0x86DD, Packets.ipv6(0, 41, 61, CLIENT, TEP, inner)));
    }

    @Test
    void what_is_judged_late_and_finds_no_place_in_the_ring_is_counted() {
        byte[] inner = Packets.udp("192.0.2.1", 4000, WORLD, 53, new byte[9]);
        byte[] good = up(CLIENT, inner);
        byte[] another = up("2001:db8:a::2", inner);
        path.nextHopsHold(soon());
        // A header of the kernel's, one of ours, and room for a short frame.
        int places = KernelFastPath.ringBytes() / (8 + 8 + 248);
        int frames = tried == Tried.TWO_STEPS ? 3 * places : 100;
        for (int i = 0; i < frames && path.lost() < 10; i++) {
            // Notes the way on this processor; only where it is known anything is judged late.
            assertThat(test(good).verdict()).isEqualTo(redirected);
            assertThat(test(another).verdict()).isEqualTo(passed);
        }
        assertThat(path.lost()).isEqualTo(tried == Tried.TWO_STEPS ? 10 : 0);
    }

    @Test
    void packets_between_clients_and_to_the_tep_are_left_to_the_rules() {
        assertPassedUp(up(CLIENT, Packets.udp("192.0.2.1", 4000, "198.18.0.3", 53, new byte[9])));
        assertPassedUp(up(CLIENT, Packets.udp("192.0.2.1", 4000, "192.0.0.1", 53, new byte[9])));
        assertPassedUp(up(CLIENT, Packets.udp("192.0.2.1", 4000, "127.0.0.1", 53, new byte[9])));
        assertPassedUp(down(Packets.udp("192.0.2.3", 53, "192.0.2.1", 4000, new byte[9])));
    }

    private static byte[] with(byte[] packet, Consumer<byte[]> change) {
        byte[] changed = packet.clone();
        change.accept(changed);
        ByteBuffer view = ByteBuffer.wrap(changed);
        view.putShort(10, (short) 0);
        int sum = 0;
        for (int i = 0; i < (changed[0] & 0xF) * 4; i += 2) {
            sum += view.getShort(i) & 0xFFFF;
        }
        sum = (sum & 0xFFFF) + (sum >>> 16);
        view.putShort(10, (short) ~((sum & 0xFFFF) + (sum >>> 16)));
        return changed;
    }

    @Test
    void uncommon_packets_are_left_to_the_rules() {
        byte[] inner = Packets.udp("192.0.2.1", 4000, WORLD, 53, new byte[60]);
        byte[] packet = Packets.udp(WORLD, 53, "192.0.2.1", 4000, new byte[60]);
        List<Consumer<byte[]>> changes = List.of(
                bytes -> bytes[0] = 0x46,
                bytes -> bytes[6] = 0x20,
                bytes -> bytes[7] = 1,
                bytes -> bytes[8] = 1,
                bytes -> bytes[9] = 47,
                bytes -> bytes[2] = 1);
        for (Consumer<byte[]> change : changes) {
            assertPassedUp(up(CLIENT, with(inner, change)));
            assertPassedUp(down(with(packet, change)));
        }
        byte[] damaged = inner.clone();
        damaged[10] ^= 1;
        assertPassedUp(up(CLIENT, damaged));
        byte[] large = Packets.udp(WORLD, 53, "192.0.2.1", 4000, new byte[1300]);
        assertPassedUp(down(large));
        assertThat(test(down(with(large, bytes -> bytes[6] = 0x40))).verdict()).isEqualTo(redirected);
        assertPassedUp(down(with(Packets.udp(WORLD, 53, "192.0.2.1", 4000, new byte[1433]), bytes -> bytes[6] = 0x40)));
    }

    @Test
    void frames_to_others_are_left_alone() {
        byte[] frame = down(Packets.udp(WORLD, 53, "192.0.2.1", 4000, new byte[60]));
        frame[5] = 9;
        assertPassedUp(frame);
    }

    @Test
    void every_length_is_survived() {
        byte[] frame = up(CLIENT, Packets.udp("192.0.2.1", 4000, WORLD, 53, new byte[10]));
        byte[] other = down(Packets.udp(WORLD, 53, "192.0.2.1", 4000, new byte[10]));
        // The kernel tries programs for tc on no packet that is shorter than its header.
        boolean anyLength = tried != Tried.TC;
        for (int length = anyLength ? 14 : 54; length < frame.length; length++) {
            assertPassedUp(Arrays.copyOf(frame, length));
        }
        for (int length = anyLength ? 14 : 34; length < other.length; length++) {
            assertPassedUp(Arrays.copyOf(other, length));
        }
    }

    @Test
    void what_is_forgotten_or_over_is_left_to_the_rules_and_what_is_new_is_forwarded() throws Exception {
        byte[] frame = up(CLIENT, Packets.udp("192.0.2.1", 4000, WORLD, 53, new byte[9]));
        byte[] moved = up(SHARER, Packets.udp("192.0.2.1", 4000, WORLD, 53, new byte[9]));
        path.change(List.of(), List.of(binding("192.0.2.1", PortSet.FULL, SHARER)));
        assertPassedUp(frame);
        assertThat(test(moved).verdict()).isEqualTo(redirected);

        path.setClock(NOW + 3600);
        assertPassedUp(moved);
        path.setClock(NOW);
        assertThat(test(moved).verdict()).isEqualTo(redirected);

        path.change(List.of(new LeaseKey(Ipv4Address.parse("192.0.2.1"), PortSet.FULL)), List.of());
        assertPassedUp(moved);

        path.replace(List.of(Ipv4Range.parse("192.0.2.0/31")), List.of(binding("192.0.2.1", PortSet.FULL, CLIENT)));
        assertThat(test(frame).verdict()).isEqualTo(redirected);
    }

    @Test
    void a_next_hop_that_is_not_known_is_left_to_the_kernel() {
        byte[] frame = up(CLIENT, Packets.udp("192.0.2.1", 4000, WORLD, 53, new byte[9]));
        host.sh("ip neigh del 203.0.113.2 dev wire0");
        assertPassedUp(frame);
        host.sh("ip neigh add 203.0.113.2 lladdr 02:00:00:00:00:02 dev wire0 && ip route add blackhole " + WORLD);
        assertPassedUp(frame);
    }

    private static long soon() {
        return System.nanoTime() + 3_600_000_000_000L;
    }

    @Test
    void a_next_hop_is_kept_until_it_is_said_to_have_changed() {
        byte[] up = up(CLIENT, Packets.udp("192.0.2.1", 4000, WORLD, 53, new byte[9]));
        byte[] down = down(Packets.udp(WORLD, 53, "192.0.2.1", 4000, new byte[9]));
        path.nextHopsHold(soon());
        assertThat(test(up).verdict()).isEqualTo(redirected);
        byte[] first = test(down).packet();

        // The way into the world is noted by each processor for itself, so that only the other can be foretold here.
        host.sh("ip neigh del 203.0.113.2 dev wire0 && ip neigh del 2001:db8:fe::2 dev wire0");
        assertThat(test(down).packet()).isEqualTo(first);

        path.nextHopsChanged();
        assertPassedUp(up);
        assertPassedUp(down);
    }

    @Test
    void a_next_hop_is_not_kept_when_nobody_listens_to_changes_any_more() {
        byte[] up = up(CLIENT, Packets.udp("192.0.2.1", 4000, WORLD, 53, new byte[9]));
        path.nextHopsHold(soon());
        assertThat(test(up).verdict()).isEqualTo(redirected);
        // Programs read the clock as of its latest tick.
        path.nextHopsHold(System.nanoTime() - 1_000_000_000L);
        host.sh("ip neigh del 203.0.113.2 dev wire0");
        assertPassedUp(up);
    }

    @Test
    void a_next_hop_of_the_client_before_is_none() {
        byte[] down = down(Packets.udp(WORLD, 53, "192.0.2.1", 4000, new byte[9]));
        path.nextHopsHold(soon());
        assertThat(test(down).verdict()).isEqualTo(redirected);
        host.sh("ip -6 route add blackhole 2001:db8:b::/64");
        path.change(List.of(), List.of(binding("192.0.2.1", PortSet.FULL, SHARER)));
        assertPassedUp(down);
    }

    @Test
    void a_next_hop_is_forgotten_before_its_mark_comes_round() {
        byte[] down = down(Packets.udp(WORLD, 53, "192.0.2.1", 4000, new byte[9]));
        path.nextHopsHold(soon());
        assertThat(test(down).verdict()).isEqualTo(redirected);
        host.sh("ip neigh del 2001:db8:fe::2 dev wire0");
        for (int i = 0; i < 4096; i++) {
            path.nextHopsChanged();
        }
        assertPassedUp(down);
    }

    @Test
    void a_way_that_is_narrower_than_the_tunnel_is_looked_up_for_every_packet() {
        byte[] small = down(Packets.udp(WORLD, 53, "192.0.2.1", 4000, new byte[9]));
        byte[] large = down(with(Packets.udp(WORLD, 53, "192.0.2.1", 4000, new byte[1372]), bytes -> bytes[6] = 0x40));
        path.nextHopsHold(soon());
        host.sh("ip -6 route add 2001:db8:a::/64 via 2001:db8:fe::2 mtu lock 1400");
        assertThat(test(small).verdict()).isEqualTo(redirected);
        assertPassedUp(large);
        host.sh("ip -6 route del 2001:db8:a::/64");
        path.nextHopsChanged();
        assertThat(test(large).verdict()).isEqualTo(redirected);
    }

    @Test
    void bindings_with_more_tunnel_addresses_than_the_table_holds_are_left_to_the_rules() {
        byte[] down = down(Packets.udp(WORLD, 53, "192.0.2.1", 4000, new byte[9]));
        for (int i = 1; i <= 64; i++) {
            Binding other = new Binding(
                    new LeaseKey(Ipv4Address.parse("192.0.2.1"), PortSet.FULL),
                    Ipv6Address.parse(CLIENT),
                    Ipv6Address.parse("2001:db8:0:1::" + Integer.toHexString(i)),
                    Instant.ofEpochSecond(NOW + 3600));
            assertThat(path.change(List.of(), List.of(other))).isTrue();
            assertThat(test(down).verdict()).isEqualTo(i < 64 ? redirected : passed);
        }
    }

    @Test
    void dscp_and_congestion_marks_are_carried_over() {
        byte[] inner = with(Packets.udp("192.0.2.1", 4000, WORLD, 53, new byte[9]), bytes -> bytes[1] = 0x02);
        byte[] frame = frame(0x86DD, Packets.ipv6(0x2F, 4, 61, CLIENT, TEP, inner));
        Tested tested = test(frame);
        assertThat(tested.packet()).isEqualTo(sentOn(0x0800, routed(with(inner, bytes -> bytes[1] = 0x2F))));

        byte[] unaware = Packets.udp("192.0.2.1", 4000, WORLD, 53, new byte[9]);
        assertPassedUp(frame(0x86DD, Packets.ipv6(0x03, 4, 61, CLIENT, TEP, unaware)));

        byte[] packet = with(Packets.udp(WORLD, 53, "192.0.2.1", 4000, new byte[9]), bytes -> bytes[1] = 0x2A);
        assertThat(Arrays.copyOfRange(test(down(packet)).packet(), 14, 18)).containsExactly(0x62, 0xA0, 0, 0);
    }

    @Test
    void it_goes_from_a_device_when_it_is_closed() {
        host.run(() -> path.attach(new KernelFastPath.Device("wire0", device, 0x020000000001L)));
        if (tried == Tried.TC) {
            assertThat(path.description()).isEqualTo("tc on wire0");
            return;
        }
        assertThat(path.description())
                .isEqualTo("xdp on wire0 (driver)" + (tried == Tried.TWO_STEPS ? " in two steps" : ""));
        assertThat(host.sh("ip -o link show dev wire0")).contains("xdp");
        assertThatThrownBy(() -> host.tryCall(() -> {
                    try (KernelFastPath second = new KernelFastPath("dstm-tep", device, System::nanoTime, tried.way)) {
                        second.attach(new KernelFastPath.Device("wire0", device, 0x020000000001L));
                    }
                    return null;
                }))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining("there is another one");
        path.close();
        assertThat(host.sh("ip -o link show dev wire0")).doesNotContain("xdp");
        path.close();
    }

    @Test
    void it_says_what_right_is_missing() {
        host.drop(12, 21, 39);
        assertThatThrownBy(
                        () -> host.tryCall(() -> new KernelFastPath("dstm-tep", device, System::nanoTime, tried.way)))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining("CAP_BPF");
    }
}
