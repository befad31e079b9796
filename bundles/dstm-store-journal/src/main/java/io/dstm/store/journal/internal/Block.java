package io.dstm.store.journal.internal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The unit that is written and flushed at once: all of it counts or nothing. Its head (24 octets) has a mark, the length of the body,
 * a CRC32C, what kind it is and its sequence number; it is padded to a multiple of 8. The CRC also covers the number of the segment,
 * so a block is of no use elsewhere.
 *
 * @param start where it begins
 * @param end where the next one begins
 * @param bodyEnd where its entries end
 * @param sequence one more than that of the block before
 * @param last whether the segment ends with it
 */
record Block(int start, int end, int bodyEnd, long sequence, boolean last) {

    static final int HEAD = 24;
    static final int ALIGNMENT = 8;

    private static final int MARK = 0x4453544d;
    private static final int LAST = 1;

    /** Where its entries begin. */
    int body() {
        return start + HEAD;
    }

    /** Makes a block of what was written behind {@link #HEAD} octets. */
    static void finish(Output out, long segment, long sequence, boolean last) {
        int length = out.size() - HEAD;
        int padding = -length & ALIGNMENT - 1;
        ByteBuffer buffer = out.room(padding);
        for (int i = 0; i < padding; i++) {
            buffer.put((byte) 0);
        }
        buffer.putInt(0, MARK);
        buffer.putInt(4, length);
        buffer.putInt(12, last ? LAST : 0);
        buffer.putLong(16, sequence);
        buffer.putInt(8, crc(buffer, 0, length, segment));
    }

    private static int crc(ByteBuffer buffer, int start, int length, long segment) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(12).putLong(segment).putInt(length).flip());
        crc.update(buffer.duplicate().limit(start + HEAD + length).position(start + 12));
        return (int) crc.getValue();
    }

    /** The block at {@code start}; {@code null} if there is no good one. */
    static @Nullable Block read(ByteBuffer in, int start, long segment) {
        if (start < 0 || start > in.limit() - HEAD || in.getInt(start) != MARK) {
            return null;
        }
        int length = in.getInt(start + 4);
        int kind = in.getInt(start + 12);
        if (length < 0
                || length > in.limit() - start - HEAD
                || kind < 0
                || kind > LAST
                || in.getInt(start + 8) != crc(in, start, length, segment)) {
            return null;
        }
        int bodyEnd = start + HEAD + length;
        int end = bodyEnd + (-length & ALIGNMENT - 1);
        return new Block(start, end, bodyEnd, in.getLong(start + 16), kind == LAST);
    }

    /** Whether any good block begins behind {@code from}. */
    static boolean isAnyBehind(ByteBuffer in, int from, long segment) {
        int aligned = from + (-(from - Segment.HEADER) & ALIGNMENT - 1);
        for (int at = aligned; at <= in.limit() - HEAD; at += ALIGNMENT) {
            if (in.getInt(at) == MARK && read(in, at, segment) != null) {
                return true;
            }
        }
        return false;
    }
}
