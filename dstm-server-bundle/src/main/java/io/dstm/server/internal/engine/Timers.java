package io.dstm.server.internal.engine;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Deadlines of leases by the wall clock, to the second: a sorted map of seconds with eight bytes a lease. It asks only what is due
 * by now and remembers no "last second", so a clock that jumps either way neither loses nor repeats a deadline.
 */
final class Timers {

    private static final int FIRST_SIZE = 4;

    private final TreeMap<Long, Bucket> buckets = new TreeMap<>();

    /** Sets a timer. */
    void add(long second, long code) {
        buckets.computeIfAbsent(second, at -> new Bucket()).add(code);
    }

    /**
     * Hands over what is due, oldest first.
     *
     * @param limit at most how many, so that a flood of expiries does not hold up answers
     * @return whether more is due
     */
    boolean fire(long now, int limit, Due due) {
        int left = limit;
        while (!buckets.isEmpty()) {
            Map.Entry<Long, Bucket> first = buckets.firstEntry();
            if (first.getKey() > now) {
                return false;
            }
            Bucket bucket = first.getValue();
            while (bucket.size > 0) {
                if (left-- == 0) {
                    return true;
                }
                due.at(first.getKey(), bucket.codes[--bucket.size]);
            }
            // A handler may have set a new timer for this very second.
            if (bucket.size == 0) {
                buckets.remove(first.getKey(), bucket);
            }
        }
        return false;
    }

    /** Hears of a deadline. */
    @FunctionalInterface
    interface Due {
        /** The timer that was set for {@code second}. */
        void at(long second, long code);
    }

    private static final class Bucket {
        private long[] codes = new long[FIRST_SIZE];
        private int size;

        private void add(long code) {
            if (size == codes.length) {
                codes = Arrays.copyOf(codes, size + (size >> 1));
            }
            codes[size++] = code;
        }
    }
}
