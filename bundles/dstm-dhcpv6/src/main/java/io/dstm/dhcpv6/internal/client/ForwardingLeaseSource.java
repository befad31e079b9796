package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseSource;
import io.dstm.api.client.ServerCall;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A lease source as OSGi sees it: whatever is asked of it, the source behind an endpoint's sockets answers. */
abstract class ForwardingLeaseSource implements LeaseSource {

    /** Who answers. */
    abstract LeaseSource source();

    /** Counters by the names operators know them by. */
    static Map<String, Long> named(Map<ClientCounter, Long> counters) {
        Map<String, Long> named = new TreeMap<>();
        counters.forEach((counter, value) -> named.put(counter.label(), value));
        return named;
    }

    @Override
    public final String name() {
        return source().name();
    }

    @Override
    public final String detail() {
        return source().detail();
    }

    /** For JMX. */
    public final String getDetail() {
        return detail();
    }

    @Override
    public final void onCall(Consumer<ServerCall> listener) {
        source().onCall(listener);
    }

    @Override
    public final CompletableFuture<ClientLease> acquire() {
        return source().acquire();
    }

    @Override
    public final CompletableFuture<ClientLease> renew(ClientLease lease) {
        return source().renew(lease);
    }

    @Override
    public final CompletableFuture<ClientLease> rebind(ClientLease lease) {
        return source().rebind(lease);
    }

    @Override
    public final CompletionStage<Void> release(ClientLease lease) {
        return source().release(lease);
    }

    @Override
    public final CompletionStage<Void> decline(ClientLease lease) {
        return source().decline(lease);
    }
}
