package io.dstm.tep.internal.replay;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The format of Wireshark (draft-ietf-opsawg-pcapng): sections, each with interfaces of their own, in a byte order of its own. Blocks
 * that are neither sections, interfaces nor packets are skipped.
 */
final class PcapngFormat implements CaptureFormat {

    /** Reads the same in both byte orders. */
    static final int SECTION_HEADER = 0x0A0D0D0A;

    private static final int INTERFACE = 1;
    private static final int OBSOLETE_PACKET = 2;
    private static final int SIMPLE_PACKET = 3;
    private static final int ENHANCED_PACKET = 6;

    private static final int BYTE_ORDER_MAGIC = 0x1A2B3C4D;
    private static final int MAJOR_VERSION = 1;

    private static final int HEAD = 8;
    /** Byte-order magic, version, length of the section. */
    private static final int SECTION_BODY = 16;

    private static final int TAIL = 4;

    /** Seconds, some 35,000 years: beyond it a sum could overflow. */
    private static final long MOST_OFFSET = 1L << 40;

    private static final int OPTION_END = 0;
    private static final int OPTION_RESOLUTION = 9;
    private static final int OPTION_TIME_OFFSET = 14;

    private final CaptureSource source;
    private final List<Port> ports = new ArrayList<>();
    private long latest;
    /** Bytes of the present block that are still unread, its trailing length included. */
    private long left;

    private long blockLength;

    /** An interface of the machine that captured. */
    private record Port(int linkType, long snapLength, TimeUnits units) {}

    /**
     * How time stamps of an interface count.
     *
     * @param exponent units in a second: 10 to this power, or 2
     * @param offset seconds to add
     */
    private record TimeUnits(boolean decimal, int exponent, long offset) {

        private static final long SECOND = 1_000_000_000L;

        long nanos(long stamp) {
            long perSecond = 1;
            for (int i = 0; i < exponent; i++) {
                perSecond *= decimal ? 10 : 2;
            }
            long seconds = Long.divideUnsigned(stamp, perSecond);
            long fraction = Long.remainderUnsigned(stamp, perSecond);
            while (perSecond > SECOND) {
                perSecond /= decimal ? 10 : 2;
                fraction /= decimal ? 10 : 2;
            }
            boolean plausible = seconds >= 0 && seconds <= MOST_OFFSET;
            long shifted = plausible ? Math.max(0, Math.min(LAST_SECOND, seconds + offset)) : LAST_SECOND;
            return shifted * SECOND + fraction * SECOND / perSecond;
        }
    }

    /** Continues behind the type of the first section header. */
    PcapngFormat(CaptureSource source) throws ReplayException {
        this.source = source;
        beginSection(source.more(HEAD));
    }

    /** {@code behindType} are the section's length and its byte-order magic. */
    private void beginSection(ByteBuffer behindType) throws ReplayException {
        int magic = behindType.order(ByteOrder.BIG_ENDIAN).getInt(4);
        if (magic == Integer.reverseBytes(BYTE_ORDER_MAGIC)) {
            behindType.order(ByteOrder.LITTLE_ENDIAN);
        } else if (magic != BYTE_ORDER_MAGIC) {
            throw source.malformed("a section without a byte-order magic");
        }
        source.setOrder(behindType.order());
        beginBlock(behindType.getInt(0), SECTION_BODY);
        left -= 4;
        ByteBuffer version = body(SECTION_BODY - 4);
        if (version.getShort(0) != MAJOR_VERSION) {
            throw source.unusable("is pcapng of version " + (version.getShort(0) & 0xFFFF) + ", not " + MAJOR_VERSION);
        }
        endBlock();
        ports.clear();
    }

    @Override
    public boolean next(Frame frame) throws ReplayException {
        while (true) {
            ByteBuffer head = source.record(HEAD);
            if (head == null) {
                return false;
            }
            int type = head.getInt(0);
            if (type == SECTION_HEADER) {
                // The length may be in another byte order, which only the next four bytes tell.
                ByteBuffer length = ByteBuffer.allocate(HEAD)
                        .putInt(0, head.order(ByteOrder.BIG_ENDIAN).getInt(4));
                beginSection(length.putInt(
                        4, source.more(4).order(ByteOrder.BIG_ENDIAN).getInt(0)));
                continue;
            }
            boolean packet = false;
            switch (type) {
                case INTERFACE -> {
                    beginBlock(head.getInt(4), 8);
                    ports.add(readInterface());
                }
                case ENHANCED_PACKET, OBSOLETE_PACKET -> {
                    beginBlock(head.getInt(4), 20);
                    readPacket(frame, type == ENHANCED_PACKET);
                    packet = true;
                }
                case SIMPLE_PACKET -> {
                    beginBlock(head.getInt(4), 4);
                    readSimplePacket(frame);
                    packet = true;
                }
                default -> beginBlock(head.getInt(4), 0);
            }
            endBlock();
            if (packet) {
                return true;
            }
        }
    }

    private void beginBlock(int length, int leastBody) throws ReplayException {
        long whole = Integer.toUnsignedLong(length);
        if (whole % 4 != 0 || whole < HEAD + leastBody + TAIL) {
            throw source.malformed("a block of " + whole + " bytes");
        }
        blockLength = whole;
        left = whole - HEAD;
    }

    /** Reads {@code length} bytes of the block's body. */
    private ByteBuffer body(int length) throws ReplayException {
        left -= length;
        if (left < TAIL) {
            throw source.malformed("a block that is too short for what is in it");
        }
        return source.more(length);
    }

    private void endBlock() throws ReplayException {
        source.skip(left - TAIL);
        long again = Integer.toUnsignedLong(source.more(TAIL).getInt(0));
        if (again != blockLength) {
            throw source.malformed("a block that begins with length " + blockLength + " and ends with " + again);
        }
    }

    private Port readInterface() throws ReplayException {
        ByteBuffer fixed = body(8);
        int linkType = fixed.getShort(0) & 0xFFFF;
        long snapLength = Integer.toUnsignedLong(fixed.getInt(4));
        boolean decimal = true;
        int exponent = 6;
        long offset = 0;
        while (left > TAIL) {
            ByteBuffer option = body(4);
            int code = option.getShort(0) & 0xFFFF;
            int length = option.getShort(2) & 0xFFFF;
            if (code == OPTION_END) {
                break;
            }
            if (code == OPTION_RESOLUTION && length == 1) {
                int resolution = body(4).get(0);
                decimal = resolution >= 0;
                exponent = resolution & 0x7F;
                if (exponent > (decimal ? 18 : 62)) {
                    throw source.malformed("time stamps finer than a computer can count");
                }
            } else if (code == OPTION_TIME_OFFSET && length == 8) {
                offset = body(8).getLong(0);
                if (Math.abs(offset) > MOST_OFFSET || offset == Long.MIN_VALUE) {
                    throw source.malformed("time stamps of another geological age");
                }
            } else {
                skipBody((length + 3) & ~3);
            }
        }
        return new Port(linkType, snapLength, new TimeUnits(decimal, exponent, offset));
    }

    private void skipBody(int length) throws ReplayException {
        left -= length;
        if (left < TAIL) {
            throw source.malformed("a block that is too short for what is in it");
        }
        source.skip(length);
    }

    private void readPacket(Frame frame, boolean enhanced) throws ReplayException {
        ByteBuffer fixed = body(20);
        // The obsolete block has the interface in two bytes and a count of drops behind it.
        Port port = port(enhanced ? Integer.toUnsignedLong(fixed.getInt(0)) : fixed.getShort(0) & 0xFFFF);
        long stamp = (long) fixed.getInt(4) << 32 | Integer.toUnsignedLong(fixed.getInt(8));
        latest = port.units.nanos(stamp);
        readData(frame, port, Integer.toUnsignedLong(fixed.getInt(12)), Integer.toUnsignedLong(fixed.getInt(16)));
    }

    /** A simple packet has no time of its own and counts as simultaneous with the one before it. */
    private void readSimplePacket(Frame frame) throws ReplayException {
        long wire = Integer.toUnsignedLong(body(4).getInt(0));
        Port port = port(0);
        readData(frame, port, port.snapLength == 0 ? wire : Math.min(wire, port.snapLength), wire);
    }

    private Port port(long index) throws ReplayException {
        if (index >= ports.size()) {
            throw source.malformed("a packet of interface " + index + ", which is not described before");
        }
        return ports.get((int) index);
    }

    private void readData(Frame frame, Port port, long captured, long wire) throws ReplayException {
        if (captured > left - TAIL) {
            throw source.malformed("a packet of " + captured + " bytes in a block of " + blockLength);
        }
        frame.linkType = LinkType.of(port.linkType).orElseThrow(() -> PcapFormat.unsupported(source, port.linkType));
        frame.nanos = latest;
        CaptureFormat.readFrame(source, frame, captured, wire);
        left -= captured;
    }
}
