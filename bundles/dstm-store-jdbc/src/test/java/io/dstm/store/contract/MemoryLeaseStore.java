package io.dstm.store.contract;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStoreException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A store that forgets at the end of the process: for tests of its users. Commits complete on the caller's thread. */
public final class MemoryLeaseStore implements LeaseStore, AutoCloseable {

    private final Map<LeaseKey, Lease> leases;
    private boolean closed;

    /** An empty store. */
    public MemoryLeaseStore() {
        this(new LinkedHashMap<>());
    }

    private MemoryLeaseStore(Map<LeaseKey, Lease> leases) {
        this.leases = leases;
    }

    /** A store with what this one held, as after a restart. */
    public synchronized MemoryLeaseStore restarted() {
        return new MemoryLeaseStore(new LinkedHashMap<>(leases));
    }

    @Override
    public synchronized void load(Consumer<Lease> visitor) throws LeaseStoreException {
        if (closed) {
            throw new LeaseStoreException("the store is closed", null);
        }
        List.copyOf(leases.values()).forEach(visitor);
    }

    @Override
    public synchronized CompletionStage<Void> commit(List<Change> changes) {
        if (closed) {
            return CompletableFuture.failedFuture(new LeaseStoreException("the store is closed", null));
        }
        for (Change change : changes) {
            if (change instanceof Change.Put put) {
                leases.put(put.lease().key(), wholeSeconds(put.lease()));
            } else if (change instanceof Change.Remove remove) {
                leases.remove(remove.key());
            }
        }
        return CompletableFuture.completedFuture(null);
    }

    private static Lease wholeSeconds(Lease lease) {
        return new Lease(
                lease.key(),
                lease.client(),
                lease.tunnelSource(),
                lease.tunnelAddress(),
                lease.pool(),
                lease.state(),
                Instant.ofEpochSecond(lease.since().getEpochSecond()),
                Instant.ofEpochSecond(lease.until().getEpochSecond()));
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}
