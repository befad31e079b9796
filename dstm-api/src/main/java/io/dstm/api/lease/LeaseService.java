package io.dstm.api.lease;

import io.dstm.api.net.Ipv6Address;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Lends addresses. Endpoints of every protocol call this one service, so that one client has one lease however it asks. No method
 * blocks; stages complete on a thread of the server and complete exceptionally only for defects, never for bad input.
 */
public interface LeaseService {

    /** Shows the client what it would get and holds that for a moment. Nothing is durable, no TEP is touched. */
    CompletionStage<LeaseDecision> offer(AllocationRequest request);

    /**
     * Lends. The stage completes after the lease is on disk and its binding is acknowledged by the TEP, in that order (the founding
     * texts' order, and RFC 8415 section 18.3.1). A client that has a lease gets that lease again with fresh times.
     */
    CompletionStage<LeaseDecision> allocate(AllocationRequest request);

    /**
     * Prolongs a lease the client has. {@code request.wish} names it if the client did; a mismatch is {@code NO_LEASE}. A tunnel
     * source that moved is moved in the TEP before the stage completes.
     */
    CompletionStage<LeaseDecision> renew(AllocationRequest request);

    /**
     * Takes a lease back at the client's wish. The TEP forgets it before the stage completes.
     *
     * @param key what the client gives back; {@code null} for all it has under this identity
     * @return whether there was such a lease
     */
    CompletionStage<Boolean> release(ClientId client, @Nullable LeaseKey key);

    /**
     * Takes a lease back that the client found in use by somebody else; it is quarantined for long.
     *
     * @return whether there was such a lease
     */
    CompletionStage<Boolean> decline(ClientId client, @Nullable LeaseKey key);

    /**
     * Takes a lease back at the operator's wish. The TEP forgets it before the stage completes, then it is quarantined, for
     * its client too unless it is reserved for it; the client learns of it when it asks next, which {@link ClientCaller} can have
     * it do at once.
     *
     * @param key which one; {@code null} for all it has under this identity
     * @return whether there was such a lease
     */
    default CompletionStage<Boolean> revoke(ClientId client, @Nullable LeaseKey key) {
        return release(client, key);
    }

    /**
     * Takes a lease over as another server had it: who has what, since when, until when, and in which state. One that is active is
     * durable, then in the TEP of the pool that has the address here, before the stage completes; one that rests goes on resting.
     * The pools' rules on who may have what, but for reservations, and their times do not hold: somebody granted it already. A
     * server that cannot do this refuses.
     */
    default CompletionStage<LeaseDecision> adopt(Lease lease) {
        return CompletableFuture.completedStage(
                new LeaseDecision.Refused(LeaseDecision.Reason.NO_POOL, "this server takes over no leases of others"));
    }

    /**
     * Has the whole table of a TEP compared with the leases, as soon as what is on its way to it has come.
     *
     * @return whether there is such a TEP
     */
    default CompletionStage<Boolean> resync(String tep) {
        return CompletableFuture.completedStage(false);
    }

    /** The active lease of a client. */
    Optional<Lease> leaseOf(ClientId client);

    /**
     * Whether an active lease of anybody but {@code client} has this tunnel source (RFC 8539 section 8.2). Looks at every lease
     * unless the implementation knows better.
     */
    default boolean isTunnelSourceTaken(Ipv6Address source, ClientId client) {
        AtomicBoolean taken = new AtomicBoolean();
        forEachLease(lease -> {
            if (lease.state() == LeaseState.ACTIVE
                    && lease.tunnelSource().equals(source)
                    && !lease.client().equals(client)) {
                taken.set(true);
            }
        });
        return taken.get();
    }

    /** Shows every lease that is not free, in no order, from a snapshot that may be a moment old. */
    void forEachLease(Consumer<Lease> visitor);

    /**
     * Shows every lease that is not free and has a wanted key, as {@link #forEachLease(Consumer)} does. Every key is asked for
     * once; what is not wanted costs next to nothing.
     */
    default void forEachLease(Predicate<? super LeaseKey> wanted, Consumer<Lease> visitor) {
        forEachLease(lease -> {
            if (wanted.test(lease.key())) {
                visitor.accept(lease);
            }
        });
    }

    /** Shows the leases with these keys that are not free, in no order. Looks at every lease unless the implementation knows better. */
    default void forEachLeaseOf(Collection<LeaseKey> keys, Consumer<Lease> visitor) {
        forEachLease(Set.copyOf(keys)::contains, visitor);
    }

    /** Every pool and how full it is, in order of name. */
    List<PoolStatus> pools();

    /** How long the granted allocations took, from the request to the answer; empty if nobody counts. */
    default Optional<LatencyHistogram> allocationTimes() {
        return Optional.empty();
    }

    /** Tunnel addresses that clients may be told of without a lease (Information-request). */
    List<Ipv6Address> tunnelAddresses();
}
