package io.dstm.api.net;

import java.util.ArrayList;
import java.util.List;

/**
 * A closed range of IPv4 addresses.
 *
 * @param first lowest address
 * @param last highest address, not below {@code first}
 */
public record Ipv4Range(Ipv4Address first, Ipv4Address last) {

    /** Checks the order of the ends. */
    public Ipv4Range {
        if (first.compareTo(last) > 0) {
            throw new IllegalArgumentException("IPv4 range ends before it begins: " + first + "-" + last);
        }
    }

    /**
     * Reads {@code first-last}, {@code address/length} or a single address.
     *
     * @throws IllegalArgumentException if the text is none of these
     */
    public static Ipv4Range parse(String text) {
        int dash = text.indexOf('-');
        if (dash < 0) {
            return Ipv4Prefix.parse(text).toRange();
        }
        return new Ipv4Range(
                Ipv4Address.parse(text.substring(0, dash).trim()),
                Ipv4Address.parse(text.substring(dash + 1).trim()));
    }

    /** How many addresses, 1 to 2^32. */
    public long size() {
        return last.toUnsignedLong() - first.toUnsignedLong() + 1;
    }

    /** Whether {@code address} lies in this range. */
    public boolean contains(Ipv4Address address) {
        return first.compareTo(address) <= 0 && address.compareTo(last) <= 0;
    }

    /** Whether the two ranges share an address. */
    public boolean overlaps(Ipv4Range other) {
        return first.compareTo(other.last) <= 0 && other.first.compareTo(last) <= 0;
    }

    /** The fewest prefixes that together are exactly this range, in ascending order; what a routing table wants. */
    public List<Ipv4Prefix> toPrefixes() {
        List<Ipv4Prefix> prefixes = new ArrayList<>();
        long next = first.toUnsignedLong();
        long end = last.toUnsignedLong();
        while (next <= end) {
            int alignment = next == 0 ? 32 : Long.numberOfTrailingZeros(next);
            int fitting = 63 - Long.numberOfLeadingZeros(end - next + 1);
            int bits = Math.min(alignment, fitting);
            prefixes.add(new Ipv4Prefix(new Ipv4Address((int) next), 32 - bits));
            next += 1L << bits;
        }
        return prefixes;
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }
}
