package io.dstm.tep.internal.rules;

/** What becomes of the ECN field at the end of a tunnel: RFC 6040 section 4.2, figure 4. */
final class Ecn {

    /** In the result of {@link #merge}: the packet must be dropped. */
    static final int DROP = 0x10;
    /** In the result of {@link #merge}: the combination is worth counting. */
    static final int ODD = 0x20;
    /** In the result of {@link #merge}: the new ECN field. */
    static final int FIELD = 3;

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
    static int ofFragments(int first, int marks) {
        if ((marks & 1 << CE) == 0) {
            return first & FIELD;
        }
        return (marks & 1 << NOT_ECT) != 0 ? DROP : CE;
    }

    /** The field that goes on, with {@link #DROP} and {@link #ODD}; the arguments may carry a DSCP, which is ignored. */
    static int merge(int outer, int inner) {
        return FIGURE_4[(inner & FIELD) << 2 | outer & FIELD];
    }
}
