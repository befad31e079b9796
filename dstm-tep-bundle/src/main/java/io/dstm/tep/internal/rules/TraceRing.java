package io.dstm.tep.internal.rules;

import io.dstm.api.tep.Binding;
import io.dstm.packet.DestinationOptions;
import io.dstm.packet.FragmentHeader;
import io.dstm.packet.Icmpv6;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.packet.PacketFault;
import io.dstm.tep.internal.table.TableView;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last packets that counted, as they arrived, with the bindings that belong to their ends. One thread writes, without locks
 * and without garbage; any thread reads, and does without what is overwritten meanwhile.
 */
public final class TraceRing {

    /** How many packets are remembered. */
    public static final int PACKETS = 64;

    /** How many bytes of each: the outer header, ICMP, the packet it quotes and that one's ports fit, with options. */
    public static final int KEPT = 256;

    /** An end was not looked up: it lies outside. */
    private static final long NOT_COMPARED = 0;
    /** Nobody held it. */
    private static final long NO_BINDING = 1;
    /** Somebody held it. */
    private static final long BINDING = 2;

    /** One more than are remembered: where the packet is kept that is being judged. */
    private static final int PLACES = PACKETS + 1;

    private static final int END_WORDS = 2 + TableView.RECORDED;
    private static final int NANOS = 0;
    private static final int LENGTH = 1;
    private static final int FRAGMENTS = 2;
    private static final int SOURCE = 3;
    private static final int DESTINATION = SOURCE + END_WORDS;
    private static final int WORDS = DESTINATION + END_WORDS;

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int MOST_EXTENSION_HEADERS = 8;

    /** Direct, as packet memory is: methods that have seen one kind of buffer only run faster. */
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(PLACES * KEPT);

    private final long[] words = new long[PLACES * WORDS];
    /** For each place the number of its packet, from 1, doubled; odd while it is written. */
    private final long[] stamps = new long[PLACES];

    // Written by the packet thread alone; read by others through the stamps.
    private long recorded;

    TraceRing() {}

    /**
     * Keeps a packet that is about to be judged, instead of the one before if that did not count.
     *
     * @param fragments how many it was put together from, 1 for none
     */
    void keep(ByteBuffer from, int start, int length, int fragments) {
        int place = place(recorded + 1);
        LONGS.setOpaque(stamps, place, 2 * recorded + 1);
        VarHandle.storeStoreFence();
        bytes.put(place * KEPT, from, start, Math.min(length, KEPT));
        words[place * WORDS + LENGTH] = length;
        words[place * WORDS + FRAGMENTS] = fragments;
    }

    /** Remembers the packet that was kept last: it counted. */
    void remember(long nanos, TableView view, boolean fromTunnel, EchoLookup echo) {
        int place = place(recorded + 1);
        words[place * WORDS + NANOS] = nanos;
        compare(place, view, fromTunnel, echo);
        recorded++;
        LONGS.setRelease(stamps, place, 2 * recorded);
    }

    private static int place(long number) {
        return (int) (number % PLACES);
    }

    /** Looks up again what the rules looked up, in the same view of the table. */
    private void compare(int place, TableView view, boolean fromTunnel, EchoLookup echo) {
        int start = place * KEPT;
        int at = place * WORDS;
        int end = start + (int) Math.min(KEPT, words[at + LENGTH]);
        words[at + SOURCE] = NOT_COMPARED;
        words[at + DESTINATION] = NOT_COMPARED;
        int inner = fromTunnel ? innermost(start, end) : start;
        if (inner < 0 || Ipv4Header.checkQuoted(bytes, inner, end - inner) != PacketFault.NONE) {
            return;
        }
        // What an ICMPv6 error quotes went to a client, as what comes from the IPv4 side does.
        boolean toClient = !fromTunnel || next(start) != IpProtocol.IPV4 && isQuoted(start, end);
        int length = Math.min(Ipv4Header.totalLength(bytes, inner), end - inner);
        int source = Ipv4Header.source(bytes, inner);
        if (!toClient || view.serves(source)) {
            compareEnd(at + SOURCE, view, source, Ports.source(bytes, inner, length, echo));
        }
        int destination = Ipv4Header.destination(bytes, inner);
        if (toClient || view.serves(destination)) {
            compareEnd(at + DESTINATION, view, destination, Ports.destination(bytes, inner, length, echo));
        }
    }

    private void compareEnd(int at, TableView view, int address, int port) {
        int slot = view.find(address, port);
        words[at] = slot == TableView.NONE ? NO_BINDING : BINDING;
        words[at + 1] = (long) address << 32 | port & 0xFFFF_FFFFL;
        if (slot != TableView.NONE) {
            view.record(slot, words, at + 2);
        }
    }

    private int next(int start) {
        return Ipv6Header.nextHeader(bytes, start);
    }

    private boolean isQuoted(int start, int end) {
        return payload(start, end, IpProtocol.ICMPV6) >= 0;
    }

    /** Where the IPv4 packet begins that a packet from the tunnel carries or, if it is an ICMPv6 error, quotes; -1 if none. */
    private int innermost(int start, int end) {
        int carried = payload(start, end, IpProtocol.IPV4);
        if (carried >= 0) {
            return carried;
        }
        int message = payload(start, end, IpProtocol.ICMPV6);
        return message < 0 || message + Icmpv6.LENGTH > end
                ? -1
                : payload(message + Icmpv6.LENGTH, end, IpProtocol.IPV4);
    }

    /** Where behind the IPv6 header at {@code start} the header of a protocol begins; -1 if nowhere. */
    private int payload(int start, int end, int protocol) {
        int at = start + Ipv6Header.LENGTH;
        if (at > end || Ipv6Header.version(bytes, start) != 6) {
            return -1;
        }
        int next = next(start);
        for (int headers = 0; headers < MOST_EXTENSION_HEADERS && next != protocol; headers++) {
            boolean options = next == IpProtocol.HOP_BY_HOP || next == IpProtocol.DESTINATION_OPTIONS;
            boolean first = next == IpProtocol.FRAGMENT
                    && at + FragmentHeader.LENGTH <= end
                    && FragmentHeader.fragmentOffset(bytes, at) == 0;
            if (!first && (!options || at + 2 > end)) {
                return -1;
            }
            next = options ? DestinationOptions.nextHeader(bytes, at) : FragmentHeader.nextHeader(bytes, at);
            at += options ? DestinationOptions.length(bytes, at) : FragmentHeader.LENGTH;
        }
        return next == protocol && at <= end ? at : -1;
    }

    /** How many packets counted. */
    public long recorded() {
        long highest = 0;
        for (int place = 0; place < PLACES; place++) {
            highest = Math.max(highest, (long) LONGS.getAcquire(stamps, place) / 2);
        }
        return highest;
    }

    /** The packets that are remembered, oldest first. */
    public List<Kept> packets() {
        List<Kept> packets = new ArrayList<>();
        long newest = recorded();
        for (long number = Math.max(1, newest - PACKETS + 1); number <= newest; number++) {
            Kept kept = read(number);
            if (kept != null) {
                packets.add(kept);
            }
        }
        return packets;
    }

    private @Nullable Kept read(long number) {
        int place = place(number);
        if ((long) LONGS.getAcquire(stamps, place) != 2 * number) {
            return null;
        }
        long[] copy = new long[WORDS];
        System.arraycopy(words, place * WORDS, copy, 0, WORDS);
        int length = (int) copy[LENGTH];
        ByteBuffer packet = ByteBuffer.allocateDirect(Math.max(0, Math.min(length, KEPT)));
        packet.put(0, bytes, place * KEPT, packet.capacity());
        // What was copied is whole if the writer has not begun to write here again.
        VarHandle.loadLoadFence();
        if ((long) LONGS.getOpaque(stamps, place) != 2 * number) {
            return null;
        }
        return new Kept(copy[NANOS], length, (int) copy[FRAGMENTS], packet, end(copy, SOURCE), end(copy, DESTINATION));
    }

    private static @Nullable End end(long[] words, int at) {
        if (words[at] == NOT_COMPARED) {
            return null;
        }
        int port = (int) words[at + 1];
        return new End(
                (int) (words[at + 1] >>> 32), port, words[at] == BINDING ? TableView.recorded(words, at + 2) : null);
    }

    /**
     * A packet that counted.
     *
     * @param nanos when it was judged, {@link System#nanoTime()}'s clock
     * @param length its length in bytes
     * @param fragments how many it was put together from, 1 if it came whole
     * @param bytes its beginning as it arrived, or as it was put together
     * @param source what was looked up for its IPv4 source; {@code null} if that lies outside
     * @param destination the same for its IPv4 destination
     */
    public record Kept(
            long nanos,
            int length,
            int fragments,
            ByteBuffer bytes,
            @Nullable End source,
            @Nullable End destination) {}

    /**
     * One end of a packet, as it was looked up.
     *
     * @param address the IPv4 address
     * @param port the port or identifier, {@link TableView#NO_PORT} if there is none
     * @param binding the binding at that time, ended or not; {@code null} if there was none
     */
    public record End(int address, int port, @Nullable Binding binding) {}
}
