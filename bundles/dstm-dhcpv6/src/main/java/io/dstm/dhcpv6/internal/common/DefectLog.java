package io.dstm.dhcpv6.internal.common;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;

/** Logs defects of our own with their stack trace, at most one a minute: somebody outside may be able to cause them at will. */
public final class DefectLog {

    private static final long PAUSE = Duration.ofMinutes(1).toNanos();

    private final Logger log;
    private final String message;
    private final AtomicLong next = new AtomicLong(System.nanoTime());

    /**
     * A log of one kind of defect.
     *
     * @param message with its id in front
     */
    public DefectLog(Logger log, String message) {
        this.log = log;
        this.message = message;
    }

    /** Logs {@code defect} unless one was logged within the last minute. */
    public void report(Throwable defect) {
        long now = System.nanoTime();
        long due = next.get();
        if (now - due >= 0 && next.compareAndSet(due, now + PAUSE)) {
            log.error(message, defect);
        }
    }
}
