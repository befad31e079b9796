package io.dstm.api.net;

import java.util.Optional;

/**
 * An IPv4 address.
 *
 * @param value the address in network order read as an unsigned 32-bit number, so 192.0.2.1 is {@code 0xC0000201}
 */
public record Ipv4Address(int value) implements Comparable<Ipv4Address> {

    /** The address 0.0.0.0. */
    public static final Ipv4Address UNSPECIFIED = new Ipv4Address(0);

    /** The B4's well-known address 192.0.0.2 (RFC 6333 section 5.7, RFC 7335), which a node carries while it has no lease. */
    public static final Ipv4Address PLACEHOLDER = new Ipv4Address(0xC0000002);

    /**
     * Reads a dotted quad.
     *
     * @throws IllegalArgumentException if {@code text} is anything but four decimal numbers of 0 to 255 without leading zeros
     */
    public static Ipv4Address parse(String text) {
        return tryParse(text)
                .orElseThrow(
                        () -> new IllegalArgumentException("'" + text + "' is not an IPv4 address like 192.0.2.1"));
    }

    /** Reads a dotted quad; empty if {@code text} is not one. */
    public static Optional<Ipv4Address> tryParse(String text) {
        int value = 0;
        int octets = 0;
        int position = 0;
        while (octets < 4) {
            int start = position;
            int octet = 0;
            while (position < text.length()
                    && position - start < 3
                    && text.charAt(position) >= '0'
                    && text.charAt(position) <= '9') {
                octet = octet * 10 + (text.charAt(position) - '0');
                position++;
            }
            boolean leadingZero = position - start > 1 && text.charAt(start) == '0';
            if (position == start || octet > 255 || leadingZero) {
                return Optional.empty();
            }
            value = value << 8 | octet;
            octets++;
            if (octets < 4) {
                if (position == text.length() || text.charAt(position) != '.') {
                    return Optional.empty();
                }
                position++;
            }
        }
        return position == text.length() ? Optional.of(new Ipv4Address(value)) : Optional.empty();
    }

    /** The address that lies {@code distance} after this one, modulo 2^32. */
    public Ipv4Address plus(int distance) {
        return new Ipv4Address(value + distance);
    }

    /** The address as a number of 0 to 2^32 - 1. */
    public long toUnsignedLong() {
        return Integer.toUnsignedLong(value);
    }

    /** The four octets in network order. */
    public byte[] toBytes() {
        return new byte[] {(byte) (value >>> 24), (byte) (value >>> 16), (byte) (value >>> 8), (byte) value};
    }

    /** Whether this is a multicast address, 224.0.0.0/4. */
    public boolean isMulticast() {
        return value >>> 28 == 0xE;
    }

    /** Whether this is a loopback address, 127.0.0.0/8. */
    public boolean isLoopback() {
        return value >>> 24 == 127;
    }

    @Override
    public int compareTo(Ipv4Address other) {
        return Integer.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return (value >>> 24) + "." + (value >>> 16 & 0xFF) + "." + (value >>> 8 & 0xFF) + "." + (value & 0xFF);
    }
}
