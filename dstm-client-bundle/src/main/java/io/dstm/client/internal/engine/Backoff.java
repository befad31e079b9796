package io.dstm.client.internal.engine;

import java.time.Duration;

/** Pauses that double from one failure to the next, until something works. */
final class Backoff {

    private static final long FIRST = Duration.ofSeconds(1).toNanos();
    private static final long LONGEST = Duration.ofSeconds(60).toNanos();

    private long next = FIRST;

    /** The pause after one more failure, in nanoseconds. */
    long pause() {
        long pause = next;
        next = Math.min(2 * next, LONGEST);
        return pause;
    }

    /** It works: the next failure is a first one. */
    void worked() {
        next = FIRST;
    }
}
