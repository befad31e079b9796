package io.dstm.tep.internal.rules;

import io.dstm.packet.Icmpv4;
import io.dstm.packet.InternetChecksum;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.packet.PacketFault;
import io.dstm.tep.internal.table.TableView;
import java.nio.ByteBuffer;

/** The rules for packets to clients: from the IPv4 side, and from other clients (RFC 7596 section 6.2). */
final class ToClient {

    private final Scene scene;
    private final Sender sender;
    private final Icmp icmp;
    private final Fragments fragments;

    ToClient(Scene scene, Sender sender, Icmp icmp, Fragments fragments) {
        this.scene = scene;
        this.sender = sender;
        this.icmp = icmp;
        this.fragments = fragments;
    }

    /** Judges a packet that came from the IPv4 side, {@code available} bytes from {@code header}. */
    Outcome judge(int header, int available) {
        ByteBuffer bytes = scene.bytes;
        PacketFault fault = Ipv4Header.check(bytes, header, available);
        if (fault != PacketFault.NONE) {
            return fault == PacketFault.VERSION && Ipv4Header.version(bytes, header) == 6
                    ? Outcome.DROP_WRONG_SIDE_IPV6
                    : Outcome.DROP_MALFORMED_IPV4;
        }
        int length = Ipv4Header.totalLength(bytes, header);
        int source = Ipv4Header.source(bytes, header);
        if (Martians.isIpv4(source)) {
            return Outcome.DROP_MARTIAN_SOURCE_IPV4;
        }
        if (scene.table().serves(source)) {
            return Outcome.DROP_INSIDE_SOURCE_IPV4;
        }
        if (Ipv4Header.destination(bytes, header)
                == scene.settings().ipv4Address().value()) {
            // A packet that stays here is as good as its own checksum; the answer gets a new header.
            return icmp.toTep(header, length, TableView.NONE);
        }
        // RFC 1812 section 5.2.2: a router must drop it, for an update of the checksum would carry the fault on.
        if (!Ipv4Header.isChecksumSound(bytes, header)) {
            return Outcome.DROP_BAD_CHECKSUM_IPV4;
        }
        return deliver(
                header,
                length,
                TableView.NONE,
                TableView.NO_PORT,
                scene.settings().decrementToTunnel());
    }

    /**
     * Judges a packet from one client to another. It was checked as a packet of its sender and crosses no kernel on its way back,
     * so its TTL falls here in any case.
     *
     * @param from the sender's binding
     * @param sourcePort the sender's port or identifier, or {@link TableView#NO_PORT}
     */
    Outcome hairpin(int header, int length, int from, int sourcePort) {
        if (scene.settings().hairpin() == Hairpinning.FALSE) {
            return Outcome.DROP_HAIRPIN_BY_POLICY_IPV4;
        }
        return deliver(header, length, from, sourcePort, true);
    }

    private Outcome deliver(int header, int length, int from, int sourcePort, boolean decrement) {
        ByteBuffer bytes = scene.bytes;
        TableView view = scene.table();
        if (Ipv4Header.protocol(bytes, header) == IpProtocol.ICMP && !Ipv4Header.isFragment(bytes, header)) {
            Outcome refused = checkIcmp(header, length);
            if (refused != Outcome.OUT_ENCAPSULATED_IPV6) {
                return refused;
            }
        }
        int destination = Ipv4Header.destination(bytes, header);
        int port = Ports.destination(bytes, header, length, scene.echo);
        if (destination == Ipv4Header.source(bytes, header) && port == sourcePort) {
            return Outcome.DROP_SAME_ENDS_IPV4;
        }
        int slot = view.find(destination, port);
        if (slot == TableView.NONE || view.isExpired(slot, scene.seconds)) {
            return unbound(header, length, destination, port, from, decrement);
        }
        if (port == TableView.NO_PORT && Ports.isForbidden(scene, header)) {
            return Outcome.DROP_BY_POLICY_PROTOCOL_IPV4;
        }
        if (decrement) {
            if (Ipv4Header.ttl(bytes, header) <= 1) {
                return ttlExpired(header, length, from);
            }
            Ipv4Header.decrementTtl(bytes, header);
        }
        if (from != TableView.NONE && length > scene.settings().tunnelMtu() - Ipv6Header.LENGTH) {
            // No client sends a packet that is longer than its tunnel; one of TCP was joined from several on its way.
            int longest = scene.mtuTo(slot) - Ipv6Header.LENGTH;
            int headers = Segments.headers(bytes, header, length, longest);
            if (headers > 0) {
                return sender.inSegments(header, length, headers, longest, slot)
                        ? Outcome.HAIRPIN_ENCAPSULATED_IPV6
                        : Outcome.DROP_NO_ROOM_IP;
            }
        }
        if (length > scene.alwaysFits && Ipv4Header.dontFragment(bytes, header)) {
            int mtu = scene.mtuTo(slot) - Ipv6Header.LENGTH;
            if (length > mtu) {
                // RFC 2473 section 7.2 a
                icmp.sendError(header, length, Icmpv4.UNREACHABLE, Icmpv4.FRAGMENTATION_NEEDED, mtu, from);
                return Outcome.DROP_TOO_BIG_IPV4;
            }
        }
        sender.clampMss(header, length, slot, from);
        if (!sender.toClient(header, length, slot)) {
            return Outcome.DROP_NO_ROOM_IP;
        }
        return from == TableView.NONE ? Outcome.OUT_ENCAPSULATED_IPV6 : Outcome.HAIRPIN_ENCAPSULATED_IPV6;
    }

    /** Whether an ICMP message may go to a client; {@link Outcome#OUT_ENCAPSULATED_IPV6} if so, else why not. */
    private Outcome checkIcmp(int header, int length) {
        ByteBuffer bytes = scene.bytes;
        if (!scene.settings().incomingIcmpv4()) {
            return Outcome.DROP_BY_POLICY_ICMPV4;
        }
        int message = header + Ipv4Header.headerLength(bytes, header);
        int messageLength = header + length - message;
        if (messageLength < Icmpv4.LENGTH) {
            return Outcome.DROP_MALFORMED_ICMPV4;
        }
        return InternetChecksum.isSound(bytes, message, messageLength)
                ? Outcome.OUT_ENCAPSULATED_IPV6
                : Outcome.DROP_BAD_CHECKSUM_ICMPV4;
    }

    private Outcome unbound(int header, int length, int destination, int port, int from, boolean decrement) {
        ByteBuffer bytes = scene.bytes;
        if (port == TableView.NO_PORT && scene.table().isShared(destination)) {
            return Ipv4Header.isFragment(bytes, header)
                    ? reassemble(header, length, from, decrement)
                    : Outcome.DROP_NO_PORT_IPV4;
        }
        // RFC 7596 section 8.1: ICMP that finds no binding is discarded without an answer.
        if (Ipv4Header.protocol(bytes, header) != IpProtocol.ICMP) {
            icmp.sendError(header, length, Icmpv4.UNREACHABLE, Icmpv4.HOST_UNREACHABLE, 0, from);
        }
        return Outcome.DROP_NO_DESTINATION_BINDING_IPV4;
    }

    /** RFC 7597 section 8.3.2: only the first fragment says whose the packet is, so it is put together before it goes on. */
    private Outcome reassemble(int header, int length, int from, boolean decrement) {
        Outcome held = fragments.offerIpv4(header, length);
        if (held != null) {
            return held;
        }
        int whole = fragments.start();
        int wholeLength = fragments.length();
        int sourcePort =
                from == TableView.NONE ? TableView.NO_PORT : Ports.source(scene.bytes, whole, wholeLength, scene.echo);
        return deliver(whole, wholeLength, from, sourcePort, decrement);
    }

    /** The packet that is quoted has the TTL it would have gone on with (RFC 1812 section 4.3.2.3 allows either). */
    private Outcome ttlExpired(int header, int length, int from) {
        if (Ipv4Header.ttl(scene.bytes, header) == 1) {
            Ipv4Header.decrementTtl(scene.bytes, header);
        }
        icmp.sendError(header, length, Icmpv4.TIME_EXCEEDED, 0, 0, from);
        return Outcome.DROP_TTL_EXPIRED_IPV4;
    }
}
