package io.dstm.server.internal.pool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which slots of a pool are taken. Memory follows the leases, not the size of the pool; finding a free slot takes a few steps also
 * in a pool that is nearly full. Leases from before a change of the pool's shape (another k or a on the same address) take every
 * slot they share a port with until they are over. Slots that are reserved count as taken for everybody but their holders. Used by
 * the engine's thread alone.
 */
public final class AllocationState {

    private final Pool pool;
    private final SparseBits taken;
    /** Keys of another shape, by address; only there while such leases drain. */
    private final Map<Long, List<Long>> foreign = new HashMap<>();
    /** What is taken at addresses of which something is reserved, by address. */
    private final Map<Long, List<Long>> atReserved = new HashMap<>();

    private final SparseBits withheld;
    private long withheldSlots;
    /** How many keys that this pool lends are taken and share ports with reserved slots. */
    private long occupants;

    /** The state of a pool of which nothing is taken. */
    public AllocationState(Pool pool) {
        this.pool = pool;
        taken = new SparseBits(pool.capacity());
        withheld = new SparseBits(pool.capacity());
        for (long code : pool.reserved()) {
            atReserved.putIfAbsent(KeyCode.address(code), new ArrayList<>(1));
            forEachSharedSlot(code, slot -> {
                withheld.set(slot);
                taken.set(slot);
                withheldSlots++;
            });
        }
    }

    /** How many slots are kept for holders of reservations who have nothing of them now. */
    public long idleReserved() {
        return withheldSlots - occupants;
    }

    /** The pool. */
    public Pool pool() {
        return pool;
    }

    /** Notes that {@code code}, whose address is in this pool, is taken. */
    public void occupy(long code) {
        noteAtReserved(code, true);
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
        noteAtReserved(code, false);
        long slot = pool.slotOf(code);
        if (slot >= 0) {
            free(slot);
            return;
        }
        List<Long> others = foreign.get(KeyCode.address(code));
        if (others == null || !others.remove((Long) code)) {
            return;
        }
        if (others.isEmpty()) {
            foreign.remove(KeyCode.address(code));
        }
        forEachSharedSlot(code, this::free);
    }

    private void free(long slot) {
        if (!sharedWithForeign(slot) && !withheld.get(slot)) {
            taken.clear(slot);
        }
    }

    private void noteAtReserved(long code, boolean occupied) {
        List<Long> there = atReserved.isEmpty() ? null : atReserved.get(KeyCode.address(code));
        if (there == null) {
            return;
        }
        boolean changed = occupied ? there.add(code) : there.remove((Long) code);
        if (changed && pool.lends(code) && sharesReserved(code)) {
            occupants += occupied ? 1 : -1;
        }
    }

    private boolean sharesReserved(long code) {
        long slot = pool.slotOf(code);
        return slot < 0 || withheld.get(slot);
    }

    /** Whether nobody has anything of {@code code}, which is reserved. */
    public boolean isReservedFree(long code) {
        List<Long> there = atReserved.get(KeyCode.address(code));
        return there == null
                || there.stream().noneMatch(other -> KeyCode.ports(other).overlaps(KeyCode.ports(code)));
    }

    /** Whether {@code code} is a slot of this pool that nobody has and that is not reserved. */
    public boolean isFree(long code) {
        long slot = pool.slotOf(code);
        return slot >= 0 && !taken.get(slot);
    }

    /** Whether a slot of this pool, by its number, is free. */
    boolean isFreeSlot(long slot) {
        return !taken.get(slot);
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
