package io.dstm.packet;

/** Protocol numbers of the IPv4 protocol field and the IPv6 next header field (one registry for both). */
public final class IpProtocol {

    /** IPv6 Hop-by-Hop Options (RFC 8200 section 4.3). */
    public static final int HOP_BY_HOP = 0;
    /** ICMP for IPv4 (RFC 792). */
    public static final int ICMP = 1;
    /** IPv4 in IP (RFC 2003, RFC 2473): what a DSTM tunnel carries. */
    public static final int IPV4 = 4;
    /** TCP. */
    public static final int TCP = 6;
    /** UDP. */
    public static final int UDP = 17;
    /** DCCP (RFC 4340). */
    public static final int DCCP = 33;
    /** IPv6 in IP. */
    public static final int IPV6 = 41;
    /** IPv6 Routing header (RFC 8200 section 4.4). */
    public static final int ROUTING = 43;
    /** IPv6 Fragment header (RFC 8200 section 4.5). */
    public static final int FRAGMENT = 44;
    /** ESP (RFC 4303). */
    public static final int ESP = 50;
    /** ICMPv6 (RFC 4443). */
    public static final int ICMPV6 = 58;
    /** IPv6 No Next Header. */
    public static final int NO_NEXT_HEADER = 59;
    /** IPv6 Destination Options (RFC 8200 section 4.6). */
    public static final int DESTINATION_OPTIONS = 60;
    /** SCTP (RFC 9260). */
    public static final int SCTP = 132;
    /** UDP-Lite (RFC 3828). */
    public static final int UDP_LITE = 136;

    private IpProtocol() {}

    /** Whether packets of {@code protocol} begin with a source and a destination port of 16 bits each. */
    public static boolean hasPorts(int protocol) {
        return protocol == TCP || protocol == UDP || protocol == SCTP || protocol == DCCP || protocol == UDP_LITE;
    }
}
