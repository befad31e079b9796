package io.dstm.tep.internal.rules;

import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.packet.Ecn;
import io.dstm.packet.Ipv6Header;
import io.dstm.tep.internal.table.TableView;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What the rules work with while they judge one batch: memory, table, settings, clock, and where packets leave. One thread. */
final class Scene {

    /** Of IPv6, IPv4 and TCP, without options. */
    private static final int HEADERS_WITH_TCP = 80;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    final Counters.Block counts;
    final FragmentIds ids;
    final PathMtus pathMtus;

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

    /** Longest IPv4 packet that fits every tunnel, known path MTUs included. */
    int alwaysFits;
    /** See {@link RulesSettings#tcpMss}. */
    int tcpMss;
    /** See {@link RulesSettings#echo}. */
    EchoLookup echo = EchoLookup.IDENTIFIER;
    /** See {@link OuterHeader#hopLimit}. */
    int hopLimit;
    /** What of an inner traffic class goes into the outer header. */
    int outerMask;

    /** Keeps the reads of {@link TableView#touch} from being optimised away. */
    long touched;

    /** What the packet that is being judged is recorded in; {@code null} if nobody watches. */
    @Nullable
    TraceRing ring;
    /** Whether it came from the tunnel side. */
    boolean ringOfTunnel;

    // What has left and is not counted yet.
    private int ipv6Sent;
    private long ipv6BytesSent;
    private int ipv4Sent;
    private long ipv4BytesSent;

    private int roomStart;
    private int roomEnd;
    private int longest;

    Scene(Counters.Block counts, FragmentIds ids, PathMtus pathMtus) {
        this.counts = counts;
        this.ids = ids;
        this.pathMtus = pathMtus;
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
        RulesSettings settings = newPolicy.settings();
        alwaysFits = Math.min(settings.tunnelMtu(), pathMtus.smallest(newNanos)) - Ipv6Header.LENGTH;
        tcpMss = settings.tcpMss();
        echo = settings.echo();
        hopLimit = settings.outer().hopLimit();
        outerMask = Ecn.encapsulate(0xFF, settings.outer().compatible());
        roomStart = 0;
        roomEnd = 0;
    }

    /** Lets go of what must not be used outside a batch. */
    void end() {
        countDepartures();
        view = null;
        out = null;
        bytes = NOTHING;
    }

    /** Counts what has left: of a batch at once, since nobody looks between. */
    void countDepartures() {
        if (ipv6Sent != 0) {
            counts.add(Outcome.OUT_ALL_IPV6, ipv6Sent, ipv6BytesSent);
            ipv6Sent = 0;
            ipv6BytesSent = 0;
        }
        if (ipv4Sent != 0) {
            counts.add(Outcome.OUT_ALL_IPV4, ipv4Sent, ipv4BytesSent);
            ipv4Sent = 0;
            ipv4BytesSent = 0;
        }
    }

    /** Has a trace show the packet that was put together instead of its last fragment, if it has the headers that came in. */
    void keepWhole(int start, int length, int fragments) {
        TraceRing watching = ring;
        if (watching != null && ringOfTunnel == (Ipv6Header.version(bytes, start) == 6)) {
            watching.keep(bytes, start, length, fragments);
        }
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

    /** The same with a slot of its own, and so with headroom like a packet that was received; -1 also if no slot is so long. */
    int slotFor(int length) {
        int spare = length > longest ? -1 : output().takeSpare();
        if (spare >= 0) {
            roomStart = spare + length;
            roomEnd = spare + longest;
        }
        return spare;
    }

    /** Whether a slot holds a packet of {@code length} bytes. */
    boolean fitsSlot(int length) {
        return length <= longest;
    }

    /** Longest IPv6 packet to the client of a binding. */
    int mtuTo(int slot) {
        int known = pathMtus.of(table().sourceHigh(slot), table().sourceLow(slot), nanos);
        return Math.min(settings().tunnelMtu(), known);
    }

    /** Largest TCP segment that fits the tunnel to a client, and to a second one if there is one. */
    int mssTo(int client, int another) {
        int mss = Math.min(tcpMss, mtuTo(client) - HEADERS_WITH_TCP);
        return another == TableView.NONE ? mss : Math.min(mss, mtuTo(another) - HEADERS_WITH_TCP);
    }

    boolean sendIpv6(int start, int length) {
        boolean sent = output().toIpv6().add(start, length);
        if (sent) {
            ipv6Sent++;
            ipv6BytesSent += length;
        }
        return sent;
    }

    boolean sendIpv4(int start, int length) {
        boolean sent = output().toIpv4().add(start, length);
        if (sent) {
            ipv4Sent++;
            ipv4BytesSent += length;
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
