package io.dstm.tep.internal.rules;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.tep.internal.table.BindingTable;
import io.dstm.tep.internal.table.TableReader;

/**
 * The rules as a datapath calls them: one thread a direction, both on the same table. The policy may be changed at any time; a
 * batch is judged by one.
 */
public final class TunnelProcessor implements PacketProcessor, AutoCloseable {

    private static final long SECOND = 1_000_000_000L;

    private final TableReader upReader;
    private final TableReader downReader;
    private final Tunnel up;
    private final Tunnel down;
    private final Trace trace = new Trace();
    private volatile Policy policy;
    private volatile long epochOffset;

    /**
     * Rules on {@code table}.
     *
     * @param epochOffset see {@link #setEpochOffset}
     */
    public TunnelProcessor(BindingTable table, Counters counters, Policy policy, long secret, long epochOffset) {
        this.upReader = table.newReader();
        this.downReader = table.newReader();
        PathMtus pathMtus = new PathMtus();
        this.up = new Tunnel(counters.newBlock(), secret, 0, pathMtus);
        this.down = new Tunnel(counters.newBlock(), secret, 1, pathMtus);
        up.watchBy(trace);
        down.watchBy(trace);
        this.policy = policy;
        this.epochOffset = epochOffset;
    }

    /** Applies from the next batch. */
    public void setPolicy(Policy newPolicy) {
        policy = newPolicy;
    }

    /**
     * Follows the wall clock, by which bindings end.
     *
     * @param nanos nanoseconds since 1970 minus {@link System#nanoTime()}
     */
    public void setEpochOffset(long nanos) {
        epochOffset = nanos;
    }

    @Override
    public void fromIpv6(PacketBatch in, PacketOutput out, long nanos) {
        try {
            up.fromIpv6(in, out, upReader.enter(), policy, nanos, seconds(nanos));
        } finally {
            upReader.leave();
        }
    }

    @Override
    public void fromIpv4(PacketBatch in, PacketOutput out, long nanos) {
        try {
            down.fromIpv4(in, out, downReader.enter(), policy, nanos, seconds(nanos));
        } finally {
            downReader.leave();
        }
    }

    private long seconds(long nanos) {
        return Math.floorDiv(nanos + epochOffset, SECOND);
    }

    /** How much of the memory for reassembly is taken where most is, in thousandths. For any thread. */
    public int reassemblyLevel() {
        return Math.max(up.reassemblyLevel(), down.reassemblyLevel());
    }

    /** The switch to watch packets. */
    public Trace trace() {
        return trace;
    }

    /** Takes the readers out of the table's books. No packet may be judged any more. */
    @Override
    public void close() {
        upReader.close();
        downReader.close();
    }
}
