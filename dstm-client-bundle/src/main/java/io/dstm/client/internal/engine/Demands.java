package io.dstm.client.internal.engine;

import io.dstm.api.client.ClientLease;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;

/** Those who wait for the lease, in the order in which they came, which is the order of their deadlines. Engine thread only. */
final class Demands {

    /** More can wait for one lease only if somebody floods us. */
    private static final int MOST = 4096;

    private final ArrayDeque<Demand> waiting = new ArrayDeque<>();

    private record Demand(CompletableFuture<ClientLease> future, long deadline) {}

    /** Lets one more wait until {@code deadline}; false if too many do. */
    boolean add(CompletableFuture<ClientLease> future, long deadline) {
        return waiting.size() < MOST && waiting.add(new Demand(future, deadline));
    }

    void complete(ClientLease lease) {
        while (!waiting.isEmpty()) {
            waiting.remove().future.complete(lease);
        }
    }

    void fail(String why) {
        while (!waiting.isEmpty()) {
            waiting.remove().future.completeExceptionally(new NoLeaseException(why));
        }
    }

    void failOverdue(long now, String why) {
        while (!waiting.isEmpty() && now - waiting.element().deadline >= 0) {
            waiting.remove().future.completeExceptionally(new NoLeaseException(why));
        }
    }
}
