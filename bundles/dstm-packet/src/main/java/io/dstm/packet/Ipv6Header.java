package io.dstm.packet;

import java.nio.ByteBuffer;

/**
 * The IPv6 header (RFC 8200 section 3). Every function takes the offset of the header in a big-endian buffer; apart from
 * {@link #check} they trust that the header is there.
 */
public final class Ipv6Header {

    /** Bytes of the header. */
    public static final int LENGTH = 40;

    private static final int PAYLOAD_LENGTH = 4;
    private static final int NEXT_HEADER = 6;
    private static final int HOP_LIMIT = 7;
    private static final int SOURCE = 8;
    private static final int DESTINATION = 24;

    private Ipv6Header() {}

    /**
     * Whether {@code available} bytes from {@code header} hold a whole IPv6 packet, by version and payload length. Bytes behind
     * the payload are padding and no fault. Jumbograms (RFC 2675) are none of ours: their payload length of 0 is taken literally.
     */
    public static PacketFault check(ByteBuffer packet, int header, int available) {
        if (available < LENGTH) {
            return PacketFault.TOO_SHORT;
        }
        if (version(packet, header) != 6) {
            return PacketFault.VERSION;
        }
        return payloadLength(packet, header) > available - LENGTH ? PacketFault.LENGTH : PacketFault.NONE;
    }

    /** Version field, 0 to 15. */
    public static int version(ByteBuffer packet, int header) {
        return packet.get(header) >>> 4 & 0xF;
    }

    /** Traffic class: DSCP (6 bits) and ECN (2 bits). */
    public static int trafficClass(ByteBuffer packet, int header) {
        return packet.getShort(header) >>> 4 & 0xFF;
    }

    /** Flow label, 20 bits. */
    public static int flowLabel(ByteBuffer packet, int header) {
        return packet.getInt(header) & 0xFFFFF;
    }

    /** Bytes behind this header. */
    public static int payloadLength(ByteBuffer packet, int header) {
        return packet.getShort(header + PAYLOAD_LENGTH) & 0xFFFF;
    }

    /** What follows, see {@link IpProtocol}. */
    public static int nextHeader(ByteBuffer packet, int header) {
        return packet.get(header + NEXT_HEADER) & 0xFF;
    }

    /** Hop limit. */
    public static int hopLimit(ByteBuffer packet, int header) {
        return packet.get(header + HOP_LIMIT) & 0xFF;
    }

    /** The first eight octets of the source address. */
    public static long sourceHigh(ByteBuffer packet, int header) {
        return packet.getLong(header + SOURCE);
    }

    /** The last eight octets of the source address. */
    public static long sourceLow(ByteBuffer packet, int header) {
        return packet.getLong(header + SOURCE + 8);
    }

    /** The first eight octets of the destination address. */
    public static long destinationHigh(ByteBuffer packet, int header) {
        return packet.getLong(header + DESTINATION);
    }

    /** The last eight octets of the destination address. */
    public static long destinationLow(ByteBuffer packet, int header) {
        return packet.getLong(header + DESTINATION + 8);
    }

    /** Writes version, traffic class, a flow label of 0, payload length, next header and hop limit: the first eight octets. */
    public static void writeFields(
            ByteBuffer packet, int header, int trafficClass, int payloadLength, int nextHeader, int hopLimit) {
        packet.putLong(
                header,
                6L << 60
                        | (trafficClass & 0xFFL) << 52
                        | (payloadLength & 0xFFFFL) << 16
                        | (nextHeader & 0xFFL) << 8
                        | hopLimit & 0xFFL);
    }

    /** Writes the source address. */
    public static void writeSource(ByteBuffer packet, int header, long high, long low) {
        packet.putLong(header + SOURCE, high);
        packet.putLong(header + SOURCE + 8, low);
    }

    /** Writes the destination address. */
    public static void writeDestination(ByteBuffer packet, int header, long high, long low) {
        packet.putLong(header + DESTINATION, high);
        packet.putLong(header + DESTINATION + 8, low);
    }

    /** Writes a whole header with a flow label of 0 (RFC 2473 section 6.5). */
    public static void write(
            ByteBuffer packet,
            int header,
            int trafficClass,
            int payloadLength,
            int nextHeader,
            int hopLimit,
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow) {
        writeFields(packet, header, trafficClass, payloadLength, nextHeader, hopLimit);
        writeSource(packet, header, sourceHigh, sourceLow);
        writeDestination(packet, header, destinationHigh, destinationLow);
    }
}
