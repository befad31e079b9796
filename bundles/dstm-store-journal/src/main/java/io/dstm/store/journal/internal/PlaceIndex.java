package io.dstm.store.journal.internal;

import java.util.Arrays;

/**
 * Where the journal has what: an open-addressing table of keys and places without an object each. A key is one number, or two and a
 * third small one that the place's low bits carry. Whoever uses it with keys of one number has the second for a value.
 */
final class PlaceIndex {

    /** No place; what is found for it is nothing. */
    static final long NONE = -1;

    /** What is not there any more, but was passed on the way to others. */
    private static final long GONE = -2;

    /** The bits of a place that are not the place: with a key of two numbers they belong to the key. */
    static final int TAG_BITS = 18;

    static final long TAG_MASK = (1L << TAG_BITS) - 1;

    private static final int SMALLEST = 1 << 10;

    private final boolean wide;
    private long[] first = new long[0];
    private long[] second = new long[0];
    private long[] places = new long[0];
    private int size;

    /** Slots that are not {@link #NONE}. */
    private int used;

    private int renewals;

    /** A table of keys of two numbers and a third if {@code wide}, of one otherwise. */
    PlaceIndex(boolean wide) {
        this.wide = wide;
        allocate(SMALLEST);
    }

    private void allocate(int slots) {
        first = new long[slots];
        second = new long[slots];
        places = new long[slots];
        Arrays.fill(places, NONE);
        used = size;
        renewals++;
    }

    /** How many keys there are. */
    int size() {
        return size;
    }

    /** The slot of a key; -1 if it is not there. */
    int find(long a, long b, long tag) {
        int slot = slotOf(a, b, tag);
        while (places[slot] != NONE) {
            if (isAt(slot, a, b, tag)) {
                return slot;
            }
            slot = slot + 1 == places.length ? 0 : slot + 1;
        }
        return -1;
    }

    private boolean isAt(int slot, long a, long b, long tag) {
        return first[slot] == a
                && places[slot] != GONE
                && (!wide || second[slot] == b && (places[slot] & TAG_MASK) == tag);
    }

    private int slotOf(long a, long b, long tag) {
        long hash = wide ? Mix.mix(a ^ Mix.mix(b ^ tag << 32)) : Mix.mix(a);
        return (int) Math.multiplyHigh(hash >>> 1, (long) places.length << 1);
    }

    /** What is in a slot besides the key, or the key's second number. */
    long second(int slot) {
        return second[slot];
    }

    /** What place is in a slot; {@link #NONE} if there is none. */
    long place(int slot) {
        long place = places[slot];
        return place == GONE ? NONE : place;
    }

    /** The first number of the key in a slot. */
    long first(int slot) {
        return first[slot];
    }

    /** Puts a place into a slot that {@link #find} found. */
    void set(int slot, long b, long place) {
        second[slot] = b;
        places[slot] = place;
    }

    /** Adds a key that is not there. */
    void add(long a, long b, long place) {
        if (used + 1 > places.length - (places.length >>> 2)) {
            grow();
        }
        insert(a, b, place);
    }

    private void insert(long a, long b, long place) {
        int slot = slotOf(a, b, place & TAG_MASK);
        while (places[slot] != NONE && places[slot] != GONE) {
            slot = slot + 1 == places.length ? 0 : slot + 1;
        }
        if (places[slot] == NONE) {
            used++;
        }
        first[slot] = a;
        second[slot] = b;
        places[slot] = place;
        size++;
    }

    private void grow() {
        long[] oldFirst = first;
        long[] oldSecond = second;
        long[] oldPlaces = places;
        // With little in it, it was full of what is gone.
        int slots = size < oldPlaces.length >>> 1 ? oldPlaces.length : oldPlaces.length + (oldPlaces.length >>> 1);
        size = 0;
        allocate(slots);
        for (int slot = 0; slot < oldPlaces.length; slot++) {
            if (oldPlaces[slot] != NONE && oldPlaces[slot] != GONE) {
                insert(oldFirst[slot], oldSecond[slot], oldPlaces[slot]);
            }
        }
    }

    /** Takes away what is in a slot that {@link #find} found. */
    void remove(int slot) {
        int next = slot + 1 == places.length ? 0 : slot + 1;
        if (places[next] == NONE) {
            places[slot] = NONE;
            used--;
        } else {
            places[slot] = GONE;
        }
        size--;
    }

    /** How many slots there are, for who looks at all of them. */
    int slots() {
        return places.length;
    }

    /** Changes whenever slots change their meaning. */
    int renewals() {
        return renewals;
    }
}
