package io.dstm.packet;

import java.nio.ByteBuffer;

/**
 * The IPv4 header (RFC 791). Every function takes the offset of the header in a big-endian buffer; apart from {@link #check}
 * they trust that the header is there.
 */
public final class Ipv4Header {

    /** Bytes of a header without options. */
    public static final int LENGTH = 20;
    /** Bytes of the longest header. */
    public static final int MAX_LENGTH = 60;

    private static final int TOS = 1;
    private static final int TOTAL_LENGTH = 2;
    private static final int IDENTIFICATION = 4;
    private static final int FRAGMENT = 6;
    private static final int TTL = 8;
    private static final int PROTOCOL = 9;
    private static final int CHECKSUM = 10;
    private static final int SOURCE = 12;
    private static final int DESTINATION = 16;

    private static final int DONT_FRAGMENT = 0x4000;
    private static final int MORE_FRAGMENTS = 0x2000;
    private static final int OFFSET_MASK = 0x1FFF;

    private Ipv4Header() {}

    /**
     * Whether {@code available} bytes from {@code header} hold a whole IPv4 packet, by version, header length and total length.
     * Bytes behind the total length are padding and no fault. Does not look at the checksum.
     */
    public static PacketFault check(ByteBuffer packet, int header, int available) {
        if (available < LENGTH) {
            return PacketFault.TOO_SHORT;
        }
        int first = packet.get(header) & 0xFF;
        if (first >>> 4 != 4) {
            return PacketFault.VERSION;
        }
        int headerLength = (first & 0xF) << 2;
        if (headerLength < LENGTH || headerLength > available) {
            return PacketFault.HEADER_LENGTH;
        }
        int total = packet.getShort(header + TOTAL_LENGTH) & 0xFFFF;
        return total < headerLength || total > available ? PacketFault.LENGTH : PacketFault.NONE;
    }

    /** The same for the packet quoted by an ICMP error, which may be cut off behind its header. */
    public static PacketFault checkQuoted(ByteBuffer packet, int header, int available) {
        PacketFault fault = check(packet, header, available);
        return fault == PacketFault.LENGTH && totalLength(packet, header) >= headerLength(packet, header)
                ? PacketFault.NONE
                : fault;
    }

    /** Whether the header checksum fits. Needs a header that passed {@link #check}. */
    public static boolean isChecksumSound(ByteBuffer packet, int header) {
        long sum = InternetChecksum.sum(packet, header, headerLength(packet, header));
        return InternetChecksum.fold(sum) == 0xFFFF;
    }

    /** Version field, 0 to 15. */
    public static int version(ByteBuffer packet, int header) {
        return packet.get(header) >>> 4 & 0xF;
    }

    /** Header length in bytes, options included. */
    public static int headerLength(ByteBuffer packet, int header) {
        return (packet.get(header) & 0xF) << 2;
    }

    /** Type of service: DSCP (6 bits) and ECN (2 bits). */
    public static int tos(ByteBuffer packet, int header) {
        return packet.get(header + TOS) & 0xFF;
    }

    /** Changes the type of service and updates the checksum. */
    public static void changeTos(ByteBuffer packet, int header, int tos) {
        int old = packet.getShort(header);
        packet.put(header + TOS, (byte) tos);
        updateChecksum(packet, header, old, packet.getShort(header));
    }

    /** Total length in bytes, header included. */
    public static int totalLength(ByteBuffer packet, int header) {
        return packet.getShort(header + TOTAL_LENGTH) & 0xFFFF;
    }

    /** Identification, 0 to 65535. */
    public static int identification(ByteBuffer packet, int header) {
        return packet.getShort(header + IDENTIFICATION) & 0xFFFF;
    }

    /** Whether DF is set. */
    public static boolean dontFragment(ByteBuffer packet, int header) {
        return (packet.getShort(header + FRAGMENT) & DONT_FRAGMENT) != 0;
    }

    /** Whether MF is set. */
    public static boolean moreFragments(ByteBuffer packet, int header) {
        return (packet.getShort(header + FRAGMENT) & MORE_FRAGMENTS) != 0;
    }

    /** Fragment offset in bytes, 0 to 65528. */
    public static int fragmentOffset(ByteBuffer packet, int header) {
        return (packet.getShort(header + FRAGMENT) & OFFSET_MASK) << 3;
    }

    /** Whether this is part of a packet only, the first part included. */
    public static boolean isFragment(ByteBuffer packet, int header) {
        return (packet.getShort(header + FRAGMENT) & (MORE_FRAGMENTS | OFFSET_MASK)) != 0;
    }

    /** Time to live. */
    public static int ttl(ByteBuffer packet, int header) {
        return packet.get(header + TTL) & 0xFF;
    }

    /** Takes one off the time to live, which must not be 0, and updates the checksum. */
    public static void decrementTtl(ByteBuffer packet, int header) {
        int old = packet.getShort(header + TTL);
        packet.put(header + TTL, (byte) (packet.get(header + TTL) - 1));
        updateChecksum(packet, header, old, packet.getShort(header + TTL));
    }

    /** Protocol, see {@link IpProtocol}. */
    public static int protocol(ByteBuffer packet, int header) {
        return packet.get(header + PROTOCOL) & 0xFF;
    }

    /** Header checksum. */
    public static int checksum(ByteBuffer packet, int header) {
        return packet.getShort(header + CHECKSUM) & 0xFFFF;
    }

    /** Source address. */
    public static int source(ByteBuffer packet, int header) {
        return packet.getInt(header + SOURCE);
    }

    /** Destination address. */
    public static int destination(ByteBuffer packet, int header) {
        return packet.getInt(header + DESTINATION);
    }

    /** Changes the source address and updates the header checksum; the transport checksum is the caller's. */
    public static void changeSource(ByteBuffer packet, int header, int address) {
        changeAddress(packet, header, SOURCE, address);
    }

    /** Changes the destination address and updates the header checksum; the transport checksum is the caller's. */
    public static void changeDestination(ByteBuffer packet, int header, int address) {
        changeAddress(packet, header, DESTINATION, address);
    }

    private static void changeAddress(ByteBuffer packet, int header, int field, int address) {
        int old = packet.getInt(header + field);
        packet.putInt(header + field, address);
        int checksum = InternetChecksum.update32(checksum(packet, header), old, address);
        packet.putShort(header + CHECKSUM, (short) checksum);
    }

    private static void updateChecksum(ByteBuffer packet, int header, int oldWord, int newWord) {
        int checksum = InternetChecksum.update16(checksum(packet, header), oldWord, newWord);
        packet.putShort(header + CHECKSUM, (short) checksum);
    }

    /** Writes a header of {@link #LENGTH} bytes, not fragmented, DF clear, with its checksum. */
    public static void write(
            ByteBuffer packet,
            int header,
            int tos,
            int totalLength,
            int identification,
            int ttl,
            int protocol,
            int source,
            int destination) {
        packet.putInt(header, 0x45 << 24 | (tos & 0xFF) << 16 | totalLength & 0xFFFF);
        packet.putInt(header + IDENTIFICATION, identification << 16);
        packet.putInt(header + TTL, ttl << 24 | (protocol & 0xFF) << 16);
        packet.putInt(header + SOURCE, source);
        packet.putInt(header + DESTINATION, destination);
        packet.putShort(header + CHECKSUM, (short) InternetChecksum.of(packet, header, LENGTH));
    }

    /**
     * Makes the header that of a fragment, or of a whole packet (offset 0, no more), and computes its checksum anew.
     *
     * @param totalLength of the fragment in bytes, header included
     * @param fragmentOffset in bytes, a multiple of 8
     */
    public static void changeFragment(
            ByteBuffer packet, int header, int totalLength, int fragmentOffset, boolean moreFragments) {
        packet.putShort(header + TOTAL_LENGTH, (short) totalLength);
        int kept = packet.getShort(header + FRAGMENT) & ~(MORE_FRAGMENTS | OFFSET_MASK);
        packet.putShort(
                header + FRAGMENT, (short) (kept | (moreFragments ? MORE_FRAGMENTS : 0) | fragmentOffset >>> 3));
        recomputeChecksum(packet, header);
    }

    /** Computes the header checksum anew. */
    public static void recomputeChecksum(ByteBuffer packet, int header) {
        packet.putShort(header + CHECKSUM, (short) 0);
        packet.putShort(header + CHECKSUM, (short) InternetChecksum.of(packet, header, headerLength(packet, header)));
    }
}
