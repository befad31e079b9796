package io.dstm.tep.internal.table;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** A set of IPv4 addresses as disjoint ranges in ascending order. Immutable; asking neither locks nor allocates. */
public final class AddressRanges {

    /** The empty set. */
    public static final AddressRanges NONE = new AddressRanges(List.of());

    // With the sign bit flipped, signed comparison orders addresses as unsigned numbers.
    private static final int FLIP = Integer.MIN_VALUE;

    private final List<Ipv4Range> ranges;
    private final int[] firsts;
    private final int[] lasts;

    private AddressRanges(List<Ipv4Range> ranges) {
        this.ranges = List.copyOf(ranges);
        this.firsts =
                ranges.stream().mapToInt(range -> range.first().value() ^ FLIP).toArray();
        this.lasts =
                ranges.stream().mapToInt(range -> range.last().value() ^ FLIP).toArray();
    }

    /** The set of all addresses in {@code ranges}, which may overlap. */
    public static AddressRanges of(Collection<Ipv4Range> ranges) {
        List<Ipv4Range> sorted = new ArrayList<>(ranges);
        sorted.sort(Comparator.comparing(Ipv4Range::first));
        List<Ipv4Range> merged = new ArrayList<>();
        for (Ipv4Range range : sorted) {
            Ipv4Range previous = merged.isEmpty() ? null : merged.get(merged.size() - 1);
            if (previous != null
                    && range.first().toUnsignedLong() <= previous.last().toUnsignedLong() + 1) {
                Ipv4Address last = previous.last().compareTo(range.last()) < 0 ? range.last() : previous.last();
                merged.set(merged.size() - 1, new Ipv4Range(previous.first(), last));
            } else {
                merged.add(range);
            }
        }
        return new AddressRanges(merged);
    }

    /** This set and {@code more}. */
    public AddressRanges plus(Collection<Ipv4Range> more) {
        if (more.isEmpty()) {
            return this;
        }
        List<Ipv4Range> all = new ArrayList<>(ranges);
        all.addAll(more);
        return of(all);
    }

    /** Whether {@code address} is in the set. */
    public boolean contains(int address) {
        int at = rangeBefore(address);
        return at >= 0 && (address ^ FLIP) <= lasts[at];
    }

    /** Whether every address of {@code other} is in the set. */
    public boolean containsAll(AddressRanges other) {
        for (Ipv4Range range : other.ranges) {
            int at = rangeBefore(range.first().value());
            // No two of them are adjacent, so one has to hold it whole.
            if (at < 0 || (range.last().value() ^ FLIP) > lasts[at]) {
                return false;
            }
        }
        return true;
    }

    /** The last range that does not begin behind {@code address}, or -1. */
    private int rangeBefore(int address) {
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
        return low - 1;
    }

    /** The ranges, disjoint, not adjacent, ascending. */
    public List<Ipv4Range> ranges() {
        return ranges;
    }
}
