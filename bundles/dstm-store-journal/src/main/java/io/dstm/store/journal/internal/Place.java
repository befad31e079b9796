package io.dstm.store.journal.internal;

/**
 * Where an entry is, in a number: slot of its segment (17 bits), offset in it (28 bits), whether it is a lease whose tunnel has moved
 * (1 bit), and a tag of {@link PlaceIndex#TAG_BITS}: of a lease part of its client's hash, of an IPv6 lease the length of its prefix.
 */
final class Place {

    /** Segments at once; the last slot would make a place look like none. */
    static final int MOST_SEGMENTS = (1 << 17) - 1;

    /** Where in a segment entries can be. */
    static final int LARGEST_SEGMENT = 1 << 28;

    private static final int OFFSET_SHIFT = PlaceIndex.TAG_BITS + 1;
    private static final int SLOT_SHIFT = OFFSET_SHIFT + 28;
    private static final long MOVED = 1L << PlaceIndex.TAG_BITS;

    private Place() {}

    static long of(int slot, int offset, boolean moved, long tag) {
        return (long) slot << SLOT_SHIFT
                | (long) offset << OFFSET_SHIFT
                | (moved ? MOVED : 0)
                | tag & PlaceIndex.TAG_MASK;
    }

    static int slot(long place) {
        return (int) (place >>> SLOT_SHIFT);
    }

    static int offset(long place) {
        return (int) (place >>> OFFSET_SHIFT) & LARGEST_SEGMENT - 1;
    }

    static boolean hasMoved(long place) {
        return (place & MOVED) != 0;
    }

    static long tag(long place) {
        return place & PlaceIndex.TAG_MASK;
    }
}
