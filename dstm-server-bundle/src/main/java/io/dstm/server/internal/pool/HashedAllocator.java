package io.dstm.server.internal.pool;

/**
 * Starts at the slot the client's identity hashes to and takes the first free one from there. A returning client thereby gets
 * what it had before if that is free, without anybody remembering it, and clients spread over addresses and port sets.
 */
public final class HashedAllocator implements Allocator {

    @Override
    public long choose(AllocationState state, long clientHash) {
        // The high half of a product maps 64 random bits onto 0..capacity-1 evenly, without a division.
        long start = Math.multiplyHigh(clientHash >>> 1, state.pool().capacity() << 1);
        return state.nextFree(start);
    }
}
