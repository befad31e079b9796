package io.dstm.client.internal.tunnel;

import io.dstm.packet.Ipv4Header;
import java.nio.ByteBuffer;

/** The traffic class at the end of a tunnel: DSCP (RFC 6333 section 7.1) and congestion marks (RFC 6040 section 4.2). */
final class Ecn {

    private static final int MARK = 3;
    private static final int NOT_CAPABLE = 0;
    private static final int CAPABLE_1 = 1;
    private static final int CAPABLE_0 = 2;
    private static final int CONGESTED = 3;

    private Ecn() {}

    /**
     * Gives the IPv4 packet at {@code at} the outer DSCP and merges the outer mark into it; false if the packet must be dropped.
     *
     * @param outer the outer traffic class
     */
    static boolean decapsulate(ByteBuffer packet, int at, int outer) {
        int tos = Ipv4Header.tos(packet, at);
        int merged = merge(tos & MARK, outer & MARK);
        int changed = outer & ~MARK | merged;
        if (merged >= 0 && changed != tos) {
            Ipv4Header.changeTos(packet, at, changed);
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
