package io.dstm.client.internal.engine;

import java.time.Duration;
import java.util.function.LongSupplier;

/** When the lease was last of use: to a packet, or to somebody who asked for it. Times are {@link System#nanoTime()}'s. */
final class LeaseUse {

    private final LongSupplier forwarded;
    private long forwardedBefore;
    private long lastUsed;
    /** Written by all threads. */
    private volatile long lastDemand;

    /**
     * Begins now.
     *
     * @param forwarded how many packets have passed
     */
    LeaseUse(LongSupplier forwarded, long now) {
        this.forwarded = forwarded;
        this.lastDemand = now;
    }

    /** Somebody asked for a lease and got the one there is. Any thread. */
    void demanded(long now) {
        lastDemand = now;
    }

    /** A lease is there that was not before. */
    void begin(long now) {
        lastUsed = now;
    }

    /** Looks whether packets have passed since the last look. */
    void look(long now) {
        long packets = forwarded.getAsLong();
        if (packets != forwardedBefore) {
            forwardedBefore = packets;
            lastUsed = now;
        }
        long demand = lastDemand;
        if (demand - lastUsed > 0) {
            lastUsed = demand;
        }
    }

    /** Whether nothing used it for {@code time}; never if that is zero. */
    boolean isIdle(Duration time, long now) {
        return !time.isZero() && now - lastUsed >= time.toNanos();
    }

    /** How long until then if nothing uses it, at least 0. */
    long nanosUntilIdle(Duration time, long now) {
        return time.isZero() ? Long.MAX_VALUE : Math.max(lastUsed + time.toNanos() - now, 0);
    }
}
