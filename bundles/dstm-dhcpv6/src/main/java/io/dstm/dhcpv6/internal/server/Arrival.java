package io.dstm.dhcpv6.internal.server;

import io.dstm.api.net.Ipv6Address;
import org.jspecify.annotations.Nullable;

/**
 * How a datagram came.
 *
 * @param source the IPv6 address it came from
 * @param port the UDP port it came from
 * @param device the interface it came from, if the source is link-local; else empty
 * @param link an address of the link it came from; {@code null} if unknown
 */
record Arrival(
        Ipv6Address source,
        int port,
        String device,
        @Nullable Ipv6Address link) {}
