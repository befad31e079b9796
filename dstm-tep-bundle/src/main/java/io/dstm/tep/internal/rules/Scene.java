package io.dstm.tep.internal.rules;

import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.tep.internal.table.TableView;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What the rules work with while they judge one batch: memory, table, settings, clock, and where packets leave. One thread. */
final class Scene {

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    final Counters.Block counts;
    final FragmentIds ids;

    ByteBuffer bytes = NOTHING;

    @Nullable
    PacketOutput out;

    @Nullable
    TableView view;

    @Nullable
    Policy policy;
    /** The moment of the batch, {@link System#nanoTime()}'s clock. */
    long nanos;
    /** The same moment in seconds since 1970, by which bindings end. */
    long seconds;

    /** Keeps the reads of {@link TableView#touch} from being optimised away. */
    long touched;

    private int roomStart;
    private int roomEnd;
    private int longest;

    Scene(Counters.Block counts, FragmentIds ids) {
        this.counts = counts;
        this.ids = ids;
    }

    void begin(TableView newView, Policy newPolicy, PacketOutput newOut, long newNanos, long newSeconds) {
        PacketMemory memory = newOut.memory();
        view = newView;
        policy = newPolicy;
        out = newOut;
        bytes = memory.bytes();
        longest = memory.longestPacket();
        nanos = newNanos;
        seconds = newSeconds;
        roomStart = 0;
        roomEnd = 0;
    }

    /** Lets go of what must not be used outside a batch. */
    void end() {
        view = null;
        out = null;
        bytes = NOTHING;
    }

    /** Memory for a packet the rules make, several to a spare slot; -1 if none is left. */
    int room(int length) {
        if (roomEnd - roomStart < length) {
            int spare = length > longest ? -1 : output().takeSpare();
            if (spare < 0) {
                return -1;
            }
            roomStart = spare;
            roomEnd = spare + longest;
        }
        int start = roomStart;
        roomStart += length;
        return start;
    }

    boolean sendIpv6(int start, int length) {
        boolean sent = output().toIpv6().add(start, length);
        if (sent) {
            counts.add(Outcome.OUT_ALL_IPV6, length);
        }
        return sent;
    }

    boolean sendIpv4(int start, int length) {
        boolean sent = output().toIpv4().add(start, length);
        if (sent) {
            counts.add(Outcome.OUT_ALL_IPV4, length);
        }
        return sent;
    }

    PacketOutput output() {
        return present(out);
    }

    TableView table() {
        return present(view);
    }

    RulesSettings settings() {
        return present(policy).settings();
    }

    Policy limits() {
        return present(policy);
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("no batch is being judged");
        }
        return value;
    }
}
