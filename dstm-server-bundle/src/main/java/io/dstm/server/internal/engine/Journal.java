package io.dstm.server.internal.engine;

import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.server.internal.pool.KeyCode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's way to the store. {@link #write} is for what a client waits for; {@link #settle} is for what must become durable
 * some time, is gathered into one commit a turn, and is tried again for as long as the store fails.
 */
final class Journal {

    private static final Logger log = LoggerFactory.getLogger(Journal.class);

    private static final long RETRY_MILLIS = 1_000;
    private static final int LARGEST_COMMIT = 1_000;

    private final LeaseStore store;
    private final LeaseBook book;
    private final Predicate<Holding> beingWritten;
    private final Executor loop;
    private final Delays delays;

    /** Codes whose stored lease has to be made what the book says. */
    private final Set<Long> unsettled = new LinkedHashSet<>();

    private boolean retrying;
    private boolean failing;

    /** A journal; {@code beingWritten} says of which holdings a new version is on its way to the store by {@link #write}. */
    Journal(LeaseStore store, LeaseBook book, Predicate<Holding> beingWritten, Executor loop, Delays delays) {
        this.store = store;
        this.book = book;
        this.beingWritten = beingWritten;
        this.loop = loop;
        this.delays = delays;
    }

    /**
     * Writes one change; {@code done} hears of it on the engine's thread. What is unsettled goes along in the same transaction, so
     * that nothing newer becomes durable without it.
     */
    void write(Change change, Done done) {
        List<Long> codes = new ArrayList<>();
        List<Change> changes = new ArrayList<>();
        if (!unsettled.isEmpty()) {
            gather(codes, changes);
        }
        changes.add(change);
        commit(changes, failure -> {
            settleLater(codes, failure);
            done.ended(failure);
        });
    }

    /** Has the store agree with the book about {@code code} before long. */
    void settle(long code) {
        unsettled.add(code);
    }

    /** Sends what {@link #settle} gathered. */
    void flush() {
        while (!retrying && !unsettled.isEmpty()) {
            List<Long> codes = new ArrayList<>();
            List<Change> changes = new ArrayList<>();
            gather(codes, changes);
            if (changes.isEmpty()) {
                return;
            }
            commit(changes, failure -> settleLater(codes, failure));
        }
    }

    /** Takes out of what is unsettled as much as one commit may hold. */
    private void gather(List<Long> codes, List<Change> changes) {
        Iterator<Long> rest = unsettled.iterator();
        while (rest.hasNext() && changes.size() < LARGEST_COMMIT) {
            long code = rest.next();
            Holding holding = book.get(code);
            if (holding != null && beingWritten.test(holding)) {
                // What the book says is about to be overtaken by what is on its way to the store.
                continue;
            }
            rest.remove();
            Change change = truth(code, holding);
            if (change != null) {
                codes.add(code);
                changes.add(change);
            }
        }
    }

    private void settleLater(List<Long> codes, @Nullable String failure) {
        if (failure != null && !codes.isEmpty()) {
            unsettled.addAll(codes);
            if (!retrying) {
                retrying = true;
                delays.after(RETRY_MILLIS, () -> retrying = false);
            }
        }
    }

    private static @Nullable Change truth(long code, @Nullable Holding holding) {
        if (holding == null || holding.state == LeaseState.OFFERED) {
            return new Change.Remove(KeyCode.toKey(code));
        }
        // What is pending is being written by whoever made it so.
        return holding.state == LeaseState.PENDING ? null : new Change.Put(holding.toLease());
    }

    private void commit(List<Change> changes, Done done) {
        CompletionStage<Void> stage;
        try {
            stage = store.commit(changes);
        } catch (RuntimeException refused) {
            stage = CompletableFuture.failedFuture(refused);
        }
        stage.whenComplete((nothing, failure) -> loop.execute(() -> {
            noteHealth(failure);
            done.ended(failure == null ? null : sentence(failure));
        }));
    }

    private void noteHealth(@Nullable Throwable failure) {
        if (failure != null && !failing) {
            failing = true;
            log.error(
                    "DSTM-1030 Leases cannot be made durable, so none is given or prolonged; look at the messages of the store"
                            + " (DSTM-7xxx) and at the disk: {}",
                    sentence(failure));
        } else if (failure == null && failing) {
            failing = false;
            log.info("DSTM-1031 Leases can be made durable again");
        }
    }

    static String sentence(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
    }
}
