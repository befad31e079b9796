package io.dstm.api.lease;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Remembers leases across restarts. Writes of many callers are grouped into one durable commit; the order of writes of one caller
 * is kept.
 */
public interface LeaseStore {

    /** Shows every stored lease. Called once at start, before any write; may block. */
    void load(Consumer<Lease> visitor) throws LeaseStoreException;

    /**
     * Writes changes, all or none. The stage completes once they survive a crash of the machine, or exceptionally with {@link
     * LeaseStoreException}; it may complete on the store's own thread, so do not block in a dependent action.
     */
    CompletionStage<Void> commit(List<Change> changes);

    /** A change to one stored lease. */
    sealed interface Change {

        /**
         * Stores {@code lease} in place of whatever has its key.
         *
         * @param why what happened to it, for the {@link LeaseHistory}; {@code null} if that shows by itself
         */
        record Put(Lease lease, LeaseEvent.@Nullable Kind why) implements Change {

            /** Stores a lease whose history shows by itself. */
            public Put(Lease lease) {
                this(lease, null);
            }
        }

        /** Forgets the lease with this key, if there is one. */
        record Remove(LeaseKey key) implements Change {}
    }
}
