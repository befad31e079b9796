package io.dstm.tep.internal.rules;

import io.dstm.packet.InternetChecksum;
import java.nio.ByteBuffer;

/** Lowers the maximum segment size that a TCP host asks for (RFC 9293 section 3.7.1), so that its peer's packets fit the tunnel. */
final class Mss {

    private static final int SHORTEST_HEADER = 20;
    private static final int DATA_OFFSET = 12;
    private static final int FLAGS = 13;
    private static final int CHECKSUM = 16;
    private static final int SYN = 2;

    private static final int END = 0;
    private static final int NO_OPERATION = 1;
    private static final int MAXIMUM_SEGMENT_SIZE = 2;
    private static final int OPTION_LENGTH = 4;

    private Mss() {}

    /** Whether the segment of {@code length} bytes at {@code tcp} begins a connection. */
    static boolean isSyn(ByteBuffer packet, int tcp, int length) {
        return length >= SHORTEST_HEADER && (packet.get(tcp + FLAGS) & SYN) != 0;
    }

    /**
     * Lowers the option, if the segment of {@code length} bytes at {@code tcp} is a SYN that has it.
     *
     * @param mss what fits
     * @return whether something was changed
     */
    static boolean clamp(ByteBuffer packet, int tcp, int length, int mss) {
        if (!isSyn(packet, tcp, length)) {
            return false;
        }
        int headerLength = packet.get(tcp + DATA_OFFSET) >>> 2 & 0x3C;
        int end = tcp + Math.min(headerLength, length);
        int at = tcp + SHORTEST_HEADER;
        while (at < end) {
            int kind = packet.get(at) & 0xFF;
            if (kind == NO_OPERATION) {
                at++;
                continue;
            }
            if (kind == END || at + 2 > end) {
                return false;
            }
            int optionLength = packet.get(at + 1) & 0xFF;
            if (optionLength < 2 || at + optionLength > end) {
                return false;
            }
            if (kind == MAXIMUM_SEGMENT_SIZE && optionLength == OPTION_LENGTH) {
                return lower(packet, tcp, at + 2, mss);
            }
            at += optionLength;
        }
        return false;
    }

    private static boolean lower(ByteBuffer packet, int tcp, int at, int mss) {
        int asked = packet.getShort(at) & 0xFFFF;
        if (asked <= mss) {
            return false;
        }
        packet.putShort(at, (short) mss);
        // At an odd offset the value's halves belong to two words of the sum, each in the other's place.
        boolean odd = (at - tcp & 1) != 0;
        int before = odd ? swapped(asked) : asked;
        int after = odd ? swapped(mss) : mss;
        int checksum = InternetChecksum.update16(packet.getShort(tcp + CHECKSUM) & 0xFFFF, before, after);
        packet.putShort(tcp + CHECKSUM, (short) checksum);
        return true;
    }

    private static int swapped(int word) {
        return (word & 0xFF) << 8 | word >>> 8;
    }
}
