package io.dstm.server.internal.engine;

import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The two clocks: the wall clock, by which leases last across restarts and which may jump, and a steady one for everything short.
 */
final class Clocks {

    private final InstantSource wall;
    private final LongSupplier steadyMillis;
    private long offset;

    Clocks(InstantSource wall, LongSupplier steadyMillis) {
        this.wall = wall;
        this.steadyMillis = steadyMillis;
        offset = wall.millis() - steadyMillis.getAsLong();
    }

    /** Whole seconds since 1970. */
    long wallSeconds() {
        return wall.instant().getEpochSecond();
    }

    /**
     * Seconds since 1970, rounded up. Ends of leases are counted from here and told to clients against here, so that a client
     * never believes to have a lease longer than the server does.
     */
    long wallSecondsUp() {
        Instant now = wall.instant();
        return now.getNano() == 0 ? now.getEpochSecond() : now.getEpochSecond() + 1;
    }

    long steadyMillis() {
        return steadyMillis.getAsLong();
    }

    /** By how many seconds the wall clock was set since the last call; 0 if by no more than a few. */
    long jumpSeconds() {
        long now = wall.millis() - steadyMillis.getAsLong();
        long jump = (now - offset) / 1000;
        // Slow drift, as NTP makes it, is followed and not reported.
        offset = now;
        return Math.abs(jump) < 5 ? 0 : jump;
    }
}
