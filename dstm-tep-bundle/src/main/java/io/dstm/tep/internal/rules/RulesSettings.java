package io.dstm.tep.internal.rules;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;

/**
 * What an operator decides about packets. Immutable, so that a packet is judged by one set of settings.
 *
 * @param tunnelAddress the TEP's own tunnel address; bindings may add others
 * @param ipv4Address source of the ICMPv4 messages it sends, and its own address in the eyes of IPv4 hosts
 * @param tunnelMtu longest IPv6 packet it sends, in bytes, 1280 to 65535
 * @param ipv4Mtu longest IPv4 packet it sends to the IPv4 side, in bytes, 68 to 65535; the latter where a kernel fragments
 * @param hairpinning whether clients reach each other (RFC 7596 section 6.2)
 * @param icmpv4Errors whether it sends ICMPv4 errors
 * @param icmpv6Errors whether it sends ICMPv6 errors
 * @param incomingIcmpv4 whether ICMPv4 reaches clients (RFC 7596 section 8.1)
 * @param incomingIcmpv6 whether ICMPv6 errors from inside the tunnel are turned into ICMPv4 errors (RFC 2473 section 8)
 * @param decrementFromTunnel whether it takes one off the TTL on the way to the IPv4 side; not where a kernel does
 * @param decrementToTunnel the same for the way from the IPv4 side; hairpinned packets are always decremented
 */
public record RulesSettings(
        Ipv6Address tunnelAddress,
        Ipv4Address ipv4Address,
        int tunnelMtu,
        int ipv4Mtu,
        boolean hairpinning,
        boolean icmpv4Errors,
        boolean icmpv6Errors,
        boolean incomingIcmpv4,
        boolean incomingIcmpv6,
        boolean decrementFromTunnel,
        boolean decrementToTunnel) {}
