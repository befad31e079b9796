package io.dstm.dhcpv6.internal.testing;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.PriorityQueue;

/** A clock that moves only when told to, running what falls due on the way, in order and on the caller's thread. */
public final class VirtualTime implements InstantSource {

    private static final Instant START = Instant.parse("2026-11-21T00:00:00Z");

    private record Task(long due, long order, Runnable action) {}

    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>(Comparator.comparingLong(Task::due).thenComparingLong(Task::order));
    private long nanos;
    private long order;

    @Override
    public Instant instant() {
        return START.plusNanos(nanos);
    }

    public long nanoTime() {
        return nanos;
    }

    /** Runs {@code action} after {@code delay}; the returned action keeps it from running. */
    public Runnable after(Duration delay, Runnable action) {
        Task task = new Task(nanos + delay.toNanos(), order++, action);
        tasks.add(task);
        return () -> tasks.remove(task);
    }

    /** Lets {@code duration} pass. */
    public void pass(Duration duration) {
        long until = nanos + duration.toNanos();
        while (!tasks.isEmpty() && tasks.peek().due() <= until) {
            Task task = tasks.remove();
            nanos = task.due();
            task.action().run();
        }
        nanos = until;
    }

    /** Runs what is due now. */
    public void settle() {
        pass(Duration.ZERO);
    }

    /** How many actions are still to come. */
    public int pending() {
        return tasks.size();
    }
}
