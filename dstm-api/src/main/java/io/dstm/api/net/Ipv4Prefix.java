package io.dstm.api.net;

/**
 * An IPv4 prefix such as 192.0.2.0/24.
 *
 * @param address the first address; bits behind the prefix are zero
 * @param length 0 to 32
 */
public record Ipv4Prefix(Ipv4Address address, int length) {

    /** Checks the length and that no bit is set behind it. */
    public Ipv4Prefix {
        if (length < 0 || length > 32) {
            throw new IllegalArgumentException("IPv4 prefix length " + length + " is not within 0 to 32");
        }
        if ((address.value() & ~mask(length)) != 0) {
            throw new IllegalArgumentException(address + "/" + length + " has bits set behind the prefix");
        }
    }

    /** The prefix of {@code length} that {@code address} lies in. */
    public static Ipv4Prefix of(Ipv4Address address, int length) {
        return new Ipv4Prefix(new Ipv4Address(address.value() & mask(length)), length);
    }

    /**
     * Reads {@code a.b.c.d/n}; an address alone is a /32.
     *
     * @throws IllegalArgumentException if the text is not a prefix
     */
    public static Ipv4Prefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return new Ipv4Prefix(Ipv4Address.parse(text), 32);
        }
        return new Ipv4Prefix(
                Ipv4Address.parse(text.substring(0, slash)), Ipv6Prefix.parseLength(text, text.substring(slash + 1)));
    }

    /** Whether {@code candidate} lies in this prefix. */
    public boolean contains(Ipv4Address candidate) {
        return (candidate.value() & mask(length)) == address.value();
    }

    /** All addresses of the prefix. */
    public Ipv4Range toRange() {
        return new Ipv4Range(address, new Ipv4Address(address.value() | ~mask(length)));
    }

    private static int mask(int length) {
        return length == 0 ? 0 : -1 << (32 - length);
    }

    @Override
    public String toString() {
        return address + "/" + length;
    }
}
