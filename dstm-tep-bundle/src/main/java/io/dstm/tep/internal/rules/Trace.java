package io.dstm.tep.internal.rules;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The switch by which an operator watches what ends in one counter. Off, a packet costs one comparison. On, packet threads keep
 * the beginning of each packet before they judge it, and remember those that counted, each thread in a {@link TraceRing} of its
 * own. Recording ends by itself some time after the last look, so that a forgotten trace costs nothing.
 */
public final class Trace {

    /** How long packets are recorded after somebody looked. */
    public static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(10);

    private volatile @Nullable Watch watch;

    /** Watches {@code outcome}, from now on or, if that is what is watched already, further on. */
    public synchronized Watch look(Outcome outcome, long nanos) {
        Watch present = watch;
        if (present == null || present.outcome != outcome) {
            present = new Watch(outcome, nanos);
        }
        present.until = nanos + PATIENCE_NANOS;
        watch = present;
        return present;
    }

    /** Stops, and forgets what was recorded. */
    public synchronized void end() {
        watch = null;
    }

    /** What is to be recorded at this moment; {@code null} for nothing. */
    @Nullable
    Watch at(long nanos) {
        Watch present = watch;
        return present == null || nanos - present.until >= 0 ? null : present;
    }

    /** One counter that is watched. */
    public static final class Watch {

        /** What is watched. */
        final Outcome outcome;

        private final long since;
        private final TraceRing fromTunnel = new TraceRing();
        private final TraceRing fromIpv4 = new TraceRing();
        private volatile long until;

        private Watch(Outcome outcome, long since) {
            this.outcome = outcome;
            this.since = since;
        }

        /** When it began, {@link System#nanoTime()}'s clock. */
        public long since() {
            return since;
        }

        /** When it ends unless somebody looks again. */
        public long until() {
            return until;
        }

        /** What the thread of a direction records into. */
        public TraceRing ring(boolean ofTunnel) {
            return ofTunnel ? fromTunnel : fromIpv4;
        }
    }
}
