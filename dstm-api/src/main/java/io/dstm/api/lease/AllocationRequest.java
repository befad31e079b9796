package io.dstm.api.lease;

import io.dstm.api.net.Ipv6Address;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A client asks for IPv4, in the words that all protocols share.
 *
 * @param client who asks
 * @param tunnelSource the IPv6 address the client will tunnel from; {@code null} when the client leaves it to the pool's bind
 *     prefix (RFC 7596 section 5.1)
 * @param wish what the client had or would like, a hint only
 * @param canRestrictPorts whether the client can live with a port set
 * @param link an address of the link the client is on: the relay's link-address, or the receiving interface's; {@code null} if
 *     unknown
 * @param transport how it asked, such as {@code dhcpv6}; for logs
 */
public record AllocationRequest(
        ClientId client,
        @Nullable Ipv6Address tunnelSource,
        @Nullable LeaseKey wish,
        boolean canRestrictPorts,
        @Nullable Ipv6Address link,
        String transport) {

    /** Refuses absent parts that have no meaning when absent. */
    public AllocationRequest {
        Objects.requireNonNull(client, "client");
        Objects.requireNonNull(transport, "transport");
    }
}
