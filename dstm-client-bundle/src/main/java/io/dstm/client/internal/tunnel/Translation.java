package io.dstm.client.internal.tunnel;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.PortSet;
import io.dstm.client.internal.tunnel.PortMap.Kind;
import io.dstm.client.internal.tunnel.PortMap.Pool;
import io.dstm.packet.Icmpv4;
import io.dstm.packet.InternetChecksum;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.PacketFault;
import io.dstm.packet.TransportHeader;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of packets that cannot pass as they are: flows that began on the placeholder before there was a lease, and with a
 * shared address whatever lies outside its port set (NAPT as RFC 7596 section 5.2 asks, behaving by RFC 4787, 5382 and 5508).
 *
 * <p>With a full address the outside ports come from {@link #FIRST_RESERVED} on, above the range from which kernels choose, so that
 * a translated flow and one on the leased address do not meet; where a program chose such a port itself, it goes through the map
 * as well. With a shared address every flow is in the map, mostly with the port it has.
 *
 * <p>One lock: the two packet threads meet here only with packets that need translation.
 */
final class Translation {

    /** First outside port of translated flows of a full address. Linux chooses local ports of 32768 to 60999. */
    static final int FIRST_RESERVED = 61000;

    private static final int PLACEHOLDER = Ipv4Address.PLACEHOLDER.value();
    private static final int SWEEP_SECONDS = 10;
    private static final int TCP_LENGTH = 20;
    private static final int TCP_DATA_OFFSET = 12;
    private static final int TCP_FLAGS = 13;
    private static final int UDP_LENGTH = 8;
    private static final int WRONG = -2;

    private final int address;
    private final PortSet ports;
    private final boolean shared;
    private final Pool pool;
    private final PortMap tcp;
    private final PortMap udp;
    private final PortMap icmp;
    private final FragmentTable fragments = new FragmentTable();
    private int sweptAt;
    /** Written under the lock, read without. */
    private volatile int mappings;

    Translation(LeaseKey key) {
        this(key, new SplittableRandom());
    }

    Translation(LeaseKey key, SplittableRandom random) {
        address = key.address().value();
        ports = key.ports();
        shared = !ports.isFull();
        pool = shared ? Pool.of(ports) : Pool.from(FIRST_RESERVED);
        tcp = new PortMap(Kind.TCP, pool, random);
        udp = new PortMap(Kind.UDP, pool, random);
        icmp = new PortMap(Kind.ICMP, pool, random);
    }

    /**
     * Whether a packet from the leased address leaves as it is, told without the lock. With a full address that is all but what
     * uses a reserved port: such a program must be known, or a translated flow might get its port.
     */
    boolean passesUp(ByteBuffer packet, int at) {
        return !shared && (Ipv4Header.fragmentOffset(packet, at) != 0 || isUnreserved(packet, at, false));
    }

    /** Whether a packet to the leased address arrives as it is, told without the lock. */
    boolean passesDown(ByteBuffer packet, int at) {
        return !shared && (Ipv4Header.fragmentOffset(packet, at) != 0 ? mappings == 0 : isUnreserved(packet, at, true));
    }

    private boolean isUnreserved(ByteBuffer packet, int at, boolean destination) {
        int transport = at + Ipv4Header.headerLength(packet, at);
        int available = at + Ipv4Header.totalLength(packet, at) - transport;
        switch (Ipv4Header.protocol(packet, at)) {
            case IpProtocol.TCP, IpProtocol.UDP -> {
                return available >= TransportHeader.PORTS_LENGTH
                        && FIRST_RESERVED
                                > (destination
                                        ? TransportHeader.destinationPort(packet, transport)
                                        : TransportHeader.sourcePort(packet, transport));
            }
            case IpProtocol.ICMP -> {
                if (available < Icmpv4.LENGTH) {
                    return false;
                }
                return Icmpv4.isError(Icmpv4.type(packet, transport))
                        ? mappings == 0
                        : Icmpv4.identifier(packet, transport) < FIRST_RESERVED;
            }
            default -> {
                return true;
            }
        }
    }

    private static int seconds(long nanos) {
        return (int) (nanos / 1_000_000_000L);
    }

    /** Frees what has outlived its time, now and then. */
    synchronized void sweep(long nanos) {
        int now = seconds(nanos);
        if (now - sweptAt >= SWEEP_SECONDS || now < sweptAt) {
            sweptAt = now;
            tcp.sweep(now);
            udp.sweep(now);
            icmp.sweep(now);
            countMappings();
        }
    }

    private void countMappings() {
        mappings = tcp.used() + udp.used() + icmp.used();
    }

    /**
     * Rewrites a whole IPv4 packet that leaves from the lease or the placeholder.
     *
     * @return one of the outcomes of packets from the IPv4 side
     */
    synchronized NodeCounter up(ByteBuffer packet, int at, boolean fromPlaceholder, long nanos) {
        NodeCounter outcome =
                judgeUp(packet, at, fromPlaceholder ? PortMap.PLACEHOLDER : PortMap.LEASE, seconds(nanos));
        countMappings();
        return outcome;
    }

    /**
     * Rewrites a whole IPv4 packet to the leased address for whom it is meant.
     *
     * @return one of the outcomes of packets from the IPv6 side
     */
    synchronized NodeCounter down(ByteBuffer packet, int at, long nanos) {
        int now = seconds(nanos);
        int source = Ipv4Header.source(packet, at);
        int protocol = Ipv4Header.protocol(packet, at);
        int identification = Ipv4Header.identification(packet, at);
        if (Ipv4Header.fragmentOffset(packet, at) != 0) {
            int inside = fragments.find(source, identification, protocol, now);
            if (inside == FragmentTable.NONE && shared) {
                return NodeCounter.DROP_FRAGMENT_IPV6;
            }
            return inside == PortMap.PLACEHOLDER ? toPlaceholder(packet, at) : NodeCounter.FORWARD_NATIVE_IPV6;
        }
        NodeCounter outcome = judgeDown(packet, at, protocol, now);
        boolean passes = outcome == NodeCounter.FORWARD_NATIVE_IPV6 || outcome == NodeCounter.FORWARD_TRANSLATED_IPV6;
        if (passes && Ipv4Header.moreFragments(packet, at)) {
            boolean toPlaceholder = Ipv4Header.destination(packet, at) == PLACEHOLDER;
            if (shared || toPlaceholder) {
                fragments.put(
                        source, identification, protocol, toPlaceholder ? PortMap.PLACEHOLDER : PortMap.LEASE, now);
            }
        }
        return outcome;
    }

    private static NodeCounter toPlaceholder(ByteBuffer packet, int at) {
        Ipv4Header.changeDestination(packet, at, PLACEHOLDER);
        return NodeCounter.FORWARD_TRANSLATED_IPV6;
    }

    private NodeCounter judgeUp(ByteBuffer packet, int at, int inside, int now) {
        if (Ipv4Header.fragmentOffset(packet, at) != 0) {
            // The one outside address is known without the ports, which went with the first fragment.
            if (inside == PortMap.LEASE) {
                return NodeCounter.FORWARD_NATIVE_IPV4;
            }
            Ipv4Header.changeSource(packet, at, address);
            return NodeCounter.FORWARD_TRANSLATED_IPV4;
        }
        int transport = at + Ipv4Header.headerLength(packet, at);
        int available = at + Ipv4Header.totalLength(packet, at) - transport;
        int protocol = Ipv4Header.protocol(packet, at);
        return switch (protocol) {
            case IpProtocol.TCP, IpProtocol.UDP -> upWithPorts(packet, at, transport, available, protocol, inside, now);
            case IpProtocol.ICMP -> upIcmp(packet, at, transport, available, inside, now);
            default ->
                inside == PortMap.LEASE && (!shared || portIsOurs(packet, transport, available, protocol, false))
                        ? NodeCounter.FORWARD_NATIVE_IPV4
                        : NodeCounter.DROP_PROTOCOL_IPV4;
        };
    }

    /** For protocols with ports that nobody translates here: whether the set has the port. */
    private boolean portIsOurs(ByteBuffer packet, int transport, int available, int protocol, boolean destination) {
        return IpProtocol.hasPorts(protocol)
                && available >= TransportHeader.PORTS_LENGTH
                && ports.contains(
                        destination
                                ? TransportHeader.destinationPort(packet, transport)
                                : TransportHeader.sourcePort(packet, transport));
    }

    private NodeCounter upWithPorts(
            ByteBuffer packet, int at, int transport, int available, int protocol, int inside, int now) {
        boolean isTcp = protocol == IpProtocol.TCP;
        if (available < (isTcp ? TCP_LENGTH : UDP_LENGTH)) {
            return NodeCounter.DROP_MALFORMED_IPV4;
        }
        int port = TransportHeader.sourcePort(packet, transport);
        if (passesUnmapped(inside, port)) {
            return NodeCounter.FORWARD_NATIVE_IPV4;
        }
        int outside = isTcp
                ? tcp.outward(inside, port, flags(packet, transport), hasData(packet, transport, available), now)
                : udp.outward(inside, port, 0, false, now);
        if (outside == PortMap.NONE) {
            return NodeCounter.DROP_NO_PORT_IPV4;
        }
        if (inside == PortMap.LEASE && outside == port) {
            return NodeCounter.FORWARD_NATIVE_IPV4;
        }
        int before = Ipv4Header.source(packet, at);
        Ipv4Header.changeSource(packet, at, address);
        TransportHeader.addressChanged(packet, transport, available, protocol, before, address);
        TransportHeader.changeSourcePort(packet, transport, available, protocol, outside);
        return NodeCounter.FORWARD_TRANSLATED_IPV4;
    }

    private boolean passesUnmapped(int inside, int port) {
        return !shared && inside == PortMap.LEASE && !pool.contains(port);
    }

    private static int flags(ByteBuffer packet, int tcpHeader) {
        return packet.get(tcpHeader + TCP_FLAGS) & (PortMap.FIN | PortMap.SYN | PortMap.RST);
    }

    private static boolean hasData(ByteBuffer packet, int tcpHeader, int available) {
        return available > (packet.get(tcpHeader + TCP_DATA_OFFSET) >>> 4 & 0xF) * 4;
    }

    private NodeCounter upIcmp(ByteBuffer packet, int at, int transport, int available, int inside, int now) {
        if (available < Icmpv4.LENGTH) {
            return NodeCounter.DROP_MALFORMED_IPV4;
        }
        int type = Icmpv4.type(packet, transport);
        if (Icmpv4.isError(type)) {
            return upError(packet, at, transport, available, inside, now);
        }
        if (!Icmpv4.isQuery(type)) {
            return inside == PortMap.LEASE && !shared
                    ? NodeCounter.FORWARD_NATIVE_IPV4
                    : NodeCounter.DROP_PROTOCOL_IPV4;
        }
        int identifier = Icmpv4.identifier(packet, transport);
        if (isAnswer(type)) {
            // What answers to was addressed to the lease, and passed down with its identifier.
            return inside == PortMap.LEASE && ports.contains(identifier)
                    ? NodeCounter.FORWARD_NATIVE_IPV4
                    : NodeCounter.DROP_ICMP_IPV4;
        }
        if (passesUnmapped(inside, identifier)) {
            return NodeCounter.FORWARD_NATIVE_IPV4;
        }
        int outside = icmp.outward(inside, identifier, 0, false, now);
        if (outside == PortMap.NONE) {
            return NodeCounter.DROP_NO_PORT_IPV4;
        }
        if (inside == PortMap.LEASE && outside == identifier) {
            return NodeCounter.FORWARD_NATIVE_IPV4;
        }
        Ipv4Header.changeSource(packet, at, address);
        Icmpv4.changeIdentifier(packet, transport, outside);
        return NodeCounter.FORWARD_TRANSLATED_IPV4;
    }

    /** Echo reply, and the answers of the other pairs: 14, 16, 18. */
    private static boolean isAnswer(int type) {
        return type == Icmpv4.ECHO_REPLY || type > Icmpv4.ECHO_REQUEST && (type & 1) == 0;
    }

    /** An error that a program's host, this node, reports about a packet it received: what it quotes was to us. */
    private NodeCounter upError(ByteBuffer packet, int at, int transport, int available, int inside, int now) {
        int quoted = transport + Icmpv4.LENGTH;
        int end = transport + available;
        if (Ipv4Header.checkQuoted(packet, quoted, end - quoted) != PacketFault.NONE
                || Ipv4Header.destination(packet, quoted) != Ipv4Header.source(packet, at)) {
            return NodeCounter.DROP_ICMP_IPV4;
        }
        int port = quotedPort(packet, quoted, end, true);
        PortMap map = port < 0 ? null : mapOf(Ipv4Header.protocol(packet, quoted));
        int outside = map == null ? PortMap.NONE : map.find(inside, port, now);
        if (outside == PortMap.NONE || inside == PortMap.LEASE && outside == port) {
            boolean ours = inside == PortMap.LEASE && (!shared || port >= 0 && ports.contains(port));
            return ours ? NodeCounter.FORWARD_NATIVE_IPV4 : NodeCounter.DROP_ICMP_IPV4;
        }
        Ipv4Header.changeSource(packet, at, address);
        rewriteQuoted(packet, transport, end, true, address, outside);
        return NodeCounter.FORWARD_TRANSLATED_IPV4;
    }

    private @Nullable PortMap mapOf(int protocol) {
        return switch (protocol) {
            case IpProtocol.TCP -> tcp;
            case IpProtocol.UDP -> udp;
            case IpProtocol.ICMP -> icmp;
            default -> null;
        };
    }

    private NodeCounter judgeDown(ByteBuffer packet, int at, int protocol, int now) {
        int transport = at + Ipv4Header.headerLength(packet, at);
        int available = at + Ipv4Header.totalLength(packet, at) - transport;
        return switch (protocol) {
            case IpProtocol.TCP, IpProtocol.UDP -> downWithPorts(packet, at, transport, available, protocol, now);
            case IpProtocol.ICMP -> downIcmp(packet, at, transport, available, now);
            default -> {
                if (!shared || portIsOurs(packet, transport, available, protocol, true)) {
                    yield NodeCounter.FORWARD_NATIVE_IPV6;
                }
                yield IpProtocol.hasPorts(protocol) ? NodeCounter.DROP_PORT_IPV6 : NodeCounter.DROP_PROTOCOL_IPV6;
            }
        };
    }

    private NodeCounter downWithPorts(ByteBuffer packet, int at, int transport, int available, int protocol, int now) {
        boolean isTcp = protocol == IpProtocol.TCP;
        if (available < (isTcp ? TCP_LENGTH : UDP_LENGTH)) {
            return NodeCounter.DROP_MALFORMED_INNER_IPV6;
        }
        int port = TransportHeader.destinationPort(packet, transport);
        if (!ports.contains(port)) {
            return NodeCounter.DROP_PORT_IPV6;
        }
        int inside = isTcp
                ? tcp.inward(port, flags(packet, transport), hasData(packet, transport, available), now)
                : udp.inward(port, 0, false, now);
        if (inside == PortMap.NONE || inside == port) {
            return NodeCounter.FORWARD_NATIVE_IPV6;
        }
        int target = insideAddress(inside);
        Ipv4Header.changeDestination(packet, at, target);
        TransportHeader.addressChanged(packet, transport, available, protocol, address, target);
        TransportHeader.changeDestinationPort(packet, transport, available, protocol, inside & 0xFFFF);
        return NodeCounter.FORWARD_TRANSLATED_IPV6;
    }

    private int insideAddress(int inside) {
        return inside >>> 16 == PortMap.PLACEHOLDER ? PLACEHOLDER : address;
    }

    private NodeCounter downIcmp(ByteBuffer packet, int at, int transport, int available, int now) {
        if (available < Icmpv4.LENGTH) {
            return NodeCounter.DROP_MALFORMED_INNER_IPV6;
        }
        int type = Icmpv4.type(packet, transport);
        if (Icmpv4.isError(type)) {
            return downError(packet, at, transport, available, now);
        }
        if (!Icmpv4.isQuery(type)) {
            return shared ? NodeCounter.DROP_PROTOCOL_IPV6 : NodeCounter.FORWARD_NATIVE_IPV6;
        }
        int identifier = Icmpv4.identifier(packet, transport);
        if (!ports.contains(identifier)) {
            return NodeCounter.DROP_PORT_IPV6;
        }
        int inside = isAnswer(type) ? icmp.inward(identifier, 0, false, now) : PortMap.NONE;
        if (inside == PortMap.NONE || inside == identifier) {
            return NodeCounter.FORWARD_NATIVE_IPV6;
        }
        Ipv4Header.changeDestination(packet, at, insideAddress(inside));
        Icmpv4.changeIdentifier(packet, transport, inside & 0xFFFF);
        return NodeCounter.FORWARD_TRANSLATED_IPV6;
    }

    /** An error about a packet that we sent: what it quotes is from the lease. */
    private NodeCounter downError(ByteBuffer packet, int at, int transport, int available, int now) {
        int quoted = transport + Icmpv4.LENGTH;
        int end = transport + available;
        // RFC 5508 REQ-3: a quoted header with a wrong checksum is dropped silently, a transport checksum not looked
        // at.
        if (Ipv4Header.checkQuoted(packet, quoted, end - quoted) != PacketFault.NONE
                || Ipv4Header.source(packet, quoted) != address
                || !Ipv4Header.isChecksumSound(packet, quoted)) {
            return NodeCounter.DROP_ICMP_IPV6;
        }
        int port = quotedPort(packet, quoted, end, false);
        if (shared && (port < 0 || !ports.contains(port))) {
            return NodeCounter.DROP_ICMP_IPV6;
        }
        PortMap map = port < 0 ? null : mapOf(Ipv4Header.protocol(packet, quoted));
        int inside = map == null ? PortMap.NONE : map.peekInward(port, now);
        if (inside == PortMap.NONE || inside == port) {
            return NodeCounter.FORWARD_NATIVE_IPV6;
        }
        Ipv4Header.changeDestination(packet, at, insideAddress(inside));
        rewriteQuoted(packet, transport, end, false, insideAddress(inside), inside & 0xFFFF);
        return NodeCounter.FORWARD_TRANSLATED_IPV6;
    }

    /** Our port, or query identifier, in a quoted packet; {@link #WRONG} if it is not to be seen. */
    private static int quotedPort(ByteBuffer packet, int quoted, int end, boolean destination) {
        int transport = quoted + Ipv4Header.headerLength(packet, quoted);
        int protocol = Ipv4Header.protocol(packet, quoted);
        if (Ipv4Header.fragmentOffset(packet, quoted) != 0) {
            return WRONG;
        }
        if (protocol == IpProtocol.ICMP) {
            boolean query = end - transport >= Icmpv4.LENGTH
                    && Icmpv4.isQuery(Icmpv4.type(packet, transport))
                    && isAnswer(Icmpv4.type(packet, transport)) == destination;
            return query ? Icmpv4.identifier(packet, transport) : WRONG;
        }
        if (!IpProtocol.hasPorts(protocol) || end - transport < TransportHeader.PORTS_LENGTH) {
            return WRONG;
        }
        return destination
                ? TransportHeader.destinationPort(packet, transport)
                : TransportHeader.sourcePort(packet, transport);
    }

    /**
     * Rewrites one end of the quoted packet with whatever checksums it still has, and the checksum of the ICMP message by what
     * that changed, so that damage done on the way stays visible (RFC 5508 REQ-4 and 5, RFC 1624).
     */
    private static void rewriteQuoted(
            ByteBuffer packet, int icmpHeader, int end, boolean destination, int newAddress, int newPort) {
        int quoted = icmpHeader + Icmpv4.LENGTH;
        int protocol = Ipv4Header.protocol(packet, quoted);
        int transport = quoted + Ipv4Header.headerLength(packet, quoted);
        int available = end - transport;
        int touched = Math.min(end - quoted, Ipv4Header.headerLength(packet, quoted) + TCP_LENGTH);
        int sumBefore = InternetChecksum.fold(InternetChecksum.sum(packet, quoted, touched));
        int oldAddress = destination ? Ipv4Header.destination(packet, quoted) : Ipv4Header.source(packet, quoted);
        if (destination) {
            Ipv4Header.changeDestination(packet, quoted, newAddress);
        } else {
            Ipv4Header.changeSource(packet, quoted, newAddress);
        }
        if (protocol == IpProtocol.ICMP) {
            Icmpv4.changeIdentifier(packet, transport, newPort);
        } else {
            TransportHeader.addressChanged(packet, transport, available, protocol, oldAddress, newAddress);
            if (destination) {
                TransportHeader.changeDestinationPort(packet, transport, available, protocol, newPort);
            } else {
                TransportHeader.changeSourcePort(packet, transport, available, protocol, newPort);
            }
        }
        int sumAfter = InternetChecksum.fold(InternetChecksum.sum(packet, quoted, touched));
        int field = icmpHeader + 2;
        packet.putShort(field, (short) InternetChecksum.update16(packet.getShort(field) & 0xFFFF, sumBefore, sumAfter));
    }
}
