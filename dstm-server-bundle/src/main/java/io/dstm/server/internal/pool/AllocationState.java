package io.dstm.server.internal.pool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which slots of a pool are taken. Memory follows the leases, not the size of the pool; finding a free slot takes a few steps also
 * in a pool that is nearly full. Leases from before a change of the pool's shape (another k or a on the same address) take every
 * slot they share a port with until they are over. Used by the engine's thread alone.
 */
public final class AllocationState {

    private final Pool pool;
    private final SparseBits taken;
    /** Keys of another shape, by address; only there while such leases drain. */
    private final Map<Long, List<Long>> foreign = new HashMap<>();

    /** The state of a pool of which nothing is taken. */
    public AllocationState(Pool pool) {
        this.pool = pool;
        taken = new SparseBits(pool.capacity());
    }

    /** The pool. */
    public Pool pool() {
        return pool;
    }

    /** Notes that {@code code}, whose address is in this pool, is taken. */
    public void occupy(long code) {
        long slot = pool.slotOf(code);
        if (slot >= 0) {
            taken.set(slot);
            return;
        }
        foreign.computeIfAbsent(KeyCode.address(code), address -> new ArrayList<>(1))
                .add(code);
        forEachSharedSlot(code, taken::set);
    }

    /** Notes that {@code code} is free again. */
    public void vacate(long code) {
        long slot = pool.slotOf(code);
        if (slot >= 0) {
            if (!sharedWithForeign(slot)) {
                taken.clear(slot);
            }
            return;
        }
        List<Long> others = foreign.get(KeyCode.address(code));
        if (others == null || !others.remove((Long) code)) {
            return;
        }
        if (others.isEmpty()) {
            foreign.remove(KeyCode.address(code));
        }
        forEachSharedSlot(code, shared -> {
            if (!sharedWithForeign(shared)) {
                taken.clear(shared);
            }
        });
    }

    /** Whether {@code code} is a slot of this pool that nobody has. */
    public boolean isFree(long code) {
        long slot = pool.slotOf(code);
        return slot >= 0 && !taken.get(slot);
    }

    /** The first free slot from {@code from} on, going round at the end; -1 if every slot is taken. */
    public long nextFree(long from) {
        long slot = taken.nextClear(from);
        return slot >= 0 || from == 0 ? slot : taken.nextClear(0);
    }

    private boolean sharedWithForeign(long slot) {
        if (foreign.isEmpty()) {
            return false;
        }
        long code = pool.codeAt(slot);
        List<Long> others = foreign.get(KeyCode.address(code));
        return others != null
                && others.stream().anyMatch(other -> KeyCode.ports(other).overlaps(KeyCode.ports(code)));
    }

    private void forEachSharedSlot(long code, java.util.function.LongConsumer visitor) {
        long first = pool.firstSlotOf(KeyCode.address(code));
        for (long slot = first; slot < first + pool.setsPerAddress(); slot++) {
            if (KeyCode.ports(pool.codeAt(slot)).overlaps(KeyCode.ports(code))) {
                visitor.accept(slot);
            }
        }
    }
}
