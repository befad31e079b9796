package io.dstm.server.internal.pool;

/**
 * Goes round: the first free slot after the one it chose last, so that what was given back last is lent again last. It remembers its
 * place by address and not by slot, and so goes on where it was when the pool changes.
 */
public final class IterativeAllocator implements Allocator {

    /** What was chosen last; -1 before the first. */
    private long last = -1;

    @Override
    public long choose(AllocationState state, long clientHash) {
        long previous = last < 0 ? -1 : state.pool().slotOf(last);
        long from = previous < 0 ? firstAfter(state.pool()) : previous + 1;
        long slot = state.nextFree(from < state.pool().capacity() ? from : 0);
        if (slot >= 0) {
            last = state.pool().codeAt(slot);
        }
        return slot;
    }

    private long firstAfter(Pool pool) {
        return last < 0 ? 0 : pool.spans().countBelow(KeyCode.address(last)) * pool.setsPerAddress();
    }
}
