package io.dstm.client.internal.tunnel;

import static io.dstm.client.internal.tunnel.Wire.DESTINATION_OPTIONS;
import static io.dstm.client.internal.tunnel.Wire.IPV4_DESTINATION;
import static io.dstm.client.internal.tunnel.Wire.IPV4_HEADER;
import static io.dstm.client.internal.tunnel.Wire.IPV4_IN_IPV6;
import static io.dstm.client.internal.tunnel.Wire.IPV4_PROTOCOL;
import static io.dstm.client.internal.tunnel.Wire.IPV4_SOURCE;
import static io.dstm.client.internal.tunnel.Wire.IPV4_TOS;
import static io.dstm.client.internal.tunnel.Wire.IPV4_TOTAL;
import static io.dstm.client.internal.tunnel.Wire.IPV6_DESTINATION;
import static io.dstm.client.internal.tunnel.Wire.IPV6_HEADER;
import static io.dstm.client.internal.tunnel.Wire.IPV6_HOP_LIMIT;
import static io.dstm.client.internal.tunnel.Wire.IPV6_NEXT;
import static io.dstm.client.internal.tunnel.Wire.IPV6_PAYLOAD;
import static io.dstm.client.internal.tunnel.Wire.IPV6_SOURCE;
import static io.dstm.client.internal.tunnel.Wire.put16;
import static io.dstm.client.internal.tunnel.Wire.u16;
import static io.dstm.client.internal.tunnel.Wire.u8;

import io.dstm.api.client.ClientLease;
import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.api.net.Ipv4Address;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The rules of the node (lwB4, RFC 7596 section 5.2). Upward, from programs: encapsulate towards the TEP what carries the lease,
 * translate what started on the placeholder or lies outside the port set, let wait what comes before the lease. Downward, from
 * the TEP: check, decapsulate, undo the translation.
 *
 * <p>Two packet threads judge at once and the engine publishes; all they share is {@link View}, read once a batch. Only packets
 * that wait or are translated take a lock.
 */
public final class NodeTunnel implements PacketProcessor {

    private static final int PLACEHOLDER = Ipv4Address.PLACEHOLDER.value();
    private static final int HOP_LIMIT = 64;
    private static final int HOST_UNREACHABLE = 1;
    private static final int FRAGMENTATION_NEEDED = 4;
    private static final int LONGEST_ANSWER = 576;
    private static final int MOST_EXTENSION_HEADERS = 2;
    private static final int REPLAY_BATCH = 16;

    private final int tunnelMtu;
    private final NeedListener need;
    private final NodeCounters counters;
    private final IcmpErrors errors = new IcmpErrors();
    private final AtomicBoolean needTold = new AtomicBoolean();
    private final Object queueLock = new Object();
    /** Guarded by {@code queueLock}. */
    private final WaitingPackets waiting;

    private volatile View view = new View(Gate.IGNORE, null);
    /** The last lease's translation, kept in case the same address comes back. Used by the engine alone. */
    private @Nullable Softwire lastSoftwire;

    /** What the packet threads see: the lease, or what to do without one. */
    private record View(Gate gate, @Nullable Softwire softwire) {}

    /**
     * Rules without a lease; until {@link #setGate} packets are ignored.
     *
     * @param tunnelMtu longest IPv6 packet towards the TEP in bytes
     * @param mostWaiting how many packets wait for a lease at most
     * @param need hears of waiting packets
     * @param counters counts what becomes of packets
     */
    public NodeTunnel(int tunnelMtu, int mostWaiting, NeedListener need, NodeCounters counters) {
        this.tunnelMtu = tunnelMtu;
        this.waiting = new WaitingPackets(mostWaiting);
        this.need = need;
        this.counters = counters;
    }

    /** Ends the lease, if there is one, and says what becomes of packets from now on. */
    public void setGate(Gate gate) {
        synchronized (queueLock) {
            view = new View(gate, null);
            needTold.set(gate != Gate.TRIGGER);
        }
    }

    /**
     * Lets packets pass with {@code lease}. A lease of another address or port set forgets all translations, as RFC 7596
     * section 5.2 demands; the same one goes on with them.
     *
     * @param endNanos the end of validity on {@link System#nanoTime()}'s clock
     */
    public void connect(ClientLease lease, long endNanos) {
        Softwire last = lastSoftwire;
        Translation translation =
                last != null && last.key().equals(lease.key()) ? last.translation() : new Translation(lease.key());
        Softwire softwire = Softwire.of(lease, endNanos, translation);
        lastSoftwire = softwire;
        synchronized (queueLock) {
            view = new View(Gate.WAIT, softwire);
        }
    }

    /** Frees what translations no longer need. To be called every few seconds. */
    public void sweep(long nanos) {
        Softwire softwire = lastSoftwire;
        if (softwire != null) {
            softwire.translation().sweep(nanos);
        }
    }

    /** How many packets wait. */
    public int waitingPackets() {
        synchronized (queueLock) {
            return waiting.size();
        }
    }

    /**
     * Judges the waiting packets anew and sends what passes: after {@link #connect} they go up, after a gate of
     * {@link Gate#REFUSE} their programs hear that there is no way.
     */
    public void replayWaiting(Datapath.Tunnel through, long nanos) throws DatapathException {
        byte[][] packets;
        synchronized (queueLock) {
            packets = waiting.takeAll();
        }
        if (packets.length == 0) {
            return;
        }
        View now = view;
        int longest = LONGEST_ANSWER;
        for (byte[] packet : packets) {
            longest = Math.max(longest, packet.length);
        }
        int slot = (longest + 2 * PacketMemory.HEADROOM - 1) / PacketMemory.HEADROOM * PacketMemory.HEADROOM;
        PacketMemory memory = new PacketMemory(REPLAY_BATCH, REPLAY_BATCH, slot);
        PacketOutput out = new PacketOutput(memory);
        for (int first = 0; first < packets.length; first += REPLAY_BATCH) {
            out.clear();
            for (int i = 0; i < Math.min(REPLAY_BATCH, packets.length - first); i++) {
                byte[] packet = packets[first + i];
                memory.bytes().put(memory.slotStart(i), packet);
                if (now.softwire == null) {
                    refuse(
                            NodeCounter.DROP_QUEUE_EXPIRED_IPV4,
                            memory.bytes(),
                            memory.slotStart(i),
                            packet.length,
                            out,
                            nanos);
                } else {
                    up(now, memory.bytes(), memory.slotStart(i), packet.length, out, nanos);
                }
            }
            if (out.toIpv6().count() > 0) {
                through.ipv6().send(out.toIpv6());
            }
            if (out.toIpv4().count() > 0) {
                through.ipv4().send(out.toIpv4());
            }
        }
    }

    @Override
    public void fromIpv4(PacketBatch in, PacketOutput out, long nanos) {
        ByteBuffer bytes = in.memory().bytes();
        View now = view;
        for (int i = 0; i < in.count(); i++) {
            up(now, bytes, in.offset(i), in.length(i), out, nanos);
        }
    }

    @Override
    public void fromIpv6(PacketBatch in, PacketOutput out, long nanos) {
        ByteBuffer bytes = in.memory().bytes();
        View now = view;
        for (int i = 0; i < in.count(); i++) {
            int at = in.offset(i);
            int length = in.length(i);
            counters.count(down(now, bytes, at, length, out, nanos), length);
        }
    }

    private void up(View now, ByteBuffer bytes, int at, int length, PacketOutput out, long nanos) {
        NodeCounter wrong = unfitForTunnel(bytes, at, length);
        if (wrong != null) {
            counters.count(wrong, length);
            return;
        }
        Softwire softwire = now.softwire;
        if (softwire == null) {
            upWithoutLease(bytes, at, length, out, nanos);
            return;
        }
        if (nanos - softwire.endNanos() >= 0) {
            counters.count(NodeCounter.DROP_NO_LEASE_IPV4, length);
            return;
        }
        int source = bytes.getInt(at + IPV4_SOURCE);
        if (bytes.getInt(at + IPV4_DESTINATION) == softwire.address()) {
            counters.count(NodeCounter.DROP_DESTINATION_IPV4, length);
            return;
        }
        int total = u16(bytes, at + IPV4_TOTAL);
        if (total + IPV6_HEADER > tunnelMtu) {
            counters.count(NodeCounter.DROP_TOO_BIG_IPV4, length);
            answer(NodeCounter.MADE_TOO_BIG_IPV4, FRAGMENTATION_NEEDED, tunnelMtu - IPV6_HEADER, bytes, at, out, nanos);
            return;
        }
        NodeCounter outcome;
        if (source == softwire.address()
                && !softwire.shared()
                && softwire.translation().dormant()) {
            outcome = NodeCounter.FORWARD_NATIVE_IPV4;
        } else if (source == softwire.address() || source == PLACEHOLDER) {
            outcome = softwire.translation().up(bytes, at, source == PLACEHOLDER, nanos);
        } else {
            outcome = NodeCounter.DROP_SOURCE_IPV4;
        }
        counters.count(outcome, length);
        if (outcome == NodeCounter.FORWARD_NATIVE_IPV4 || outcome == NodeCounter.FORWARD_TRANSLATED_IPV4) {
            encapsulate(softwire, bytes, at - IPV6_HEADER, total);
            out.toIpv6().add(at - IPV6_HEADER, total + IPV6_HEADER);
        }
    }

    /** Why a packet cannot be tunnelled whoever sent it; null if it can. */
    private static @Nullable NodeCounter unfitForTunnel(ByteBuffer bytes, int at, int length) {
        if (length < 1 || u8(bytes, at) >>> 4 != 4) {
            return length >= 1 && u8(bytes, at) >>> 4 == 6
                    ? NodeCounter.DROP_NOT_IPV4
                    : NodeCounter.DROP_MALFORMED_IPV4;
        }
        if (!isWholeIpv4(bytes, at, length)) {
            return NodeCounter.DROP_MALFORMED_IPV4;
        }
        int destination = bytes.getInt(at + IPV4_DESTINATION);
        // 0/8, 127/8, 224/4 multicast and 240/4 with the limited broadcast: chatter of the link, no need for IPv4.
        int top = destination >>> 24;
        if (top == 0 || top == 127 || top >= 224 || destination == PLACEHOLDER) {
            return NodeCounter.DROP_DESTINATION_IPV4;
        }
        return null;
    }

    private static boolean isWholeIpv4(ByteBuffer bytes, int at, int length) {
        if (length < IPV4_HEADER || u8(bytes, at) >>> 4 != 4) {
            return false;
        }
        int header = (u8(bytes, at) & 0xF) * 4;
        int total = u16(bytes, at + IPV4_TOTAL);
        return header >= IPV4_HEADER && total >= header && total <= length;
    }

    private void upWithoutLease(ByteBuffer bytes, int at, int length, PacketOutput out, long nanos) {
        int source = bytes.getInt(at + IPV4_SOURCE);
        boolean tell = false;
        synchronized (queueLock) {
            View now = view;
            if (now.softwire == null && source == PLACEHOLDER && (now.gate == Gate.TRIGGER || now.gate == Gate.WAIT)) {
                if (!waiting.add(bytes, at, u16(bytes, at + IPV4_TOTAL))) {
                    counters.count(NodeCounter.DROP_QUEUE_FULL_IPV4, length);
                }
                tell = now.gate == Gate.TRIGGER && needTold.compareAndSet(false, true);
            } else if (now.softwire == null && now.gate == Gate.REFUSE) {
                refuse(NodeCounter.DROP_NO_LEASE_IPV4, bytes, at, length, out, nanos);
            } else if (now.softwire == null) {
                counters.count(NodeCounter.DROP_NO_LEASE_IPV4, length);
            } else {
                // The lease came between the look at the view and the lock.
                up(now, bytes, at, length, out, nanos);
            }
        }
        if (tell) {
            need.packetWaits(bytes.getInt(at + IPV4_DESTINATION), u8(bytes, at + IPV4_PROTOCOL));
        }
    }

    private void refuse(NodeCounter counter, ByteBuffer bytes, int at, int length, PacketOutput out, long nanos) {
        counters.count(counter, length);
        answer(NodeCounter.MADE_UNREACHABLE_IPV4, HOST_UNREACHABLE, 0, bytes, at, out, nanos);
    }

    private void answer(
            NodeCounter counter, int code, int mtu, ByteBuffer bytes, int at, PacketOutput out, long nanos) {
        if (out.memory().longestPacket() < LONGEST_ANSWER
                || !IcmpErrors.mayAnswer(bytes, at)
                || !errors.mayPass(nanos)) {
            return;
        }
        int spare = out.takeSpare();
        if (spare >= 0) {
            int length = IcmpErrors.writeUnreachable(bytes, spare, at, code, mtu);
            out.toIpv4().add(spare, length);
            counters.count(counter, length);
        }
    }

    /** Writes the outer header; the traffic class is the inner one, ECN included (RFC 6333 section 7.1, RFC 6040 section 4.1). */
    private static void encapsulate(Softwire softwire, ByteBuffer bytes, int outer, int total) {
        int trafficClass = u8(bytes, outer + IPV6_HEADER + IPV4_TOS);
        bytes.putInt(outer, 6 << 28 | trafficClass << 20);
        put16(bytes, outer + IPV6_PAYLOAD, total);
        bytes.put(outer + IPV6_NEXT, (byte) IPV4_IN_IPV6);
        bytes.put(outer + IPV6_HOP_LIMIT, (byte) HOP_LIMIT);
        bytes.putLong(outer + IPV6_SOURCE, softwire.nodeHigh());
        bytes.putLong(outer + IPV6_SOURCE + 8, softwire.nodeLow());
        bytes.putLong(outer + IPV6_DESTINATION, softwire.tepHigh());
        bytes.putLong(outer + IPV6_DESTINATION + 8, softwire.tepLow());
    }

    private NodeCounter down(View now, ByteBuffer bytes, int at, int length, PacketOutput out, long nanos) {
        if (length < IPV6_HEADER || u8(bytes, at) >>> 4 != 6 || u16(bytes, at + IPV6_PAYLOAD) > length - IPV6_HEADER) {
            return NodeCounter.DROP_MALFORMED_IPV6;
        }
        Softwire softwire = now.softwire;
        if (softwire == null || nanos - softwire.endNanos() >= 0) {
            return NodeCounter.DROP_NO_LEASE_IPV6;
        }
        if (bytes.getLong(at + IPV6_SOURCE) != softwire.tepHigh()
                || bytes.getLong(at + IPV6_SOURCE + 8) != softwire.tepLow()) {
            return NodeCounter.DROP_NOT_FROM_TEP_IPV6;
        }
        if (bytes.getLong(at + IPV6_DESTINATION) != softwire.nodeHigh()
                || bytes.getLong(at + IPV6_DESTINATION + 8) != softwire.nodeLow()) {
            return NodeCounter.DROP_TUNNEL_SOURCE_IPV6;
        }
        int end = at + IPV6_HEADER + u16(bytes, at + IPV6_PAYLOAD);
        int inner = innerStart(bytes, at, end);
        if (inner < 0) {
            return NodeCounter.DROP_NEXT_HEADER_IPV6;
        }
        if (!isWholeIpv4(bytes, inner, end - inner)) {
            return NodeCounter.DROP_MALFORMED_INNER_IPV6;
        }
        NodeCounter outcome = downInner(softwire, bytes, inner, nanos);
        if (outcome == NodeCounter.FORWARD_NATIVE_IPV6 || outcome == NodeCounter.FORWARD_TRANSLATED_IPV6) {
            int trafficClass = bytes.getInt(at) >>> 20 & 0xFF;
            if (!Ecn.decapsulate(bytes, inner, trafficClass & 3)) {
                return NodeCounter.DROP_ECN_IPV6;
            }
            out.toIpv4().add(inner, u16(bytes, inner + IPV4_TOTAL));
        }
        return outcome;
    }

    /** Where the IPv4 packet begins, behind any Destination Options header (RFC 2473 section 4.1.1); -1 if there is none. */
    private static int innerStart(ByteBuffer bytes, int outer, int end) {
        int next = u8(bytes, outer + IPV6_NEXT);
        int at = outer + IPV6_HEADER;
        for (int i = 0; next == DESTINATION_OPTIONS && i < MOST_EXTENSION_HEADERS && end - at >= 8; i++) {
            next = u8(bytes, at);
            at += (u8(bytes, at + 1) + 1) * 8;
        }
        return next == IPV4_IN_IPV6 && at <= end ? at : -1;
    }

    private static NodeCounter downInner(Softwire softwire, ByteBuffer bytes, int at, long nanos) {
        int source = bytes.getInt(at + IPV4_SOURCE);
        int top = source >>> 24;
        if (top == 0 || top == 127 || top >= 224 || source == softwire.address() || source == PLACEHOLDER) {
            return NodeCounter.DROP_SOURCE_IPV6;
        }
        if (bytes.getInt(at + IPV4_DESTINATION) != softwire.address()) {
            return NodeCounter.DROP_DESTINATION_IPV6;
        }
        if (!softwire.shared() && softwire.translation().dormant()) {
            return NodeCounter.FORWARD_NATIVE_IPV6;
        }
        return softwire.translation().down(bytes, at, nanos);
    }
}
