package io.dstm.tep.internal.fuzz;

import io.dstm.tep.internal.rules.Outcome;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Many mutated packets through the rules; {@code bench/tep-fuzz} runs it. Writes a sample of what left as captures of raw IP: {@code
 * passed.pcap} with clients' packets, {@code made.pcap} with what the TEP itself said.
 */
public final class LongRun {

    /** Packets of a capture, and bytes that are kept of each. */
    private static final int SAMPLE = 100_000;

    private LongRun() {}

    /** What a run came to. */
    record Result(long packets, long passed, long made, int outcomes, long heapGrowth, long directGrowth) {}

    /** Arguments: how many packets, where the captures go, and optionally the seed. */
    public static void main(String[] arguments) throws IOException {
        long packets = Long.parseLong(arguments[0]);
        Path directory = Path.of(arguments[1]);
        long seed = arguments.length > 2 ? Long.parseLong(arguments[2]) : System.nanoTime();
        System.out.println("seed " + seed);
        Files.createDirectories(directory);
        long begin = System.nanoTime();
        try (OutputStream passed = capture(directory.resolve("passed.pcap"));
                OutputStream made = capture(directory.resolve("made.pcap"))) {
            Result result = run(packets, seed, Math.max(1, packets / 2 / SAMPLE), passed, made);
            System.out.printf(
                    "%d packets in %.1f s: %d left with a binding, %d the TEP made; %d different verdicts%n"
                            + "no exception, none without a binding, none malformed%n"
                            + "memory: heap %+d KB, direct %+d KB from a tenth of the run to its end%n",
                    result.packets,
                    (System.nanoTime() - begin) / 1e9,
                    result.passed,
                    result.made,
                    result.outcomes,
                    result.heapGrowth / 1024,
                    result.directGrowth / 1024);
        }
    }

    /**
     * Judges that many packets.
     *
     * @param sampleEvery which packets that left are written
     */
    static Result run(long packets, long seed, long sampleEvery, OutputStream passed, OutputStream made) {
        Mutator mutator = new Mutator(seed);
        long[] left = new long[2];
        Rig.Sink sink = (packet, ipv6) -> {
            boolean own = isOwn(packet, ipv6);
            if (left[own ? 1 : 0]++ % sampleEvery == 0) {
                write(own ? made : passed, packet);
            }
        };
        long heap = 0;
        long direct = 0;
        try (Rig rig = new Rig(sink)) {
            for (long i = 0; i < packets; i++) {
                if (i == packets / 10) {
                    heap = heap();
                    direct = direct();
                }
                Seeds.Seed next = mutator.next();
                try {
                    rig.judge(next.packet(), next.fromTunnel());
                } catch (AssertionError objection) {
                    String where = "packet " + i + " of seed " + seed + (next.fromTunnel() ? " from IPv6: " : ": ");
                    throw new AssertionError(where + java.util.HexFormat.of().formatHex(next.packet()), objection);
                }
            }
            rig.checkVerdicts();
            int outcomes = (int) Arrays.stream(Outcome.values())
                    .filter(outcome -> outcome.kind() == Outcome.Kind.VERDICT)
                    .filter(outcome -> rig.counters().packets(outcome) > 0)
                    .count();
            return new Result(packets, left[0], left[1], outcomes, heap() - heap, direct() - direct);
        }
    }

    private static boolean isOwn(byte[] packet, boolean ipv6) {
        ByteBuffer bytes = ByteBuffer.wrap(packet);
        return ipv6
                ? packet[6] == 58 || packet[6] == 4 && bytes.getInt(40 + 12) == Bindings.TEP4.value()
                : bytes.getInt(12) == Bindings.TEP4.value();
    }

    private static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long direct() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    private static OutputStream capture(Path file) throws IOException {
        OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
        ByteBuffer header = ByteBuffer.allocate(24).order(ByteOrder.BIG_ENDIAN);
        header.putInt(0xA1B2_C3D4).putShort((short) 2).putShort((short) 4).putLong(0);
        header.putInt(65535).putInt(101);
        out.write(header.array());
        return out;
    }

    private static void write(OutputStream out, byte[] packet) {
        try {
            out.write(ByteBuffer.allocate(16)
                    .putLong(0)
                    .putInt(packet.length)
                    .putInt(packet.length)
                    .array());
            out.write(packet);
        } catch (IOException unwritable) {
            throw new UncheckedIOException(unwritable);
        }
    }
}
