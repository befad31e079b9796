package io.dstm.datapath.internal.linux;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Lets one log line a minute through and counts the rest, so that what fails a million times a second stays readable. */
final class LogGate {

    private static final long INTERVAL = TimeUnit.MINUTES.toNanos(1);

    private final LongSupplier nanoClock;
    private long events;
    private boolean opened;
    private long lastOpened;

    LogGate(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** How many events there were since the last line, this one included, if a line may be written now; else 0. */
    synchronized long pass() {
        events++;
        long now = nanoClock.getAsLong();
        if (opened && now - lastOpened < INTERVAL) {
            return 0;
        }
        opened = true;
        lastOpened = now;
        long counted = events;
        events = 0;
        return counted;
    }
}
