package io.dstm.store.journal.internal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last entry of each key, and how many of them each segment has. What was changed since {@link #begin} can be taken back. The
 * second number of a lease in the index is the fingerprint of its holding, 0 if no client holds it.
 */
final class LiveSet {

    private final PlaceIndex leases = new PlaceIndex(false);
    private final PlaceIndex prefixes = new PlaceIndex(true);
    private final List<@Nullable Segment> slots = new ArrayList<>();
    private final List<Undo> undo = new ArrayList<>();
    private boolean noting;

    /** What was there before; a place of {@link PlaceIndex#NONE} for nothing. */
    private record Undo(boolean wide, long a, long b, long tag, long before, long place) {}

    /** The leases, for who looks at all of them. */
    PlaceIndex leases() {
        return leases;
    }

    /** How many IPv6 leases there are. */
    int prefixes() {
        return prefixes.size();
    }

    /** A slot for a segment to come. */
    int freeSlot() {
        int slot = slots.indexOf(null);
        return slot < 0 ? slots.size() : slot;
    }

    /** Takes a segment in. */
    void add(Segment segment) {
        if (segment.slot() == slots.size()) {
            slots.add(segment);
        } else {
            slots.set(segment.slot(), segment);
        }
    }

    /** Lets a segment go in which nothing is alive. */
    void drop(Segment segment) {
        slots.set(segment.slot(), null);
    }

    /** The segment that a place is in. */
    Segment segment(long place) {
        Segment segment = slots.get(Place.slot(place));
        if (segment == null) {
            throw new IllegalStateException("no segment has slot " + Place.slot(place));
        }
        return segment;
    }

    /** From now on changes are noted. */
    void begin() {
        undo.clear();
        noting = true;
    }

    /** Takes back what was changed since {@link #begin}. */
    void rollBack() {
        noting = false;
        for (int i = undo.size() - 1; i >= 0; i--) {
            Undo one = undo.get(i);
            change(one.wide() ? prefixes : leases, one.a(), one.b(), one.tag(), one.before(), one.place());
        }
        undo.clear();
    }

    /** The slot of a lease in the index, -1 if there is none. */
    int find(long key) {
        return leases.find(key, 0, 0);
    }

    /** Takes in a lease that lies at {@code at} of the buffer and at {@code offset} of the segment. */
    void put(ByteBuffer in, int at, Segment segment, int offset) {
        boolean held = Entries.isHeld(in, at);
        boolean moved = in.getLong(at + Entries.FROM) != in.getLong(at + Entries.SINCE);
        long place = Place.of(segment.slot(), offset, moved, Entries.clientHash(in, at));
        change(leases, in.getLong(at + Entries.KEY), 0, 0, held ? Entries.print(in, at) : 0, place);
    }

    /** Takes out a lease. */
    void remove(long key) {
        change(leases, key, 0, 0, 0, PlaceIndex.NONE);
    }

    /** Takes in an IPv6 lease that lies at {@code at} of the buffer and at {@code offset} of the segment. */
    void putIpv6(ByteBuffer in, int at, Segment segment, int offset) {
        long low = in.getLong(at + Entries.P_LOW);
        int length = in.get(at + Entries.P_LENGTH) & 0xFF;
        long place = Place.of(segment.slot(), offset, false, length);
        change(prefixes, in.getLong(at + Entries.P_HIGH), low, length, low, place);
    }

    /** Takes out the IPv6 lease with the prefix of {@code at}. */
    void removeIpv6(ByteBuffer in, int at) {
        long low = in.getLong(at + Entries.P_LOW);
        change(
                prefixes,
                in.getLong(at + Entries.P_HIGH),
                low,
                in.get(at + Entries.P_LENGTH) & 0xFF,
                low,
                PlaceIndex.NONE);
    }

    /** Whether the lease at {@code at}, which lies at {@code offset} of the segment, is the last of its key. */
    boolean isLive(ByteBuffer in, int at, Segment segment, int offset) {
        int slot = find(in.getLong(at + Entries.KEY));
        return slot >= 0 && isAt(leases.place(slot), segment, offset);
    }

    /** The same of an IPv6 lease. */
    boolean isLiveIpv6(ByteBuffer in, int at, Segment segment, int offset) {
        int slot = prefixes.find(
                in.getLong(at + Entries.P_HIGH), in.getLong(at + Entries.P_LOW), in.get(at + Entries.P_LENGTH) & 0xFF);
        return slot >= 0 && isAt(prefixes.place(slot), segment, offset);
    }

    private static boolean isAt(long place, Segment segment, int offset) {
        return Place.slot(place) == segment.slot() && Place.offset(place) == offset;
    }

    private void change(PlaceIndex index, long a, long b, long tag, long second, long place) {
        int slot = index.find(a, b, tag);
        long before = slot < 0 ? PlaceIndex.NONE : index.place(slot);
        if (noting) {
            undo.add(new Undo(index == prefixes, a, b, tag, slot < 0 ? 0 : index.second(slot), before));
        }
        if (before != PlaceIndex.NONE) {
            segment(before).addLive(-1);
        }
        if (place == PlaceIndex.NONE) {
            if (slot >= 0) {
                index.remove(slot);
            }
            return;
        }
        segment(place).addLive(1);
        if (slot < 0) {
            index.add(a, second, place);
        } else {
            index.set(slot, second, place);
        }
    }
}
