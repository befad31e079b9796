package io.dstm.shell.internal;

import io.dstm.api.lease.PoolStatus;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Pools.
 *
 * @param pools what is shown, in order of name
 */
record PoolsView(List<PoolStatus> pools) implements View {

    @Override
    public String text() {
        if (pools.isEmpty()) {
            return "The server has no pool: it lends nothing until there is an etc/io.dstm.pool-NAME.cfg.\n";
        }
        Table table = new Table(
                "",
                "POOL",
                "RANGES",
                "SHARING",
                "TEP",
                ">CAPACITY",
                ">ACTIVE",
                ">OFFERED",
                ">QUARANTINED",
                ">DRAINING",
                ">RESERVED",
                ">FREE",
                ">USED");
        for (PoolStatus pool : pools) {
            table.row(
                    pool.name(),
                    pool.ranges().stream().map(Spelling::range).collect(Collectors.joining(", ")),
                    sharing(pool),
                    pool.tep(),
                    pool.capacity(),
                    pool.active(),
                    pool.offered(),
                    pool.quarantined(),
                    pool.draining(),
                    pool.reserved(),
                    pool.free(),
                    used(pool));
        }
        return table.text();
    }

    private static String sharing(PoolStatus pool) {
        if (pool.psidLength() == 0 && pool.psidOffset() == 0) {
            return "none";
        }
        return "1:" + (1 << pool.psidLength()) + (pool.psidOffset() == 0 ? "" : " offset " + pool.psidOffset());
    }

    /** In whole percent, so that 100% means full and 0% means empty, never almost. */
    static String used(PoolStatus pool) {
        long taken = pool.capacity() - pool.free();
        if (pool.capacity() <= 0 || taken <= 0) {
            return "0%";
        }
        return pool.free() == 0 ? "100%" : Math.max(1, Math.min(99, 100 * taken / pool.capacity())) + "%";
    }

    @Override
    public Object json() {
        return Json.object(
                "pools",
                pools.stream()
                        .map(pool -> Json.object(
                                "name", pool.name(),
                                "ranges",
                                        pool.ranges().stream()
                                                .map(Spelling::range)
                                                .toList(),
                                "psidLength", pool.psidLength(),
                                "psidOffset", pool.psidOffset(),
                                "tep", pool.tep(),
                                "capacity", pool.capacity(),
                                "active", pool.active(),
                                "offered", pool.offered(),
                                "quarantined", pool.quarantined(),
                                "draining", pool.draining(),
                                "reserved", pool.reserved(),
                                "free", pool.free()))
                        .toList());
    }
}
