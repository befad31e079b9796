package io.dstm.dhcpv6.internal.common;

import io.dstm.api.net.Ipv6Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Between our addresses and those of Java's sockets. */
public final class Addresses {

    /** ff05::1:3 (RFC 8415 section 7.1). */
    public static final Ipv6Address ALL_DHCP_SERVERS = Ipv6Address.parse("ff05::1:3");

    private Addresses() {}

    /**
     * A socket address.
     *
     * @param scope the interface's index where the address is link-local or multicast; 0 elsewhere
     */
    public static InetSocketAddress socket(Ipv6Address address, int scope, int port) {
        return new InetSocketAddress(inet(address, scope), port);
    }

    /** The address with a scope; without one if {@code scope} is 0. */
    public static Inet6Address inet(Ipv6Address address, int scope) {
        try {
            // This form never makes an Inet4Address of a mapped one, as InetAddress.getByAddress would.
            return Inet6Address.getByAddress(null, address.toBytes(), scope == 0 ? -1 : scope);
        } catch (UnknownHostException impossible) {
            throw new AssertionError("16 octets are an IPv6 address", impossible);
        }
    }
}
