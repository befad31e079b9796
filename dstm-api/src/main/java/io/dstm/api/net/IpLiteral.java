package io.dstm.api.net;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Addresses of either family as the JDK's sockets want them. */
public final class IpLiteral {

    private IpLiteral() {}

    /**
     * Reads an address; never a name, so nothing is looked up.
     *
     * @throws IllegalArgumentException if it is neither an IPv4 nor an IPv6 address
     */
    public static InetAddress parse(String text) {
        byte[] octets = Ipv4Address.tryParse(text).map(Ipv4Address::toBytes).orElseGet(() -> Ipv6Address.parse(text)
                .toBytes());
        try {
            return InetAddress.getByAddress(octets);
        } catch (UnknownHostException impossible) {
            throw new AssertionError("four or sixteen octets are an address", impossible);
        }
    }
}
