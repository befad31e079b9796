package io.dstm.client.internal.tunnel;

import io.dstm.packet.FragmentHeader;
import io.dstm.packet.Icmpv4;
import io.dstm.packet.Icmpv6;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.packet.PacketFault;
import java.nio.ByteBuffer;

/** What ICMPv6 errors about packets to the TEP say (RFC 2473 section 8), whoever on the way sent them. */
final class TunnelErrors {

    /** The error is for nobody here. */
    static final int NOTHING = -1;

    private TunnelErrors() {}

    /** Whether an ICMPv6 message is a sound error that quotes a packet between the ends of the tunnel. */
    static boolean isAboutTunnel(Softwire softwire, ByteBuffer bytes, int outer, int end) {
        int message = outer + Ipv6Header.LENGTH;
        int quote = message + Icmpv6.LENGTH;
        return end - quote >= Ipv6Header.LENGTH
                && Icmpv6.isError(Icmpv6.type(bytes, message))
                && Icmpv6.isChecksumSound(bytes, outer, message, end - message)
                && carriesIpv4(bytes, quote, end)
                && Ipv6Header.version(bytes, quote) == 6
                && Ipv6Header.sourceHigh(bytes, quote) == softwire.nodeHigh()
                && Ipv6Header.sourceLow(bytes, quote) == softwire.nodeLow()
                && Ipv6Header.destinationHigh(bytes, quote) == softwire.tepHigh()
                && Ipv6Header.destinationLow(bytes, quote) == softwire.tepLow();
    }

    private static boolean carriesIpv4(ByteBuffer bytes, int quote, int end) {
        int next = Ipv6Header.nextHeader(bytes, quote);
        int behind = quote + Ipv6Header.LENGTH;
        if (next == IpProtocol.FRAGMENT && end - behind >= FragmentHeader.LENGTH) {
            next = FragmentHeader.nextHeader(bytes, behind);
        }
        return next == IpProtocol.IPV4;
    }

    /** Whether the error says that a source address or port is not the sender's: ICMPv6 1/5. */
    static boolean refusesSource(ByteBuffer bytes, int outer) {
        int message = outer + Ipv6Header.LENGTH;
        return Icmpv6.type(bytes, message) == Icmpv6.UNREACHABLE && Icmpv6.code(bytes, message) == Icmpv6.SOURCE_POLICY;
    }

    /**
     * Where the IPv4 packet begins that an error about the tunnel quotes, if it left with the leased address and its header is
     * there; {@link #NOTHING} if not. Later fragments have none.
     */
    static int quotedPacket(Softwire softwire, ByteBuffer bytes, int outer, int end) {
        int quote = outer + Ipv6Header.LENGTH + Icmpv6.LENGTH;
        int inner = quote + Ipv6Header.LENGTH;
        if (Ipv6Header.nextHeader(bytes, quote) == IpProtocol.FRAGMENT) {
            if (FragmentHeader.fragmentOffset(bytes, inner) != 0) {
                return NOTHING;
            }
            inner += FragmentHeader.LENGTH;
        }
        boolean ours = Ipv4Header.checkQuoted(bytes, inner, end - inner) == PacketFault.NONE
                && Ipv4Header.source(bytes, inner) == softwire.address();
        return ours ? inner : NOTHING;
    }

    /** The code of the ICMPv4 "unreachable" that tells a program the same (RFC 2473 section 8.3), or {@link #NOTHING}. */
    static int ipv4Code(ByteBuffer bytes, int outer) {
        int message = outer + Ipv6Header.LENGTH;
        return switch (Icmpv6.type(bytes, message)) {
            case Icmpv6.UNREACHABLE, Icmpv6.PARAMETER_PROBLEM -> Icmpv4.HOST_UNREACHABLE;
            case Icmpv6.PACKET_TOO_BIG -> Icmpv4.FRAGMENTATION_NEEDED;
            // 3/1, reassembly time exceeded, is no news about the way.
            case Icmpv6.TIME_EXCEEDED -> Icmpv6.code(bytes, message) == 0 ? Icmpv4.HOST_UNREACHABLE : NOTHING;
            default -> NOTHING;
        };
    }
}
