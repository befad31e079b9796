package io.dstm.tep.internal.table;

import io.dstm.api.net.Ipv4Address;
import java.util.Arrays;

/**
 * Which port-set parameters (a, k) are in use at an address, so that a port can be turned into a PSID. Runs of addresses with
 * equal parameters, in ascending order: as many as there are pools, in practice. An address that no binding uses may lie in a run
 * as well. Normally there is one pair of parameters an address (RFC 7597 section 5.1); up to four are borne, for instance while a
 * pool whose sharing ratio was changed drains. Immutable; asking neither locks nor allocates.
 */
final class ParameterMap {

    static final ParameterMap EMPTY = new ParameterMap(new int[0], new int[0], new long[0]);

    /** Parameters of one port set in a value of {@link #of}, see {@link Slot#parameters}. */
    static final int CODE_MASK = 0x1FF;

    static final int CODE_BITS = 16;
    private static final int MOST = 64 / CODE_BITS;
    /** Set with every code, since the code of full addresses is 0. */
    private static final int PRESENT = 0x8000;

    private static final long ELEMENT_MASK = 0xFFFF;
    private static final int FLIP = Integer.MIN_VALUE;

    // Flipped as in AddressRanges.
    private final int[] firsts;
    private final int[] lasts;
    private final long[] values;

    private ParameterMap(int[] firsts, int[] lasts, long[] values) {
        this.firsts = firsts;
        this.lasts = lasts;
        this.values = values;
    }

    /**
     * The parameters at {@code address}, 16 bits each, the longest PSID in the lowest bits; 0 if no binding has it. Each element
     * has {@link #CODE_MASK} bits of {@link Slot#parameters} and a bit that is always set.
     */
    long of(int address) {
        int wanted = address ^ FLIP;
        int low = 0;
        int high = firsts.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (firsts[middle] <= wanted) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low > 0 && wanted <= lasts[low - 1] ? values[low - 1] : 0;
    }

    static boolean hasPortSets(long value) {
        // The full address has the shortest PSID, so it can only come last.
        return (value & CODE_MASK) != 0;
    }

    int runs() {
        return firsts.length;
    }

    /** What {@link #with} takes: an address with the parameters it needs, ordered by address. */
    static long need(long key) {
        return (long) (Slot.address(key) ^ FLIP) << 16 | Slot.parametersOf(key) | PRESENT;
    }

    /**
     * This map with what is needed added.
     *
     * @param needs of {@link #need}; gets sorted
     * @param count how many of them
     * @throws IllegalArgumentException if an address would have more than four pairs of parameters
     */
    ParameterMap with(long[] needs, int count) {
        Arrays.sort(needs, 0, count);
        Builder builder = new Builder(firsts.length);
        int need = 0;
        for (int run = 0; run < firsts.length; run++) {
            long from = firsts[run];
            while (need < count && needs[need] >> 16 <= lasts[run]) {
                int address = (int) (needs[need] >> 16);
                boolean inside = address >= firsts[run];
                long value = inside ? values[run] : 0;
                int next = need;
                while (next < count && (int) (needs[next] >> 16) == address) {
                    value = union(value, needs[next] & ELEMENT_MASK, address ^ FLIP);
                    next++;
                }
                need = next;
                if (!inside) {
                    builder.add(address, address, value);
                } else if (value != values[run]) {
                    if (from < address) {
                        builder.add((int) from, address - 1, values[run]);
                    }
                    builder.add(address, address, value);
                    from = address + 1L;
                }
            }
            if (from <= lasts[run]) {
                builder.add((int) from, lasts[run], values[run]);
            }
        }
        while (need < count) {
            int address = (int) (needs[need] >> 16);
            long value = 0;
            while (need < count && (int) (needs[need] >> 16) == address) {
                value = union(value, needs[need] & ELEMENT_MASK, address ^ FLIP);
                need++;
            }
            builder.add(address, address, value);
        }
        return builder.changed(this);
    }

    /** Adds an element, keeping the longest PSID lowest: of two sets that a port lies in, the smaller is the holder's. */
    private static long union(long value, long element, int address) {
        long result = 0;
        int elements = 0;
        boolean placed = false;
        for (long rest = value; rest != 0; rest >>>= CODE_BITS) {
            long present = rest & ELEMENT_MASK;
            if (present == element) {
                return value;
            }
            if (!placed && rank(element) > rank(present)) {
                result |= element << elements++ * CODE_BITS;
                placed = true;
            }
            if (elements < MOST) {
                result |= present << elements * CODE_BITS;
            }
            elements++;
        }
        if (!placed) {
            if (elements < MOST) {
                result |= element << elements * CODE_BITS;
            }
            elements++;
        }
        if (elements > MOST) {
            throw new IllegalArgumentException("address " + new Ipv4Address(address)
                    + " would be shared by port sets with more than " + MOST + " different parameters");
        }
        return result;
    }

    /** The longer the PSID the higher; the full address, with a and k of 0, is lowest. */
    private static int rank(long element) {
        return Slot.lengthOf((int) element) << 4 | Slot.offsetOf((int) element);
    }

    /** Collects runs in ascending order; neighbours with equal values become one, whatever nobody uses between them. */
    private static final class Builder {

        private int[] firsts;
        private int[] lasts;
        private long[] values;
        private int count;

        Builder(int expected) {
            firsts = new int[expected + 8];
            lasts = new int[expected + 8];
            values = new long[expected + 8];
        }

        void add(int first, int last, long value) {
            if (count > 0 && values[count - 1] == value) {
                lasts[count - 1] = last;
                return;
            }
            if (count == firsts.length) {
                firsts = Arrays.copyOf(firsts, 2 * count);
                lasts = Arrays.copyOf(lasts, 2 * count);
                values = Arrays.copyOf(values, 2 * count);
            }
            firsts[count] = first;
            lasts[count] = last;
            values[count++] = value;
        }

        ParameterMap changed(ParameterMap old) {
            int[] newFirsts = Arrays.copyOf(firsts, count);
            int[] newLasts = Arrays.copyOf(lasts, count);
            long[] newValues = Arrays.copyOf(values, count);
            boolean same = Arrays.equals(newFirsts, old.firsts)
                    && Arrays.equals(newLasts, old.lasts)
                    && Arrays.equals(newValues, old.values);
            return same ? old : new ParameterMap(newFirsts, newLasts, newValues);
        }
    }
}
