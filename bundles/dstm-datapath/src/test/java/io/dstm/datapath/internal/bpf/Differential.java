package io.dstm.datapath.internal.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.datapath.internal.nativecode.NativeLibraryLoader;
import io.dstm.datapath.internal.testing.Isolated;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * A program in the kernel beside the rules that it must agree with, packet by packet ({@code BPF_PROG_TEST_RUN}): what the program
 * forwards the rules forward too, octet by octet the same; every other packet it leaves as it was.
 */
abstract class Differential implements AutoCloseable {

    /** A packet, and whether it comes through the tunnel. */
    record Packet(byte[] bytes, boolean tunnelled) {

        @Override
        public String toString() {
            return (tunnelled ? "through the tunnel " : "") + HexFormat.of().formatHex(bytes);
        }
    }

    /** What a run came to. */
    record Result(long packets, FastPath.Counts forwarded) {}

    /** Octets before the packet of a frame. */
    static final int FRAME = 14;

    private static final int OUTER = 40;

    private static final byte[] HEADER = HexFormat.of().parseHex("020000000001020000000002");
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86DD;

    private final PacketMemory memory = new PacketMemory(1, 64, 4096);
    private final PacketBatch in = new PacketBatch(memory, 1);
    private final PacketOutput out = new PacketOutput(memory);

    /** The thread whose network the programs see. */
    final Isolated host;
    /** The device {@code wire0}, whose neighbour is the way to everywhere. */
    final int device;

    /** A network with a way into both worlds. */
    Differential() throws Exception {
        host = Isolated.create();
        NativeLibraryLoader.load(null);
        host.sh("ip link add wire0 address 02:00:00:00:00:01 type veth peer name wire1"
                + " && ip link set wire1 up && ip link set wire0 up"
                + " && sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.wire0.forwarding=1 net.ipv6.conf.lo.forwarding=1"
                + " && ip addr add 203.0.113.1/24 dev wire0 && ip addr add 2001:db8:fe::1/64 dev wire0 nodad"
                + " && ip neigh add 203.0.113.2 lladdr 02:00:00:00:00:02 dev wire0"
                + " && ip neigh add 2001:db8:fe::2 lladdr 02:00:00:00:00:02 dev wire0"
                + " && ip route add default via 203.0.113.2 && ip route add default via 2001:db8:fe::2");
        device = Integer.parseInt(
                host.sh("awk '$6 == \"wire0\" { print $2; exit }' /proc/net/if_inet6")
                        .strip(),
                16);
    }

    /** Another configuration, chosen by chance, for program and rules. */
    abstract void arrange(Random random) throws Exception;

    /** What can change while packets flow does so. */
    abstract void stir(Random random) throws Exception;

    /** A packet that is right, or nearly so. */
    abstract Packet next(Random random);

    /** Sends a frame through the program. In the isolated thread. */
    abstract Bpf.Tested tried(boolean tunnelled, byte[] frame) throws DatapathException;

    /** What the program says when it forwards. */
    abstract int forwards();

    /** What it says when it leaves a packet to the rules. */
    abstract int leaves();

    /** What the link's header is like after the program has forwarded; of the type all programs are asked. */
    abstract void checkHeader(byte[] frame);

    /** Has the rules judge. */
    abstract void judge(boolean tunnelled, PacketBatch in, PacketOutput out);

    /** What the program says it has forwarded so far. */
    abstract FastPath.Counts counts();

    /** A packet as it comes by the wire. */
    static byte[] framed(Packet packet) {
        return ByteBuffer.allocate(FRAME + packet.bytes.length)
                .put(HEADER)
                .putShort((short) (packet.tunnelled ? IPV6 : IPV4))
                .put(packet.bytes)
                .array();
    }

    /** Sends a packet through both; how long it was if the program forwarded it, else 0. In the isolated thread. */
    final int agreeOn(Packet packet, Supplier<String> which) throws DatapathException {
        byte[] frame = framed(packet);
        Bpf.Tested tested = tried(packet.tunnelled, frame);
        byte[] result = new byte[tested.packet().remaining()];
        tested.packet().get(result);
        if (tested.verdict() != forwards()) {
            assertThat(tested.verdict()).as(which).isEqualTo(leaves());
            assertThat(Arrays.equals(result, frame)).as(which).isTrue();
            return 0;
        }
        List<byte[]> expected = judged(packet);
        assertThat(expected).as(which).hasSize(1);
        byte[] sent = Arrays.copyOfRange(result, FRAME, result.length);
        if (!Arrays.equals(sent, expected.get(0))) {
            assertThat(sent).as(which).isEqualTo(expected.get(0));
        }
        assertThat(ByteBuffer.wrap(result).getShort(FRAME - 2)).as(which).isEqualTo((short)
                (packet.tunnelled ? IPV4 : IPV6));
        checkHeader(result);
        // What fills up a frame is not counted: a kernel takes it off before the rules see a packet.
        return sent.length + (packet.tunnelled ? OUTER : -OUTER);
    }

    /** What the rules send for a packet: first what leaves on the other side than it came from. */
    final List<byte[]> judged(Packet packet) {
        in.clear();
        out.clear();
        memory.bytes().put(memory.slotStart(0), packet.bytes);
        in.add(memory.slotStart(0), packet.bytes.length);
        judge(packet.tunnelled, in, out);
        List<byte[]> sent = new ArrayList<>();
        add(sent, packet.tunnelled ? out.toIpv4() : out.toIpv6());
        add(sent, packet.tunnelled ? out.toIpv6() : out.toIpv4());
        return sent;
    }

    private void add(List<byte[]> sent, PacketBatch side) {
        for (int i = 0; i < side.count(); i++) {
            byte[] packet = new byte[side.length(i)];
            memory.bytes().get(side.offset(i), packet);
            sent.add(packet);
        }
    }

    /**
     * Sends many packets through both, under one configuration after the other.
     *
     * @param each how many packets meet one configuration
     */
    final Result run(long packets, int each, long seed) throws Exception {
        Random random = new Random(seed);
        FastPath.Counts begin = counts();
        Tally tally = new Tally();
        for (long done = 0; done < packets; done += each) {
            arrange(random);
            String where = "seed " + seed + ", from packet " + done + " on, ";
            int count = (int) Math.min(each, packets - done);
            host.run(() -> some(count, random, where, tally));
            assertThat(counts()).as(where + this).isEqualTo(tally.after(begin));
        }
        return new Result(packets, tally.after(FastPath.Counts.NONE));
    }

    /** What was forwarded. */
    private static final class Tally {

        private final long[] packets = new long[2];
        private final long[] bytes = new long[2];

        private void add(boolean tunnelled, int length) {
            packets[tunnelled ? 0 : 1] += length == 0 ? 0 : 1;
            bytes[tunnelled ? 0 : 1] += length;
        }

        private FastPath.Counts after(FastPath.Counts before) {
            return new FastPath.Counts(
                    before.decapsulated() + packets[0],
                    before.decapsulatedBytes() + bytes[0],
                    before.encapsulated() + packets[1],
                    before.encapsulatedBytes() + bytes[1]);
        }
    }

    private void some(int count, Random random, String where, Tally tally) throws Exception {
        for (int i = 0; i < count; i++) {
            if (random.nextInt(200) == 0) {
                stir(random);
            }
            Packet packet = next(random);
            int number = i;
            int length = agreeOn(packet, () -> where + "number " + number + ", " + this + ", packet " + packet);
            tally.add(packet.tunnelled, length);
        }
    }

    @Override
    public void close() throws Exception {
        host.close();
    }
}
