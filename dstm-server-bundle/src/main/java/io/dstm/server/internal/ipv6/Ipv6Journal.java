package io.dstm.server.internal.ipv6;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseStore;
import io.dstm.api.ipv6.Ipv6LeaseStore.Change;
import io.dstm.api.net.Ipv6Prefix;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the store make durable what is decided. What a failed write leaves open is written once more, as the book has it then: with the
 * next change, or when {@link #settle} is called. To be called with the engine's lock held.
 */
final class Ipv6Journal {

    private static final Logger log = LoggerFactory.getLogger(Ipv6Journal.class);
    private static final int LARGEST_COMMIT = 1_000;
    private static final int SETTLING_COMMITS = 16;

    private final Ipv6LeaseStore store;
    private final Ipv6Book book;
    private final Object lock;

    /** What the store may have otherwise than the book. Guarded by lock. */
    private final Set<Ipv6Prefix> unsettled = new LinkedHashSet<>();

    /** Written with the lock held. */
    private volatile boolean storeWasGood = true;

    /**
     * A journal with nothing to settle.
     *
     * @param lock what guards the book; taken when the store has answered
     */
    Ipv6Journal(Ipv6LeaseStore store, Ipv6Book book, Object lock) {
        this.store = store;
        this.book = book;
        this.lock = lock;
    }

    /** Remembers that the store may have a lease of this prefix otherwise than the book. */
    void unsettle(Ipv6Prefix prefix) {
        unsettled.add(prefix);
    }

    /** Writes what is unsettled; what is too much for now is left for the next time. */
    void settle() {
        int commits = 0;
        while (!unsettled.isEmpty() && (commits == 0 || storeWasGood && commits < SETTLING_COMMITS)) {
            var unused = commit(List.of());
            commits++;
        }
    }

    /**
     * Makes {@code changes} durable, with what is unsettled as far as one commit may hold it. They are in the book already, so that the
     * store sees changes in the order in which they were decided.
     */
    CompletionStage<Void> commit(List<Change> changes) {
        List<Change> written = unsettled.isEmpty() ? changes : withUnsettled(changes);
        CompletionStage<Void> stage;
        try {
            stage = store.commit(written);
        } catch (RuntimeException defect) {
            stage = CompletableFuture.failedFuture(defect);
        }
        return stage.whenComplete((done, problem) -> {
            if (problem != null) {
                synchronized (lock) {
                    written.forEach(change -> unsettled.add(prefix(change)));
                }
            }
            noteStore(problem);
        });
    }

    private List<Change> withUnsettled(List<Change> changes) {
        changes.forEach(change -> unsettled.remove(prefix(change)));
        List<Change> all = new ArrayList<>();
        Iterator<Ipv6Prefix> rest = unsettled.iterator();
        while (rest.hasNext() && all.size() < LARGEST_COMMIT) {
            all.add(asInBook(rest.next()));
            rest.remove();
        }
        all.addAll(changes);
        return all;
    }

    private Change asInBook(Ipv6Prefix prefix) {
        Ipv6Lease lease = book.at(prefix);
        return lease == null ? new Change.Remove(prefix) : new Change.Put(lease);
    }

    private static Ipv6Prefix prefix(Change change) {
        return change instanceof Change.Put put ? put.lease().prefix() : ((Change.Remove) change).prefix();
    }

    private void noteStore(@Nullable Throwable problem) {
        boolean good = problem == null;
        if (good == storeWasGood) {
            return;
        }
        boolean changed;
        synchronized (lock) {
            changed = good != storeWasGood;
            storeWasGood = good;
        }
        if (!changed) {
            return;
        }
        if (problem != null) {
            log.error(
                    "DSTM-1075 IPv6 leases cannot be made durable, none is given: {}; look at the store and the disk",
                    problem.getMessage());
        } else {
            log.info("DSTM-1076 IPv6 leases are made durable again");
        }
    }
}
