package io.dstm.tep.internal.table;

/**
 * Which tunnel sources hold anything, and which hold something of an address, so that a refused packet can be put down to the
 * right kind of fault. A multiset of 48-bit fingerprints with 16-bit counts in one array of longs. One writer; readers see
 * changes a little later, which is enough for diagnosis. A count that reaches its maximum stays.
 */
final class HolderIndex {

    private static final int COUNT_BITS = 16;
    private static final int COUNT_MASK = 0xFFFF;
    private static final int SMALLEST = 64;

    private volatile long[] entries = new long[SMALLEST];
    /** Entries that are not zero, those with count 0 included. */
    private int used;

    static long fingerprint(long high, long low) {
        return scramble(high * 0x9E3779B97F4A7C15L + Long.rotateLeft(low, 29) * 0xD6E8FEB86659FD93L);
    }

    static long fingerprint(long high, long low, int address) {
        return scramble(fingerprint(high, low) + (address & 0xFFFF_FFFFL) * 0xA0761D6478BD642FL + 1);
    }

    /** The finalizer of splitmix64. */
    private static long scramble(long value) {
        long mixed = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
        return mixed ^ mixed >>> 31;
    }

    boolean contains(long fingerprint) {
        long[] table = entries;
        long wanted = prefix(fingerprint);
        int index = home(wanted, table.length);
        for (int probes = 0; probes < table.length; probes++) {
            long entry = Slot.getAcquire(table, index);
            if (entry == 0) {
                return false;
            }
            if ((entry & ~COUNT_MASK) == wanted) {
                return (entry & COUNT_MASK) != 0;
            }
            index = index + 1 == table.length ? 0 : index + 1;
        }
        return false;
    }

    void add(long high, long low, int address) {
        increment(fingerprint(high, low));
        increment(fingerprint(high, low, address));
    }

    void remove(long high, long low, int address) {
        decrement(fingerprint(high, low));
        decrement(fingerprint(high, low, address));
    }

    long memoryBytes() {
        return 8L * entries.length;
    }

    private void increment(long fingerprint) {
        long[] table = entries;
        if (10L * used >= 7L * table.length) {
            table = grow(table);
        }
        insert(table, prefix(fingerprint));
    }

    private void insert(long[] table, long wanted) {
        int index = home(wanted, table.length);
        int unused = -1;
        while (table[index] != 0) {
            if ((table[index] & ~COUNT_MASK) == wanted) {
                if ((table[index] & COUNT_MASK) != COUNT_MASK) {
                    Slot.setRelease(table, index, table[index] + 1);
                }
                return;
            }
            if (unused < 0 && (table[index] & COUNT_MASK) == 0) {
                unused = index;
            }
            index = index + 1 == table.length ? 0 : index + 1;
        }
        if (unused < 0) {
            unused = index;
            used++;
        }
        Slot.setRelease(table, unused, wanted | 1);
    }

    private void decrement(long fingerprint) {
        long[] table = entries;
        long wanted = prefix(fingerprint);
        int index = home(wanted, table.length);
        while (table[index] != 0) {
            if ((table[index] & ~COUNT_MASK) == wanted) {
                long count = table[index] & COUNT_MASK;
                if (count != 0 && count != COUNT_MASK) {
                    Slot.setRelease(table, index, table[index] - 1);
                }
                return;
            }
            index = index + 1 == table.length ? 0 : index + 1;
        }
    }

    private long[] grow(long[] table) {
        int live = 0;
        for (long entry : table) {
            live += (entry & COUNT_MASK) == 0 ? 0 : 1;
        }
        long[] larger = new long[Math.max(SMALLEST, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * live + 16))];
        for (long entry : table) {
            if ((entry & COUNT_MASK) != 0) {
                int index = home(entry & ~COUNT_MASK, larger.length);
                while (larger[index] != 0) {
                    index = index + 1 == larger.length ? 0 : index + 1;
                }
                larger[index] = entry;
            }
        }
        used = live;
        entries = larger;
        return larger;
    }

    private static long prefix(long fingerprint) {
        long prefix = fingerprint & ~COUNT_MASK;
        return prefix == 0 ? 1L << COUNT_BITS : prefix;
    }

    private static int home(long prefix, int length) {
        return (int) ((prefix >>> 32) * length >>> 32);
    }
}
