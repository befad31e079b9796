package io.dstm.packet;

import java.nio.ByteBuffer;

/**
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624). Sums are unfinished one's complement sums: add up parts
 * with {@link #sum}, the pseudo-headers and {@code +}, then {@link #finish} once. Buffers must be big-endian.
 */
public final class InternetChecksum {

    private InternetChecksum() {}

    /**
     * The unfinished sum of {@code length} bytes (0 to 2^28) from {@code offset}. An odd last byte counts as the high half of a
     * word, so only the last part of a sum may be odd.
     */
    public static long sum(ByteBuffer packet, int offset, int length) {
        long sum = 0;
        int at = offset;
        int end = offset + length;
        for (; at <= end - 16; at += 16) {
            long first = packet.getLong(at);
            long second = packet.getLong(at + 8);
            sum += (first >>> 32) + (first & 0xFFFF_FFFFL) + (second >>> 32) + (second & 0xFFFF_FFFFL);
        }
        for (; at <= end - 4; at += 4) {
            sum += packet.getInt(at) & 0xFFFF_FFFFL;
        }
        if (at <= end - 2) {
            sum += packet.getShort(at) & 0xFFFF;
            at += 2;
        }
        if (at < end) {
            sum += (packet.get(at) & 0xFF) << 8;
        }
        return sum;
    }

    /** The checksum field (0 to 0xFFFF) that belongs to an unfinished sum: folded and complemented. */
    public static int finish(long sum) {
        return ~fold(sum) & 0xFFFF;
    }

    /** An unfinished sum folded to 16 bits with end-around carry. A sound packet, checksum included, folds to 0xFFFF. */
    public static int fold(long sum) {
        long folded = (sum >>> 32) + (sum & 0xFFFF_FFFFL);
        folded = (folded >>> 32) + (folded & 0xFFFF_FFFFL);
        folded = (folded >>> 16) + (folded & 0xFFFF);
        folded = (folded >>> 16) + (folded & 0xFFFF);
        return (int) ((folded >>> 16) + (folded & 0xFFFF));
    }

    /** The checksum (0 to 0xFFFF) of {@code length} bytes in which the checksum field is zero. */
    public static int of(ByteBuffer packet, int offset, int length) {
        return finish(sum(packet, offset, length));
    }

    /** Whether {@code length} bytes, checksum included, sum up as they should. */
    public static boolean isSound(ByteBuffer packet, int offset, int length) {
        return fold(sum(packet, offset, length)) == 0xFFFF;
    }

    /** The unfinished sum of the IPv4 pseudo-header (RFC 9293 section 3.1); {@code length} is that of the transport packet. */
    public static long pseudoHeader(int source, int destination, int protocol, int length) {
        return (source & 0xFFFF_FFFFL) + (destination & 0xFFFF_FFFFL) + protocol + length;
    }

    /** The unfinished sum of the IPv6 pseudo-header (RFC 8200 section 8.1) of the packet whose IPv6 header is at {@code header}. */
    public static long pseudoHeaderIpv6(ByteBuffer packet, int header, int protocol, int length) {
        return sum(packet, header + 8, 32) + protocol + length;
    }

    /** RFC 1624 equation 3: the checksum after a 16-bit word it covers has changed. */
    public static int update16(int checksum, int oldWord, int newWord) {
        return finish((~checksum & 0xFFFFL) + (~oldWord & 0xFFFFL) + (newWord & 0xFFFFL));
    }

    /** RFC 1624 equation 3 for two adjacent words, such as an IPv4 address, that begin at an even offset. */
    public static int update32(int checksum, int oldValue, int newValue) {
        return finish((~checksum & 0xFFFFL) + (~oldValue & 0xFFFF_FFFFL) + (newValue & 0xFFFF_FFFFL));
    }
}
