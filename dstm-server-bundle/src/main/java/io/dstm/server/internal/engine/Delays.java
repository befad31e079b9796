package io.dstm.server.internal.engine;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.LongSupplier;

/** Short waits (retries, time limits) by a clock that never jumps. Used by the engine's thread alone. */
final class Delays {

    private final LongSupplier steadyMillis;
    private final PriorityQueue<Delay> queue = new PriorityQueue<>(Comparator.comparingLong(Delay::at));

    Delays(LongSupplier steadyMillis) {
        this.steadyMillis = steadyMillis;
    }

    /** Runs {@code task} on the engine's thread after a while. */
    void after(long millis, Runnable task) {
        queue.add(new Delay(steadyMillis.getAsLong() + millis, task));
    }

    /** Runs what is due. */
    void fire() {
        long now = steadyMillis.getAsLong();
        while (true) {
            Delay next = queue.peek();
            if (next == null || next.at > now) {
                return;
            }
            queue.poll();
            next.task.run();
        }
    }

    /** Milliseconds until the next task is due, at most {@code most}. */
    long untilNext(long most) {
        Delay next = queue.peek();
        return next == null ? most : Math.max(0, Math.min(most, next.at - steadyMillis.getAsLong()));
    }

    private record Delay(long at, Runnable task) {}
}
