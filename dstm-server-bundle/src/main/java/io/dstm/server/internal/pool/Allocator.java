package io.dstm.server.internal.pool;

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
}
