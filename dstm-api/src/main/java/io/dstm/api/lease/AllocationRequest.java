package io.dstm.api.lease;

import io.dstm.api.net.Ipv6Address;
import java.time.Duration;
import java.util.List;
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
 * @param relays what the relays on the way say of where the client is, the one next to the server first; empty if it asked directly
 * @param lifetime how long the client would like to have the lease, a hint only; {@code null} if it does not say
 */
public record AllocationRequest(
        ClientId client,
        @Nullable Ipv6Address tunnelSource,
        @Nullable LeaseKey wish,
        boolean canRestrictPorts,
        @Nullable Ipv6Address link,
        String transport,
        List<RelayInfo> relays,
        @Nullable Duration lifetime) {

    /** Refuses absent parts that have no meaning when absent. */
    public AllocationRequest {
        Objects.requireNonNull(client, "client");
        Objects.requireNonNull(transport, "transport");
        relays = List.copyOf(relays);
    }

    /** A request of which no relay and no wish for a lifetime is known. */
    public AllocationRequest(
            ClientId client,
            @Nullable Ipv6Address tunnelSource,
            @Nullable LeaseKey wish,
            boolean canRestrictPorts,
            @Nullable Ipv6Address link,
            String transport) {
        this(client, tunnelSource, wish, canRestrictPorts, link, transport, List.of(), null);
    }

    /** The same request as it came through {@code path}, the relay next to the server first. */
    public AllocationRequest through(List<RelayInfo> path) {
        return new AllocationRequest(client, tunnelSource, wish, canRestrictPorts, link, transport, path, lifetime);
    }

    /** The same request with the wish for a lifetime. */
    public AllocationRequest lasting(@Nullable Duration wished) {
        return new AllocationRequest(client, tunnelSource, wish, canRestrictPorts, link, transport, relays, wished);
    }
}
