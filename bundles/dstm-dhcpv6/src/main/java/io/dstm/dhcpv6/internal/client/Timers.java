package io.dstm.dhcpv6.internal.client;

import java.time.Duration;
import java.time.Instant;

/** Time and the one thread that a client runs on, so that a test can be both. */
public interface Timers {

    /** The wall clock. */
    Instant now();

    /** A clock that nobody sets, in nanoseconds from anywhere. */
    long nanoTime();

    /** Runs {@code task} on the client's thread soon. */
    void execute(Runnable task);

    /** Runs {@code task} on the client's thread after {@code delay}. */
    Timer schedule(Duration delay, Runnable task);

    /** Something that will happen. */
    interface Timer {

        /** Keeps it from happening; called on the client's thread. */
        void cancel();
    }
}
