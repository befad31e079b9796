package io.dstm.server.internal.pool;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** A set of IPv4 addresses as sorted, disjoint, non-adjacent spans, numbered from 0 in ascending order. Immutable. */
public final class AddressSpans {

    private final long[] first;
    private final long[] last;
    /** How many addresses lie before each span. */
    private final long[] before;

    private final long size;

    private AddressSpans(List<long[]> spans) {
        first = new long[spans.size()];
        last = new long[spans.size()];
        before = new long[spans.size()];
        long count = 0;
        for (int i = 0; i < first.length; i++) {
            first[i] = spans.get(i)[0];
            last[i] = spans.get(i)[1];
            before[i] = count;
            count += last[i] - first[i] + 1;
        }
        size = count;
    }

    /** The union of {@code ranges}, in any order, overlapping or not. */
    public static AddressSpans of(Collection<Ipv4Range> ranges) {
        List<long[]> sorted = new ArrayList<>(ranges.size());
        for (Ipv4Range range : ranges) {
            sorted.add(new long[] {range.first().toUnsignedLong(), range.last().toUnsignedLong()});
        }
        sorted.sort(Comparator.comparingLong(span -> span[0]));
        List<long[]> merged = new ArrayList<>();
        for (long[] span : sorted) {
            long[] previous = merged.isEmpty() ? null : merged.get(merged.size() - 1);
            if (previous != null && span[0] <= previous[1] + 1) {
                previous[1] = Math.max(previous[1], span[1]);
            } else {
                merged.add(span);
            }
        }
        return new AddressSpans(merged);
    }

    /** This set without the addresses of {@code holes}. */
    public AddressSpans without(Collection<Ipv4Range> holes) {
        AddressSpans cut = of(holes);
        List<long[]> rest = new ArrayList<>();
        for (int i = 0; i < first.length; i++) {
            long from = first[i];
            for (int j = 0; j < cut.first.length && from <= last[i]; j++) {
                if (cut.last[j] < from || cut.first[j] > last[i]) {
                    continue;
                }
                if (cut.first[j] > from) {
                    rest.add(new long[] {from, cut.first[j] - 1});
                }
                from = cut.last[j] + 1;
            }
            if (from <= last[i]) {
                rest.add(new long[] {from, last[i]});
            }
        }
        return new AddressSpans(rest);
    }

    /** How many addresses. */
    public long size() {
        return size;
    }

    /** Whether there is no address. */
    public boolean isEmpty() {
        return size == 0;
    }

    /** The number of {@code address} (unsigned 32 bits) in ascending order, or -1 if it is not in the set. */
    public long indexOf(long address) {
        int found = Arrays.binarySearch(first, address);
        int span = found >= 0 ? found : -found - 2;
        return span < 0 || address > last[span] ? -1 : before[span] + address - first[span];
    }

    /** How many addresses of the set are below {@code address} (unsigned 32 bits). */
    public long countBelow(long address) {
        int found = Arrays.binarySearch(first, address);
        int span = found >= 0 ? found : -found - 2;
        return span < 0 ? 0 : before[span] + Math.min(address, last[span] + 1) - first[span];
    }

    /** The address with number {@code index}, 0 to {@link #size()} - 1, as an unsigned 32-bit number. */
    public long addressAt(long index) {
        int found = Arrays.binarySearch(before, index);
        int span = found >= 0 ? found : -found - 2;
        return first[span] + index - before[span];
    }

    /** Whether the two sets have an address in common. */
    public boolean overlaps(AddressSpans other) {
        int mine = 0;
        int theirs = 0;
        while (mine < first.length && theirs < other.first.length) {
            if (last[mine] < other.first[theirs]) {
                mine++;
            } else if (other.last[theirs] < first[mine]) {
                theirs++;
            } else {
                return true;
            }
        }
        return false;
    }

    /** The spans as ranges. */
    public List<Ipv4Range> toRanges() {
        List<Ipv4Range> ranges = new ArrayList<>(first.length);
        for (int i = 0; i < first.length; i++) {
            ranges.add(new Ipv4Range(new Ipv4Address((int) first[i]), new Ipv4Address((int) last[i])));
        }
        return ranges;
    }

    @Override
    public String toString() {
        return toRanges().toString();
    }
}
