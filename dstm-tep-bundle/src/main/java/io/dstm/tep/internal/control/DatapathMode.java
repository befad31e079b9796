package io.dstm.tep.internal.control;

import java.util.Locale;

/** How packets are to be moved. */
public enum DatapathMode {
    /** Every packet through the rules. */
    TUN,
    /** Common packets in the kernel where that is possible, else as with {@link #TUN}. */
    AUTO,
    /** The same, and where it is not possible the operator is warned. */
    XDP,
    /** Every packet through the rules, past the kernel's network stack; where that is not possible the operator is warned. */
    AF_XDP;

    /** What it is called in the configuration. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
