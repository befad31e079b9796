package io.dstm.server.internal.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that changes leases: runs tasks in order and gives the engine its turn after each round of them. */
public final class EngineLoop implements Executor {

    private static final Logger log = LoggerFactory.getLogger(EngineLoop.class);

    /** Tasks between two turns; what gathers in them goes to store and TEP together. */
    private static final int LARGEST_ROUND = 1_000;

    private static final long STOP_LIMIT_MILLIS = 5_000;

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final Thread thread;
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
    }

    /** Runs what was given to it and ends. Waits for the end, but not for ever. */
    public void stop() {
        stopping = true;
        tasks.add(() -> {});
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
            try {
                Runnable first = tasks.poll(wait, TimeUnit.MILLISECONDS);
                if (first != null) {
                    round.add(first);
                    tasks.drainTo(round, LARGEST_ROUND - 1);
                }
            } catch (InterruptedException stray) {
                // Nobody of this bundle interrupts this thread, and leases must not stop because somebody else does.
                log.debug("The lease engine was interrupted", stray);
            }
            round.forEach(EngineLoop::guarded);
            round.clear();
            wait = turnGuarded();
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
