package io.dstm.tep.internal.control;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The one thread on which a TEP lives. Tasks run one after another, in order. */
public interface Control {

    /** Runs a task soon. */
    void execute(Runnable task);

    /** Runs a task later. */
    void after(Duration delay, Runnable task);

    /** A thread of its own. */
    final class OwnThread implements Control, AutoCloseable {

        private final ScheduledExecutorService executor;

        /** Starts the thread. */
        public OwnThread(String name) {
            executor = Executors.newSingleThreadScheduledExecutor(task -> {
                Thread thread = new Thread(task, name);
                thread.setDaemon(true);
                return thread;
            });
        }

        @Override
        public void execute(Runnable task) {
            executor.execute(task);
        }

        /** Tasks catch what they throw, so nobody needs the future. */
        @Override
        @SuppressWarnings("FutureReturnValueIgnored")
        public void after(Duration delay, Runnable task) {
            executor.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
        }

        /** Ends the thread and forgets what was to come. */
        @Override
        public void close() {
            executor.shutdownNow();
        }
    }
}
