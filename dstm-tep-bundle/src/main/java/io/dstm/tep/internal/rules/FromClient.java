package io.dstm.tep.internal.rules;

import io.dstm.api.net.Ipv6Address;
import io.dstm.packet.DestinationOptions;
import io.dstm.packet.Ecn;
import io.dstm.packet.FragmentHeader;
import io.dstm.packet.Icmpv4;
import io.dstm.packet.Icmpv6;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.packet.PacketFault;
import io.dstm.tep.internal.table.TableView;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The rules for packets from the tunnel side (RFC 7596 section 6.2): the outer destination must be the binding's tunnel address,
 * and outer source, inner source and port must be those of one and the same binding.
 */
final class FromClient {

    /** A packet with more extension headers than this was not made for us. */
    private static final int MOST_EXTENSION_HEADERS = 4;

    private final Scene scene;
    private final Sender sender;
    private final Icmp icmp;
    private final ToClient toClient;
    private final TunnelErrors errors;
    private final Fragments fragments;

    FromClient(Scene scene, Sender sender, Icmp icmp, ToClient toClient, Fragments fragments) {
        this.scene = scene;
        this.sender = sender;
        this.icmp = icmp;
        this.toClient = toClient;
        this.errors = new TunnelErrors(scene, icmp);
        this.fragments = fragments;
    }

    /** Judges a packet of {@code available} bytes from {@code outer}, where its IPv6 header begins. */
    Outcome judge(int outer, int available) {
        ByteBuffer bytes = scene.bytes;
        if (Ipv6Header.check(bytes, outer, available) != PacketFault.NONE) {
            return Outcome.DROP_MALFORMED_IPV6;
        }
        if (!isOurs(Ipv6Header.destinationHigh(bytes, outer), Ipv6Header.destinationLow(bytes, outer))) {
            return Outcome.DROP_NOT_OURS_IPV6;
        }
        long sourceHigh = Ipv6Header.sourceHigh(bytes, outer);
        if (Martians.isIpv6(sourceHigh)) {
            return Outcome.DROP_MARTIAN_SOURCE_IPV6;
        }
        if (isOurs(sourceHigh, Ipv6Header.sourceLow(bytes, outer)) && !isOwnKernelsError(outer)) {
            return Outcome.DROP_LOOP_IPV6;
        }
        int end = outer + Ipv6Header.LENGTH + Ipv6Header.payloadLength(bytes, outer);
        int next = Ipv6Header.nextHeader(bytes, outer);
        int inner = outer + Ipv6Header.LENGTH;
        return next == IpProtocol.IPV4
                ? decapsulate(outer, inner, end)
                : skipExtensionHeaders(outer, next, inner, end, false);
    }

    /** A kernel that knows a path MTU itself says so from its own address, where it would have had to fragment what we sent. */
    private boolean isOwnKernelsError(int outer) {
        ByteBuffer bytes = scene.bytes;
        return Ipv6Header.nextHeader(bytes, outer) == IpProtocol.ICMPV6
                && Ipv6Header.payloadLength(bytes, outer) >= Icmpv6.LENGTH
                && Icmpv6.type(bytes, outer + Ipv6Header.LENGTH) == Icmpv6.PACKET_TOO_BIG;
    }

    private boolean isOurs(long high, long low) {
        RulesSettings settings = scene.settings();
        return low == settings.tunnelAddress().low()
                        && high == settings.tunnelAddress().high()
                || scene.table().hasTunnel(high, low)
                || isAnotherOfOurs(settings.moreTunnelAddresses(), high, low);
    }

    private static boolean isAnotherOfOurs(List<Ipv6Address> addresses, long high, long low) {
        for (int i = 0; i < addresses.size(); i++) {
            if (addresses.get(i).low() == low && addresses.get(i).high() == high) {
                return true;
            }
        }
        return false;
    }

    private Outcome skipExtensionHeaders(int outer, int firstHeader, int first, int end, boolean reassembled) {
        ByteBuffer bytes = scene.bytes;
        int next = firstHeader;
        int at = first;
        for (int headers = 0; headers <= MOST_EXTENSION_HEADERS; headers++) {
            int left = end - at;
            switch (next) {
                case IpProtocol.IPV4 -> {
                    return decapsulate(outer, at, end);
                }
                case IpProtocol.ICMPV6 -> {
                    return errors.judge(outer, at, left);
                }
                case IpProtocol.HOP_BY_HOP, IpProtocol.DESTINATION_OPTIONS -> {
                    // RFC 2473 section 4.1.1: the limit concerns those who encapsulate further, not who decapsulates.
                    PacketFault fault = DestinationOptions.check(bytes, at, left);
                    if (fault != PacketFault.NONE) {
                        return fault == PacketFault.OPTION
                                ? Outcome.DROP_UNKNOWN_OPTION_IPV6
                                : Outcome.DROP_MALFORMED_IPV6;
                    }
                    next = DestinationOptions.nextHeader(bytes, at);
                    at += DestinationOptions.length(bytes, at);
                }
                case IpProtocol.FRAGMENT -> {
                    if (left < FragmentHeader.LENGTH) {
                        return Outcome.DROP_MALFORMED_IPV6;
                    }
                    if (!FragmentHeader.isAtomic(bytes, at)) {
                        // A fragment inside a fragment is nothing that a node makes.
                        return reassembled ? Outcome.DROP_MALFORMED_IPV6 : reassemble(outer, at, end);
                    }
                    next = FragmentHeader.nextHeader(bytes, at);
                    at += FragmentHeader.LENGTH;
                }
                default -> {
                    return Outcome.DROP_NOT_TUNNELLED_IPV6;
                }
            }
        }
        return Outcome.DROP_MALFORMED_IPV6;
    }

    /** RFC 6333 section 6.3: fragments are put together before they are decapsulated. Strangers get no memory for theirs. */
    private Outcome reassemble(int outer, int fragment, int end) {
        ByteBuffer bytes = scene.bytes;
        if (!scene.table().isHolder(Ipv6Header.sourceHigh(bytes, outer), Ipv6Header.sourceLow(bytes, outer))) {
            return Outcome.DROP_FRAGMENT_IPV6;
        }
        Outcome held = fragments.offerIpv6(outer, fragment, end);
        if (held != null) {
            return held;
        }
        int whole = fragments.start();
        int inner = whole + Ipv6Header.LENGTH;
        return skipExtensionHeaders(
                whole, Ipv6Header.nextHeader(bytes, whole), inner, whole + fragments.length(), true);
    }

    /** The same for the fragments of an IPv4 packet inside the tunnel, whose port only the first one has. */
    private Outcome reassembleInner(int outer, int inner, int end, int source) {
        ByteBuffer bytes = scene.bytes;
        long high = Ipv6Header.sourceHigh(bytes, outer);
        long low = Ipv6Header.sourceLow(bytes, outer);
        if (!scene.table().isHolder(high, low, source)) {
            return foreign(outer, end, source, Outcome.DROP_NO_SOURCE_BINDING_IPV6);
        }
        if (!Ipv4Header.isChecksumSound(bytes, inner)) {
            return Outcome.DROP_BAD_CHECKSUM_IPV4;
        }
        int trafficClass = Ipv6Header.trafficClass(bytes, outer);
        if (trafficClass != Ipv4Header.tos(bytes, inner) && !carryOver(trafficClass, inner)) {
            return Outcome.DROP_CONGESTION_IPV6;
        }
        Outcome held = fragments.offerInner(outer, inner);
        if (held != null) {
            return held;
        }
        int whole = fragments.start();
        return decapsulate(whole, whole + Ipv6Header.LENGTH, whole + fragments.length());
    }

    private Outcome decapsulate(int outer, int inner, int end) {
        ByteBuffer bytes = scene.bytes;
        TableView view = scene.table();
        if (Ipv4Header.check(bytes, inner, end - inner) != PacketFault.NONE) {
            return Outcome.DROP_MALFORMED_IPV4;
        }
        int length = Ipv4Header.totalLength(bytes, inner);
        int source = Ipv4Header.source(bytes, inner);
        int port = Ports.source(bytes, inner, length, scene.echo);
        int slot = view.find(source, port);
        if (slot == TableView.NONE || view.isExpired(slot, scene.seconds)) {
            return unbound(outer, inner, end, source, port, slot);
        }
        if (view.sourceLow(slot) != Ipv6Header.sourceLow(bytes, outer)
                || view.sourceHigh(slot) != Ipv6Header.sourceHigh(bytes, outer)) {
            return foreign(outer, end, source, Outcome.DROP_FOREIGN_SOURCE_IPV6);
        }
        if (view.tunnelLow(slot) != Ipv6Header.destinationLow(bytes, outer)
                || view.tunnelHigh(slot) != Ipv6Header.destinationHigh(bytes, outer)) {
            icmp.refuseSource(outer, end - outer);
            return Outcome.DROP_WRONG_TUNNEL_IPV6;
        }
        if (!Ipv4Header.isChecksumSound(bytes, inner)) {
            return Outcome.DROP_BAD_CHECKSUM_IPV4;
        }
        int trafficClass = Ipv6Header.trafficClass(bytes, outer);
        if (trafficClass != Ipv4Header.tos(bytes, inner) && !carryOver(trafficClass, inner)) {
            return Outcome.DROP_CONGESTION_IPV6;
        }
        if (port == TableView.NO_PORT && Ports.isForbidden(scene, inner)) {
            return Outcome.DROP_BY_POLICY_PROTOCOL_IPV4;
        }
        return forward(inner, length, slot, port);
    }

    /** DSCP from outside (RFC 6333 section 7.1), ECN merged (RFC 6040 section 4.2); false if the packet must be dropped. */
    private boolean carryOver(int trafficClass, int inner) {
        int merged = Ecn.decapsulate(scene.bytes, inner, trafficClass);
        if ((merged & Ecn.ODD) != 0) {
            scene.counts.add(Outcome.NOTED_ODD_ECN_IPV6, Ipv4Header.totalLength(scene.bytes, inner));
        }
        return (merged & Ecn.DROP) == 0;
    }

    private Outcome forward(int inner, int length, int slot, int port) {
        ByteBuffer bytes = scene.bytes;
        RulesSettings settings = scene.settings();
        int destination = Ipv4Header.destination(bytes, inner);
        if (destination == settings.ipv4Address().value()) {
            return icmp.toTep(inner, length, slot);
        }
        if (Martians.isIpv4(destination)) {
            return Outcome.DROP_MARTIAN_DESTINATION_IPV4;
        }
        if (settings.hairpin() != Hairpinning.OUTSIDE && scene.table().serves(destination)) {
            return toClient.hairpin(inner, length, slot, port);
        }
        if (settings.decrementFromTunnel()) {
            if (Ipv4Header.ttl(bytes, inner) <= 1) {
                icmp.sendError(inner, length, Icmpv4.TIME_EXCEEDED, 0, 0, slot);
                return Outcome.DROP_TTL_EXPIRED_IPV4;
            }
            Ipv4Header.decrementTtl(bytes, inner);
        }
        if (length > settings.ipv4Mtu() && Ipv4Header.dontFragment(bytes, inner)) {
            icmp.sendError(inner, length, Icmpv4.UNREACHABLE, Icmpv4.FRAGMENTATION_NEEDED, settings.ipv4Mtu(), slot);
            return Outcome.DROP_TOO_BIG_IPV4;
        }
        sender.clampMss(inner, length, slot, TableView.NONE);
        return sender.toIpv4Side(inner, length) ? Outcome.OUT_DECAPSULATED_IPV4 : Outcome.DROP_NO_ROOM_IP;
    }

    private Outcome unbound(int outer, int inner, int end, int source, int port, int ended) {
        if (ended == TableView.NONE
                && port == TableView.NO_PORT
                && scene.table().isShared(source)) {
            return Ipv4Header.isFragment(scene.bytes, inner)
                    ? reassembleInner(outer, inner, end, source)
                    : Outcome.DROP_NO_PORT_IPV4;
        }
        if (ended != TableView.NONE) {
            // The client may not have noticed yet: RFC 7596 section 6.2 has it told.
            icmp.refuseSource(outer, end - outer);
            return Outcome.DROP_NO_SOURCE_BINDING_IPV6;
        }
        return foreign(outer, end, source, Outcome.DROP_NO_SOURCE_BINDING_IPV6);
    }

    /** Says whose fault it is that no binding fits: what the outer source holds tells. */
    private Outcome foreign(int outer, int end, int source, Outcome ofStranger) {
        ByteBuffer bytes = scene.bytes;
        TableView view = scene.table();
        long high = Ipv6Header.sourceHigh(bytes, outer);
        long low = Ipv6Header.sourceLow(bytes, outer);
        icmp.refuseSource(outer, end - outer);
        if (!view.isHolder(high, low)) {
            return ofStranger;
        }
        return view.isHolder(high, low, source) ? Outcome.DROP_FOREIGN_PORT_IPV6 : Outcome.DROP_FOREIGN_ADDRESS_IPV6;
    }
}
