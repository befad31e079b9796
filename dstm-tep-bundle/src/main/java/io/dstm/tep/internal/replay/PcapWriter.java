package io.dstm.tep.internal.replay;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** Writes IP packets as pcap: raw IP, little-endian, microseconds, as every tool reads. */
final class PcapWriter {

    private static final int RAW_IP = 101;
    private static final int HEADER = 24;
    private static final int RECORD = 16;

    private final Path file;
    private final OutputStream out;
    private final ByteBuffer record = ByteBuffer.allocate(RECORD).order(ByteOrder.LITTLE_ENDIAN);
    private byte[] packet = new byte[2048];

    PcapWriter(Path file, OutputStream out) throws ReplayException {
        this.file = file;
        this.out = out;
        ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(PcapFormat.MICROSECONDS).putShort((short) 2).putShort((short) 4);
        header.putInt(0).putInt(0).putInt(Frame.LONGEST).putInt(RAW_IP);
        write(header.array(), HEADER);
    }

    /** Appends the packet of {@code length} bytes at {@code offset}. */
    void write(long nanos, ByteBuffer memory, int offset, int length) throws ReplayException {
        record.putInt(0, (int) (nanos / 1_000_000_000L));
        record.putInt(4, (int) (nanos % 1_000_000_000L / 1000));
        record.putInt(8, length);
        record.putInt(12, length);
        write(record.array(), RECORD);
        if (packet.length < length) {
            packet = new byte[Math.max(length, 2 * packet.length)];
        }
        memory.get(offset, packet, 0, length);
        write(packet, length);
    }

    private void write(byte[] bytes, int length) throws ReplayException {
        try {
            out.write(bytes, 0, length);
        } catch (IOException unwritable) {
            throw ReplayException.cannotWrite(file, unwritable);
        }
    }
}
