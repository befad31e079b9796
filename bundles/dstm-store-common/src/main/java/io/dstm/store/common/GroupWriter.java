package io.dstm.store.common;

import io.dstm.api.lease.LeaseStoreException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that does all work on the files, in the order it came. Commits that wait together share one flush; if a change among
 * them is refused they are written one by one, so that one does not fail the others.
 *
 * @param <C> what a caller commits at once
 */
public final class GroupWriter<C> implements AutoCloseable {

    /** What the thread works on; used by it alone. */
    public interface Backend<C> {

        /** Writes commits in their order, all or none; of several changes to a key the last counts. */
        void apply(List<C> commits) throws StoreProblem;

        /** Makes what was applied survive a crash of the machine. */
        void flush() throws StoreProblem;

        /** A moment for upkeep; after how many milliseconds the next is wanted at the latest, 0 for after the next group. */
        long maintain(boolean idle);

        /** Ends the work. */
        void close();
    }

    /** Something that needs the files. */
    @FunctionalInterface
    public interface Task<T> {

        /** Runs on the thread. */
        T run() throws StoreProblem;
    }

    private sealed interface Work<C> {

        /** One caller's commit. */
        record Commit<C>(C commit, int weight, CompletableFuture<@Nullable Void> done) implements Work<C> {}

        /** Anything else: runs between groups. */
        record Other<C>(Runnable run) implements Work<C> {}
    }

    /** A group larger than a batch gains nothing and makes its first members wait. */
    public static final int LARGEST_GROUP = 1024;

    private static final Logger log = LoggerFactory.getLogger(GroupWriter.class);

    private final Backend<C> backend;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** Guarded by lock. */
    private final ArrayDeque<Work<C>> queue = new ArrayDeque<>();

    /** Guarded by lock: weight of the commits in the queue. */
    private int waiting;

    /** Guarded by lock. */
    private int limit;

    /** Guarded by lock: set by the first refusal, reset when the queue was empty. */
    private boolean refusing;

    /** Guarded by lock. */
    private boolean closing;

    /**
     * Starts the thread.
     *
     * @param limit how many changes may wait at most
     */
    public GroupWriter(Backend<C> backend, int limit, String threadName) {
        this.backend = backend;
        this.limit = limit;
        this.thread = new Thread(this::run, threadName);
        thread.setDaemon(true);
        thread.start();
    }

    /** How many changes may wait from now on. */
    public void setLimit(int changes) {
        lock.lock();
        try {
            limit = changes;
        } finally {
            lock.unlock();
        }
    }

    /** Queues a commit; fails it at once if too many wait. A commit larger than the limit is taken when nothing waits. */
    public CompletableFuture<@Nullable Void> commit(C changes, int weight) {
        Work.Commit<C> commit = new Work.Commit<>(changes, Math.max(1, weight), new CompletableFuture<>());
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
    public <T> CompletableFuture<T> call(Task<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        lock.lock();
        try {
            if (closing) {
                return CompletableFuture.failedFuture(closed());
            }
            queue.add(new Work.Other<>(() -> {
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

    /** Waits for what {@link #call} or a reader promised; its problem is of the store, whatever it was. */
    public static <T> T await(CompletableFuture<T> promised) throws LeaseStoreException {
        try {
            return promised.get();
        } catch (ExecutionException failed) {
            Throwable cause = failed.getCause();
            throw cause instanceof LeaseStoreException known
                    ? known
                    : new StoreProblem(StoreFailure.BROKEN, "The store failed unexpectedly: " + cause, cause);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new StoreProblem(StoreFailure.CLOSED, "Reading the store was interrupted", interrupted);
        }
    }

    private void run() {
        long patience = 0;
        List<Work<C>> works = new ArrayList<>();
        while (take(works, patience)) {
            boolean idle = works.isEmpty();
            List<Work.Commit<C>> group = new ArrayList<>();
            for (Work<C> work : works) {
                if (work instanceof Work.Commit<C> commit) {
                    group.add(commit);
                } else if (work instanceof Work.Other<C> other) {
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
    private boolean take(List<Work<C>> into, long millis) {
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
            while (queue.peek() instanceof Work.Commit<C> commit
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

    private void write(List<Work.Commit<C>> group) {
        Throwable failure = null;
        try {
            List<C> commits = new ArrayList<>(group.size());
            group.forEach(commit -> commits.add(commit.commit()));
            backend.apply(commits);
            backend.flush();
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

    private void writeOneByOne(List<Work.Commit<C>> group) {
        List<Work.Commit<C>> applied = new ArrayList<>();
        for (Work.Commit<C> commit : group) {
            try {
                backend.apply(List.of(commit.commit()));
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

    private static <C> void complete(List<Work.Commit<C>> commits, @Nullable Throwable failure) {
        for (Work.Commit<C> commit : commits) {
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
