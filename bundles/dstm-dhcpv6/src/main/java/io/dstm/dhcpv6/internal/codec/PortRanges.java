package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.net.PortSet;
import io.dstm.api.net.PortSet.PortRange;
import java.util.List;
import java.util.Optional;

/**
 * A port set as the ranges of DSTM_PORTS options. A contiguous set is one range, as the draft has it; a set with an offset is one
 * option for each of its blocks, in ascending order. A full address has none.
 */
public final class PortRanges {

    /** With a = 6 (MAP's default) there are 63 blocks, half a kilobyte of options; beyond that DSTM_PORTS is no way to say it. */
    public static final int MOST = 63;

    private PortRanges() {}

    /** Whether {@link #of} can say it. */
    public static boolean canExpress(PortSet ports) {
        return (1 << ports.offset()) - 1 <= MOST;
    }

    /** The ranges of a set; none for a full address. */
    public static List<PortRange> of(PortSet ports) {
        return ports.isFull() ? List.of() : ports.ranges();
    }

    /**
     * The set that has exactly these ranges; empty if no set has. One block is taken as a = 0, although a = 1 can make the upper
     * half of them too.
     */
    public static Optional<PortSet> toPortSet(List<PortRange> ranges) {
        if (ranges.isEmpty()) {
            return Optional.of(PortSet.FULL);
        }
        int blocks = ranges.size();
        int size = ranges.get(0).last() - ranges.get(0).first() + 1;
        boolean possible = Integer.bitCount(size) == 1 && Integer.bitCount(blocks + 1) == 1 && blocks <= MOST;
        if (!possible) {
            return Optional.empty();
        }
        int offset = blocks == 1 ? 0 : Integer.numberOfTrailingZeros(blocks + 1);
        int psidLength = 16 - offset - Integer.numberOfTrailingZeros(size);
        if (psidLength < 0) {
            return Optional.empty();
        }
        int psid = ranges.get(0).first() / size & (1 << psidLength) - 1;
        return Optional.of(new PortSet(offset, psidLength, psid))
                .filter(set -> set.ranges().equals(ranges));
    }
}
