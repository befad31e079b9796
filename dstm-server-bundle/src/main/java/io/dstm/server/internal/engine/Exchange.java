package io.dstm.server.internal.engine;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.net.Ipv6Address;
import io.dstm.server.internal.client.ClientKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Something under way for a client that waits for the store or a TEP. A client has one at a time: who asks the same meanwhile gets
 * the same answer, who asks something else waits in line.
 */
final class Exchange {

    /** A client in a hurry may have so many requests in line; more are told to come back. */
    private static final int LONGEST_LINE = 8;

    final ClientKey client;
    /** The request it serves; {@code null} when a lease is being ended. */
    private final @Nullable AllocationRequest request;
    /** When a lease is being ended: why. */
    final LeaseEvent.@Nullable Kind ending;

    final List<CompletableFuture<LeaseDecision>> askers = new ArrayList<>(1);
    final List<CompletableFuture<Boolean>> returners = new ArrayList<>(1);
    private final Deque<Runnable> line = new ArrayDeque<>(0);

    private Exchange(ClientKey client, @Nullable AllocationRequest request, LeaseEvent.@Nullable Kind ending) {
        this.client = client;
        this.request = request;
        this.ending = ending;
    }

    static Exchange lending(ClientKey client, AllocationRequest request, CompletableFuture<LeaseDecision> asker) {
        Exchange exchange = new Exchange(client, request, null);
        exchange.askers.add(asker);
        return exchange;
    }

    static Exchange ending(ClientKey client, LeaseEvent.Kind why) {
        return new Exchange(client, null, why);
    }

    /** Whether {@code other} asks for what is under way, and nothing that came before it waits for its turn. */
    boolean answers(AllocationRequest other) {
        Ipv6Address source = other.tunnelSource();
        return request != null
                && line.isEmpty()
                && Objects.equals(request.tunnelSource(), source)
                && request.canRestrictPorts() == other.canRestrictPorts();
    }

    /** Puts {@code turn} in line; whether there was room. */
    boolean enqueue(Runnable turn) {
        if (line.size() >= LONGEST_LINE) {
            return false;
        }
        line.add(turn);
        return true;
    }

    /** Who waits in line, in order. */
    Deque<Runnable> line() {
        return line;
    }
}
