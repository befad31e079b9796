package io.dstm.tep.internal.rules;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A token bucket that packet threads share without locks (RFC 4443 section 2.4 f, RFC 1812 section 4.3.2.8): instead of tokens it
 * keeps the moment at which the bucket will be full again.
 */
public final class RateLimit {

    private static final long SECOND = 1_000_000_000L;
    private static final int LEAST_BURST = 10;

    private final long interval;
    private final long tolerance;
    private final AtomicLong full = new AtomicLong(Long.MIN_VALUE);

    /**
     * A full bucket.
     *
     * @param perSecond how many a second in the long run; 0 for none at all
     */
    public RateLimit(int perSecond) {
        interval = perSecond == 0 ? 0 : SECOND / perSecond;
        // A tenth of a second's worth at once, so that a traceroute gets all its answers.
        tolerance = interval * (Math.max(LEAST_BURST, perSecond / 10) - 1L);
    }

    /** Takes a token, if there is one, at the moment {@code nanos} of {@link System#nanoTime()}'s clock. */
    public boolean tryTake(long nanos) {
        if (interval == 0) {
            return false;
        }
        while (true) {
            long last = full.get();
            long from = last == Long.MIN_VALUE || last - nanos < 0 ? nanos : last;
            if (from - nanos > tolerance) {
                return false;
            }
            if (full.compareAndSet(last, from + interval)) {
                return true;
            }
        }
    }
}
