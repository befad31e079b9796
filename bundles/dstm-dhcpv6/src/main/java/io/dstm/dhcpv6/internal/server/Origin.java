package io.dstm.dhcpv6.internal.server;

import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.lease.RelayInfo;
import io.dstm.api.net.Ipv6Address;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a client's message came from.
 *
 * @param client the IPv6 source of the client's own packet: the datagram's, or the innermost relay's peer-address
 * @param link an address of the client's link; {@code null} if unknown
 * @param ipv6 the same for leases of IPv6 addresses and prefixes
 * @param relays what the relays it came through say of it, the one next to the server first
 */
public record Origin(Ipv6Address client, @Nullable Ipv6Address link, Ipv6Link ipv6, List<RelayInfo> relays) {

    /** Keeps the list unchangeable. */
    public Origin {
        relays = List.copyOf(relays);
    }

    /** Through relays that say nothing, or none. */
    public Origin(Ipv6Address client, @Nullable Ipv6Address link, Ipv6Link ipv6) {
        this(client, link, ipv6, List.of());
    }

    /** On a link of which no more than an address is known. */
    public Origin(Ipv6Address client, @Nullable Ipv6Address link) {
        this(client, link, new Ipv6Link(null, link, List.of(), client));
    }

    /** The end of a tunnel that the client can have: its source, if packets from the TEP can reach that. */
    public @Nullable Ipv6Address tunnelSource() {
        return client.isRoutableUnicast() ? client : null;
    }
}
