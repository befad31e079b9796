package io.dstm.tep.internal.rules;

import java.util.Locale;

/**
 * Every counter of the TEP, named direction-reason-family. Each packet that comes in is counted once under {@link Kind#ARRIVED} and
 * ends in exactly one outcome of {@link Kind#VERDICT}, with its length as it arrived. {@link Kind#SENT} counts what leaves, with
 * its length as it leaves; {@link Kind#NOTED} counts what happened beside. This file is the one place where counters are defined.
 */
public enum Outcome {
    /** Packets from the tunnel side. */
    IN_ALL_IPV6(Kind.ARRIVED, "IPv6 packets that came from the tunnel side"),
    /** Packets from the IPv4 side. */
    IN_ALL_IPV4(Kind.ARRIVED, "IPv4 packets that came from the IPv4 side"),

    /** Up and out. */
    OUT_DECAPSULATED_IPV4(Kind.VERDICT, "decapsulated and sent to the IPv4 side"),
    /** Down and out. */
    OUT_ENCAPSULATED_IPV6(Kind.VERDICT, "encapsulated and sent to the client"),
    /** Client to client. */
    HAIRPIN_ENCAPSULATED_IPV6(Kind.VERDICT, "from one client to another, decapsulated and encapsulated again"),
    /** Ping to the TEP. */
    ANSWER_ECHO_ICMPV4(Kind.VERDICT, "echo requests to the TEP's IPv4 address, answered"),
    /** Ping to the tunnel address. */
    ANSWER_ECHO_ICMPV6(Kind.VERDICT, "echo requests to the tunnel address, answered"),
    /** RFC 2473 section 8. */
    TRANSLATE_ERROR_ICMPV6(
            Kind.VERDICT,
            "ICMPv6 errors from inside the tunnel, turned into ICMPv4 errors to the source of the packet"),

    /** RFC 8201. */
    LEARN_PATH_MTU_ICMPV6(
            Kind.VERDICT,
            "ICMPv6 errors that told the TEP how long a packet to a client may be, and nothing to an IPv4 host"),
    /** RFC 8200 section 4.5. */
    HOLD_FRAGMENT_IPV6(Kind.VERDICT, "fragments of tunnelled packets, kept until the others come"),
    /** RFC 791 section 3.2. */
    HOLD_FRAGMENT_IPV4(Kind.VERDICT, "fragments to or from a shared address, kept until the others come"),

    /** Outer header. */
    DROP_MALFORMED_IPV6(Kind.VERDICT, "impossible version, length or extension header"),
    /** Outer source. */
    DROP_MARTIAN_SOURCE_IPV6(
            Kind.VERDICT, "outer source that no host can have: multicast, unspecified, loopback or mapped"),
    /** Outer source is the TEP. */
    DROP_LOOP_IPV6(Kind.VERDICT, "outer source is the TEP's own tunnel address"),
    /** Outer destination. */
    DROP_NOT_OURS_IPV6(Kind.VERDICT, "outer destination is no tunnel address of this TEP"),
    /** Outer destination is not the binding's. */
    DROP_WRONG_TUNNEL_IPV6(Kind.VERDICT, "right binding, but sent to another tunnel address than the binding's"),
    /** Option that must not be skipped. */
    DROP_UNKNOWN_OPTION_IPV6(
            Kind.VERDICT, "extension header with an option that must not be skipped (RFC 8200 section 4.2)"),
    /** Outer fragment that is not reassembled. */
    DROP_FRAGMENT_IPV6(
            Kind.VERDICT, "fragments from an outer source that holds nothing, or while reassembly is switched off"),
    /** Neither IPv4 nor ICMPv6. */
    DROP_NOT_TUNNELLED_IPV6(Kind.VERDICT, "carries neither an IPv4 packet nor ICMPv6"),
    /** No binding. */
    DROP_NO_SOURCE_BINDING_IPV6(Kind.VERDICT, "outer source holds nothing, and nobody holds the inner source"),
    /** Known client, wrong address. */
    DROP_FOREIGN_ADDRESS_IPV6(Kind.VERDICT, "a client uses an IPv4 source address of which it holds nothing"),
    /** Known client, wrong port. */
    DROP_FOREIGN_PORT_IPV6(Kind.VERDICT, "a client uses a port of its IPv4 address that it does not hold"),
    /** Unknown client, known inner source. */
    DROP_FOREIGN_SOURCE_IPV6(
            Kind.VERDICT, "outer source holds nothing, but uses an IPv4 address and port that a client holds"),
    /** RFC 6040. */
    DROP_CONGESTION_IPV6(
            Kind.VERDICT, "outer header says congestion, but the inner transport cannot know (RFC 6040 section 4.2)"),
    /** RFC 1858, RFC 7112. */
    DROP_TINY_FRAGMENT_IPV6(Kind.VERDICT, "first fragments too short for the header of the packet inside"),
    /** Fragment. */
    DROP_MALFORMED_FRAGMENT_IPV6(Kind.VERDICT, "IPv6 fragments of an impossible length or offset"),
    /** RFC 5722. */
    DROP_OVERLAPPING_FRAGMENT_IPV6(Kind.VERDICT, "IPv6 fragments that overlap others, and what belongs to them"),
    /** Fragment. */
    DROP_DUPLICATE_FRAGMENT_IPV6(Kind.VERDICT, "IPv6 fragments that came before, byte by byte"),
    /** Fragment. */
    DROP_TOO_MANY_FRAGMENTS_IPV6(Kind.VERDICT, "IPv6 fragments of a packet in more fragments than allowed"),
    /** Fragment. */
    DROP_NO_MEMORY_FRAGMENT_IPV6(Kind.VERDICT, "IPv6 fragments for which reassembly has no memory"),
    /** RFC 3168 section 5.3. */
    DROP_CONGESTED_FRAGMENTS_IPV6(
            Kind.VERDICT, "last fragments of IPv6 packets of which some say congestion and others cannot"),
    /** Reassembled. */
    DROP_TOO_LONG_REASSEMBLED_IPV6(Kind.VERDICT, "last fragments of IPv6 packets that are longer than a packet slot"),
    /** ICMPv6. */
    DROP_MALFORMED_ICMPV6(Kind.VERDICT, "ICMPv6 message that is too short"),
    /** ICMPv6. */
    DROP_BAD_CHECKSUM_ICMPV6(Kind.VERDICT, "ICMPv6 message with a wrong checksum"),
    /** ICMPv6. */
    DROP_BY_POLICY_ICMPV6(Kind.VERDICT, "ICMPv6 error, while incoming ICMP is switched off"),
    /** ICMPv6. */
    DROP_NO_QUOTED_BINDING_ICMPV6(Kind.VERDICT, "ICMPv6 error that quotes no packet this TEP can have sent"),
    /** ICMPv6. */
    DROP_TOO_BIG_ICMPV6(Kind.VERDICT, "echo requests to the tunnel address whose answer does not fit the tunnel"),
    /** ICMPv6. */
    DROP_UNUSABLE_ICMPV6(Kind.VERDICT, "ICMPv6 message that says nothing to an IPv4 host"),

    /** Not IPv4. */
    DROP_WRONG_SIDE_IPV6(Kind.VERDICT, "IPv6 packets on the IPv4 side, such as a kernel sends on each of its devices"),
    /** IPv4 header. */
    DROP_MALFORMED_IPV4(Kind.VERDICT, "impossible version or length in the IPv4 header"),
    /** IPv4 header. */
    DROP_BAD_CHECKSUM_IPV4(Kind.VERDICT, "wrong IPv4 header checksum"),
    /** Source no host can have. */
    DROP_MARTIAN_SOURCE_IPV4(Kind.VERDICT, "IPv4 source that no host can have"),
    /** Destination no host can have. */
    DROP_MARTIAN_DESTINATION_IPV4(Kind.VERDICT, "IPv4 destination that no host can have, or multicast"),
    /** Spoofed from outside. */
    DROP_INSIDE_SOURCE_IPV4(Kind.VERDICT, "came from outside with a source inside the served ranges"),
    /** Source is destination. */
    DROP_SAME_ENDS_IPV4(Kind.VERDICT, "source address and port equal destination address and port"),
    /** To the TEP itself. */
    DROP_TO_TEP_IPV4(Kind.VERDICT, "to the TEP's own IPv4 address, and no echo request"),
    /** No binding. */
    DROP_NO_DESTINATION_BINDING_IPV4(Kind.VERDICT, "nobody holds the destination address and port"),
    /** Shared address, no port. */
    DROP_NO_PORT_IPV4(Kind.VERDICT, "to or from a shared address without a port, identifier or usable quoted packet"),
    /** Full address, no port. */
    DROP_BY_POLICY_PROTOCOL_IPV4(Kind.VERDICT, "protocol without ports, while these are switched off"),
    /** Shared address, fragment. */
    DROP_SHARED_FRAGMENT_IPV4(Kind.VERDICT, "fragment to or from a shared address, while reassembly is switched off"),
    /** RFC 1858, RFC 3128. */
    DROP_TINY_FRAGMENT_IPV4(
            Kind.VERDICT, "fragments to or from a shared address that hide a transport header from filters"),
    /** Fragment. */
    DROP_MALFORMED_FRAGMENT_IPV4(Kind.VERDICT, "IPv4 fragments of an impossible length or offset"),
    /** Fragment. */
    DROP_OVERLAPPING_FRAGMENT_IPV4(Kind.VERDICT, "IPv4 fragments that overlap others, and what belongs to them"),
    /** Fragment. */
    DROP_DUPLICATE_FRAGMENT_IPV4(Kind.VERDICT, "IPv4 fragments that came before, byte by byte"),
    /** Fragment. */
    DROP_TOO_MANY_FRAGMENTS_IPV4(Kind.VERDICT, "IPv4 fragments of a packet in more fragments than allowed"),
    /** Fragment. */
    DROP_NO_MEMORY_FRAGMENT_IPV4(Kind.VERDICT, "IPv4 fragments for which reassembly has no memory"),
    /** RFC 3168 section 5.3. */
    DROP_CONGESTED_FRAGMENTS_IPV4(
            Kind.VERDICT, "last fragments of IPv4 packets of which some say congestion and others cannot"),
    /** Reassembled. */
    DROP_TOO_LONG_REASSEMBLED_IPV4(Kind.VERDICT, "last fragments of IPv4 packets that are longer than a packet slot"),
    /** Hairpinning switched off. */
    DROP_HAIRPIN_BY_POLICY_IPV4(Kind.VERDICT, "from one client to another, while hairpinning is switched off"),
    /** TTL. */
    DROP_TTL_EXPIRED_IPV4(Kind.VERDICT, "time to live ended"),
    /** Too big. */
    DROP_TOO_BIG_IPV4(Kind.VERDICT, "does not fit and must not be fragmented"),
    /** Incoming ICMP switched off. */
    DROP_BY_POLICY_ICMPV4(Kind.VERDICT, "ICMP to a client, while incoming ICMP is switched off"),
    /** ICMP. */
    DROP_MALFORMED_ICMPV4(Kind.VERDICT, "ICMP message that is too short"),
    /** ICMP. */
    DROP_BAD_CHECKSUM_ICMPV4(Kind.VERDICT, "ICMP message to a client or the TEP with a wrong checksum"),
    /** Fragments did not fit. */
    DROP_NO_ROOM_IP(Kind.VERDICT, "no memory left in this batch for the packet or its fragments"),
    /** A defect. */
    DROP_DEFECT_IP(Kind.VERDICT, "the rules failed on this packet; a defect of this software, please report it"),

    /** What leaves. */
    OUT_ALL_IPV6(Kind.SENT, "IPv6 packets given to the tunnel side, fragments and ICMP included"),
    /** What leaves. */
    OUT_ALL_IPV4(Kind.SENT, "IPv4 packets given to the IPv4 side, fragments and ICMP included"),
    /** Fragments. */
    OUT_FRAGMENT_IPV6(Kind.SENT, "fragments of packets that did not fit the tunnel"),
    /** Fragments. */
    OUT_FRAGMENT_IPV4(Kind.SENT, "fragments of packets that did not fit the IPv4 side"),
    /** Errors. */
    OUT_ERROR_ICMPV4(Kind.SENT, "ICMPv4 errors, to either side, without their encapsulation"),
    /** Errors. */
    OUT_ERROR_ICMPV6(Kind.SENT, "ICMPv6 errors"),

    /** Errors not sent. */
    WITHHELD_BY_POLICY_ICMPV4(Kind.NOTED, "ICMPv4 errors not sent, since they are switched off"),
    /** Errors not sent. */
    WITHHELD_BY_RATE_ICMPV4(Kind.NOTED, "ICMPv4 errors not sent, since there were too many"),
    /** Errors not sent. */
    WITHHELD_BY_POLICY_ICMPV6(Kind.NOTED, "ICMPv6 errors not sent, since they are switched off"),
    /** Errors not sent. */
    WITHHELD_BY_RATE_ICMPV6(Kind.NOTED, "ICMPv6 errors not sent, since there were too many"),
    /** Reassembly. */
    NOTED_REASSEMBLED_IPV6(Kind.NOTED, "IPv6 packets put together from fragments, with their length as a whole"),
    /** Reassembly. */
    NOTED_REASSEMBLED_IPV4(Kind.NOTED, "IPv4 packets put together from fragments, with their length as a whole"),
    /** Reassembly. */
    NOTED_REASSEMBLY_TIMEOUT_IPV6(Kind.NOTED, "IPv6 packets given up since fragments did not come in time"),
    /** Reassembly. */
    NOTED_REASSEMBLY_TIMEOUT_IPV4(Kind.NOTED, "IPv4 packets given up since fragments did not come in time"),
    /** Reassembly. */
    NOTED_REASSEMBLY_EVICTED_IPV6(Kind.NOTED, "incomplete IPv6 packets given up to make room for newer ones"),
    /** Reassembly. */
    NOTED_REASSEMBLY_EVICTED_IPV4(Kind.NOTED, "incomplete IPv4 packets given up to make room for newer ones"),
    /** RFC 8201. */
    NOTED_PATH_MTU_ICMPV6(Kind.NOTED, "ICMPv6 errors that lowered or confirmed the path MTU towards a client"),
    /** TCP. */
    NOTED_CLAMPED_MSS_IPV4(Kind.NOTED, "TCP SYNs whose maximum segment size was lowered to what fits the tunnel"),
    /** RFC 6040. */
    NOTED_ODD_ECN_IPV6(
            Kind.NOTED, "outer and inner ECN fields that no router should make of each other (RFC 6040 section 4.2)");

    /** What a counter counts. */
    public enum Kind {
        /** Packets that came in, whatever becomes of them. */
        ARRIVED,
        /** What became of a packet that came in; every packet has one. */
        VERDICT,
        /** Packets that leave. */
        SENT,
        /** Things that happened beside. */
        NOTED
    }

    private final Kind kind;
    private final String description;

    Outcome(Kind kind, String description) {
        this.kind = kind;
        this.description = description;
    }

    /** The counter's name, such as {@code drop-no-source-binding-ipv6}. */
    public String counter() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What it counts. */
    public Kind kind() {
        return kind;
    }

    /** What it means, for operators. */
    public String description() {
        return description;
    }
}
