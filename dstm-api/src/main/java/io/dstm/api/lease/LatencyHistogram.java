package io.dstm.api.lease;

import java.util.List;

/**
 * How long something took, counted by how long.
 *
 * @param boundsMicros the upper ends of the ranges, inclusive, in microseconds, ascending
 * @param counts how many fell into each range, and last those beyond all bounds: one more than bounds
 * @param sumMicros the sum of all times in microseconds
 */
public record LatencyHistogram(List<Long> boundsMicros, List<Long> counts, long sumMicros) {

    /** Copies the lists. */
    public LatencyHistogram {
        boundsMicros = List.copyOf(boundsMicros);
        counts = List.copyOf(counts);
        if (counts.size() != boundsMicros.size() + 1) {
            throw new IllegalArgumentException(counts.size() + " counts for " + boundsMicros.size() + " bounds");
        }
    }

    /** How many there were. */
    public long count() {
        return counts.stream().mapToLong(Long::longValue).sum();
    }
}
