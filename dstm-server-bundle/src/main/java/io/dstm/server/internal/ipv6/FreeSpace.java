package io.dstm.server.internal.ipv6;

import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.Ipv6Range;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What of a pool is free, as gaps between what is taken: memory follows the leases and not the size of the pool. Gaps are also
 * kept by the largest aligned block in them, so that the last free prefix of a full pool is found in a few steps whatever its
 * length; where single addresses are all that is asked for, any gap has one, and that is left out. For one thread at a time.
 */
final class FreeSpace {

    /** The length of the prefix that is one address. */
    static final int ADDRESS = 128;

    private final Spans spans;
    private final boolean ofBlocks;

    /** The last address of each gap by its first. */
    private final SortedWords gaps = new SortedWords(2);

    /** The first addresses of gaps by the prefix length of the largest block in them; empty if there are only addresses. */
    private final NavigableMap<Integer, NavigableSet<Ipv6Address>> byBlock = new TreeMap<>();

    private FreeSpace(Spans spans, boolean ofBlocks) {
        this.spans = spans;
        this.ofBlocks = ofBlocks;
        spans.ranges().forEach(range -> add(range.first(), range.last()));
    }

    /** Space in which blocks of every length are looked for. */
    static FreeSpace ofPrefixes(Spans spans) {
        return new FreeSpace(spans, true);
    }

    /** Space in which only single addresses are looked for. */
    static FreeSpace ofAddresses(Spans spans) {
        return new FreeSpace(spans, false);
    }

    /** Takes {@code prefix}; whether it was free, all of it. */
    boolean take(Ipv6Prefix prefix) {
        long gap = gapFrom(prefix.address());
        if (gap == SortedWords.NONE || gaps.words(gap).compareTo(prefix.last()) < 0) {
            return false;
        }
        Ipv6Address first = gaps.address(gap);
        Ipv6Address last = gaps.words(gap);
        if (first.compareTo(prefix.address()) < 0) {
            shorten(first, last, Bits.previous(prefix.address()));
        } else {
            remove(first, last);
        }
        if (prefix.last().compareTo(last) < 0) {
            add(Bits.next(prefix.last()), last);
        }
        return true;
    }

    boolean isFree(Ipv6Prefix prefix) {
        long gap = gapFrom(prefix.address());
        return gap != SortedWords.NONE && gaps.words(gap).compareTo(prefix.last()) >= 0;
    }

    /** The gap that begins at {@code address}, or the last that begins before it. */
    private long gapFrom(Ipv6Address address) {
        return gaps.floor(address.high(), address.low());
    }

    /** Makes what was taken free again; nothing happens to what is not of this pool. */
    void give(Ipv6Prefix prefix) {
        if (!spans.contains(prefix)) {
            return;
        }
        Ipv6Address first = prefix.address();
        Ipv6Address last = prefix.last();
        long below = gapFrom(first);
        if (below != SortedWords.NONE && gaps.words(below).compareTo(first) >= 0) {
            return;
        }
        // Gaps of neighbouring spans never touch, since spans do not.
        Ipv6Address behind = Bits.next(last);
        long above = behind.isUnspecified() ? SortedWords.NONE : gaps.find(behind.high(), behind.low());
        if (above != SortedWords.NONE) {
            last = gaps.words(above);
            remove(behind, last);
        }
        below = gapFrom(first);
        if (below != SortedWords.NONE && Bits.next(gaps.words(below)).equals(first)) {
            Ipv6Address end = gaps.words(below);
            first = gaps.address(below);
            remove(first, end);
        }
        add(first, last);
    }

    /** A free block of {@code length}: the one around {@code point}, else the next one from there, else the first of all. */
    Optional<Ipv6Prefix> find(int length, Ipv6Address point) {
        Ipv6Prefix there = Ipv6Prefix.of(point, length);
        if (isFree(there)) {
            return Optional.of(there);
        }
        if (!ofBlocks) {
            return findAddress(length, point);
        }
        Ipv6Address nearest = null;
        Ipv6Address lowest = null;
        for (NavigableSet<Ipv6Address> starts : byBlock.headMap(length, true).values()) {
            Ipv6Address after = starts.ceiling(point);
            if (after != null && (nearest == null || after.compareTo(nearest) < 0)) {
                nearest = after;
            }
            Ipv6Address first = starts.first();
            if (lowest == null || first.compareTo(lowest) < 0) {
                lowest = first;
            }
        }
        Ipv6Address gap = nearest != null ? nearest : lowest;
        return gap == null ? Optional.empty() : Optional.of(new Ipv6Prefix(Bits.alignUp(gap, length), length));
    }

    private Optional<Ipv6Prefix> findAddress(int length, Ipv6Address point) {
        if (length != ADDRESS) {
            throw new IllegalArgumentException("blocks of /" + length + " are not kept");
        }
        long nearest = gaps.ceiling(point.high(), point.low());
        long gap = nearest != SortedWords.NONE ? nearest : gaps.first();
        return gap == SortedWords.NONE ? Optional.empty() : Optional.of(new Ipv6Prefix(gaps.address(gap), ADDRESS));
    }

    private void add(Ipv6Address first, Ipv6Address last) {
        put(first, last);
        if (ofBlocks) {
            addBlock(first, largestBlock(first, last));
        }
    }

    /** Ends a gap earlier; most often its largest block is as large as before. */
    private void shorten(Ipv6Address first, Ipv6Address last, Ipv6Address newLast) {
        put(first, newLast);
        if (!ofBlocks) {
            return;
        }
        int before = largestBlock(first, last);
        int now = largestBlock(first, newLast);
        if (before != now) {
            removeBlock(first, before);
            addBlock(first, now);
        }
    }

    private void remove(Ipv6Address first, Ipv6Address last) {
        gaps.remove(first.high(), first.low());
        if (ofBlocks) {
            removeBlock(first, largestBlock(first, last));
        }
    }

    private void put(Ipv6Address first, Ipv6Address last) {
        gaps.put(first.high(), first.low(), last.high(), last.low());
    }

    private void addBlock(Ipv6Address first, int block) {
        byBlock.computeIfAbsent(block, length -> new TreeSet<>()).add(first);
    }

    private void removeBlock(Ipv6Address first, int block) {
        NavigableSet<Ipv6Address> starts = byBlock.get(block);
        if (starts != null) {
            starts.remove(first);
            if (starts.isEmpty()) {
                byBlock.remove(block);
            }
        }
    }

    /** The prefix length of the largest aligned block between two addresses, both included. */
    static int largestBlock(Ipv6Address first, Ipv6Address last) {
        Ipv6Address size = Bits.next(Bits.minus(last, first));
        if (size.isUnspecified()) {
            return 0;
        }
        // A range of n addresses holds an aligned block of half the highest power of two in n at least.
        int length = 128 - Bits.highestBit(size);
        Ipv6Address start = Bits.alignUp(first, length);
        boolean fits = start.compareTo(first) >= 0 && Bits.lastOf(start, length).compareTo(last) <= 0;
        return fits ? length : length + 1;
    }

    /** For tests: the gaps. */
    Spans free() {
        List<Ipv6Range> free = new ArrayList<>();
        for (long gap = gaps.first(); gap != SortedWords.NONE; gap = gaps.next(gap)) {
            free.add(new Ipv6Range(gaps.address(gap), gaps.words(gap)));
        }
        return new Spans(List.copyOf(free));
    }
}
