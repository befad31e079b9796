package io.dstm.client.internal.tunnel;

import java.util.Locale;

/**
 * What became of a packet on the node. Every packet ends in exactly one of these; the suffix names the side it came from, and
 * {@code made} counts what the client itself sent. Bytes are the length at the IP layer on arrival.
 */
public enum NodeCounter {
    /** Came from a program with the leased address and went into the tunnel as it was. */
    FORWARD_NATIVE_IPV4,
    /** Came from a program, was translated and went into the tunnel. */
    FORWARD_TRANSLATED_IPV4,
    /** Not a whole IPv4 packet. */
    DROP_MALFORMED_IPV4,
    /** Not IPv4, such as the kernel's own IPv6 neighbour discovery on the interface. */
    DROP_NOT_IPV4,
    /** Destination is multicast, broadcast, loopback or this node, which no tunnel carries. */
    DROP_DESTINATION_IPV4,
    /** Source is neither the lease nor the placeholder. */
    DROP_SOURCE_IPV4,
    /** No lease and no hope of one at the moment, or the packet does not count as a need. */
    DROP_NO_LEASE_IPV4,
    /** No lease yet and as many packets wait as may. */
    DROP_QUEUE_FULL_IPV4,
    /** Waited for a lease that did not come. */
    DROP_QUEUE_EXPIRED_IPV4,
    /** Every port of the set is taken. */
    DROP_NO_PORT_IPV4,
    /** Must be translated, but its protocol has no ports or is not known here. */
    DROP_PROTOCOL_IPV4,
    /** An ICMP error about a packet that was not forwarded here. */
    DROP_ICMP_IPV4,
    /** Longer than the tunnel carries, or than the path to the TEP carries while it must not be fragmented. */
    DROP_TOO_BIG_IPV4,
    /** Had to be sent in fragments, for which there was no room in this batch. */
    DROP_NO_ROOM_IPV4,

    /** Came out of the tunnel and went to a program as it was. */
    FORWARD_NATIVE_IPV6,
    /** Came out of the tunnel, was translated and went to a program. */
    FORWARD_TRANSLATED_IPV6,
    /** Not a whole IPv6 packet. */
    DROP_MALFORMED_IPV6,
    /** What is inside is not IPv4. */
    DROP_NEXT_HEADER_IPV6,
    /** Came while there was no lease. */
    DROP_NO_LEASE_IPV6,
    /** Outer source is not the TEP (RFC 7596 section 5.2). */
    DROP_NOT_FROM_TEP_IPV6,
    /** Outer destination is not this node's end of the tunnel. */
    DROP_TUNNEL_SOURCE_IPV6,
    /** The packet inside is not a whole IPv4 packet. */
    DROP_MALFORMED_INNER_IPV6,
    /** The inner source cannot send: multicast, loopback, unspecified or this node. */
    DROP_SOURCE_IPV6,
    /** The inner destination is not the leased address (RFC 7596 section 5.2). */
    DROP_DESTINATION_IPV6,
    /** The inner destination port is not in the port set (RFC 7596 section 5.2). */
    DROP_PORT_IPV6,
    /** The address is shared and the inner protocol has no ports or is not known here. */
    DROP_PROTOCOL_IPV6,
    /** A later fragment whose first one is unknown. */
    DROP_FRAGMENT_IPV6,
    /** An ICMP error about a packet that was not sent from here. */
    DROP_ICMP_IPV6,
    /** An ICMPv6 error that told how long a packet to the TEP may be (RFC 8201). */
    LEARN_PATH_MTU_IPV6,
    /** An ICMPv6 error from inside the tunnel that was told to the program whose packet it is about (RFC 2473 section 8). */
    RELAY_ERROR_IPV6,
    /** The TEP said that a source address or port of the lease is not this node's: ICMPv6 1/5 (RFC 7596 section 5.1). */
    NOTE_REFUSED_SOURCE_IPV6,
    /** Any other ICMPv6 error: no news, or about no packet of ours. */
    DROP_ICMPV6_IPV6,
    /** Congestion was marked on the way although the sender does not understand it (RFC 6040 section 4.2). */
    DROP_ECN_IPV6,

    /** The client answered a program with ICMP host unreachable: there is no lease, or the way to the TEP is broken. */
    MADE_UNREACHABLE_IPV4,
    /** The client answered a program with ICMP fragmentation needed. */
    MADE_TOO_BIG_IPV4,
    /** The client told an IPv4 host with ICMP 3/13 that what it sent is not for this node (RFC 7596 section 5.2). */
    MADE_PROHIBITED_IPV4;

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** The name that operators see, such as {@code drop-port-ipv6}. */
    public String label() {
        return label;
    }
}
