package io.dstm.dhcpv6.internal.client;

import java.time.Duration;

/** Limits how often a client sends on its interface, whatever makes it want to (RFC 8415 section 14.1): 20 packets in 20 seconds. */
final class TokenBucket {

    private static final int CAPACITY = 20;
    private static final long REFILL = Duration.ofSeconds(1).toNanos();

    private long tokens = CAPACITY;
    private long refilled;

    TokenBucket(long now) {
        refilled = now;
    }

    /** Takes a token at {@code now}; zero if there was one, else the time until there is. */
    Duration take(long now) {
        long earned = (now - refilled) / REFILL;
        tokens = Math.min(CAPACITY, tokens + earned);
        refilled += earned * REFILL;
        if (tokens == 0) {
            return Duration.ofNanos(REFILL - (now - refilled));
        }
        tokens--;
        return Duration.ZERO;
    }
}
