package io.dstm.server.internal.pool;

import java.util.random.RandomGenerator;

/**
 * Any free slot. A few throws find one evenly while much is free; where they do not, the first free one after the last throw is
 * taken, which favours what lies behind long runs of taken slots but finds the last one as quickly as the first.
 */
public final class RandomAllocator implements Allocator {

    /** With half of a pool free, one choice in 65,536 is not even. */
    private static final int THROWS = 16;

    private final RandomGenerator random;

    /** An allocator that throws with {@code random}; strangers must not guess it. */
    public RandomAllocator(RandomGenerator random) {
        this.random = random;
    }

    @Override
    public long choose(AllocationState state, long clientHash) {
        long capacity = state.pool().capacity();
        long slot = random.nextLong(capacity);
        for (int i = 1; i < THROWS && !state.isFreeSlot(slot); i++) {
            slot = random.nextLong(capacity);
        }
        return state.nextFree(slot);
    }
}
