package io.dstm.api.ipv6;

import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Lends IPv6 addresses and delegates prefixes. No method blocks; stages complete exceptionally only for defects, never for bad
 * input.
 */
public interface Ipv6LeaseService {

    /** What {@link #allocate} would grant now. Holds nothing: who asks next with the offer as wish gets it unless it is gone. */
    CompletionStage<Ipv6Decision> offer(Ipv6Request request);

    /** Lends, durably before the stage completes. An IA that holds a lease gets that one again with fresh times. */
    CompletionStage<Ipv6Decision> allocate(Ipv6Request request);

    /**
     * Prolongs what the IA holds, durably. What is not appropriate for the link is {@code gone}, in a grant of something else
     * where that can be had; an IA that holds nothing is {@code NO_BINDING}.
     */
    CompletionStage<Ipv6Decision> renew(Ipv6Request request);

    /**
     * Takes leases back at the client's wish.
     *
     * @param prefixes which ones; addresses as /128
     * @return whether the IA held any of them
     */
    CompletionStage<Boolean> release(ClientId client, Ipv6LeaseKind kind, List<Ipv6Prefix> prefixes);

    /**
     * Takes addresses back that the client found in use by somebody else; nobody gets them for long.
     *
     * @return whether the IA held any of them
     */
    CompletionStage<Boolean> decline(ClientId client, List<Ipv6Prefix> addresses);

    /**
     * Takes a lease over as another server had it, its times and whether it was declined included, durably before the stage
     * completes. Of the pools' rules only those hold that say what is lent at all and what is reserved for whom. A server that
     * cannot do this refuses.
     */
    default CompletionStage<Ipv6Decision> adopt(Ipv6Lease lease) {
        return CompletableFuture.completedStage(
                new Ipv6Decision.Refused(Ipv6Decision.Reason.NO_POOL, "this server takes over no leases of others"));
    }

    /** Whether this service lends anything on {@code link}, and so can tell what belongs there. */
    boolean serves(Ipv6Link link);

    /** Whether {@code address} belongs on {@code link}; empty if this service cannot tell (RFC 8415 section 18.3.3). */
    Optional<Boolean> onLink(Ipv6Link link, Ipv6Address address);

    /** Whether a lease of {@code prefix} is appropriate on {@code link}: a pool that serves the link lends it. */
    boolean isLendable(Ipv6Link link, Ipv6LeaseKind kind, Ipv6Prefix prefix);

    /** What clients on {@code link} are told besides their leases. */
    Ipv6Options options(Ipv6Link link);

    /** What an IA holds. */
    Optional<Ipv6Lease> leaseOf(ClientId client, Ipv6LeaseKind kind);

    /** The lease that {@code address} is, or is in; empty if nobody has it from this service. */
    Optional<Ipv6Lease> leaseOver(Ipv6Address address);

    /** Whether {@code address} is one that only a lease of this service gives anybody the right to use. */
    boolean isPooled(Ipv6Address address);

    /** Shows every lease, declined ones too, in no order, from a snapshot that may be a moment old. */
    void forEachLease(Consumer<Ipv6Lease> visitor);

    /** Every pool and how full it is, in order of name. */
    List<Ipv6PoolStatus> pools();
}
