package io.dstm.api.net;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * An IPv6 address without a zone.
 *
 * @param high the first eight octets in network order
 * @param low the last eight octets in network order
 */
public record Ipv6Address(long high, long low) implements Comparable<Ipv6Address> {

    /** The address ::. */
    public static final Ipv6Address UNSPECIFIED = new Ipv6Address(0, 0);

    /** ff02::1:2, All_DHCP_Relay_Agents_and_Servers (RFC 8415 section 7.1). */
    public static final Ipv6Address ALL_DHCP_RELAY_AGENTS_AND_SERVERS = new Ipv6Address(0xFF02L << 48, 0x10002L);

    private static final int GROUPS = 8;

    /** Eight groups of four digits and seven colons. */
    private static final int LONGEST_TEXT = 39;

    /**
     * Reads any text form of RFC 4291 section 2.2, without zone or brackets.
     *
     * @throws IllegalArgumentException if {@code text} is not an IPv6 address
     */
    public static Ipv6Address parse(String text) {
        return tryParse(text)
                .orElseThrow(
                        () -> new IllegalArgumentException("'" + text + "' is not an IPv6 address like 2001:db8::1"));
    }

    /** Reads any text form of RFC 4291 section 2.2; empty if {@code text} is not one. */
    public static Optional<Ipv6Address> tryParse(String text) {
        int gap = text.indexOf("::");
        if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
            return Optional.empty();
        }
        int[] groups = new int[GROUPS];
        if (gap < 0) {
            return readGroups(text, groups, true) == GROUPS ? Optional.of(ofGroups(groups)) : Optional.empty();
        }
        int[] tail = new int[GROUPS];
        int before = readGroups(text.substring(0, gap), groups, false);
        int after = readGroups(text.substring(gap + 2), tail, true);
        if (before < 0 || after < 0 || before + after >= GROUPS) {
            return Optional.empty();
        }
        System.arraycopy(tail, 0, groups, GROUPS - after, after);
        return Optional.of(ofGroups(groups));
    }

    /** Reads colon-separated groups, the last of the address as a dotted quad if it is one; how many were read, or -1. */
    private static int readGroups(String text, int[] groups, boolean endsAddress) {
        if (text.isEmpty()) {
            return 0;
        }
        int count = 0;
        String[] parts = text.split(":", -1);
        for (int i = 0; i < parts.length; i++) {
            String part = parts[i];
            if (endsAddress && i == parts.length - 1 && part.indexOf('.') >= 0) {
                Optional<Ipv4Address> quad = Ipv4Address.tryParse(part);
                if (quad.isEmpty() || count + 2 > GROUPS) {
                    return -1;
                }
                groups[count++] = quad.get().value() >>> 16;
                groups[count++] = quad.get().value() & 0xFFFF;
                return count;
            }
            int group = readGroup(part);
            if (group < 0 || count == GROUPS) {
                return -1;
            }
            groups[count++] = group;
        }
        return count;
    }

    private static int readGroup(String part) {
        if (part.isEmpty() || part.length() > 4) {
            return -1;
        }
        int group = 0;
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                return -1;
            }
            group = group << 4 | digit;
        }
        return group;
    }

    private static Ipv6Address ofGroups(int[] groups) {
        long high = 0;
        long low = 0;
        for (int i = 0; i < 4; i++) {
            high = high << 16 | groups[i];
            low = low << 16 | groups[i + 4];
        }
        return new Ipv6Address(high, low);
    }

    /** Reads sixteen octets of {@code bytes} in network order from {@code offset}. */
    public static Ipv6Address ofBytes(byte[] bytes, int offset) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, 16);
        return new Ipv6Address(buffer.getLong(), buffer.getLong());
    }

    /** The IPv4-mapped form ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). */
    public static Ipv6Address mapped(Ipv4Address address) {
        return new Ipv6Address(0, 0xFFFF_0000_0000L | address.toUnsignedLong());
    }

    /** The IPv4 address inside an IPv4-mapped address; empty for any other. */
    public Optional<Ipv4Address> unmapped() {
        return high == 0 && low >>> 32 == 0xFFFF ? Optional.of(new Ipv4Address((int) low)) : Optional.empty();
    }

    /** The sixteen octets in network order. */
    public byte[] toBytes() {
        return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
    }

    /** Whether this is ::. */
    public boolean isUnspecified() {
        return high == 0 && low == 0;
    }

    /** Whether this is ::1. */
    public boolean isLoopback() {
        return high == 0 && low == 1;
    }

    /** Whether this is a multicast address, ff00::/8. */
    public boolean isMulticast() {
        return high >>> 56 == 0xFF;
    }

    /** Whether this is a link-local unicast address, fe80::/10. */
    public boolean isLinkLocal() {
        return high >>> 54 == 0x3FA;
    }

    /** Whether this can be the source of packets that cross a router: unicast, not link-local, loopback, mapped or unspecified. */
    public boolean isRoutableUnicast() {
        return !isMulticast() && !isLinkLocal() && high != 0;
    }

    @Override
    public int compareTo(Ipv6Address other) {
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    private int group(int index) {
        return (int) ((index < 4 ? high >>> (48 - 16 * index) : low >>> (112 - 16 * index)) & 0xFFFF);
    }

    /** The canonical text of RFC 5952. Searches among a million addresses make it of each, so nothing else is made on the way. */
    @Override
    public String toString() {
        if (high == 0 && low >>> 32 == 0xFFFF) {
            return "::ffff:" + new Ipv4Address((int) low);
        }
        int gapStart = -1;
        int gapLength = 1;
        int run = 0;
        for (int i = 0; i < GROUPS; i++) {
            run = group(i) == 0 ? run + 1 : 0;
            if (run > gapLength) {
                gapStart = i - run + 1;
                gapLength = run;
            }
        }
        char[] text = new char[LONGEST_TEXT];
        int length = 0;
        for (int i = 0; i < GROUPS; i++) {
            if (i == gapStart) {
                text[length++] = ':';
                text[length++] = ':';
                i += gapLength - 1;
                continue;
            }
            if (length > 0 && text[length - 1] != ':') {
                text[length++] = ':';
            }
            int group = group(i);
            for (int shift = group > 0xFFF ? 12 : group > 0xFF ? 8 : group > 0xF ? 4 : 0; shift >= 0; shift -= 4) {
                int digit = group >>> shift & 0xF;
                text[length++] = (char) (digit < 10 ? '0' + digit : 'a' - 10 + digit);
            }
        }
        return new String(text, 0, length);
    }
}
