package io.dstm.tep.internal.control;

import io.dstm.api.datapath.FastPath.Way;
import java.util.List;
import java.util.Locale;

/** How packets are to be moved. */
public enum DatapathMode {
    /** Every packet through the rules. */
    TUN,
    /** Common packets in the kernel where that is possible, else as with {@link #TUN}. */
    AUTO,
    /** The same by XDP, and where it is not possible the operator is warned. */
    XDP,
    /** The same by tc. */
    TC,
    /** Every packet through the rules, past the kernel's network stack; where that is not possible the operator is warned. */
    AF_XDP;

    /** Those that are tried one after the other, before {@link #TUN}. */
    List<Way> ways() {
        return switch (this) {
            case TUN -> List.of();
            case AUTO -> List.of(Way.DRIVER, Way.TC, Way.GENERIC);
            case XDP -> List.of(Way.DRIVER, Way.GENERIC);
            case TC -> List.of(Way.TC);
            case AF_XDP -> List.of(Way.RULES);
        };
    }

    /** What it is called in the configuration. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
