package io.dstm.client.internal.tunnel;

import io.dstm.api.client.ClientLease;
import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.api.net.Ipv4Address;
import io.dstm.packet.DestinationOptions;
import io.dstm.packet.Icmpv4;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.packet.PacketFault;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
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
    private static final int MOST_EXTENSION_HEADERS = 2;
    private static final int REPLAY_BATCH = 16;

    private final int tunnelMtu;
    private final NeedListener need;
    private final NodeCounters counters;
    private final IcmpErrors errors = new IcmpErrors();
    private final PathMtu path;
    private final Encapsulation encapsulation = new Encapsulation(new SecureRandom().nextInt());
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
        this.path = new PathMtu(tunnelMtu);
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
        if (last != null && !softwire.hasEndsOf(last)) {
            path.forget();
        }
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
        int longest = IcmpErrors.LONGEST;
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
        int source = Ipv4Header.source(bytes, at);
        if (Ipv4Header.destination(bytes, at) == softwire.address()) {
            counters.count(NodeCounter.DROP_DESTINATION_IPV4, length);
            return;
        }
        int total = Ipv4Header.totalLength(bytes, at);
        int mtu = path.now(nanos);
        if (total + Ipv6Header.LENGTH > (Ipv4Header.dontFragment(bytes, at) ? mtu : tunnelMtu)) {
            counters.count(NodeCounter.DROP_TOO_BIG_IPV4, length);
            answer(
                    NodeCounter.MADE_TOO_BIG_IPV4,
                    Icmpv4.FRAGMENTATION_NEEDED,
                    mtu - Ipv6Header.LENGTH,
                    bytes,
                    at,
                    out,
                    nanos);
            return;
        }
        NodeCounter outcome;
        if (source == softwire.address() && softwire.translation().passesUp(bytes, at)) {
            outcome = NodeCounter.FORWARD_NATIVE_IPV4;
        } else if (source == softwire.address() || source == PLACEHOLDER) {
            outcome = softwire.translation().up(bytes, at, source == PLACEHOLDER, nanos);
        } else {
            outcome = NodeCounter.DROP_SOURCE_IPV4;
        }
        if ((outcome == NodeCounter.FORWARD_NATIVE_IPV4 || outcome == NodeCounter.FORWARD_TRANSLATED_IPV4)
                && !encapsulation.send(softwire, bytes, at, total, mtu, out)) {
            outcome = NodeCounter.DROP_NO_ROOM_IPV4;
        }
        counters.count(outcome, length);
    }

    /** Why a packet cannot be tunnelled whoever sent it; null if it can. */
    private static @Nullable NodeCounter unfitForTunnel(ByteBuffer bytes, int at, int length) {
        PacketFault fault = Ipv4Header.check(bytes, at, length);
        if (fault != PacketFault.NONE) {
            return fault == PacketFault.VERSION && Ipv4Header.version(bytes, at) == 6
                    ? NodeCounter.DROP_NOT_IPV4
                    : NodeCounter.DROP_MALFORMED_IPV4;
        }
        int destination = Ipv4Header.destination(bytes, at);
        // 0/8, 127/8, 224/4 multicast and 240/4 with the limited broadcast: chatter of the link, no need for IPv4.
        int top = destination >>> 24;
        if (top == 0 || top == 127 || top >= 224 || destination == PLACEHOLDER) {
            return NodeCounter.DROP_DESTINATION_IPV4;
        }
        return null;
    }

    private void upWithoutLease(ByteBuffer bytes, int at, int length, PacketOutput out, long nanos) {
        int source = Ipv4Header.source(bytes, at);
        boolean tell = false;
        synchronized (queueLock) {
            View now = view;
            if (now.softwire == null && source == PLACEHOLDER && (now.gate == Gate.TRIGGER || now.gate == Gate.WAIT)) {
                if (!waiting.add(bytes, at, Ipv4Header.totalLength(bytes, at))) {
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
            need.packetWaits(Ipv4Header.destination(bytes, at), Ipv4Header.protocol(bytes, at));
        }
    }

    private void refuse(NodeCounter counter, ByteBuffer bytes, int at, int length, PacketOutput out, long nanos) {
        counters.count(counter, length);
        answer(NodeCounter.MADE_UNREACHABLE_IPV4, Icmpv4.HOST_UNREACHABLE, 0, bytes, at, out, nanos);
    }

    private void answer(
            NodeCounter counter, int code, int mtu, ByteBuffer bytes, int at, PacketOutput out, long nanos) {
        if (out.memory().longestPacket() < IcmpErrors.LONGEST
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

    private NodeCounter down(View now, ByteBuffer bytes, int at, int length, PacketOutput out, long nanos) {
        if (Ipv6Header.check(bytes, at, length) != PacketFault.NONE) {
            return NodeCounter.DROP_MALFORMED_IPV6;
        }
        Softwire softwire = now.softwire;
        if (softwire == null || nanos - softwire.endNanos() >= 0) {
            return NodeCounter.DROP_NO_LEASE_IPV6;
        }
        int end = at + Ipv6Header.LENGTH + Ipv6Header.payloadLength(bytes, at);
        if (Ipv6Header.nextHeader(bytes, at) == IpProtocol.ICMPV6) {
            // From any router on the way; what it quotes says whether it is for us.
            return path.learn(softwire, bytes, at, end, nanos)
                    ? NodeCounter.LEARN_PATH_MTU_IPV6
                    : NodeCounter.DROP_ICMPV6_IPV6;
        }
        if (Ipv6Header.sourceHigh(bytes, at) != softwire.tepHigh()
                || Ipv6Header.sourceLow(bytes, at) != softwire.tepLow()) {
            return NodeCounter.DROP_NOT_FROM_TEP_IPV6;
        }
        if (Ipv6Header.destinationHigh(bytes, at) != softwire.nodeHigh()
                || Ipv6Header.destinationLow(bytes, at) != softwire.nodeLow()) {
            return NodeCounter.DROP_TUNNEL_SOURCE_IPV6;
        }
        int inner = innerStart(bytes, at, end);
        if (inner < 0) {
            return NodeCounter.DROP_NEXT_HEADER_IPV6;
        }
        if (Ipv4Header.check(bytes, inner, end - inner) != PacketFault.NONE) {
            return NodeCounter.DROP_MALFORMED_INNER_IPV6;
        }
        if (!Ecn.decapsulate(bytes, inner, Ipv6Header.trafficClass(bytes, at))) {
            return NodeCounter.DROP_ECN_IPV6;
        }
        NodeCounter outcome = downInner(softwire, bytes, inner, nanos);
        if (outcome == NodeCounter.FORWARD_NATIVE_IPV6 || outcome == NodeCounter.FORWARD_TRANSLATED_IPV6) {
            out.toIpv4().add(inner, Ipv4Header.totalLength(bytes, inner));
        }
        return outcome;
    }

    /** Where the IPv4 packet begins, behind any Destination Options header (RFC 2473 section 4.1.1); -1 if there is none. */
    private static int innerStart(ByteBuffer bytes, int outer, int end) {
        int next = Ipv6Header.nextHeader(bytes, outer);
        int at = outer + Ipv6Header.LENGTH;
        for (int i = 0; next == IpProtocol.DESTINATION_OPTIONS && i < MOST_EXTENSION_HEADERS; i++) {
            if (DestinationOptions.check(bytes, at, end - at) != PacketFault.NONE) {
                return -1;
            }
            next = DestinationOptions.nextHeader(bytes, at);
            at += DestinationOptions.length(bytes, at);
        }
        return next == IpProtocol.IPV4 ? at : -1;
    }

    private static NodeCounter downInner(Softwire softwire, ByteBuffer bytes, int at, long nanos) {
        int source = Ipv4Header.source(bytes, at);
        int top = source >>> 24;
        if (top == 0 || top == 127 || top >= 224 || source == softwire.address() || source == PLACEHOLDER) {
            return NodeCounter.DROP_SOURCE_IPV6;
        }
        if (Ipv4Header.destination(bytes, at) != softwire.address()) {
            return NodeCounter.DROP_DESTINATION_IPV6;
        }
        if (softwire.translation().passesDown(bytes, at)) {
            return NodeCounter.FORWARD_NATIVE_IPV6;
        }
        return softwire.translation().down(bytes, at, nanos);
    }
}
