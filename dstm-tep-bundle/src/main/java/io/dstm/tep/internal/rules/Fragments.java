package io.dstm.tep.internal.rules;

import io.dstm.api.datapath.PacketMemory;
import io.dstm.packet.Ecn;
import io.dstm.packet.FragmentHeader;
import io.dstm.packet.Icmpv6;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The rules for fragments, beside the way of whole packets: which are kept, and what the whole looks like. A fragment that is kept
 * or dropped has its outcome; the one that completes a packet has none, and the whole lies in a slot of its own at {@link #start}.
 */
final class Fragments {

    /** RFC 1858 section 3.2.1: ports, flags and what else filters look at. */
    private static final int SHORTEST_TCP = 16;
    /** Where other protocols have their ports, or ICMP its identifier. */
    private static final int SHORTEST_TRANSPORT = 8;

    private static final int LONGEST_PACKET = 65535;

    /** Where in an IPv6 header the payload length is. */
    private static final int PAYLOAD_LENGTH = 4;
    /** Where in a Fragment header the offset is. */
    private static final int FRAGMENT_OFFSET = 2;

    /** Tells the fragments inside a tunnel from others of the same thread. */
    private static final long INNER = 1L << 32;
    /** In a note, beside the next header: extension headers stood before the Fragment header. */
    private static final int HAD_EXTENSIONS = 0x100;

    /** RFC 4443 section 2.4 c. */
    private static final int LONGEST_QUOTE = 1280 - 48;

    /** Packets given up at the beginning of a batch: what they are told takes room and time from the batch. */
    private static final int MOST_TOLD = 16;

    private final Scene scene;
    private final Icmp icmp;
    private final Reassembly ipv6;
    private final Reassembly ipv4;
    private int start;
    private int length;
    private int joined;

    Fragments(Scene scene, Icmp icmp, Reassembly ipv6, Reassembly ipv4) {
        this.scene = scene;
        this.icmp = icmp;
        this.ipv6 = ipv6;
        this.ipv4 = ipv4;
    }

    /** Where the whole packet begins, its outer header if it has one. */
    int start() {
        return start;
    }

    /** Its length in bytes. */
    int length() {
        return length;
    }

    int incomplete() {
        return ipv6.incomplete() + ipv4.incomplete();
    }

    int bytesHeld() {
        synchronized (ipv6) {
            synchronized (ipv4) {
                return ipv6.bytesHeld() + ipv4.bytesHeld();
            }
        }
    }

    /** How much of the memory for one family is taken, where it is more, in thousandths. For any thread. */
    int level() {
        return Math.max(level(ipv6), level(ipv4));
    }

    private static int level(Reassembly of) {
        synchronized (of) {
            return of.level();
        }
    }

    private ReassemblyLimits limits() {
        return scene.settings().reassembly();
    }

    /** Takes the IPv6 fragment whose Fragment header is at {@code fragment}; {@code null} if its packet is complete. */
    @Nullable
    Outcome offerIpv6(int outer, int fragment, int end) {
        if (limits().bytes() == 0) {
            return Outcome.DROP_FRAGMENT_IPV6;
        }
        ByteBuffer bytes = scene.bytes;
        int data = fragment + FragmentHeader.LENGTH;
        int next = FragmentHeader.nextHeader(bytes, fragment);
        int offset = FragmentHeader.fragmentOffset(bytes, fragment);
        int shortest = next == IpProtocol.IPV4 ? Ipv4Header.LENGTH : SHORTEST_TRANSPORT;
        int length = end - data;
        boolean more = FragmentHeader.moreFragments(bytes, fragment);
        if (offset == 0 && length < shortest) {
            icmp.parameterProblem(outer, end - outer, Icmpv6.INCOMPLETE_HEADERS, 0);
            return Outcome.DROP_TINY_FRAGMENT_IPV6;
        }
        if (more && (length & 7) != 0) {
            icmp.parameterProblem(outer, end - outer, Icmpv6.ERRONEOUS_FIELD, PAYLOAD_LENGTH);
            return Outcome.DROP_MALFORMED_FRAGMENT_IPV6;
        }
        if (offset + length > LONGEST_PACKET) {
            icmp.parameterProblem(outer, end - outer, Icmpv6.ERRONEOUS_FIELD, fragment - outer + FRAGMENT_OFFSET);
            return Outcome.DROP_MALFORMED_FRAGMENT_IPV6;
        }
        synchronized (ipv6) {
            return offerIpv6(outer, fragment, data, length, offset);
        }
    }

    private @Nullable Outcome offerIpv6(int outer, int fragment, int data, int length, int offset) {
        ByteBuffer bytes = scene.bytes;
        boolean extended = fragment != outer + Ipv6Header.LENGTH;
        ipv6.countBy(scene.counts);
        ipv6.name(
                Ipv6Header.sourceHigh(bytes, outer),
                Ipv6Header.sourceLow(bytes, outer),
                Ipv6Header.destinationHigh(bytes, outer),
                Ipv6Header.destinationLow(bytes, outer),
                FragmentHeader.identification(bytes, fragment),
                0);
        Reassembly.Fate fate = ipv6.offer(
                bytes,
                outer,
                Ipv6Header.LENGTH,
                data,
                length,
                offset,
                FragmentHeader.moreFragments(bytes, fragment),
                Ipv6Header.trafficClass(bytes, outer) & Ecn.FIELD,
                FragmentHeader.nextHeader(bytes, fragment) | (extended ? HAD_EXTENSIONS : 0),
                limits(),
                scene.nanos);
        return fate == Reassembly.Fate.COMPLETE ? joinIpv6() : ipv6.outcome(fate);
    }

    /** Extension headers that stood before the Fragment headers are left out: each was found to be one that may be skipped. */
    private @Nullable Outcome joinIpv6() {
        ByteBuffer bytes = scene.bytes;
        int payload = ipv6.length();
        int next = ipv6.note() & 0xFF;
        int marks = ipv6.marks();
        Outcome refused = take(ipv6, Ipv6Header.LENGTH + payload, Outcome.DROP_TOO_LONG_REASSEMBLED_IPV6);
        if (refused != null) {
            return refused;
        }
        int trafficClass = Ipv6Header.trafficClass(bytes, start);
        int ecn = Ecn.ofFragments(trafficClass, marks);
        if (ecn == Ecn.DROP) {
            return Outcome.DROP_CONGESTED_FRAGMENTS_IPV6;
        }
        int hopLimit = Ipv6Header.hopLimit(bytes, start);
        Ipv6Header.writeFields(bytes, start, trafficClass & ~Ecn.FIELD | ecn, payload, next, hopLimit);
        scene.keepWhole(start, length, joined);
        scene.counts.add(Outcome.NOTED_REASSEMBLED_IPV6, length);
        return null;
    }

    /** Takes an IPv4 fragment to a shared address; {@code null} if its packet is complete. */
    @Nullable
    Outcome offerIpv4(int header, int fragmentLength) {
        ByteBuffer bytes = scene.bytes;
        synchronized (ipv4) {
            ipv4.countBy(scene.counts);
            ipv4.name(
                    Ipv4Header.source(bytes, header),
                    0,
                    Ipv4Header.destination(bytes, header),
                    0,
                    identification(header),
                    0);
            Outcome outcome = offer(header, header, fragmentLength);
            return outcome == null ? joinIpv4(0) : outcome;
        }
    }

    /** Takes an IPv4 fragment inside a tunnel, from a shared address; {@code null} if its packet is complete. */
    @Nullable
    Outcome offerInner(int outer, int inner) {
        ByteBuffer bytes = scene.bytes;
        int kept = inner - Ipv6Header.LENGTH;
        if (kept != outer) {
            // What stood between the headers has been looked at and is not needed any more.
            bytes.put(kept, bytes, outer, Ipv6Header.LENGTH);
        }
        synchronized (ipv4) {
            ipv4.countBy(scene.counts);
            ipv4.name(
                    Ipv6Header.sourceHigh(bytes, kept),
                    Ipv6Header.sourceLow(bytes, kept),
                    Ipv6Header.destinationHigh(bytes, kept),
                    Ipv6Header.destinationLow(bytes, kept),
                    INNER | identification(inner),
                    (long) Ipv4Header.source(bytes, inner) << 32 | Ipv4Header.destination(bytes, inner) & 0xFFFF_FFFFL);
            Outcome outcome = offer(kept, inner, Ipv4Header.totalLength(bytes, inner));
            return outcome == null ? joinIpv4(Ipv6Header.LENGTH) : outcome;
        }
    }

    private long identification(int header) {
        return (long) Ipv4Header.protocol(scene.bytes, header) << 16 | Ipv4Header.identification(scene.bytes, header);
    }

    private @Nullable Outcome offer(int kept, int header, int fragmentLength) {
        ByteBuffer bytes = scene.bytes;
        if (limits().bytes() == 0) {
            return Outcome.DROP_SHARED_FRAGMENT_IPV4;
        }
        int headerLength = Ipv4Header.headerLength(bytes, header);
        int data = header + headerLength;
        int dataLength = fragmentLength - headerLength;
        int offset = Ipv4Header.fragmentOffset(bytes, header);
        if (isTiny(Ipv4Header.protocol(bytes, header), offset, dataLength)) {
            return Outcome.DROP_TINY_FRAGMENT_IPV4;
        }
        Reassembly.Fate fate = ipv4.offer(
                bytes,
                kept,
                data - kept,
                data,
                dataLength,
                offset,
                Ipv4Header.moreFragments(bytes, header),
                Ipv4Header.tos(bytes, header) & Ecn.FIELD,
                0,
                limits(),
                scene.nanos);
        return fate == Reassembly.Fate.COMPLETE ? null : ipv4.outcome(fate);
    }

    /** RFC 1858 section 3.2: a first part without the flags, or a second one that would overwrite them; RFC 3128 the latter too. */
    private static boolean isTiny(int protocol, int offset, int dataLength) {
        if (offset == 0) {
            return dataLength < (protocol == IpProtocol.TCP ? SHORTEST_TCP : SHORTEST_TRANSPORT);
        }
        return offset == SHORTEST_TRANSPORT && protocol == IpProtocol.TCP;
    }

    /**
     * Makes the whole a packet that nobody would know to have been in fragments.
     *
     * @param outerLength bytes of headers before the IPv4 header
     */
    private @Nullable Outcome joinIpv4(int outerLength) {
        ByteBuffer bytes = scene.bytes;
        int total = ipv4.headerLength() + ipv4.length() - outerLength;
        int marks = ipv4.marks();
        if (total > LONGEST_PACKET) {
            ipv4.discard();
            return Outcome.DROP_TOO_LONG_REASSEMBLED_IPV4;
        }
        Outcome refused = take(ipv4, outerLength + total, Outcome.DROP_TOO_LONG_REASSEMBLED_IPV4);
        if (refused != null) {
            return refused;
        }
        int header = start + outerLength;
        int tos = Ipv4Header.tos(bytes, header);
        int ecn = Ecn.ofFragments(tos, marks);
        if (ecn == Ecn.DROP) {
            return Outcome.DROP_CONGESTED_FRAGMENTS_IPV4;
        }
        // A packet that came in fragments may be fragmented again, whatever they said.
        bytes.putShort(header + 6, (short) 0);
        bytes.put(header + 1, (byte) (tos & ~Ecn.FIELD | ecn));
        Ipv4Header.changeFragment(bytes, header, total, 0, false);
        if (outerLength != 0) {
            // Each fragment's traffic class has been carried over to it already.
            int hopLimit = Ipv6Header.hopLimit(bytes, start);
            Ipv6Header.writeFields(bytes, start, Ipv4Header.tos(bytes, header), total, IpProtocol.IPV4, hopLimit);
        }
        scene.keepWhole(start, length, joined);
        scene.counts.add(Outcome.NOTED_REASSEMBLED_IPV4, total);
        return null;
    }

    private @Nullable Outcome take(Reassembly from, int wholeLength, Outcome tooLong) {
        int slot = scene.slotFor(wholeLength);
        if (slot < 0) {
            from.discard();
            return scene.fitsSlot(wholeLength) ? Outcome.DROP_NO_ROOM_IP : tooLong;
        }
        joined = from.fragments();
        from.take(scene.bytes, slot);
        start = slot;
        length = wholeLength;
        return null;
    }

    /** Gives up the packets whose time is up, and tells the clients whose packets' first fragments are there (RFC 8200 4.5). */
    void giveUpOld() {
        if (!ipv4.isIdle()) {
            synchronized (ipv4) {
                ipv4.countBy(scene.counts);
                while (ipv4.isDue(scene.nanos)) {
                    ipv4.dropDue();
                }
            }
        }
        if (!ipv6.isIdle()) {
            synchronized (ipv6) {
                ipv6.countBy(scene.counts);
                for (int told = 0; told < MOST_TOLD && ipv6.isDue(scene.nanos); told++) {
                    tellOfOldest();
                    ipv6.dropDue();
                }
            }
        }
    }

    private void tellOfOldest() {
        int first = Math.min(ipv6.dueFirstLength(), LONGEST_QUOTE);
        int note = ipv6.dueNote();
        // The beginning of the packet that an error would quote is not kept where there were extension headers.
        if (first == 0 || (note & HAD_EXTENSIONS) != 0) {
            return;
        }
        int headers = Ipv6Header.LENGTH + FragmentHeader.LENGTH;
        int room = scene.room(PacketMemory.HEADROOM + headers + first);
        if (room < 0) {
            return;
        }
        int slot = room + PacketMemory.HEADROOM;
        ipv6.copyDue(scene.bytes, slot, slot + headers, first);
        FragmentHeader.write(scene.bytes, slot + Ipv6Header.LENGTH, note & 0xFF, 0, true, (int) ipv6.dueName());
        icmp.reassemblyTimeExceeded(slot, headers + first);
    }
}
