package io.dstm.tep.internal.control;

/** How packets are to be moved. */
public enum DatapathMode {
    /** Every packet through the rules. */
    TUN,
    /** Common packets in the kernel where that is possible, else as with {@link #TUN}. */
    AUTO,
    /** The same, and where it is not possible the operator is warned. */
    XDP
}
