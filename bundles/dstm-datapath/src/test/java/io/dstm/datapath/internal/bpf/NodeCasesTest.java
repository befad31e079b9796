package io.dstm.datapath.internal.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.datapath.NodePath;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.client.internal.tunnel.NodeTunnel;
import io.dstm.datapath.internal.nativecode.NativeLibraryLoader;
import io.dstm.datapath.internal.testing.Isolated;
import io.dstm.datapath.internal.testing.NodeRules;
import io.dstm.datapath.internal.testing.Packets;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Packets through the node's programs in the kernel: these do what the node's rules do, or leave a packet as it was. */
@Timeout(120)
class NodeCasesTest {

    private static final int PACKETS = Integer.getInteger("dstm.packets", 20_000);
    private static final long SEED = Long.getLong("dstm.seed", 20_261_121);

    private static final String TEP = "2001:db8::1";
    private static final String NODE = "2001:db8:a::1";
    private static final String LEASE = "192.0.2.1";
    private static final String PEER = "198.51.100.5";
    private static final String PLACEHOLDER = "192.0.0.2";
    private static final int FIRST_RESERVED = 61_000;
    private static final String[] ADDRESSES = {
        LEASE, PEER, PLACEHOLDER, "192.0.2.9", "127.0.0.1", "224.0.0.1", "0.1.2.3", "255.255.255.255", "169.254.1.1"
    };

    private static final int LEFT = -1;
    private static final int REDIRECT = 7;
    private static final int FRAME = 14;
    private static final byte[] HEADER = HexFormat.of().parseHex("020000000001020000000002");
    private static final int TRAFFIC_CLASS = 1;

    private Isolated host;
    private int device;
    private TcNodePath path;
    private int send;
    private int receive;
    private NodeTunnel rules;
    private final Random random = new Random(SEED);

    @BeforeEach
    void lay() throws Exception {
        host = Isolated.create();
        NativeLibraryLoader.load(null);
        host.sh("ip link add wire0 address 02:00:00:00:00:01 type veth peer name wire1"
                + " && ip link set wire1 up && ip link set wire0 up && sysctl -qw net.ipv6.conf.lo.forwarding=1"
                + " && ip addr add 2001:db8:fe::1/64 dev wire0 nodad"
                + " && ip neigh add 2001:db8:fe::2 lladdr 02:00:00:00:00:02 dev wire0"
                + " && ip route add default via 2001:db8:fe::2 && ip tuntap add dstm0 mode tun");
        device = Integer.parseInt(
                host.sh("awk '$6 == \"wire0\" { print $2; exit }' /proc/net/if_inet6")
                        .strip(),
                16);
        int tunnel =
                Integer.parseInt(host.sh("ip -o link show dstm0 | cut -d: -f1").strip());
        path = host.call(() -> new TcNodePath("dstm0", tunnel, 1, node -> Map.of(device, "wire0")));
        send = host.call(() -> path.program("send_frame"));
        receive = host.call(() -> path.program("receive"));
        rules = NodeRules.silent();
        connect(1500, System.nanoTime() + Duration.ofHours(1).toNanos());
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

    private void connect(int pathMtu, long end) {
        ClientLease lease = new ClientLease(
                new LeaseKey(Ipv4Address.parse(LEASE), PortSet.FULL),
                Ipv6Address.parse(NODE),
                Ipv6Address.parse(TEP),
                Instant.EPOCH,
                Duration.ofHours(1),
                Duration.ofHours(1),
                Duration.ofHours(1));
        rules.connect(lease, end);
        host.run(() -> path.carry(new NodePath.Lease(
                Ipv4Address.parse(LEASE),
                Ipv6Address.parse(NODE),
                Ipv6Address.parse(TEP),
                end,
                FIRST_RESERVED,
                1500,
                pathMtu,
                end,
                64,
                0xFF)));
    }

    private static byte[] framed(boolean up, byte[] packet) {
        return ByteBuffer.allocate(FRAME + packet.length)
                .put(HEADER)
                .putShort((short) (up ? 0x0800 : 0x86DD))
                .put(packet)
                .array();
    }

    /** What the rules send: to the other side first. */
    private List<byte[]> judged(boolean up, byte[] packet) {
        PacketMemory memory = new PacketMemory(1, 8, 4096);
        PacketBatch in = new PacketBatch(memory, 1);
        memory.bytes().put(memory.slotStart(0), packet);
        in.add(memory.slotStart(0), packet.length);
        PacketOutput out = new PacketOutput(memory);
        if (up) {
            rules.fromIpv4(in, out, System.nanoTime());
        } else {
            rules.fromIpv6(in, out, System.nanoTime());
        }
        List<byte[]> sent = new ArrayList<>();
        for (PacketBatch side : List.of(up ? out.toIpv6() : out.toIpv4(), up ? out.toIpv4() : out.toIpv6())) {
            for (int i = 0; i < side.count(); i++) {
                sent.add(Packets.packet(side, i));
            }
        }
        return sent;
    }

    /** Sends a packet through both; whether the program carried it. */
    private boolean agreeOn(boolean up, byte[] packet, String which) {
        byte[] frame = framed(up, packet);
        Bpf.Tested tested = host.call(() -> Bpf.testSocketBuffer(up ? send : receive, device, frame));
        byte[] result = new byte[tested.packet().remaining()];
        tested.packet().get(result);
        if (tested.verdict() != REDIRECT) {
            assertThat(tested.verdict()).as(which).isEqualTo(LEFT);
            assertThat(result).as(which).isEqualTo(frame);
            return false;
        }
        List<byte[]> expected = judged(up, packet);
        assertThat(expected).as(which).hasSize(1);
        assertThat(Arrays.copyOfRange(result, FRAME, result.length)).as(which).isEqualTo(expected.get(0));
        assertThat(ByteBuffer.wrap(result).getShort(12)).as(which).isEqualTo((short) (up ? 0x86DD : 0x0800));
        return true;
    }

    private static byte[] outgoing() {
        return Packets.udp(LEASE, 5000, PEER, 53, Packets.pattern(60, 1));
    }

    private static byte[] incoming() {
        return tunnelled(Packets.udp(PEER, 53, LEASE, 5000, Packets.pattern(60, 1)));
    }

    private static byte[] tunnelled(byte[] inner) {
        return Packets.ipv6(inner[TRAFFIC_CLASS] & 0xFF, 4, 60, TEP, NODE, inner);
    }

    /** With the octets at a place replaced, and the header checksum of the IPv4 packet at {@code header} made to fit. */
    private static byte[] with(byte[] packet, int header, int at, String hex) {
        byte[] changed = packet.clone();
        byte[] octets = HexFormat.of().parseHex(hex);
        System.arraycopy(octets, 0, changed, at, octets.length);
        return Packets.sound(changed, header);
    }

    @Test
    void carries_what_is_common() {
        assertThat(agreeOn(true, outgoing(), "UDP out")).isTrue();
        assertThat(agreeOn(false, incoming(), "UDP in")).isTrue();
        byte[] tcp = with(outgoing(), 0, 9, "06");
        tcp[20 + 12] = 0x50;
        assertThat(agreeOn(true, Packets.sound(tcp, 0), "TCP out")).isTrue();
        byte[] echo = with(outgoing(), 0, 9, "01");
        echo[20] = 8;
        assertThat(agreeOn(true, Packets.sound(echo, 0), "echo out")).isTrue();
        byte[] reply = with(incoming(), 40, 40 + 9, "01");
        reply[60] = 0;
        assertThat(agreeOn(false, reply, "echo reply in")).isTrue();
        assertThat(agreeOn(true, Packets.udp(LEASE, 1, PEER, 2, new byte[1432]), "as long as fits"))
                .isTrue();
        assertThat(agreeOn(true, with(outgoing(), 0, 1, "bb"), "marked and classed out"))
                .isTrue();
        assertThat(path.counts().encapsulated()).isEqualTo(5);
        assertThat(path.counts().decapsulated()).isEqualTo(2);
    }

    @Test
    void leaves_what_is_not_common_to_the_rules() {
        byte[] out = outgoing();
        byte[] in = incoming();
        Map<String, byte[]> up = Map.of(
                "a fragment", with(out, 0, 6, "2000"),
                "a later fragment", with(out, 0, 6, "0005"),
                "options", Packets.sound(optioned(out), 0),
                "from the placeholder", Packets.udp(PLACEHOLDER, 5000, PEER, 53, new byte[9]),
                "from another address", Packets.udp("192.0.2.9", 5000, PEER, 53, new byte[9]),
                "from a port of translated flows", Packets.udp(LEASE, FIRST_RESERVED, PEER, 53, new byte[9]),
                "to this node", Packets.udp(LEASE, 5000, LEASE, 53, new byte[9]),
                "to a group", Packets.udp(LEASE, 5000, "224.0.0.1", 53, new byte[9]),
                "too long", Packets.udp(LEASE, 5000, PEER, 53, new byte[1433]),
                "another protocol", with(out, 0, 9, "32"));
        up.forEach((which, packet) ->
                assertThat(agreeOn(true, packet, which)).as(which).isFalse());
        byte[] error = with(in, 40, 40 + 9, "01");
        error[60] = 3;
        Map<String, byte[]> down = Map.of(
                "a fragment of the inner packet", with(in, 40, 40 + 6, "2000"),
                "a fragment of the outer packet", Packets.ipv6(0, 44, 60, TEP, NODE, new byte[80]),
                "Destination Options", Packets.ipv6(0, 60, 60, TEP, NODE, new byte[80]),
                "from another tunnel end", Packets.ipv6(0, 4, 60, "2001:db8::2", NODE, Arrays.copyOfRange(in, 40, 128)),
                "to another tunnel end", Packets.ipv6(0, 4, 60, TEP, "2001:db8:a::2", Arrays.copyOfRange(in, 40, 128)),
                "to a port of translated flows", tunnelled(Packets.udp(PEER, 53, LEASE, FIRST_RESERVED, new byte[9])),
                "to another address", tunnelled(Packets.udp(PEER, 53, "192.0.2.9", 5000, new byte[9])),
                "from the node itself", tunnelled(Packets.udp(LEASE, 53, LEASE, 5000, new byte[9])),
                "an ICMP error", error,
                "congestion marked where it is not understood",
                        Packets.ipv6(3, 4, 60, TEP, NODE, Arrays.copyOfRange(in, 40, 128)));
        down.forEach((which, packet) ->
                assertThat(agreeOn(false, packet, which)).as(which).isFalse());
        byte[] elsewhere = framed(false, in);
        elsewhere[5] = 9;
        assertThat(host.call(() -> Bpf.testSocketBuffer(receive, device, elsewhere))
                        .verdict())
                .isEqualTo(LEFT);
        assertThat(path.counts().encapsulated()).isZero();
        assertThat(path.counts().decapsulated()).isZero();
    }

    private static byte[] optioned(byte[] packet) {
        byte[] longer = new byte[packet.length + 4];
        System.arraycopy(packet, 0, longer, 0, 20);
        Arrays.fill(longer, 20, 24, (byte) 1);
        System.arraycopy(packet, 20, longer, 24, packet.length - 20);
        longer[0] = 0x46;
        ByteBuffer.wrap(longer).putShort(2, (short) longer.length);
        return longer;
    }

    @Test
    void merges_every_mark_and_class_as_the_rules_do() {
        int carried = 0;
        for (int outer = 0; outer < 256; outer += 5) {
            for (int ecn = 0; ecn < 4; ecn++) {
                byte[] inner = with(Packets.udp(PEER, 53, LEASE, 5000, new byte[9]), 0, 1, "0" + ecn);
                byte[] packet = Packets.ipv6(outer, 4, 60, TEP, NODE, inner);
                carried += agreeOn(false, packet, "outer " + outer + ", inner " + ecn) ? 1 : 0;
            }
        }
        assertThat(carried).isGreaterThan(100);
    }

    @Test
    void keeps_to_a_narrow_path_and_to_the_end_of_the_lease() {
        byte[] packet = Packets.udp(LEASE, 5000, PEER, 53, new byte[1400]);
        assertThat(agreeOn(true, packet, "wide")).isTrue();
        connect(1300, System.nanoTime() + Duration.ofHours(1).toNanos());
        assertThat(agreeOn(true, packet, "too long for the path")).isFalse();
        assertThat(agreeOn(true, outgoing(), "fits the path")).isTrue();
        connect(1500, System.nanoTime() - 1);
        assertThat(agreeOn(true, outgoing(), "over")).isFalse();
        assertThat(agreeOn(false, incoming(), "over")).isFalse();
        connect(1500, System.nanoTime() + Duration.ofHours(1).toNanos());
        assertThat(agreeOn(false, incoming(), "again")).isTrue();
        path.rest();
        assertThat(agreeOn(true, outgoing(), "at rest")).isFalse();
        assertThat(agreeOn(false, incoming(), "at rest")).isFalse();
    }

    @Test
    void leaves_packets_to_the_rules_while_there_is_no_way() {
        host.sh("ip -6 neigh del 2001:db8:fe::2 dev wire0");
        assertThat(agreeOn(true, outgoing(), "unresolved neighbour")).isFalse();
        host.sh("ip -6 neigh replace 2001:db8:fe::2 lladdr 02:00:00:00:00:02 dev wire0");
        assertThat(agreeOn(true, outgoing(), "resolved")).isTrue();
        host.sh("ip -6 route replace default via 2001:db8:fe::2 mtu lock 1280");
        assertThat(agreeOn(true, Packets.udp(LEASE, 1, PEER, 2, new byte[1300]), "too long for the route"))
                .isFalse();
        host.sh("ip -6 route del default");
        assertThat(agreeOn(true, outgoing(), "no route")).isFalse();
    }

    @Test
    void what_the_programs_carry_the_rules_carry_the_same() {
        int[] carried = new int[2];
        for (int i = 0; i < PACKETS; i++) {
            boolean up = random.nextBoolean();
            byte[] packet = nearlyRight(up);
            String which =
                    "seed " + SEED + ", packet " + i + ": " + HexFormat.of().formatHex(packet);
            carried[up ? 0 : 1] += agreeOn(up, packet, which) ? 1 : 0;
        }
        assertThat(carried[0]).as("encapsulated").isGreaterThan(PACKETS / 50);
        assertThat(carried[1]).as("decapsulated").isGreaterThan(PACKETS / 50);
    }

    private String address(String right) {
        return random.nextInt(4) == 0 ? ADDRESSES[random.nextInt(ADDRESSES.length)] : right;
    }

    private int port() {
        return random.nextInt(4) == 0 ? random.nextInt(65536) : 1024 + random.nextInt(50_000);
    }

    /** A packet that is right, or has an octet or two of another value, mostly with a checksum that knows of it. */
    private byte[] nearlyRight(boolean up) {
        byte[] payload = Packets.pattern(random.nextInt(8) == 0 ? 1200 + random.nextInt(300) : random.nextInt(60), 1);
        byte[] packet = up
                ? Packets.udp(address(LEASE), port(), address(PEER), port(), payload)
                : Packets.udp(address(PEER), port(), address(LEASE), port(), payload);
        if (random.nextInt(3) == 0) {
            packet[9] = (byte) (random.nextBoolean() ? 6 : 1);
            packet[20] = (byte) (random.nextBoolean() ? 8 : 0);
            packet[Math.min(32, packet.length - 1)] = (byte) (random.nextBoolean() ? 0x50 : 0x80);
        }
        if (random.nextInt(3) == 0) {
            packet[6] = 0x40;
        }
        if (random.nextInt(3) == 0) {
            packet[1] = (byte) random.nextInt(256);
        }
        for (int changes = random.nextInt(3); changes > 0; changes--) {
            packet[random.nextInt(Math.min(packet.length, 40))] = (byte) random.nextInt(256);
        }
        if (random.nextInt(8) != 0) {
            Packets.sound(packet, 0);
        }
        if (up) {
            return packet;
        }
        int traffic = random.nextInt(3) == 0 ? random.nextInt(256) : packet[TRAFFIC_CLASS] & 0xFF;
        byte[] outer = Packets.ipv6(traffic, 4, 60, random.nextInt(6) == 0 ? "2001:db8::2" : TEP, NODE, packet);
        if (random.nextInt(8) == 0) {
            outer[random.nextInt(40)] = (byte) random.nextInt(256);
        }
        return outer;
    }
}
