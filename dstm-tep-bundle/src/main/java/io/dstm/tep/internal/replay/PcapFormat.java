package io.dstm.tep.internal.replay;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The classic format of tcpdump (draft-ietf-opsawg-pcap): one link type, a record of 16 bytes before each frame. */
final class PcapFormat implements CaptureFormat {

    static final int MICROSECONDS = 0xA1B2C3D4;
    static final int NANOSECONDS = 0xA1B23C4D;

    private static final int HEADER_BEHIND_MAGIC = 20;
    private static final int RECORD = 16;
    private static final int MAJOR_VERSION = 2;

    private final CaptureSource source;
    private final LinkType linkType;
    private final int nanosPerUnit;

    /** Reads the header behind the magic number. */
    PcapFormat(CaptureSource source, ByteOrder order, boolean nanoseconds) throws ReplayException {
        this.source = source;
        this.nanosPerUnit = nanoseconds ? 1 : 1000;
        source.setOrder(order);
        ByteBuffer header = source.more(HEADER_BEHIND_MAGIC);
        int version = header.getShort(0);
        if (version != MAJOR_VERSION) {
            throw source.unusable("is pcap of version " + (version & 0xFFFF) + ", not " + MAJOR_VERSION);
        }
        // The upper half tells of the frame check sequence, which lies behind the IP packet and is left there.
        int number = header.getInt(16) & 0xFFFF;
        linkType = LinkType.of(number).orElseThrow(() -> unsupported(source, number));
    }

    static ReplayException unsupported(CaptureSource source, int linkType) {
        return source.unusable(
                "has frames of link type " + linkType
                        + ", of which nothing is known here: Ethernet (1), raw IP (101, 228, 229) and Linux cooked (113, 276) are");
    }

    @Override
    public boolean next(Frame frame) throws ReplayException {
        ByteBuffer record = source.record(RECORD);
        if (record == null) {
            return false;
        }
        long seconds = Math.min(Integer.toUnsignedLong(record.getInt(0)), LAST_SECOND);
        frame.nanos = seconds * 1_000_000_000L + Integer.toUnsignedLong(record.getInt(4)) * nanosPerUnit;
        frame.linkType = linkType;
        CaptureFormat.readFrame(
                source, frame, Integer.toUnsignedLong(record.getInt(8)), Integer.toUnsignedLong(record.getInt(12)));
        return true;
    }
}
