package io.dstm.tep.internal.trace;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.tep.PacketTrace;
import io.dstm.tep.internal.rules.Outcome;
import io.dstm.tep.internal.rules.Trace;
import io.dstm.tep.internal.rules.TraceRing;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Tells what was recorded. All the work of it is done when somebody asks. */
public final class TraceReport {

    private TraceReport() {}

    /**
     * The counter with this name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Outcome outcome(String counter) {
        return Arrays.stream(Outcome.values())
                .filter(outcome -> outcome.counter().equals(counter))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "there is no counter '" + counter + "': take one from docs/counters.md or the completion"));
    }

    /**
     * What a watch has recorded so far.
     *
     * @param count how many packets at most
     * @param nanos the present moment, {@link System#nanoTime()}'s clock
     * @param now the same moment
     */
    public static PacketTrace of(Trace.Watch watch, String counter, int count, long nanos, Instant now) {
        if (count < 1 || count > PacketTrace.MOST_PACKETS) {
            throw new IllegalArgumentException(count + " packets: 1 to " + PacketTrace.MOST_PACKETS + " can be shown");
        }
        List<PacketTrace.Packet> packets = Stream.of(true, false)
                .flatMap(fromTunnel -> watch.ring(fromTunnel).packets().stream()
                        .map(kept -> packet(kept, fromTunnel, now.minusNanos(nanos - kept.nanos()))))
                .sorted(Comparator.comparing(PacketTrace.Packet::time))
                .toList();
        return new PacketTrace(
                counter,
                now.minusNanos(nanos - watch.since()),
                now.plusNanos(watch.until() - nanos),
                watch.ring(true).recorded() + watch.ring(false).recorded(),
                packets.subList(Math.max(0, packets.size() - count), packets.size()));
    }

    private static PacketTrace.Packet packet(TraceRing.Kept kept, boolean fromTunnel, Instant time) {
        return new PacketTrace.Packet(
                time,
                fromTunnel,
                kept.length(),
                hex(kept.bytes()),
                PacketWords.of(kept.bytes(), kept.length(), kept.fragments(), fromTunnel),
                end(kept.source()),
                end(kept.destination()));
    }

    private static PacketTrace.@Nullable End end(TraceRing.@Nullable End end) {
        return end == null ? null : new PacketTrace.End(new Ipv4Address(end.address()), end.port(), end.binding());
    }

    private static String hex(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.capacity()];
        bytes.get(0, copy);
        return HexFormat.of().formatHex(copy);
    }
}
