package io.dstm.datapath.internal.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.datapath.FastPath;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.datapath.internal.nativecode.NativeLibraryLoader;
import io.dstm.datapath.internal.testing.Isolated;
import io.dstm.datapath.internal.testing.Packets;
import io.dstm.tep.internal.rules.Counters;
import io.dstm.tep.internal.rules.Outcome;
import io.dstm.tep.internal.rules.Policy;
import io.dstm.tep.internal.rules.RulesSettings;
import io.dstm.tep.internal.rules.TunnelProcessor;
import io.dstm.tep.internal.table.BindingTable;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Packets that are nearly right, through the program in the kernel and through the rules: what the program forwards the rules
 * forward too, octet by octet the same; everything else it leaves as it was.
 */
@Timeout(120)
class SameAsTheRulesTest {

    private static final int PACKETS = Integer.getInteger("dstm.packets", 20_000);
    private static final long SEED = Long.getLong("dstm.seed", 20_261_121);

    private static final String TEP = "2001:db8::1";
    private static final String CLIENT = "2001:db8:a::1";
    private static final String SHARER = "2001:db8:b::1";
    private static final PortSet PORTS = new PortSet(2, 4, 5);
    private static final long NOW = 1_800_000_000L;
    private static final String[] ADDRESSES = {
        "192.0.2.1",
        "192.0.2.9",
        "192.0.2.77",
        "198.18.0.9",
        "198.18.0.3",
        "198.51.100.5",
        "192.0.0.1",
        "127.0.0.1",
        "224.0.0.1"
    };

    private static final int REDIRECT = 4;
    private static final int FRAME = 14;
    private static final byte[] HEADER = HexFormat.of().parseHex("020000000001020000000002");
    private static final byte[] REPLACED = HexFormat.of().parseHex("020000000002020000000001");

    private Isolated host;
    private XdpFastPath path;
    private int device;
    private final Counters counters = new Counters();
    private TunnelProcessor rules;
    private final Random random = new Random(SEED);

    @BeforeEach
    void lay() throws Exception {
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
        List<Ipv4Range> served = List.of(Ipv4Range.parse("192.0.2.0/24"), Ipv4Range.parse("198.18.0.0/28"));
        List<Binding> bindings = List.of(
                binding("192.0.2.1", PortSet.FULL, CLIENT, NOW + 3600),
                binding("192.0.2.9", PortSet.FULL, SHARER, NOW),
                binding("198.18.0.9", PORTS, SHARER, NOW + 3600));
        path = host.call(() -> {
            XdpFastPath made = new XdpFastPath(device, System::nanoTime, false);
            made.know(new XdpFastPath.Device("wire0", device, 0x020000000001L));
            return made;
        });
        path.setClock(NOW);
        path.configure(new FastPath.Settings(Ipv4Address.parse("192.0.0.1"), 1500, 0, 64, 0xFF));
        path.replace(served, bindings);

        BindingTable table = new BindingTable();
        table.resync(served, bindings);
        RulesSettings settings = new RulesSettings(
                Ipv6Address.parse(TEP),
                Ipv4Address.parse("192.0.0.1"),
                1500,
                1500,
                true,
                true,
                true,
                true,
                true,
                true,
                true);
        rules = new TunnelProcessor(table, counters, Policy.of(settings, 1_000_000), 42, NOW * 1_000_000_000L);
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

    private static Binding binding(String address, PortSet ports, String client, long end) {
        return new Binding(
                new LeaseKey(Ipv4Address.parse(address), ports),
                Ipv6Address.parse(client),
                Ipv6Address.parse(TEP),
                Instant.ofEpochSecond(end));
    }

    private String address() {
        return ADDRESSES[random.nextInt(ADDRESSES.length)];
    }

    private int port() {
        return random.nextInt(4) == 0 ? random.nextInt(65536) : PORTS.portAt(random.nextInt(PORTS.size()));
    }

    /** A packet that is right, or has an octet or two of another value, mostly with a checksum that knows of it. */
    private byte[] packet(boolean up) {
        String mine = random.nextInt(4) == 0 ? address() : random.nextBoolean() ? "192.0.2.1" : "198.18.0.9";
        String other = random.nextInt(4) == 0 ? address() : "198.51.100.5";
        byte[] payload = Packets.pattern(random.nextInt(8) == 0 ? 1200 + random.nextInt(300) : random.nextInt(60), 1);
        byte[] packet = up
                ? Packets.udp(mine, port(), other, port(), payload)
                : Packets.udp(other, port(), mine, port(), payload);
        if (random.nextInt(4) == 0) {
            packet[9] = (byte) (random.nextBoolean() ? 6 : 1);
            packet[20] = random.nextBoolean() ? packet[20] : 8;
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
        return packet;
    }

    private byte[] tunnelled(byte[] inner) {
        String source = random.nextInt(3) == 0 ? "2001:db8:c::1" : random.nextBoolean() ? CLIENT : SHARER;
        int traffic = random.nextInt(3) == 0 ? random.nextInt(256) : inner[1] & 0xFF;
        byte[] outer = Packets.ipv6(traffic, 4, 60, source, TEP, inner);
        if (random.nextInt(8) == 0) {
            outer[random.nextInt(40)] = (byte) random.nextInt(256);
        }
        return outer;
    }

    private static byte[] frame(boolean up, byte[] packet) {
        return ByteBuffer.allocate(FRAME + packet.length)
                .put(HEADER)
                .putShort((short) (up ? 0x86DD : 0x0800))
                .put(packet)
                .array();
    }

    @Test
    void what_the_program_forwards_the_rules_forward_the_same() {
        int[] forwarded = new int[2];
        long[] bytes = new long[2];
        host.run(() -> {
            for (int i = 0; i < PACKETS; i++) {
                boolean up = random.nextBoolean();
                byte[] packet = up ? tunnelled(packet(true)) : packet(false);
                byte[] frame = frame(up, packet);
                Bpf.Tested tested = path.test(device, frame);
                byte[] result = new byte[tested.packet().remaining()];
                tested.packet().get(result);
                String which =
                        "seed " + SEED + ", packet " + i + ": " + HexFormat.of().formatHex(packet);
                if (tested.verdict() != REDIRECT) {
                    assertThat(tested.verdict()).as(which).isEqualTo(2);
                    assertThat(result).as(which).isEqualTo(frame);
                    continue;
                }
                forwarded[up ? 0 : 1]++;
                // What fills up a frame is not counted: a kernel takes it off before the rules see a packet.
                bytes[up ? 0 : 1] += result.length - FRAME + (up ? 40 : -40);
                assertThat(Arrays.copyOf(result, 12)).as(which).isEqualTo(REPLACED);
                assertThat(Arrays.copyOfRange(result, FRAME, result.length))
                        .as(which)
                        .isEqualTo(judged(up, packet, which));
            }
        });
        assertThat(forwarded[0]).as("decapsulated").isGreaterThan(PACKETS / 50);
        assertThat(forwarded[1]).as("encapsulated").isGreaterThan(PACKETS / 50);
        FastPath.Counts counts = path.counts();
        assertThat(counts.decapsulated()).isEqualTo(forwarded[0]);
        assertThat(counts.encapsulated()).isEqualTo(forwarded[1]);
        assertThat(counters.packets(Outcome.OUT_DECAPSULATED_IPV4)).isEqualTo(forwarded[0]);
        assertThat(counters.packets(Outcome.OUT_ENCAPSULATED_IPV6)).isEqualTo(forwarded[1]);
        assertThat(counts.decapsulatedBytes()).isEqualTo(bytes[0]);
        assertThat(counts.encapsulatedBytes()).isEqualTo(bytes[1]);
    }

    /** What the rules make of a packet: one packet on the other side. */
    private byte[] judged(boolean up, byte[] packet, String which) {
        PacketMemory memory = new PacketMemory(1, 2, 2048 + 64);
        PacketBatch in = new PacketBatch(memory, 1);
        memory.bytes().put(memory.slotStart(0), packet);
        in.add(memory.slotStart(0), packet.length);
        PacketOutput out = new PacketOutput(memory);
        if (up) {
            rules.fromIpv6(in, out, 1);
        } else {
            rules.fromIpv4(in, out, 1);
        }
        assertThat(out.toIpv4().count()).as(which).isEqualTo(up ? 1 : 0);
        assertThat(out.toIpv6().count()).as(which).isEqualTo(up ? 0 : 1);
        return Packets.packet(up ? out.toIpv4() : out.toIpv6(), 0);
    }
}
