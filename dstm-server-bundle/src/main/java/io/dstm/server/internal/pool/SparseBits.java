package io.dstm.server.internal.pool;

import java.util.ArrayList;
import java.util.List;

/**
 * A set of numbers below a bound that finds the next number not in it in a few steps, however full. Level 0 has a bit a number,
 * each level above has a bit a word below that says "full"; words that are zero are not kept, so memory follows what is set and
 * not the bound. Not safe for use by several threads.
 */
final class SparseBits {

    private static final int BITS = 6;
    private static final long FULL = -1L;

    private final long bound;
    private final List<LongWords> levels = new ArrayList<>();

    /** A set of numbers from 0 to {@code bound - 1}. */
    SparseBits(long bound) {
        this.bound = bound;
        long words = bound;
        do {
            levels.add(new LongWords());
            words = (words + 63) >>> BITS;
        } while (words > 1);
    }

    /** Whether {@code number} is in the set. */
    boolean get(long number) {
        return (levels.get(0).get(number >>> BITS) & 1L << number) != 0;
    }

    /** Puts {@code number} into the set. */
    void set(long number) {
        long at = number;
        for (LongWords level : levels) {
            long word = level.get(at >>> BITS) | 1L << at;
            level.put(at >>> BITS, word);
            if (word != FULL) {
                return;
            }
            at >>>= BITS;
        }
    }

    /** Takes {@code number} out of the set. */
    void clear(long number) {
        long at = number;
        for (LongWords level : levels) {
            long before = level.get(at >>> BITS);
            level.put(at >>> BITS, before & ~(1L << at));
            if (before != FULL) {
                return;
            }
            at >>>= BITS;
        }
    }

    /** The lowest number from {@code from} on that is not in the set, or -1. */
    long nextClear(long from) {
        long at = from;
        int level = 0;
        while (level < levels.size()) {
            long free = ~levels.get(level).get(at >>> BITS) & FULL << at;
            if (free != 0) {
                at = at >>> BITS << BITS | Long.numberOfTrailingZeros(free);
                while (level > 0) {
                    level--;
                    at = at << BITS
                            | Long.numberOfTrailingZeros(~levels.get(level).get(at));
                }
                return at < bound ? at : -1;
            }
            at = (at >>> BITS) + 1;
            level++;
        }
        return -1;
    }
}
