package io.dstm.tep.internal.rules;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.tep.internal.table.BindingTable;
import io.dstm.tep.internal.table.TableReader;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules as a datapath calls them: one thread a direction, or one for each lane and direction, all on the same table. The policy may
 * be changed at any time; a batch is judged by one. Lanes share what is read, and fragments that wait; what every packet writes is a
 * lane's own.
 */
public final class TunnelProcessor implements PacketProcessor, AutoCloseable {

    private static final long SECOND = 1_000_000_000L;

    /** Two threads each, whose fragment identifications {@link FragmentIds} keeps apart. */
    private static final int MOST_LANES = 32;

    private final BindingTable table;
    private final Counters counters;
    private final long secret;
    private final PathMtus pathMtus = new PathMtus();
    private final Trace trace = new Trace();
    private final Pieces upPieces;
    private final Pieces downPieces;
    /** Guarded by itself. */
    private final List<Lane> lanes = new ArrayList<>();

    private final Lane first;
    private volatile Policy policy;
    private volatile long epochOffset;

    /** The rules for two threads. */
    private final class Lane implements PacketProcessor {

        private final TableReader upReader = table.newReader();
        private final TableReader downReader = table.newReader();
        private final Tunnel up;
        private final Tunnel down;

        private Lane(int number) {
            up = new Tunnel(counters.newBlock(), secret, 2 * number, pathMtus, upPieces);
            down = new Tunnel(counters.newBlock(), secret, 2 * number + 1, pathMtus, downPieces);
            up.watchBy(trace);
            down.watchBy(trace);
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

        private void close() {
            upReader.close();
            downReader.close();
        }
    }

    /**
     * Rules on {@code table}.
     *
     * @param epochOffset see {@link #setEpochOffset}
     */
    public TunnelProcessor(BindingTable table, Counters counters, Policy policy, long secret, long epochOffset) {
        this.table = table;
        this.counters = counters;
        this.secret = secret;
        this.upPieces = new Pieces(counters.newBlock(), secret);
        this.downPieces = new Pieces(counters.newBlock(), secret);
        this.policy = policy;
        this.epochOffset = epochOffset;
        this.first = new Lane(0);
        lanes.add(first);
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
        first.fromIpv6(in, out, nanos);
    }

    @Override
    public void fromIpv4(PacketBatch in, PacketOutput out, long nanos) {
        first.fromIpv4(in, out, nanos);
    }

    @Override
    public PacketProcessor lane(int number) {
        synchronized (lanes) {
            while (lanes.size() <= number % MOST_LANES) {
                lanes.add(new Lane(lanes.size()));
            }
            return lanes.get(number % MOST_LANES);
        }
    }

    private long seconds(long nanos) {
        return Math.floorDiv(nanos + epochOffset, SECOND);
    }

    /** How much of the memory for reassembly is taken where most is, in thousandths. For any thread. */
    public int reassemblyLevel() {
        return Math.max(first.up.reassemblyLevel(), first.down.reassemblyLevel());
    }

    /** The switch to watch packets. */
    public Trace trace() {
        return trace;
    }

    /** Takes the readers out of the table's books. No packet may be judged any more. */
    @Override
    public void close() {
        synchronized (lanes) {
            lanes.forEach(Lane::close);
        }
    }
}
