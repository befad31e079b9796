package io.dstm.packet;

import java.nio.ByteBuffer;

/** The ECN field at the ends of a tunnel (RFC 6040), and of packets put together from fragments (RFC 3168). */
public final class Ecn {

    /** In a result: the packet must be dropped. */
    public static final int DROP = 0x10;
    /** In the result of {@link #merge}: a combination that no router should make (RFC 6040 section 4.2). */
    public static final int ODD = 0x20;
    /** In a result, and in a traffic class: the field; the rest of a traffic class is the DSCP. */
    public static final int FIELD = 3;

    private static final int NOT_ECT = 0;
    private static final int ECT_1 = 1;
    private static final int ECT_0 = 2;
    private static final int CE = 3;

    /** Rows: inner field; columns: outer field; both in the order of their codes: Not-ECT, ECT(1), ECT(0), CE. */
    private static final int[] FIGURE_4 = {
        NOT_ECT,
        NOT_ECT | ODD,
        NOT_ECT | ODD,
        DROP | ODD,
        ECT_1,
        ECT_1,
        ECT_1 | ODD,
        CE,
        ECT_0,
        ECT_1,
        ECT_0,
        CE,
        CE,
        CE | ODD,
        CE,
        CE,
    };

    private Ecn() {}

    /**
     * The field of a packet put together from fragments (RFC 3168 section 5.3).
     *
     * @param first the field of its first fragment
     * @param marks which fields its fragments have: bit 0 for Not-ECT to bit 3 for CE
     * @return the field that goes on, or {@link #DROP}
     */
    public static int ofFragments(int first, int marks) {
        if ((marks & 1 << CE) == 0) {
            return first & FIELD;
        }
        return (marks & 1 << NOT_ECT) != 0 ? DROP : CE;
    }

    /**
     * What becomes of the field at the end of a tunnel: RFC 6040 section 4.2, figure 4.
     *
     * @return the field that goes on, with {@link #DROP} and {@link #ODD}; the arguments may carry a DSCP, which is ignored
     */
    public static int merge(int outer, int inner) {
        return FIGURE_4[(inner & FIELD) << 2 | outer & FIELD];
    }

    /**
     * Gives the IPv4 packet that came out of a tunnel the outer DSCP (RFC 6333 section 7.1) and the merged field.
     *
     * @param header where it begins
     * @param outer the outer traffic class
     * @return what {@link #merge} says; a packet to be dropped is left as it is
     */
    public static int decapsulate(ByteBuffer packet, int header, int outer) {
        int tos = Ipv4Header.tos(packet, header);
        int merged = merge(outer, tos);
        int changed = outer & ~FIELD | merged & FIELD;
        if ((merged & DROP) == 0 && changed != tos) {
            Ipv4Header.changeTos(packet, header, changed);
        }
        return merged;
    }

    /**
     * The outer traffic class of a packet that goes into a tunnel.
     *
     * @param tos the inner one
     * @param compatible whether the far end may know nothing of ECN (compatibility mode): then routers are not to mark, but to drop
     *     (RFC 6040 section 4.1, figure 3)
     */
    public static int encapsulate(int tos, boolean compatible) {
        return compatible ? tos & ~FIELD : tos;
    }
}
