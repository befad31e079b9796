package io.dstm.api.net;

/**
 * An IPv6 prefix such as 2001:db8::/32.
 *
 * @param address the first address; bits behind the prefix are zero
 * @param length 0 to 128
 */
public record Ipv6Prefix(Ipv6Address address, int length) {

    /** Checks the length and that no bit is set behind it. */
    public Ipv6Prefix {
        if (length < 0 || length > 128) {
            throw new IllegalArgumentException("IPv6 prefix length " + length + " is not within 0 to 128");
        }
        if ((address.high() & ~highMask(length)) != 0 || (address.low() & ~lowMask(length)) != 0) {
            throw new IllegalArgumentException(address + "/" + length + " has bits set behind the prefix");
        }
    }

    /** The prefix of {@code length} that {@code address} lies in. */
    public static Ipv6Prefix of(Ipv6Address address, int length) {
        return new Ipv6Prefix(
                new Ipv6Address(address.high() & highMask(length), address.low() & lowMask(length)), length);
    }

    /**
     * Reads {@code address/length}; an address alone is a /128.
     *
     * @throws IllegalArgumentException if the text is not a prefix
     */
    public static Ipv6Prefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return new Ipv6Prefix(Ipv6Address.parse(text), 128);
        }
        return new Ipv6Prefix(
                Ipv6Address.parse(text.substring(0, slash)), parseLength(text, text.substring(slash + 1)));
    }

    static int parseLength(String whole, String digits) {
        if (digits.isEmpty() || digits.length() > 3 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("'" + whole + "' has no prefix length behind the slash");
        }
        return Integer.parseInt(digits);
    }

    /** Whether {@code candidate} lies in this prefix. */
    public boolean contains(Ipv6Address candidate) {
        return (candidate.high() & highMask(length)) == address.high()
                && (candidate.low() & lowMask(length)) == address.low();
    }

    /** The last address in this prefix. */
    public Ipv6Address last() {
        return new Ipv6Address(address.high() | ~highMask(length), address.low() | ~lowMask(length));
    }

    /** Whether every address of {@code other} lies in this prefix. */
    public boolean contains(Ipv6Prefix other) {
        return other.length >= length && contains(other.address);
    }

    /**
     * The tunnel address that RFC 7596 figure 3 (RFC 7597 section 6) builds from this prefix: 16 zero bits, the IPv4 address
     * and the right-aligned PSID make the interface identifier; a prefix beyond 64 bits overwrites its top bits.
     */
    public Ipv6Address tunnelAddress(Ipv4Address ipv4, PortSet ports) {
        long identifier = ipv4.toUnsignedLong() << 16 | ports.psid();
        return new Ipv6Address(address.high(), address.low() | identifier & ~lowMask(length));
    }

    private static long highMask(int length) {
        return length >= 64 ? -1L : length == 0 ? 0 : -1L << (64 - length);
    }

    private static long lowMask(int length) {
        return length <= 64 ? 0 : -1L << (128 - length);
    }

    @Override
    public String toString() {
        return address + "/" + length;
    }
}
