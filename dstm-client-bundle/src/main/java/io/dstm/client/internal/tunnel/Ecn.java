package io.dstm.client.internal.tunnel;

import io.dstm.packet.Ipv4Header;
import java.nio.ByteBuffer;

/** Explicit congestion notification at the end of a tunnel (RFC 6040 section 4.2). */
final class Ecn {

    private static final int NOT_CAPABLE = 0;
    private static final int CAPABLE_1 = 1;
    private static final int CAPABLE_0 = 2;
    private static final int CONGESTED = 3;

    private Ecn() {}

    /** Merges the outer mark into the IPv4 packet at {@code at}; false if the packet must be dropped. */
    static boolean decapsulate(ByteBuffer packet, int at, int outer) {
        int tos = Ipv4Header.tos(packet, at);
        int inner = tos & 3;
        int merged = merge(inner, outer);
        if (merged >= 0 && merged != inner) {
            Ipv4Header.changeTos(packet, at, tos & ~3 | merged);
        }
        return merged >= 0;
    }

    /** RFC 6040 figure 4; -1 for drop. */
    static int merge(int inner, int outer) {
        if (outer == CONGESTED) {
            return inner == NOT_CAPABLE ? -1 : CONGESTED;
        }
        return inner == CAPABLE_0 && outer == CAPABLE_1 ? CAPABLE_1 : inner;
    }
}
