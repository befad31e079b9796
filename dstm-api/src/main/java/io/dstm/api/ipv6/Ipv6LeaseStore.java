package io.dstm.api.ipv6;

import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.net.Ipv6Prefix;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Remembers IPv6 leases across restarts, with the promises of {@link io.dstm.api.lease.LeaseStore}. */
public interface Ipv6LeaseStore {

    /** Shows every stored lease. Called once at start, before any write; may block. */
    void load(Consumer<Ipv6Lease> visitor) throws LeaseStoreException;

    /**
     * Writes changes, all or none, in the order of calls. The stage completes once they survive a crash of the machine, or
     * exceptionally with {@link LeaseStoreException}; it may complete on the store's own thread, so do not block in a dependent
     * action.
     */
    CompletionStage<Void> commit(List<Change> changes);

    /** A change to one stored lease. */
    sealed interface Change {

        /** Stores {@code lease} in place of whatever has its prefix. */
        record Put(Ipv6Lease lease) implements Change {}

        /** Forgets the lease of exactly this prefix, if there is one. */
        record Remove(Ipv6Prefix prefix) implements Change {}
    }
}
