package io.dstm.store.internal;

import io.dstm.api.lease.LeaseStore.Change;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that does all work on the database, in the order it came. Commits that wait together share one transaction and one
 * flush; if the database refuses a change among them they are written one by one, so that one does not fail the others.
 */
final class GroupWriter implements AutoCloseable {

    /** What the thread works on; used by it alone. */
    interface Backend {

        /** Writes changes in one transaction, all or none; of several changes to a key the last counts. */
        void apply(List<Change> changes) throws StoreProblem;

        /** Makes what was applied survive a crash of the machine. */
        void flush() throws StoreProblem;

        /** A moment for upkeep; after how many milliseconds the next is wanted at the latest, 0 for after the next group. */
        long maintain(boolean idle);

        /** Ends the work. */
        void close();
    }

    /** Something that needs the database. */
    @FunctionalInterface
    interface Task<T> {

        /** Runs on the thread. */
        T run() throws StoreProblem;
    }

    private sealed interface Work {

        /** One caller's commit. */
        record Commit(List<Change> changes, CompletableFuture<@Nullable Void> done) implements Work {

            int weight() {
                return Math.max(1, changes.size());
            }
        }

        /** Anything else: runs between groups. */
        record Other(Runnable run) implements Work {}
    }

    /** A group larger than a batch gains nothing and makes its first members wait. */
    private static final int LARGEST_GROUP = LeaseDatabase.BATCH;

    private static final Logger log = LoggerFactory.getLogger(GroupWriter.class);

    private final Backend backend;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** Guarded by lock. */
    private final ArrayDeque<Work> queue = new ArrayDeque<>();

    /** Guarded by lock: weight of the commits in the queue. */
    private int waiting;

    /** Guarded by lock. */
    private int limit;

    /** Guarded by lock: set by the first refusal, reset when the queue was empty. */
    private boolean refusing;

    /** Guarded by lock. */
    private boolean closing;

    GroupWriter(Backend backend, int limit, String threadName) {
        this.backend = backend;
        this.limit = limit;
        this.thread = new Thread(this::run, threadName);
        thread.setDaemon(true);
        thread.start();
    }

    /** How many changes may wait from now on. */
    void setLimit(int changes) {
        lock.lock();
        try {
            limit = changes;
        } finally {
            lock.unlock();
        }
    }

    /** Queues a commit; fails it at once if too many wait. A commit larger than the limit is taken when nothing waits. */
    CompletableFuture<@Nullable Void> commit(List<Change> changes) {
        Work.Commit commit = new Work.Commit(changes, new CompletableFuture<>());
        boolean full;
        boolean firstRefusal = false;
        lock.lock();
        try {
            if (closing) {
                return CompletableFuture.failedFuture(closed());
            }
            full = waiting > 0 && waiting + commit.weight() > limit;
            if (full) {
                firstRefusal = !refusing;
                refusing = true;
            } else {
                waiting += commit.weight();
                queue.add(commit);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        if (full) {
            StoreProblem busy = new StoreProblem(
                    StoreFailure.BUSY, "The store is busy: as many changes wait for the disk as may", null);
            if (firstRefusal) {
                log.warn("{}", busy.getMessage());
            }
            return CompletableFuture.failedFuture(busy);
        }
        return commit.done();
    }

    private static StoreProblem closed() {
        return new StoreProblem(StoreFailure.CLOSED, "The store is closed", null);
    }

    /** Queues a task behind everything that waits. */
    <T> CompletableFuture<T> call(Task<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        lock.lock();
        try {
            if (closing) {
                return CompletableFuture.failedFuture(closed());
            }
            queue.add(new Work.Other(() -> {
                try {
                    done.complete(task.run());
                } catch (Throwable failed) {
                    done.completeExceptionally(failed);
                }
            }));
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        return done;
    }

    private void run() {
        long patience = 0;
        List<Work> works = new ArrayList<>();
        while (take(works, patience)) {
            boolean idle = works.isEmpty();
            List<Work.Commit> group = new ArrayList<>();
            for (Work work : works) {
                if (work instanceof Work.Commit commit) {
                    group.add(commit);
                } else if (work instanceof Work.Other other) {
                    other.run().run();
                }
            }
            if (!group.isEmpty()) {
                write(group);
            }
            patience = maintain(idle);
        }
        backend.close();
    }

    /**
     * Waits for work: either one other thing or a group of commits.
     *
     * @param millis how long to wait, 0 for ever; nothing is taken if the time is up
     * @return false when there will be no more work
     */
    private boolean take(List<Work> into, long millis) {
        into.clear();
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(millis);
            while (queue.isEmpty()) {
                refusing = false;
                if (closing) {
                    return false;
                }
                try {
                    if (millis == 0) {
                        changed.await();
                    } else if (left <= 0) {
                        return true;
                    } else {
                        left = changed.awaitNanos(left);
                    }
                } catch (InterruptedException ignored) {
                    // Nobody may interrupt this thread: close() is the way to end it.
                }
            }
            int weight = 0;
            while (queue.peek() instanceof Work.Commit commit
                    && (weight == 0 || weight + commit.weight() <= LARGEST_GROUP)) {
                weight += commit.weight();
                into.add(queue.remove());
            }
            waiting -= weight;
            if (into.isEmpty()) {
                into.add(queue.remove());
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void write(List<Work.Commit> group) {
        Throwable failure = null;
        try {
            List<Change> changes = new ArrayList<>();
            group.forEach(commit -> changes.addAll(commit.changes()));
            if (!changes.isEmpty()) {
                backend.apply(changes);
                backend.flush();
            }
        } catch (StoreProblem problem) {
            if (problem.failure() == StoreFailure.REFUSED_CHANGE && group.size() > 1) {
                writeOneByOne(group);
                return;
            }
            failure = problem;
        } catch (Throwable defect) {
            failure = defect(defect);
        }
        complete(group, failure);
    }

    private void writeOneByOne(List<Work.Commit> group) {
        List<Work.Commit> applied = new ArrayList<>();
        for (Work.Commit commit : group) {
            try {
                backend.apply(commit.changes());
                applied.add(commit);
            } catch (StoreProblem problem) {
                complete(List.of(commit), problem);
            } catch (Throwable defect) {
                complete(List.of(commit), defect(defect));
            }
        }
        Throwable failure = null;
        try {
            backend.flush();
        } catch (StoreProblem problem) {
            failure = problem;
        } catch (Throwable defect) {
            failure = defect(defect);
        }
        complete(applied, failure);
    }

    private static StoreProblem defect(Throwable thrown) {
        StoreProblem problem =
                new StoreProblem(StoreFailure.BROKEN, "The store failed unexpectedly: " + thrown, thrown);
        log.error("{}", problem.getMessage());
        log.debug("Unexpected failure of the store", thrown);
        return problem;
    }

    private static void complete(List<Work.Commit> commits, @Nullable Throwable failure) {
        for (Work.Commit commit : commits) {
            if (failure == null) {
                commit.done().complete(null);
            } else {
                commit.done().completeExceptionally(failure);
            }
        }
    }

    private long maintain(boolean idle) {
        try {
            return backend.maintain(idle);
        } catch (RuntimeException defect) {
            defect(defect);
            return 0;
        }
    }

    /** Takes no more work and returns when everything that waited is done and the backend closed. */
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (thread.isAlive() && thread != Thread.currentThread()) {
            try {
                thread.join();
            } catch (InterruptedException again) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
