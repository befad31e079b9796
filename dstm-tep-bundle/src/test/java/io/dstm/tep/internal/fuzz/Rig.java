package io.dstm.tep.internal.fuzz;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.TepException;
import io.dstm.tep.internal.rules.Counters;
import io.dstm.tep.internal.rules.Outcome;
import io.dstm.tep.internal.rules.Policy;
import io.dstm.tep.internal.rules.RulesSettings;
import io.dstm.tep.internal.rules.TunnelProcessor;
import io.dstm.tep.internal.table.BindingTable;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The deployed rules with somebody who watches them: each packet must end in one verdict without an exception, what leaves must be
 * well-formed, and must have a binding on the client's side. Throws an {@link AssertionError} otherwise.
 */
final class Rig implements AutoCloseable {

    /** Takes what leaves. */
    interface Sink {

        /** A packet that was found sound. */
        void left(byte[] packet, boolean ipv6);
    }

    private static final int SLOT_SIZE = 4096 + 64;
    private static final long MILLISECOND = 1_000_000L;
    private static final Outcome[] OUTCOMES = Outcome.values();

    private final Counters counters = new Counters();
    private final BindingTable table = new BindingTable();
    private final PacketMemory memory = new PacketMemory(1, 64, SLOT_SIZE);
    private final PacketBatch in = new PacketBatch(memory, 1);
    private final PacketOutput out = new PacketOutput(memory);
    private final TunnelProcessor rules;
    private final Sink sink;
    private long nanos;
    private long judged;

    Rig(Sink sink) {
        this.sink = sink;
        try {
            table.resync(List.of(Ipv4Range.parse("178.79.150.0/24")), Bindings.ALL);
        } catch (TepException impossible) {
            throw new AssertionError(impossible);
        }
        RulesSettings settings =
                new RulesSettings(Bindings.TEP, Bindings.TEP4, 1500, 1460, true, true, true, true, true, true, true);
        rules = new TunnelProcessor(table, counters, Policy.of(settings, 1000), 42, 1_800_000_000_000_000_000L);
    }

    static int longestPacket() {
        return SLOT_SIZE - PacketMemory.HEADROOM;
    }

    /** Judges one packet, a tenth of a millisecond after the last. */
    void judge(byte[] packet, boolean fromTunnel) {
        nanos += MILLISECOND / 10;
        judged++;
        in.clear();
        out.clear();
        memory.bytes().put(memory.slotStart(0), packet);
        in.add(memory.slotStart(0), packet.length);
        if (fromTunnel) {
            rules.fromIpv6(in, out, nanos);
        } else {
            rules.fromIpv4(in, out, nanos);
        }
        if (counters.packets(Outcome.DROP_DEFECT_IP) != 0) {
            throw new AssertionError("an exception in the rules");
        }
        watch(out.toIpv4(), packet, fromTunnel, false);
        watch(out.toIpv6(), packet, fromTunnel, true);
    }

    private void watch(PacketBatch left, byte[] cause, boolean fromTunnel, boolean ipv6) {
        for (int i = 0; i < left.count(); i++) {
            byte[] packet = new byte[left.length(i)];
            memory.bytes().get(left.offset(i), packet);
            String fault = Packet.fault(packet, ipv6);
            if (fault == null) {
                fault = ipv6 ? unboundIpv6(packet, cause, fromTunnel) : unboundIpv4(packet, cause, fromTunnel);
            }
            if (fault != null) {
                throw new AssertionError(fault);
            }
            sink.left(packet, ipv6);
        }
    }

    private static @org.jspecify.annotations.Nullable String unboundIpv4(
            byte[] packet, byte[] cause, boolean fromTunnel) {
        ByteBuffer bytes = ByteBuffer.wrap(packet);
        int source = bytes.getInt(12);
        if (source == Bindings.TEP4.value()) {
            return null;
        }
        if (!fromTunnel) {
            return "a packet from the IPv4 side went back there";
        }
        Ipv6Address client = Packet.ipv6Address(ByteBuffer.wrap(cause), 8);
        return Bindings.holds(client, source, Packet.port(bytes, 0, true)) ? null : "a packet left without a binding";
    }

    private static @org.jspecify.annotations.Nullable String unboundIpv6(
            byte[] packet, byte[] cause, boolean fromTunnel) {
        ByteBuffer bytes = ByteBuffer.wrap(packet);
        Ipv6Address destination = Packet.ipv6Address(bytes, 24);
        if (bytes.get(6) == 58) {
            boolean answer = fromTunnel && destination.equals(Packet.ipv6Address(ByteBuffer.wrap(cause), 8));
            return answer || isGivenUp(bytes, destination) ? null : "ICMPv6 to somebody else";
        }
        boolean first = bytes.get(6) == 44 && (bytes.getShort(42) & 0xFFF8) == 0;
        if (bytes.get(6) == 4 || first) {
            int inner = first ? 48 : 40;
            int port = Packet.port(bytes, inner, false);
            return Bindings.holds(destination, bytes.getInt(inner + 16), port) ? null : "a packet went to no binding";
        }
        return Bindings.ALL.stream().anyMatch(binding -> binding.tunnelSource().equals(destination))
                ? null
                : "a fragment went to no client";
    }

    /** RFC 8200 section 4.5: whoever sent the first fragment of what is given up is told, whatever packet comes meanwhile. */
    private static boolean isGivenUp(ByteBuffer bytes, Ipv6Address destination) {
        return bytes.get(40) == 3
                && bytes.get(41) == 1
                && bytes.capacity() >= 48 + 48
                && bytes.get(48 + 6) == 44
                && destination.equals(Packet.ipv6Address(bytes, 48 + 8));
    }

    /** Sees that each packet has one verdict. */
    void checkVerdicts() {
        long verdicts = 0;
        for (Outcome outcome : OUTCOMES) {
            verdicts += outcome.kind() == Outcome.Kind.VERDICT ? counters.packets(outcome) : 0;
        }
        if (verdicts != judged) {
            throw new AssertionError(judged + " packets, but " + verdicts + " verdicts");
        }
    }

    Counters counters() {
        return counters;
    }

    @Override
    public void close() {
        rules.close();
    }
}
