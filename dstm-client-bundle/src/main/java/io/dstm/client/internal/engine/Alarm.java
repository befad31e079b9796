package io.dstm.client.internal.engine;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Wakes the loop once; another time replaces the one before. Loop thread only. */
final class Alarm {

    private final ScheduledExecutorService loop;
    private final Runnable task;
    private @Nullable ScheduledFuture<?> next;

    Alarm(ScheduledExecutorService loop, Runnable task) {
        this.loop = loop;
        this.task = task;
    }

    /** Runs the task after so many nanoseconds; false if the loop has stopped. */
    boolean set(long nanos) {
        cancel();
        try {
            next = loop.schedule(task, nanos, TimeUnit.NANOSECONDS);
            return true;
        } catch (RejectedExecutionException stopped) {
            return false;
        }
    }

    void cancel() {
        if (next != null) {
            next.cancel(false);
            next = null;
        }
    }
}
