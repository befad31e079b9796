package io.dstm.client.internal.tunnel;

import static io.dstm.client.internal.tunnel.Wire.IPV4_CHECKSUM;
import static io.dstm.client.internal.tunnel.Wire.delta16;
import static io.dstm.client.internal.tunnel.Wire.patched;
import static io.dstm.client.internal.tunnel.Wire.put16;
import static io.dstm.client.internal.tunnel.Wire.u16;

import java.nio.ByteBuffer;

/** Explicit congestion notification at the end of a tunnel (RFC 6040 section 4.2). */
final class Ecn {

    private static final int NOT_CAPABLE = 0;
    private static final int CAPABLE_0 = 2;
    private static final int CAPABLE_1 = 1;
    private static final int CONGESTED = 3;

    private Ecn() {}

    /** Merges the outer mark into the IPv4 packet at {@code at}; false if the packet must be dropped. */
    static boolean decapsulate(ByteBuffer bytes, int at, int outer) {
        int word = u16(bytes, at);
        int inner = word & 3;
        int merged = merge(inner, outer);
        if (merged < 0) {
            return false;
        }
        if (merged != inner) {
            int fresh = word & ~3 | merged;
            put16(bytes, at, fresh);
            put16(bytes, at + IPV4_CHECKSUM, patched(u16(bytes, at + IPV4_CHECKSUM), delta16(word, fresh)));
        }
        return true;
    }

    /** RFC 6040 figure 4; -1 for drop. */
    static int merge(int inner, int outer) {
        if (outer == CONGESTED) {
            return inner == NOT_CAPABLE ? -1 : CONGESTED;
        }
        return inner == CAPABLE_0 && outer == CAPABLE_1 ? CAPABLE_1 : inner;
    }
}
