package io.dstm.client.internal.tunnel;

import io.dstm.packet.Icmpv4;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import java.nio.ByteBuffer;

/** Writes the ICMPv4 errors that the client sends to the node's own programs, at a limited rate (RFC 1812 section 4.3.2.8). */
final class IcmpErrors {

    /** The far end of the softwire as the node sees it (RFC 6333 section 5.7): not an address of this node, or it were a martian. */
    static final int FROM = 0xC0000001;

    /** As much as RFC 1812 section 4.3.2.3 allows. */
    static final int LONGEST = 576;

    private static final int PER_SECOND = 100;
    private static final long SECOND = 1_000_000_000L;
    /** Internetwork control (RFC 1812 section 4.3.2.5). */
    private static final int TOS = 0xC0;

    private static final int TTL = 64;

    private long secondStarted;
    private int sentThisSecond;

    /** Whether one more may be sent now. Called by any thread. */
    synchronized boolean mayPass(long nanos) {
        if (sentThisSecond == 0 || nanos - secondStarted >= SECOND) {
            secondStarted = nanos;
            sentThisSecond = 0;
        }
        return sentThisSecond++ < PER_SECOND;
    }

    /**
     * Whether RFC 1122 section 3.2.2 allows an error about this packet: not about ICMP errors and later fragments.
     *
     * @param available how much of the packet is there, in bytes
     */
    static boolean mayAnswer(ByteBuffer packet, int at, int available) {
        if (Ipv4Header.fragmentOffset(packet, at) != 0) {
            return false;
        }
        int header = Ipv4Header.headerLength(packet, at);
        return Ipv4Header.protocol(packet, at) != IpProtocol.ICMP
                || available > header
                        && Ipv4Header.totalLength(packet, at) > header
                        && Icmpv4.isQuery(Icmpv4.type(packet, at + header));
    }

    /**
     * Writes an error about the packet at {@code about} to {@code at}.
     *
     * @param available how much of that packet is there, in bytes
     * @param from who sends it, such as {@link #FROM}
     * @param code of destination unreachable
     * @param mtu what {@link Icmpv4#FRAGMENTATION_NEEDED} carries, else 0
     * @return its length in bytes, at most {@link #LONGEST}
     */
    static int writeUnreachable(ByteBuffer packet, int at, int about, int available, int from, int code, int mtu) {
        int quoted = Math.min(
                Math.min(available, Ipv4Header.totalLength(packet, about)),
                LONGEST - Ipv4Header.LENGTH - Icmpv4.LENGTH);
        int total = Ipv4Header.LENGTH + Icmpv4.LENGTH + quoted;
        int icmp = at + Ipv4Header.LENGTH;
        packet.put(icmp + Icmpv4.LENGTH, packet, about, quoted);
        Ipv4Header.write(packet, at, TOS, total, 0, TTL, IpProtocol.ICMP, from, Ipv4Header.source(packet, about));
        Icmpv4.write(packet, icmp, Icmpv4.UNREACHABLE, code, mtu, Icmpv4.LENGTH + quoted);
        return total;
    }
}
