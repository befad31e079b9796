package io.dstm.client.internal.engine;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseSource;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The conversation with lease sources: one request at a time, and none before the release ahead of it is confirmed or given up,
 * since a request that overtook a release would lose its new lease to it. Loop thread only.
 */
final class Exchange {

    /** How long a release may delay the next request or the end of the client. */
    static final Duration RELEASE_PATIENCE = Duration.ofSeconds(3);

    private static final Logger log = LoggerFactory.getLogger(Exchange.class);

    private final Party party;
    private @Nullable CompletableFuture<ClientLease> asked;
    private @Nullable CompletableFuture<Void> releasing;

    /** Who talks to the sources, and the loop it lives on. */
    interface Party {

        /** The source answered the request under way with a lease. */
        void given(LeaseSource source, ClientLease lease);

        /** The request under way ended without a lease. */
        void failed(Throwable cause);

        /** The source gave a lease that nobody waits for any more. */
        void givenTooLate(LeaseSource source, ClientLease lease);

        /** Nothing stands in the way of a request any more. */
        void released();

        /** Runs {@code task} on the loop. */
        void post(Runnable task);

        /** Runs {@code task} on the loop after a while. */
        void postLater(Runnable task, Duration delay);
    }

    Exchange(Party party) {
        this.party = party;
    }

    /** Whether a request may not be made now; {@link Party#released} or an answer will tell. */
    boolean isBusy() {
        return asked != null || releasing != null;
    }

    void acquire(LeaseSource source) {
        listen(source, source::acquire);
    }

    void renew(LeaseSource source, ClientLease lease) {
        listen(source, () -> source.renew(lease));
    }

    void rebind(LeaseSource source, ClientLease lease) {
        listen(source, () -> source.rebind(lease));
    }

    /** A request, as a source makes it. */
    private interface Request {
        CompletableFuture<ClientLease> make();
    }

    private void listen(LeaseSource source, Request request) {
        cancel();
        CompletableFuture<ClientLease> future = made(request);
        asked = future;
        var unused =
                future.whenComplete((lease, failure) -> party.post(() -> answered(source, future, lease, failure)));
    }

    private static CompletableFuture<ClientLease> made(Request request) {
        try {
            return request.make();
        } catch (RuntimeException defect) {
            return CompletableFuture.failedFuture(defect);
        }
    }

    private void answered(
            LeaseSource source,
            CompletableFuture<ClientLease> future,
            @Nullable ClientLease lease,
            @Nullable Throwable failure) {
        boolean wanted = future == asked;
        if (wanted) {
            asked = null;
        }
        if (lease != null && wanted) {
            party.given(source, lease);
        } else if (lease != null) {
            party.givenTooLate(source, lease);
        } else if (wanted) {
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            party.failed(cause == null ? new IllegalStateException("the source gave neither lease nor reason") : cause);
        }
    }

    /** Ends the request under way. */
    void cancel() {
        CompletableFuture<ClientLease> future = asked;
        asked = null;
        if (future != null) {
            future.cancel(true);
        }
    }

    /** Gives a lease back; its use has ended. */
    void release(LeaseSource source, ClientLease lease) {
        CompletableFuture<Void> future = releaseBy(source, lease);
        releasing = future;
        var unused = future.whenComplete((nothing, failure) -> party.post(() -> ended(future)));
        party.postLater(() -> ended(future), RELEASE_PATIENCE);
    }

    private static CompletableFuture<Void> releaseBy(LeaseSource source, ClientLease lease) {
        try {
            return source.release(lease).toCompletableFuture();
        } catch (RuntimeException defect) {
            return CompletableFuture.failedFuture(defect);
        }
    }

    private void ended(CompletableFuture<Void> which) {
        if (releasing == which) {
            releasing = null;
            party.released();
        }
    }

    /** Waits for a release under way, but not for long. */
    void awaitRelease() {
        CompletableFuture<Void> last = releasing;
        if (last != null) {
            try {
                last.get(RELEASE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException | ExecutionException unconfirmed) {
                log.debug("The release was not confirmed; the lease ends by itself", unconfirmed);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
