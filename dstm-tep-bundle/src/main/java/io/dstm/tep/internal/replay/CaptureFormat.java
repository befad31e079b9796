package io.dstm.tep.internal.replay;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A way to write frames one after another into a file. */
interface CaptureFormat {

    /** What no clock of the rules goes beyond, so that seconds and nanoseconds fit their fields: 2106-02-07. */
    long LAST_SECOND = 0xFFFF_FFFEL;

    /** Reads the next frame; false at the end of the capture. */
    boolean next(Frame frame) throws ReplayException;

    /** Recognises the format by the first bytes of the capture. */
    static CaptureFormat of(CaptureSource source) throws ReplayException {
        ByteBuffer magic = source.record(Integer.BYTES);
        if (magic == null) {
            throw source.unusable("is empty: a capture begins with a header of its format");
        }
        int number = magic.order(ByteOrder.BIG_ENDIAN).getInt();
        if (number == PcapngFormat.SECTION_HEADER) {
            return new PcapngFormat(source);
        }
        if (number == PcapFormat.MICROSECONDS || number == PcapFormat.NANOSECONDS) {
            return new PcapFormat(source, ByteOrder.BIG_ENDIAN, number == PcapFormat.NANOSECONDS);
        }
        int swapped = Integer.reverseBytes(number);
        if (swapped == PcapFormat.MICROSECONDS || swapped == PcapFormat.NANOSECONDS) {
            return new PcapFormat(source, ByteOrder.LITTLE_ENDIAN, swapped == PcapFormat.NANOSECONDS);
        }
        throw source.unusable(
                number >>> 16 == 0x1F8B
                        ? "is compressed; unpack it with gunzip first"
                        : "is neither a pcap nor a pcapng capture");
    }

    /** Takes {@code captured} of {@code wire} bytes into the frame. */
    static void readFrame(CaptureSource source, Frame frame, long captured, long wire) throws ReplayException {
        if (captured > Frame.LONGEST) {
            throw source.malformed("a frame of " + captured + " bytes, more than any capture tool writes");
        }
        frame.length = (int) captured;
        frame.wireLength = wire;
        source.read(frame.bytes, frame.length);
    }
}
