package io.dstm.dhcpv6.internal.server;

import io.dstm.api.net.Ipv6Address;
import org.jspecify.annotations.Nullable;

/**
 * Where a client's message came from.
 *
 * @param client the IPv6 source of the client's own packet: the datagram's, or the innermost relay's peer-address
 * @param link an address of the client's link; {@code null} if unknown
 */
public record Origin(Ipv6Address client, @Nullable Ipv6Address link) {

    /** The end of a tunnel that the client can have: its source, if packets from the TEP can reach that. */
    public @Nullable Ipv6Address tunnelSource() {
        return client.isRoutableUnicast() ? client : null;
    }
}
