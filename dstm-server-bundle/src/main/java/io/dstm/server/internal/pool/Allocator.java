package io.dstm.server.internal.pool;

import io.dstm.server.internal.config.AllocatorKind;
import java.util.random.RandomGenerator;

/** Says which slot of a pool a client gets next. It only looks: it neither takes the slot nor knows leases. */
@FunctionalInterface
public interface Allocator {

    /**
     * A free slot of {@code state}'s pool.
     *
     * @param clientHash 64 well-mixed bits that are always the same for one client
     * @return the slot, or -1 if every one is taken
     */
    long choose(AllocationState state, long clientHash);

    /** An allocator for one pool. */
    static Allocator of(AllocatorKind kind, RandomGenerator random) {
        return switch (kind) {
            case HASHED -> new HashedAllocator();
            case ITERATIVE -> new IterativeAllocator();
            case RANDOM -> new RandomAllocator(random);
        };
    }
}
