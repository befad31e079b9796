package io.dstm.server.internal.ipv6;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseStore;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.net.Ipv6Prefix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A store that the test can make slow or bad. */
final class MemoryIpv6Store implements Ipv6LeaseStore {

    final Map<Ipv6Prefix, Ipv6Lease> stored = new LinkedHashMap<>();
    boolean broken;
    boolean slow;

    /** How many changes the largest commit had. */
    int largest;

    private final List<Runnable> waiting = new ArrayList<>();

    @Override
    public void load(Consumer<Ipv6Lease> visitor) throws LeaseStoreException {
        if (broken) {
            throw new LeaseStoreException("the disk is gone", null);
        }
        List.copyOf(stored.values()).forEach(visitor);
    }

    @Override
    public CompletionStage<Void> commit(List<Change> changes) {
        largest = Math.max(largest, changes.size());
        CompletableFuture<Void> done = new CompletableFuture<>();
        Runnable write = () -> {
            if (broken) {
                done.completeExceptionally(new LeaseStoreException("the disk is gone", null));
                return;
            }
            for (Change change : changes) {
                if (change instanceof Change.Put put) {
                    stored.put(put.lease().prefix(), put.lease());
                } else if (change instanceof Change.Remove remove) {
                    stored.remove(remove.prefix());
                }
            }
            done.complete(null);
        };
        if (slow) {
            waiting.add(write);
        } else {
            write.run();
        }
        return done;
    }

    /** Does what waits. */
    void catchUp() {
        List<Runnable> now = List.copyOf(waiting);
        waiting.clear();
        now.forEach(Runnable::run);
    }
}
