package io.dstm.server.internal.ipv6;

import io.dstm.api.net.Ipv6Address;
import java.util.Arrays;

/**
 * A sorted map from numbers of 128 bits, unsigned, to one or two words, without an object for an entry: blocks of entries in arrays,
 * and the first key of each block. A million entries make a tree of a million objects, scattered over the heap, which every
 * collection has to look at; these it passes over. An entry takes some 40 bytes with one word and 50 with two.
 *
 * <p>What is found is told as a position, good until the next change. For one thread at a time.
 */
final class SortedWords {

    /** No entry. */
    static final long NONE = -1;

    private static final int BLOCK = 128;

    /** Neighbours that fit into this much become one. */
    private static final int FEW = BLOCK / 2;

    private final int stride;
    private int size;

    private int blocks;
    private long[][] entries = new long[4][];
    private int[] sizes = new int[4];
    private long[] firstHighs = new long[4];
    private long[] firstLows = new long[4];

    /** An empty map of {@code words} to an entry, 1 or 2. */
    SortedWords(int words) {
        stride = 2 + words;
    }

    int size() {
        return size;
    }

    /** The number of an entry, its upper half. */
    long high(long position) {
        return entries[block(position)][index(position) * stride];
    }

    /** The number of an entry, its lower half. */
    long low(long position) {
        return entries[block(position)][index(position) * stride + 1];
    }

    /** The number of an entry as the address that it is. */
    Ipv6Address address(long position) {
        return new Ipv6Address(high(position), low(position));
    }

    /** The only word of an entry, or its first. */
    long word(long position) {
        return entries[block(position)][index(position) * stride + 2];
    }

    /** Both words of an entry as the address that they are. */
    Ipv6Address words(long position) {
        long[] there = entries[block(position)];
        int at = index(position) * stride + 2;
        return new Ipv6Address(there[at], there[at + 1]);
    }

    /** The entry of exactly this number. */
    long find(long high, long low) {
        long floor = floor(high, low);
        return floor != NONE && high(floor) == high && low(floor) == low ? floor : NONE;
    }

    /** The entry of the greatest number not above this one. */
    long floor(long high, long low) {
        int block = blockOf(high, low);
        if (block < 0) {
            return NONE;
        }
        int index = indexOf(block, high, low);
        // The first key of the block is not above, so there is one.
        return position(block, index < 0 ? -index - 2 : index);
    }

    /** The entry of the smallest number not below this one. */
    long ceiling(long high, long low) {
        long floor = floor(high, low);
        if (floor == NONE) {
            return first();
        }
        return high(floor) == high && low(floor) == low ? floor : next(floor);
    }

    /** The entry of the smallest number. */
    long first() {
        return size == 0 ? NONE : 0;
    }

    /** The entry behind another. */
    long next(long position) {
        int block = block(position);
        int index = index(position) + 1;
        if (index < sizes[block]) {
            return position(block, index);
        }
        return block + 1 < blocks ? position(block + 1, 0) : NONE;
    }

    /** The entry before another. */
    long previous(long position) {
        int block = block(position);
        int index = index(position);
        if (index > 0) {
            return position(block, index - 1);
        }
        return block > 0 ? position(block - 1, sizes[block - 1] - 1) : NONE;
    }

    /** Puts an entry; the second word does not count where there is one. */
    void put(long high, long low, long word, long second) {
        if (blocks == 0) {
            openBlock(0, new long[BLOCK * stride], 0);
        }
        int block = Math.max(0, blockOf(high, low));
        int index = indexOf(block, high, low);
        if (index < 0) {
            if (sizes[block] == BLOCK) {
                split(block);
                put(high, low, word, second);
                return;
            }
            index = -index - 1;
            long[] there = entries[block];
            System.arraycopy(there, index * stride, there, (index + 1) * stride, (sizes[block] - index) * stride);
            sizes[block]++;
            size++;
            there[index * stride] = high;
            there[index * stride + 1] = low;
            noteFirst(block);
        }
        entries[block][index * stride + 2] = word;
        if (stride > 3) {
            entries[block][index * stride + 3] = second;
        }
    }

    /** Removes the entry of exactly this number; whether there was one. */
    boolean remove(long high, long low) {
        long position = find(high, low);
        if (position == NONE) {
            return false;
        }
        int block = block(position);
        int index = index(position);
        long[] there = entries[block];
        System.arraycopy(there, (index + 1) * stride, there, index * stride, (sizes[block] - index - 1) * stride);
        sizes[block]--;
        size--;
        if (sizes[block] == 0) {
            closeBlock(block);
            return true;
        }
        noteFirst(block);
        if (block + 1 < blocks && sizes[block] + sizes[block + 1] <= FEW) {
            join(block);
        } else if (block > 0 && sizes[block - 1] + sizes[block] <= FEW) {
            join(block - 1);
        }
        return true;
    }

    private void split(int block) {
        int kept = sizes[block] / 2;
        long[] upper = new long[BLOCK * stride];
        System.arraycopy(entries[block], kept * stride, upper, 0, (sizes[block] - kept) * stride);
        openBlock(block + 1, upper, sizes[block] - kept);
        sizes[block] = kept;
    }

    /** Makes one of a block and the next. */
    private void join(int block) {
        System.arraycopy(entries[block + 1], 0, entries[block], sizes[block] * stride, sizes[block + 1] * stride);
        sizes[block] += sizes[block + 1];
        closeBlock(block + 1);
    }

    private void openBlock(int block, long[] content, int entriesInIt) {
        if (blocks == sizes.length) {
            int room = blocks + (blocks >> 1);
            entries = Arrays.copyOf(entries, room);
            sizes = Arrays.copyOf(sizes, room);
            firstHighs = Arrays.copyOf(firstHighs, room);
            firstLows = Arrays.copyOf(firstLows, room);
        }
        shift(block, block + 1, blocks - block);
        blocks++;
        entries[block] = content;
        sizes[block] = entriesInIt;
        noteFirst(block);
    }

    private void closeBlock(int block) {
        shift(block + 1, block, blocks - block - 1);
        blocks--;
        entries[blocks] = null;
    }

    private void shift(int from, int to, int count) {
        System.arraycopy(entries, from, entries, to, count);
        System.arraycopy(sizes, from, sizes, to, count);
        System.arraycopy(firstHighs, from, firstHighs, to, count);
        System.arraycopy(firstLows, from, firstLows, to, count);
    }

    private void noteFirst(int block) {
        firstHighs[block] = entries[block][0];
        firstLows[block] = entries[block][1];
    }

    /** The last block whose first key is not above; -1 if all are. */
    private int blockOf(long high, long low) {
        int from = 0;
        int to = blocks;
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (compare(firstHighs[middle], firstLows[middle], high, low) <= 0) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from - 1;
    }

    /** Where the key is in a block; minus one and minus the place where it would be if it is not. */
    private int indexOf(int block, long high, long low) {
        long[] there = entries[block];
        int from = 0;
        int to = sizes[block];
        while (from < to) {
            int middle = (from + to) >>> 1;
            int order = compare(there[middle * stride], there[middle * stride + 1], high, low);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return -from - 1;
    }

    private static int compare(long high, long low, long otherHigh, long otherLow) {
        int order = Long.compareUnsigned(high, otherHigh);
        return order != 0 ? order : Long.compareUnsigned(low, otherLow);
    }

    private static long position(int block, int index) {
        return (long) block << 32 | index;
    }

    private static int block(long position) {
        return (int) (position >>> 32);
    }

    private static int index(long position) {
        return (int) position;
    }
}
