package io.dstm.client.internal.tunnel;

import java.nio.ByteBuffer;

/** Offsets of header fields and the arithmetic of the Internet checksum that the node's rules need. */
final class Wire {

    static final int IPV4_HEADER = 20;
    static final int IPV4_TOS = 1;
    static final int IPV4_TOTAL = 2;
    static final int IPV4_ID = 4;
    static final int IPV4_FRAGMENT = 6;
    static final int IPV4_TTL = 8;
    static final int IPV4_PROTOCOL = 9;
    static final int IPV4_CHECKSUM = 10;
    static final int IPV4_SOURCE = 12;
    static final int IPV4_DESTINATION = 16;
    static final int DONT_FRAGMENT = 0x4000;
    static final int FRAGMENT_OFFSET = 0x1FFF;
    static final int MORE_FRAGMENTS = 0x2000;

    static final int IPV6_HEADER = 40;
    static final int IPV6_PAYLOAD = 4;
    static final int IPV6_NEXT = 6;
    static final int IPV6_HOP_LIMIT = 7;
    static final int IPV6_SOURCE = 8;
    static final int IPV6_DESTINATION = 24;

    static final int ICMP = 1;
    static final int IPV4_IN_IPV6 = 4;
    static final int TCP = 6;
    static final int UDP = 17;
    static final int DESTINATION_OPTIONS = 60;

    static final int TCP_HEADER = 20;
    static final int TCP_OFFSET = 12;
    static final int TCP_FLAGS = 13;
    static final int TCP_CHECKSUM = 16;
    static final int UDP_HEADER = 8;
    static final int UDP_CHECKSUM = 6;
    static final int ICMP_HEADER = 8;
    static final int ICMP_CHECKSUM = 2;
    static final int ICMP_IDENTIFIER = 4;

    private Wire() {}

    static int u8(ByteBuffer bytes, int at) {
        return bytes.get(at) & 0xFF;
    }

    static int u16(ByteBuffer bytes, int at) {
        return bytes.getShort(at) & 0xFFFF;
    }

    static void put16(ByteBuffer bytes, int at, int value) {
        bytes.putShort(at, (short) value);
    }

    /** What replacing a 16-bit word adds to the sum behind a checksum (RFC 1624 equation 3: ~m + m'). */
    static int delta16(int old, int fresh) {
        return (~old & 0xFFFF) + (fresh & 0xFFFF);
    }

    /** The same for two words at once. */
    static int delta32(int old, int fresh) {
        return delta16(old >>> 16, fresh >>> 16) + delta16(old & 0xFFFF, fresh & 0xFFFF);
    }

    /** A checksum after {@code delta} was added to its sum (RFC 1624 equation 3: ~(~HC + delta)). */
    static int patched(int checksum, int delta) {
        return ~fold((~checksum & 0xFFFF) + delta) & 0xFFFF;
    }

    private static int fold(int sum) {
        int folded = (sum & 0xFFFF) + (sum >>> 16);
        return (folded & 0xFFFF) + (folded >>> 16);
    }

    /** The Internet checksum (RFC 1071) of {@code length} bytes on top of {@code sum}. */
    static int checksum(ByteBuffer bytes, int at, int length, int sum) {
        long total = sum;
        int end = at + (length & ~1);
        for (int i = at; i < end; i += 2) {
            total += u16(bytes, i);
        }
        if ((length & 1) != 0) {
            total += (long) u8(bytes, end) << 8;
        }
        while (total >>> 16 != 0) {
            total = (total & 0xFFFF) + (total >>> 16);
        }
        return (int) ~total & 0xFFFF;
    }
}
