package io.dstm.server.internal.ipv6;

import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.Ipv6Range;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A set of addresses as the fewest ranges, in ascending order.
 *
 * @param ranges disjoint, with a gap between each two
 */
record Spans(List<Ipv6Range> ranges) {

    static final Spans NONE = new Spans(List.of());

    Spans {
        ranges = List.copyOf(ranges);
    }

    /** All addresses of {@code ranges} that are in none of {@code without}. */
    static Spans of(List<Ipv6Range> ranges, List<Ipv6Range> without) {
        List<Ipv6Range> sorted = new ArrayList<>(ranges);
        sorted.sort(Comparator.comparing(Ipv6Range::first));
        List<Ipv6Range> merged = new ArrayList<>();
        for (Ipv6Range range : sorted) {
            Ipv6Range before = merged.isEmpty() ? null : merged.get(merged.size() - 1);
            boolean touches = before != null
                    && (before.last().equals(Bits.previous(Ipv6Address.UNSPECIFIED))
                            || range.first().compareTo(Bits.next(before.last())) <= 0);
            if (before != null && touches) {
                merged.set(merged.size() - 1, new Ipv6Range(before.first(), Bits.max(before.last(), range.last())));
            } else {
                merged.add(range);
            }
        }
        for (Ipv6Range hole : without) {
            List<Ipv6Range> left = new ArrayList<>();
            for (Ipv6Range range : merged) {
                if (!range.overlaps(hole)) {
                    left.add(range);
                    continue;
                }
                if (range.first().compareTo(hole.first()) < 0) {
                    left.add(new Ipv6Range(range.first(), Bits.previous(hole.first())));
                }
                if (hole.last().compareTo(range.last()) < 0) {
                    left.add(new Ipv6Range(Bits.next(hole.last()), range.last()));
                }
            }
            merged = left;
        }
        return new Spans(merged);
    }

    boolean isEmpty() {
        return ranges.isEmpty();
    }

    boolean contains(Ipv6Prefix prefix) {
        for (Ipv6Range range : ranges) {
            if (range.contains(prefix.address())) {
                return range.contains(prefix.last());
            }
        }
        return false;
    }

    boolean contains(Ipv6Address address) {
        for (Ipv6Range range : ranges) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }

    boolean overlaps(Spans other) {
        return ranges.stream().anyMatch(mine -> other.ranges.stream().anyMatch(mine::overlaps));
    }

    /**
     * Some address of it, as even as needs be: {@code which} chooses the range by its size, {@code where} the place in it.
     */
    Ipv6Address pick(long which, Ipv6Address where) {
        double total = 0;
        for (Ipv6Range range : ranges) {
            total += size(range);
        }
        double left = (which >>> 11) * 0x1.0p-53 * total;
        Ipv6Range chosen = ranges.get(ranges.size() - 1);
        for (Ipv6Range range : ranges) {
            left -= size(range);
            if (left < 0) {
                chosen = range;
                break;
            }
        }
        Ipv6Address most = Bits.minus(chosen.last(), chosen.first());
        int bits = Bits.highestBit(most) + 1;
        Ipv6Address offset = bits == 128 ? where : Bits.minus(where, Bits.alignDown(where, 128 - bits));
        if (offset.compareTo(most) > 0) {
            offset = Bits.minus(offset, Bits.power(bits - 1));
        }
        return Bits.plus(chosen.first(), offset);
    }

    private static double size(Ipv6Range range) {
        Ipv6Address most = Bits.minus(range.last(), range.first());
        return unsigned(most.high()) * 0x1.0p64 + unsigned(most.low()) + 1;
    }

    private static double unsigned(long value) {
        return (value >>> 1) * 2.0 + (value & 1);
    }

    @Override
    public String toString() {
        return String.join(", ", ranges.stream().map(Ipv6Range::toString).toList());
    }
}
