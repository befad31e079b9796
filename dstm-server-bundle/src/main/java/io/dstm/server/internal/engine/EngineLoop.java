package io.dstm.server.internal.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that changes leases: runs tasks in order and gives the engine its turn after each round of them. */
public final class EngineLoop implements Executor {

    private static final Logger log = LoggerFactory.getLogger(EngineLoop.class);

    /** Tasks between two turns; what gathers in them goes to store and TEP together. */
    private static final int LARGEST_ROUND = 1_000;

    private static final long LONGEST_SLEEP_MILLIS = 60_000;
    private static final long STOP_LIMIT_MILLIS = 5_000;

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Thread thread;

    /** Whether the thread sleeps or is about to, and has to be woken. */
    private final AtomicBoolean asleep = new AtomicBoolean();

    private LongSupplier turn = () -> Long.MAX_VALUE;
    private volatile boolean stopping;

    /** A loop that does not run yet. */
    public EngineLoop(String name) {
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /** Begins; {@code turn} is called after each round and says how many milliseconds it can wait for the next. */
    public void start(LongSupplier turn) {
        this.turn = turn;
        thread.start();
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        wake();
    }

    private void wake() {
        // Reading first spares the many who come while it is awake the lock of the processor's cache.
        if (asleep.get() && asleep.compareAndSet(true, false)) {
            LockSupport.unpark(thread);
        }
    }

    /** Runs what was given to it and ends. Waits for the end, but not for ever. */
    public void stop() {
        stopping = true;
        execute(() -> {});
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            thread.join(STOP_LIMIT_MILLIS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        List<Runnable> round = new ArrayList<>(LARGEST_ROUND);
        long wait = 0;
        while (!stopping || !tasks.isEmpty()) {
            sleep(wait);
            // What comes meanwhile belongs to the next round.
            Runnable task = tasks.poll();
            while (task != null) {
                round.add(task);
                task = round.size() < LARGEST_ROUND ? tasks.poll() : null;
            }
            round.forEach(EngineLoop::guarded);
            round.clear();
            wait = turnGuarded();
        }
    }

    /** Waits for a task, so long at most. */
    private void sleep(long millis) {
        if (millis <= 0 || !tasks.isEmpty()) {
            return;
        }
        asleep.set(true);
        // Who added a task before this saw no sleeper.
        if (tasks.isEmpty() && !stopping) {
            LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(Math.min(millis, LONGEST_SLEEP_MILLIS)));
        }
        asleep.set(false);
        // Nobody of this bundle interrupts this thread, and leases must not stop because somebody else does.
        if (Thread.interrupted()) {
            log.debug("The lease engine was interrupted");
        }
    }

    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | StackOverflowError defect) {
            log.error("DSTM-1091 A step of the lease engine failed; this is a defect, please report it", defect);
        }
    }

    private long turnGuarded() {
        try {
            return turn.getAsLong();
        } catch (RuntimeException | StackOverflowError defect) {
            log.error("DSTM-1091 A step of the lease engine failed; this is a defect, please report it", defect);
            return 1_000;
        }
    }
}
