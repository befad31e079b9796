package io.dstm.server.internal.engine;

import io.dstm.api.lease.LatencyHistogram;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/** Counts times from any thread, without a lock. */
public final class LatencyRecorder {

    /** A memory store answers below the first, a disk that flushes between, and beyond the last clients ask again. */
    private static final List<Long> BOUNDS_MICROS =
            List.of(250L, 500L, 1_000L, 2_500L, 5_000L, 10_000L, 25_000L, 50_000L, 100_000L, 250_000L, 1_000_000L);

    private final LongAdder[] counts = IntStream.rangeClosed(0, BOUNDS_MICROS.size())
            .mapToObj(range -> new LongAdder())
            .toArray(LongAdder[]::new);
    private final LongAdder sumMicros = new LongAdder();

    /** Counts one that took so long. */
    public void record(long nanos) {
        long micros = Math.max(0, nanos / 1_000);
        int range = 0;
        while (range < BOUNDS_MICROS.size() && micros > BOUNDS_MICROS.get(range)) {
            range++;
        }
        counts[range].increment();
        sumMicros.add(micros);
    }

    /** What was counted; a moment's view while others count. */
    public LatencyHistogram histogram() {
        return new LatencyHistogram(
                BOUNDS_MICROS, Arrays.stream(counts).map(LongAdder::sum).toList(), sumMicros.sum());
    }
}
