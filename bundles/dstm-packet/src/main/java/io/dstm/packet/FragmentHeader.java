package io.dstm.packet;

import java.nio.ByteBuffer;

/** The IPv6 Fragment header (RFC 8200 section 4.5). Every function takes its offset in a big-endian buffer. */
public final class FragmentHeader {

    /** Bytes of the header. */
    public static final int LENGTH = 8;

    private FragmentHeader() {}

    /** What the reassembled packet goes on with, see {@link IpProtocol}. */
    public static int nextHeader(ByteBuffer packet, int header) {
        return packet.get(header) & 0xFF;
    }

    /** Where the fragment lies in the fragmentable part, in bytes. */
    public static int fragmentOffset(ByteBuffer packet, int header) {
        return packet.getShort(header + 2) & 0xFFF8;
    }

    /** Whether more fragments follow. */
    public static boolean moreFragments(ByteBuffer packet, int header) {
        return (packet.getShort(header + 2) & 1) != 0;
    }

    /** Whether the "fragment" is a whole packet (RFC 6946). */
    public static boolean isAtomic(ByteBuffer packet, int header) {
        return (packet.getShort(header + 2) & 0xFFF9) == 0;
    }

    /** Identification. */
    public static int identification(ByteBuffer packet, int header) {
        return packet.getInt(header + 4);
    }

    /**
     * Writes the header.
     *
     * @param fragmentOffset in bytes, a multiple of 8
     */
    public static void write(
            ByteBuffer packet,
            int header,
            int nextHeader,
            int fragmentOffset,
            boolean moreFragments,
            int identification) {
        packet.putInt(header, nextHeader << 24 | fragmentOffset & 0xFFF8 | (moreFragments ? 1 : 0));
        packet.putInt(header + 4, identification);
    }
}
