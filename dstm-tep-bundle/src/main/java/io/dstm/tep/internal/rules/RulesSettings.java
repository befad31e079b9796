package io.dstm.tep.internal.rules;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import java.util.List;

/**
 * What an operator decides about packets. Immutable, so that a packet is judged by one set of settings.
 *
 * @param tunnelAddress the TEP's own tunnel address; bindings may have others
 * @param moreTunnelAddresses those others, as far as the TEP answers to them without a binding
 * @param ipv4Address source of the ICMPv4 messages it sends, and its own address in the eyes of IPv4 hosts
 * @param tunnelMtu longest IPv6 packet it sends, in bytes, 1280 to 65535
 * @param ipv4Mtu longest IPv4 packet it sends to the IPv4 side, in bytes, 68 to 65535; the latter where a kernel fragments
 * @param hairpin what becomes of packets from one client to another
 * @param icmpv4Errors whether it sends ICMPv4 errors
 * @param icmpv6Errors whether it sends ICMPv6 errors
 * @param incomingIcmpv4 whether ICMPv4 reaches clients (RFC 7596 section 8.1)
 * @param incomingIcmpv6 whether ICMPv6 errors from inside the tunnel are turned into ICMPv4 errors (RFC 2473 section 8)
 * @param echo by which port inbound echo requests find their client
 * @param decrementFromTunnel whether it takes one off the TTL on the way to the IPv4 side; not where a kernel does
 * @param decrementToTunnel the same for the way from the IPv4 side; hairpinned packets are always decremented
 * @param tcpMss largest TCP segment that SYNs may ask for, in bytes; 0 leaves them alone
 * @param portlessProtocols whether protocols without ports pass for full addresses
 * @param reassembly what reassembly may take
 * @param outer what its outer headers say
 */
public record RulesSettings(
        Ipv6Address tunnelAddress,
        List<Ipv6Address> moreTunnelAddresses,
        Ipv4Address ipv4Address,
        int tunnelMtu,
        int ipv4Mtu,
        Hairpinning hairpin,
        boolean icmpv4Errors,
        boolean icmpv6Errors,
        boolean incomingIcmpv4,
        boolean incomingIcmpv6,
        EchoLookup echo,
        boolean decrementFromTunnel,
        boolean decrementToTunnel,
        int tcpMss,
        boolean portlessProtocols,
        ReassemblyLimits reassembly,
        OuterHeader outer) {

    /** Keeps the list unchangeable. */
    public RulesSettings {
        moreTunnelAddresses = List.copyOf(moreTunnelAddresses);
    }

    /** Settings with one tunnel address, that leave TCP alone, let all protocols pass and have the usual limits. */
    public RulesSettings(
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
            boolean decrementToTunnel) {
        this(
                tunnelAddress,
                List.of(),
                ipv4Address,
                tunnelMtu,
                ipv4Mtu,
                hairpinning ? Hairpinning.TRUE : Hairpinning.FALSE,
                icmpv4Errors,
                icmpv6Errors,
                incomingIcmpv4,
                incomingIcmpv6,
                EchoLookup.IDENTIFIER,
                decrementFromTunnel,
                decrementToTunnel,
                0,
                true,
                ReassemblyLimits.DEFAULT,
                OuterHeader.DEFAULT);
    }

    /** The same with other limits for reassembly. */
    public RulesSettings withReassembly(ReassemblyLimits limits) {
        return new RulesSettings(
                tunnelAddress,
                moreTunnelAddresses,
                ipv4Address,
                tunnelMtu,
                ipv4Mtu,
                hairpin,
                icmpv4Errors,
                icmpv6Errors,
                incomingIcmpv4,
                incomingIcmpv6,
                echo,
                decrementFromTunnel,
                decrementToTunnel,
                tcpMss,
                portlessProtocols,
                limits,
                outer);
    }
}
