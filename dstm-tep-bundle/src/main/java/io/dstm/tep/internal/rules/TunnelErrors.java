package io.dstm.tep.internal.rules;

import io.dstm.packet.FragmentHeader;
import io.dstm.packet.Icmpv4;
import io.dstm.packet.Icmpv6;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.packet.PacketFault;
import io.dstm.tep.internal.table.TableView;
import java.nio.ByteBuffer;

/** The rules for ICMPv6 to a tunnel address: echo, and errors from inside the tunnel (RFC 2473 section 8). */
final class TunnelErrors {

    /** Smallest MTU of an IPv4 link (RFC 791): a smaller one in an error is nonsense. */
    private static final int SMALLEST_IPV4_MTU = 68;

    private static final int NOT_TRANSLATED = -1;

    private final Scene scene;
    private final Icmp icmp;

    TunnelErrors(Scene scene, Icmp icmp) {
        this.scene = scene;
        this.icmp = icmp;
    }

    /** Judges the ICMPv6 message of {@code length} bytes at {@code message}, behind the IPv6 header at {@code outer}. */
    Outcome judge(int outer, int message, int length) {
        ByteBuffer bytes = scene.bytes;
        if (length < Icmpv6.LENGTH) {
            return Outcome.DROP_MALFORMED_ICMPV6;
        }
        if (!Icmpv6.isChecksumSound(bytes, outer, message, length)) {
            return Outcome.DROP_BAD_CHECKSUM_ICMPV6;
        }
        int type = Icmpv6.type(bytes, message);
        if (type == Icmpv6.ECHO_REQUEST) {
            return icmp.answerEchoIpv6(outer, message, length);
        }
        if (!Icmpv6.isError(type)) {
            return Outcome.DROP_UNUSABLE_ICMPV6;
        }
        boolean learned = type == Icmpv6.PACKET_TOO_BIG && learn(outer, message, length);
        if (!scene.settings().incomingIcmpv6()) {
            return learned ? Outcome.LEARN_PATH_MTU_ICMPV6 : Outcome.DROP_BY_POLICY_ICMPV6;
        }
        int code = ipv4Code(message);
        Outcome outcome =
                code == NOT_TRANSLATED ? Outcome.DROP_UNUSABLE_ICMPV6 : translate(outer, message, length, code);
        return learned && outcome != Outcome.TRANSLATE_ERROR_ICMPV6 ? Outcome.LEARN_PATH_MTU_ICMPV6 : outcome;
    }

    /**
     * Notes the path MTU that an error tells (RFC 8201), if it quotes a packet from the tunnel address it came to, to a client. Of a
     * later fragment no more can be told; what an error can do to a client at worst is to have its packets come in fragments.
     */
    private boolean learn(int outer, int message, int length) {
        ByteBuffer bytes = scene.bytes;
        int quote = message + Icmpv6.LENGTH;
        if (length < Icmpv6.LENGTH + Ipv6Header.LENGTH || Ipv6Header.version(bytes, quote) != 6) {
            return false;
        }
        int next = Ipv6Header.nextHeader(bytes, quote);
        long high = Ipv6Header.destinationHigh(bytes, quote);
        long low = Ipv6Header.destinationLow(bytes, quote);
        boolean believed = (next == IpProtocol.IPV4 || next == IpProtocol.FRAGMENT)
                && Ipv6Header.sourceHigh(bytes, quote) == Ipv6Header.destinationHigh(bytes, outer)
                && Ipv6Header.sourceLow(bytes, quote) == Ipv6Header.destinationLow(bytes, outer)
                && scene.table().isHolder(high, low)
                && scene.pathMtus.learn(
                        high, low, Icmpv6.mtu(bytes, message), scene.settings().tunnelMtu(), scene.nanos);
        if (believed) {
            scene.counts.add(Outcome.NOTED_PATH_MTU_ICMPV6, length);
        }
        return believed;
    }

    /** The code of the ICMPv4 "unreachable" that says the same (RFC 2473 section 8.3), or {@link #NOT_TRANSLATED}. */
    private int ipv4Code(int message) {
        int code = Icmpv6.code(scene.bytes, message);
        return switch (Icmpv6.type(scene.bytes, message)) {
            case Icmpv6.UNREACHABLE, Icmpv6.PARAMETER_PROBLEM -> Icmpv4.HOST_UNREACHABLE;
            case Icmpv6.PACKET_TOO_BIG -> Icmpv4.FRAGMENTATION_NEEDED;
            // 3/1, reassembly time exceeded, is no news about the way.
            case Icmpv6.TIME_EXCEEDED -> code == 0 ? Icmpv4.HOST_UNREACHABLE : NOT_TRANSLATED;
            default -> NOT_TRANSLATED;
        };
    }

    private Outcome translate(int outer, int message, int length, int code) {
        ByteBuffer bytes = scene.bytes;
        int quote = message + Icmpv6.LENGTH;
        int end = message + length;
        int inner = quotedIpv4(quote, end);
        if (inner < 0 || Ipv4Header.checkQuoted(bytes, inner, end - inner) != PacketFault.NONE) {
            return Outcome.DROP_NO_QUOTED_BINDING_ICMPV6;
        }
        int available = Math.min(Ipv4Header.totalLength(bytes, inner), end - inner);
        if (!isOurPacket(outer, quote, inner, available)) {
            return Outcome.DROP_NO_QUOTED_BINDING_ICMPV6;
        }
        int mtu = 0;
        if (code == Icmpv4.FRAGMENTATION_NEEDED) {
            mtu = (int) Math.min(0xFFFF, Icmpv6.mtu(bytes, message) - Ipv6Header.LENGTH);
            if (mtu < SMALLEST_IPV4_MTU || !Ipv4Header.dontFragment(bytes, inner)) {
                return Outcome.DROP_UNUSABLE_ICMPV6;
            }
        }
        int slot = TableView.NONE;
        int source = Ipv4Header.source(bytes, inner);
        if (scene.table().serves(source)) {
            slot = scene.table().find(source, Ports.source(bytes, inner, available, scene.echo));
            if (slot == TableView.NONE || scene.table().isExpired(slot, scene.seconds)) {
                return Outcome.DROP_NO_QUOTED_BINDING_ICMPV6;
            }
        }
        icmp.sendError(inner, available, Icmpv4.UNREACHABLE, code, mtu, slot);
        return Outcome.TRANSLATE_ERROR_ICMPV6;
    }

    /** Where the quoted packet's IPv4 header begins: behind the IPv6 header, or the first Fragment header; -1 if nowhere. */
    private int quotedIpv4(int quote, int end) {
        ByteBuffer bytes = scene.bytes;
        int inner = quote + Ipv6Header.LENGTH;
        if (inner > end || Ipv6Header.version(bytes, quote) != 6) {
            return -1;
        }
        int next = Ipv6Header.nextHeader(bytes, quote);
        if (next == IpProtocol.FRAGMENT
                && inner + FragmentHeader.LENGTH <= end
                && FragmentHeader.fragmentOffset(bytes, inner) == 0) {
            next = FragmentHeader.nextHeader(bytes, inner);
            inner += FragmentHeader.LENGTH;
        }
        return next == IpProtocol.IPV4 ? inner : -1;
    }

    /** Whether we can have sent the quoted packet: from the address the error came to, to the client whose binding it has. */
    private boolean isOurPacket(int outer, int quote, int inner, int available) {
        ByteBuffer bytes = scene.bytes;
        TableView view = scene.table();
        int slot =
                view.find(Ipv4Header.destination(bytes, inner), Ports.destination(bytes, inner, available, scene.echo));
        return slot != TableView.NONE
                && !view.isExpired(slot, scene.seconds)
                && Ipv6Header.sourceHigh(bytes, quote) == Ipv6Header.destinationHigh(bytes, outer)
                && Ipv6Header.sourceLow(bytes, quote) == Ipv6Header.destinationLow(bytes, outer)
                && Ipv6Header.sourceHigh(bytes, quote) == view.tunnelHigh(slot)
                && Ipv6Header.sourceLow(bytes, quote) == view.tunnelLow(slot)
                && Ipv6Header.destinationHigh(bytes, quote) == view.sourceHigh(slot)
                && Ipv6Header.destinationLow(bytes, quote) == view.sourceLow(slot);
    }
}
