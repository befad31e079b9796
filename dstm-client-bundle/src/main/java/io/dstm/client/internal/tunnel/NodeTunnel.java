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
import io.dstm.packet.Ecn;
import io.dstm.packet.Icmpv4;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.packet.PacketFault;
import io.dstm.packet.TransportHeader;
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

    /** From this port on a packet of a whole address may belong to a translated flow. */
    public static final int FIRST_TRANSLATED_PORT = Translation.FIRST_RESERVED;

    private static final int PLACEHOLDER = Ipv4Address.PLACEHOLDER.value();
    private static final int MOST_EXTENSION_HEADERS = 2;
    private static final int REPLAY_BATCH = 16;

    /** How often the TEP's refusals are told at most: each makes the engine ask a server. */
    private static final long REFUSAL_PAUSE_NANOS = 60L * 1_000_000_000L;

    private final int tunnelMtu;
    private final boolean answersProhibited;
    private final TunnelListener listener;
    private final NodeCounters counters;
    private final IcmpErrors errors = new IcmpErrors();
    private final PathMtu path;
    private final Encapsulation encapsulation;
    private final AtomicBoolean needTold = new AtomicBoolean();
    private final Object queueLock = new Object();
    /** Guarded by {@code queueLock}. */
    private final WaitingPackets waiting;

    // Used by the thread that hears the network alone.
    private boolean refusalTold;
    private long refusalToldAt;

    private volatile View view = new View(Gate.IGNORE, null);
    /** The last lease's translation, kept in case the same address comes back. Used by the engine alone. */
    private @Nullable Softwire lastSoftwire;

    /** What the packet threads see: the lease, or what to do without one. */
    private record View(Gate gate, @Nullable Softwire softwire) {}

    /**
     * Rules without a lease; until {@link #setGate} packets are ignored.
     *
     * @param settings what the operator decided
     * @param listener hears what packets tell about the lease
     * @param counters counts what becomes of packets
     */
    public NodeTunnel(TunnelSettings settings, TunnelListener listener, NodeCounters counters) {
        this.tunnelMtu = settings.tunnelMtu();
        this.answersProhibited = settings.answersProhibited();
        this.path = new PathMtu(tunnelMtu);
        this.waiting = new WaitingPackets(settings.mostWaiting());
        this.encapsulation =
                new Encapsulation(new SecureRandom().nextInt(), settings.hopLimit(), settings.ecnCompatibility());
        this.listener = listener;
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

    /** What is known of the path to the TEP. */
    public PathEstimate path(long nanos) {
        return path.known(nanos);
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
            listener.packetWaits(Ipv4Header.destination(bytes, at), Ipv4Header.protocol(bytes, at));
        }
    }

    private void refuse(NodeCounter counter, ByteBuffer bytes, int at, int length, PacketOutput out, long nanos) {
        counters.count(counter, length);
        answer(NodeCounter.MADE_UNREACHABLE_IPV4, Icmpv4.HOST_UNREACHABLE, 0, bytes, at, out, nanos);
    }

    private void answer(
            NodeCounter counter, int code, int mtu, ByteBuffer bytes, int at, PacketOutput out, long nanos) {
        int available = Ipv4Header.totalLength(bytes, at);
        int spare = roomForError(bytes, at, available, out, nanos);
        if (spare >= 0) {
            int length = IcmpErrors.writeUnreachable(bytes, spare, at, available, IcmpErrors.FROM, code, mtu);
            out.toIpv4().add(spare, length);
            counters.count(counter, length);
        }
    }

    /** Where an error about the packet at {@code about} may be written; -1 if there may be none now. */
    private int roomForError(ByteBuffer bytes, int about, int available, PacketOutput out, long nanos) {
        return out.memory().longestPacket() >= IcmpErrors.LONGEST
                        && IcmpErrors.mayAnswer(bytes, about, available)
                        && errors.mayPass(nanos)
                ? out.takeSpare()
                : -1;
    }

    /**
     * Judges an ICMPv6 error, from any router on the way; what it quotes says whether it is for us. RFC 2473 section 8: its meaning
     * goes on to the program whose packet it is about.
     */
    private NodeCounter downError(Softwire softwire, ByteBuffer bytes, int at, int end, PacketOutput out, long nanos) {
        if (!TunnelErrors.isAboutTunnel(softwire, bytes, at, end)) {
            return NodeCounter.DROP_ICMPV6_IPV6;
        }
        int inner = TunnelErrors.quotedPacket(softwire, bytes, at, end);
        if (TunnelErrors.refusesSource(bytes, at)) {
            return inner != TunnelErrors.NOTHING
                            && isFromTep(softwire, bytes, at)
                            && isOfLease(softwire, bytes, inner, end)
                    ? noteRefusal(nanos)
                    : NodeCounter.DROP_ICMPV6_IPV6;
        }
        boolean learned = path.learn(bytes, at, nanos);
        int code = TunnelErrors.ipv4Code(bytes, at);
        boolean relayed = inner != TunnelErrors.NOTHING
                && code != TunnelErrors.NOTHING
                && relay(softwire, bytes, inner, end, code, out, nanos);
        if (learned) {
            listener.pathLearned();
            return NodeCounter.LEARN_PATH_MTU_IPV6;
        }
        return relayed ? NodeCounter.RELAY_ERROR_IPV6 : NodeCounter.DROP_ICMPV6_IPV6;
    }

    /** Whether the quoted packet can have left here: what a program spoofs, or what lies outside the set, is refused rightly. */
    private static boolean isOfLease(Softwire softwire, ByteBuffer bytes, int inner, int end) {
        int transport = inner + Ipv4Header.headerLength(bytes, inner);
        return !IpProtocol.hasPorts(Ipv4Header.protocol(bytes, inner))
                || Ipv4Header.fragmentOffset(bytes, inner) != 0
                || end - transport >= TransportHeader.PORTS_LENGTH
                        && softwire.key().ports().contains(TransportHeader.sourcePort(bytes, transport));
    }

    private NodeCounter noteRefusal(long nanos) {
        if (!refusalTold || nanos - refusalToldAt >= REFUSAL_PAUSE_NANOS) {
            refusalTold = true;
            refusalToldAt = nanos;
            listener.sourceRefused();
        }
        return NodeCounter.NOTE_REFUSED_SOURCE_IPV6;
    }

    /** Tells the program as if a router had, so that the translation leads the error to whoever sent the packet. */
    private boolean relay(
            Softwire softwire, ByteBuffer bytes, int inner, int end, int code, PacketOutput out, long nanos) {
        int mtu = 0;
        if (code == Icmpv4.FRAGMENTATION_NEEDED) {
            mtu = path.now(nanos) - Ipv6Header.LENGTH;
            if (!Ipv4Header.dontFragment(bytes, inner) || Ipv4Header.totalLength(bytes, inner) <= mtu) {
                return false;
            }
        }
        int spare = roomForError(bytes, inner, end - inner, out, nanos);
        if (spare < 0) {
            return false;
        }
        int length = IcmpErrors.writeUnreachable(bytes, spare, inner, end - inner, IcmpErrors.FROM, code, mtu);
        Translation translation = softwire.translation();
        NodeCounter outcome = translation.passesDown(bytes, spare)
                ? NodeCounter.FORWARD_NATIVE_IPV6
                : translation.down(bytes, spare, nanos);
        boolean relayed = outcome == NodeCounter.FORWARD_NATIVE_IPV6 || outcome == NodeCounter.FORWARD_TRANSLATED_IPV6;
        if (relayed) {
            out.toIpv4().add(spare, length);
            counters.count(mtu == 0 ? NodeCounter.MADE_UNREACHABLE_IPV4 : NodeCounter.MADE_TOO_BIG_IPV4, length);
        }
        return relayed;
    }

    /** RFC 7596 section 5.2: the sender of what is not for this node may be told, by way of the TEP. */
    private void answerProhibited(Softwire softwire, ByteBuffer bytes, int inner, PacketOutput out, long nanos) {
        int available = Ipv4Header.totalLength(bytes, inner);
        int spare = roomForError(bytes, inner, available, out, nanos);
        if (spare >= 0) {
            int length = IcmpErrors.writeUnreachable(
                    bytes, spare, inner, available, softwire.address(), Icmpv4.PROHIBITED, 0);
            if (encapsulation.send(softwire, bytes, spare, length, path.now(nanos), out)) {
                counters.count(NodeCounter.MADE_PROHIBITED_IPV4, length);
            }
        }
    }

    private static boolean isFromTep(Softwire softwire, ByteBuffer bytes, int at) {
        return Ipv6Header.sourceHigh(bytes, at) == softwire.tepHigh()
                && Ipv6Header.sourceLow(bytes, at) == softwire.tepLow();
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
            return downError(softwire, bytes, at, end, out, nanos);
        }
        if (!isFromTep(softwire, bytes, at)) {
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
        if ((Ecn.decapsulate(bytes, inner, Ipv6Header.trafficClass(bytes, at)) & Ecn.DROP) != 0) {
            return NodeCounter.DROP_ECN_IPV6;
        }
        NodeCounter outcome = downInner(softwire, bytes, inner, nanos);
        if (outcome == NodeCounter.FORWARD_NATIVE_IPV6 || outcome == NodeCounter.FORWARD_TRANSLATED_IPV6) {
            out.toIpv4().add(inner, Ipv4Header.totalLength(bytes, inner));
        } else if (answersProhibited
                && (outcome == NodeCounter.DROP_DESTINATION_IPV6 || outcome == NodeCounter.DROP_PORT_IPV6)) {
            answerProhibited(softwire, bytes, inner, out, nanos);
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
