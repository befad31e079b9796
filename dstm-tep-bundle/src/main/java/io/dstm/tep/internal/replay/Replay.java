package io.dstm.tep.internal.replay;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.tep.CounterValue;
import io.dstm.tep.internal.rules.Counters;
import io.dstm.tep.internal.rules.RulesSettings;
import io.dstm.tep.internal.rules.TunnelProcessor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs packets through the rules as a datapath does, but one at a time, in the order of their time stamps and with these as the clock.
 */
final class Replay implements AutoCloseable {

    /** Makes identifications; any number, but always the same. */
    private static final long SEED = 0x4453_544D_7465_7000L;

    private static final int LONGEST_PACKET = 40 + 65535;
    private static final int SHORTEST_HEADER = 20;
    /** For packets that the rules make beside fragments. */
    private static final int FURTHER_SPARES = 8;

    private final Counters counters = new Counters();
    private final PacketMemory memory;
    private final PacketBatch in;
    private final PacketOutput out;
    private final TunnelProcessor processor;
    private final @Nullable PcapWriter out4;
    private final @Nullable PcapWriter out6;
    private long clock;
    private long sent4;
    private long sent6;

    Replay(ReplayTable table, @Nullable PcapWriter out4, @Nullable PcapWriter out6) {
        this.memory = memoryFor(table.policy().settings());
        this.in = new PacketBatch(memory, 1);
        this.out = new PacketOutput(memory);
        // Time stamps tell the time since 1970 already, so the clock of the rules has no offset.
        this.processor = new TunnelProcessor(table.bindings(), counters, table.policy(), SEED, 0);
        this.out4 = out4;
        this.out6 = out6;
    }

    /** One slot, and spare ones for as many fragments as the longest packet can need. */
    private static PacketMemory memoryFor(RulesSettings settings) {
        int smallestMtu = Math.min(settings.ipv4Mtu(), settings.tunnelMtu());
        int fragments = 65535 / (smallestMtu - SHORTEST_HEADER & ~7) + 1;
        int slotSize = PacketMemory.HEADROOM + LONGEST_PACKET + PacketMemory.HEADROOM & -PacketMemory.HEADROOM;
        return new PacketMemory(1, fragments + FURTHER_SPARES, slotSize);
    }

    /** Runs both captures to their ends; at equal time stamps the IPv4 side is first. */
    void run(@Nullable Capture in4, @Nullable Capture in6) throws ReplayException {
        while (true) {
            boolean has4 = in4 != null && in4.hasPacket();
            boolean has6 = in6 != null && in6.hasPacket();
            if (in4 != null && has4 && !(in6 != null && has6 && in6.packet().nanos < in4.packet().nanos)) {
                judge(in4.packet(), false);
                in4.advance();
            } else if (in6 != null && has6) {
                judge(in6.packet(), true);
                in6.advance();
            } else {
                return;
            }
        }
    }

    private void judge(Frame frame, boolean fromTunnel) throws ReplayException {
        int length = Math.min(frame.packetLength, memory.longestPacket());
        int start = memory.slotStart(0);
        memory.bytes().put(start, frame.bytes, frame.packetStart, length);
        in.clear();
        in.add(start, length);
        out.clear();
        // A clock that the rules know never goes back, whatever those of the capturing machine do.
        clock = Math.max(clock, frame.nanos);
        if (fromTunnel) {
            processor.fromIpv6(in, out, clock);
        } else {
            processor.fromIpv4(in, out, clock);
        }
        sent4 += write(out.toIpv4(), out4, frame.nanos);
        sent6 += write(out.toIpv6(), out6, frame.nanos);
    }

    private int write(PacketBatch batch, @Nullable PcapWriter writer, long nanos) throws ReplayException {
        if (writer != null) {
            for (int i = 0; i < batch.count(); i++) {
                writer.write(nanos, memory.bytes(), batch.offset(i), batch.length(i));
            }
        }
        return batch.count();
    }

    /** Packets that left on the IPv4 side. */
    long sent4() {
        return sent4;
    }

    /** Packets that left on the tunnel side. */
    long sent6() {
        return sent6;
    }

    /** All counters, in the order of their definition. */
    List<CounterValue> counters() {
        return counters.values();
    }

    @Override
    public void close() {
        processor.close();
    }
}
