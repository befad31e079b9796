package io.dstm.tep.internal.rules;

import io.dstm.packet.Icmpv4;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.PacketFault;
import io.dstm.packet.TransportHeader;
import io.dstm.tep.internal.table.TableView;
import java.nio.ByteBuffer;

/**
 * By which number a packet belongs to a port set: a port, the identifier of an ICMP query, or what an ICMP error quotes (RFC 7596
 * section 8.1, RFC 5508). {@link TableView#NO_PORT} where there is none, which only a full address can do without.
 */
final class Ports {

    private static final int NO_PORT = TableView.NO_PORT;

    private Ports() {}

    /** The number on the side of the packet's source, of {@code length} bytes that passed {@link Ipv4Header#check}. */
    static int source(ByteBuffer packet, int header, int length, EchoLookup echo) {
        return number(packet, header, length, true, echo);
    }

    /** The number on the side of the packet's destination. */
    static int destination(ByteBuffer packet, int header, int length, EchoLookup echo) {
        return number(packet, header, length, false, echo);
    }

    /** Whether a packet without a number has a protocol without ports, and policy lets none of these pass. */
    static boolean isForbidden(Scene scene, int header) {
        int protocol = Ipv4Header.protocol(scene.bytes, header);
        return !scene.settings().portlessProtocols() && protocol != IpProtocol.ICMP && !IpProtocol.hasPorts(protocol);
    }

    private static int number(ByteBuffer packet, int header, int length, boolean ofSource, EchoLookup echo) {
        if (Ipv4Header.isFragment(packet, header)) {
            return NO_PORT;
        }
        int protocol = Ipv4Header.protocol(packet, header);
        int transport = header + Ipv4Header.headerLength(packet, header);
        int available = header + length - transport;
        if (IpProtocol.hasPorts(protocol)) {
            return ports(packet, transport, available, ofSource);
        }
        if (protocol != IpProtocol.ICMP || available < Icmpv4.LENGTH) {
            return NO_PORT;
        }
        int type = Icmpv4.type(packet, transport);
        if (Icmpv4.isQuery(type)) {
            return identifier(packet, transport, type, ofSource, echo);
        }
        return Icmpv4.isError(type)
                ? quoted(packet, header, transport + Icmpv4.LENGTH, available, ofSource, echo)
                : NO_PORT;
    }

    /** The number of a query: of one that somebody else began, and of the answer to it, the policy's. */
    private static int identifier(ByteBuffer packet, int transport, int type, boolean ofSource, EchoLookup echo) {
        boolean begunOutside = type == (ofSource ? Icmpv4.ECHO_REPLY : Icmpv4.ECHO_REQUEST);
        return begunOutside && echo == EchoLookup.PORT_ZERO ? 0 : Icmpv4.identifier(packet, transport);
    }

    private static int ports(ByteBuffer packet, int transport, int available, boolean ofSource) {
        if (available < TransportHeader.PORTS_LENGTH) {
            return NO_PORT;
        }
        return ofSource
                ? TransportHeader.sourcePort(packet, transport)
                : TransportHeader.destinationPort(packet, transport);
    }

    /**
     * An error goes against the direction of the packet it quotes: what the sender of the error had received, it was the
     * destination of; what the receiver of the error had sent, it was the source of.
     */
    private static int quoted(
            ByteBuffer packet, int header, int quote, int icmpLength, boolean ofSource, EchoLookup echo) {
        int available = icmpLength - Icmpv4.LENGTH;
        if (Ipv4Header.checkQuoted(packet, quote, available) != PacketFault.NONE
                || Ipv4Header.fragmentOffset(packet, quote) != 0) {
            return NO_PORT;
        }
        boolean consistent = ofSource
                ? Ipv4Header.destination(packet, quote) == Ipv4Header.source(packet, header)
                // RFC 5508 REQ-3 a: an error whose quoted header has a wrong checksum is not to be trusted.
                : Ipv4Header.source(packet, quote) == Ipv4Header.destination(packet, header)
                        && Ipv4Header.isChecksumSound(packet, quote);
        if (!consistent) {
            return NO_PORT;
        }
        int protocol = Ipv4Header.protocol(packet, quote);
        int transport = quote + Ipv4Header.headerLength(packet, quote);
        int left = quote + available - transport;
        if (IpProtocol.hasPorts(protocol)) {
            return ports(packet, transport, left, !ofSource);
        }
        boolean query =
                protocol == IpProtocol.ICMP && left >= Icmpv4.LENGTH && Icmpv4.isQuery(Icmpv4.type(packet, transport));
        return query ? identifier(packet, transport, Icmpv4.type(packet, transport), !ofSource, echo) : NO_PORT;
    }
}
