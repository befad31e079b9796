package io.dstm.api.net;

/**
 * A range of IPv6 addresses.
 *
 * @param first the first address
 * @param last the last address, included
 */
public record Ipv6Range(Ipv6Address first, Ipv6Address last) {

    /** Checks the order. */
    public Ipv6Range {
        if (first.compareTo(last) > 0) {
            throw new IllegalArgumentException("range " + first + "-" + last + " ends before it starts");
        }
    }

    /** All addresses of a prefix. */
    public static Ipv6Range of(Ipv6Prefix prefix) {
        return new Ipv6Range(prefix.address(), prefix.last());
    }

    /**
     * Reads {@code first-last}, a prefix or an address.
     *
     * @throws IllegalArgumentException if the text is none of these
     */
    public static Ipv6Range parse(String text) {
        int dash = text.indexOf('-');
        if (dash < 0) {
            return of(Ipv6Prefix.parse(text));
        }
        return new Ipv6Range(
                Ipv6Address.parse(text.substring(0, dash).trim()),
                Ipv6Address.parse(text.substring(dash + 1).trim()));
    }

    /** Whether {@code address} is one of them. */
    public boolean contains(Ipv6Address address) {
        return first.compareTo(address) <= 0 && address.compareTo(last) <= 0;
    }

    /** Whether an address is in both. */
    public boolean overlaps(Ipv6Range other) {
        return first.compareTo(other.last) <= 0 && other.first.compareTo(last) <= 0;
    }

    @Override
    public String toString() {
        return first.equals(last) ? first.toString() : first + "-" + last;
    }
}
