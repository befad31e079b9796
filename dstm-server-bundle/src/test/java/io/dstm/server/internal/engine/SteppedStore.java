package io.dstm.server.internal.engine;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStoreException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A store whose commits become durable when the test says so, in order, or fail when it says so. */
final class SteppedStore implements LeaseStore {

    /** What would be there after a crash now. */
    final Map<LeaseKey, Lease> durable = new LinkedHashMap<>();

    final Deque<Step> waiting = new ArrayDeque<>();
    boolean hold;
    boolean failing;
    boolean unreadable;
    int commits;
    /** What commits said of why, where they said it. */
    final List<LeaseEvent.Kind> reasons = new ArrayList<>();

    record Step(List<Change> changes, CompletableFuture<Void> done) {}

    @Override
    public void load(Consumer<Lease> visitor) throws LeaseStoreException {
        if (unreadable) {
            throw new LeaseStoreException("unreadable", null);
        }
        List.copyOf(durable.values()).forEach(visitor);
    }

    @Override
    public CompletionStage<Void> commit(List<Change> changes) {
        commits++;
        Step step = new Step(changes, new CompletableFuture<>());
        waiting.add(step);
        if (!hold) {
            stepAll();
        }
        return step.done;
    }

    void stepAll() {
        while (!waiting.isEmpty()) {
            step();
        }
    }

    /** Ends the oldest commit. */
    void step() {
        Step step = waiting.remove();
        if (failing) {
            step.done.completeExceptionally(new LeaseStoreException("disk full", null));
            return;
        }
        for (Change change : step.changes) {
            if (change instanceof Change.Put put) {
                if (put.why() != null) {
                    reasons.add(put.why());
                }
                durable.put(put.lease().key(), put.lease());
            } else if (change instanceof Change.Remove remove) {
                durable.remove(remove.key());
            }
        }
        step.done.complete(null);
    }

    /** A machine that crashes now: what was waiting is lost. */
    SteppedStore afterCrash() {
        SteppedStore next = new SteppedStore();
        next.durable.putAll(durable);
        return next;
    }
}
