package io.dstm.api.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Where a node's leases come from: the client half of a protocol. Registered as a service. Retransmission is the source's own;
 * a future that is cancelled ends it. A refusal by the server completes exceptionally with {@link LeaseRefusedException}.
 */
public interface LeaseSource {

    /** The protocol, such as {@code dhcpv6}. */
    String name();

    /** One sentence for the operator: what it waits for, such as an IPv6 address or a server's answer; empty when all is well. */
    default String detail() {
        return "";
    }

    /**
     * Has {@code listener} told when a server calls, in place of whoever was told before. It must return soon and may be called on
     * any thread; who calls is proven by then. Who has no lease asks for one then. Sources that cannot be called do nothing.
     */
    default void onCall(Consumer<ServerCall> listener) {}

    /** Asks for a lease until there is one, a server refuses, or the future is cancelled. */
    CompletableFuture<ClientLease> acquire();

    /** Asks the server that gave {@code lease} to prolong it (T1); goes on until the future is cancelled. */
    CompletableFuture<ClientLease> renew(ClientLease lease);

    /** Asks any server to prolong {@code lease} (T2); goes on until the future is cancelled. */
    CompletableFuture<ClientLease> rebind(ClientLease lease);

    /** Gives {@code lease} back; completes when the server confirmed or after the protocol's last try. Use has ended before. */
    CompletionStage<Void> release(ClientLease lease);

    /** Gives {@code lease} back as used by somebody else. */
    CompletionStage<Void> decline(ClientLease lease);
}
