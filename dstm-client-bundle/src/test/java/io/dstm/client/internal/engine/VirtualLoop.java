package io.dstm.client.internal.engine;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** One thread, the test's own, and a time that passes only when the test says so. */
final class VirtualLoop extends AbstractExecutorService implements ScheduledExecutorService, InstantSource {

    private static final Instant START = Instant.parse("2026-11-21T12:00:00Z");

    private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
    private final PriorityQueue<Task> timers = new PriorityQueue<>(Comparator.comparingLong(task -> task.due));
    private long nanos = -1_000_000_000_000L;
    private Instant wall = START;
    private boolean busy;

    long nanos() {
        return nanos;
    }

    @Override
    public Instant instant() {
        return wall;
    }

    @Override
    public void execute(Runnable command) {
        ready.add(command);
        drain();
    }

    /** As on a real loop, what a task posts runs behind it. */
    private void drain() {
        if (busy) {
            return;
        }
        busy = true;
        try {
            for (Runnable next = ready.poll(); next != null; next = ready.poll()) {
                next.run();
            }
        } finally {
            busy = false;
        }
    }

    /** Lets time pass on both clocks, timer by timer. */
    void pass(Duration time) {
        long end = nanos + time.toNanos();
        while (!timers.isEmpty() && timers.peek().due <= end) {
            Task next = timers.remove();
            moveTo(Math.max(next.due, nanos));
            if (!next.isCancelled()) {
                ready.add(next);
                drain();
            }
        }
        moveTo(end);
    }

    private void moveTo(long moment) {
        wall = wall.plusNanos(moment - nanos);
        nanos = moment;
    }

    /** Sets the wall clock alone, as a suspended machine or an administrator does. */
    void setWallForward(Duration by) {
        wall = wall.plus(by);
    }

    int pendingTimers() {
        timers.removeIf(Task::isCancelled);
        return timers.size();
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        Task task = new Task(command, nanos + Math.max(0, unit.toNanos(delay)));
        timers.add(task);
        return task;
    }

    private final class Task extends FutureTask<Object> implements ScheduledFuture<Object> {

        private final long due;

        Task(Runnable command, long due) {
            super(command, null);
            this.due = due;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - nanos, TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
        return new ArrayList<>();
    }

    @Override
    public boolean isShutdown() {
        return false;
    }

    @Override
    public boolean isTerminated() {
        return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return true;
    }
}
