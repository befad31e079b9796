package io.dstm.tep.internal.replay;

/** One captured frame, and where in it the IP packet lies. Used again for the next frame. */
final class Frame {

    /** The largest that capture tools write (libpcap's MAXIMUM_SNAPLEN). */
    static final int LONGEST = 262_144;

    final byte[] bytes = new byte[LONGEST];
    /** How many bytes were captured. */
    int length;
    /** How many bytes there were on the wire. */
    long wireLength;
    /** When, in nanoseconds since 1970. */
    long nanos;
    /** What the frame begins with. */
    LinkType linkType = LinkType.RAW;

    int packetStart;
    int packetLength;

    int u8(int at) {
        return bytes[at] & 0xFF;
    }

    int u16(int at) {
        return u8(at) << 8 | u8(at + 1);
    }
}
