package io.dstm.dhcpv6.internal.server;

import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.net.Ipv6Address;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a datagram came.
 *
 * @param source the IPv6 address it came from
 * @param port the UDP port it came from
 * @param device the interface it came from, if the source is link-local; else empty
 * @param link an address of the link it came from; {@code null} if unknown
 * @param ipv6 that link with all that is known of it
 */
record Arrival(
        Ipv6Address source,
        int port,
        String device,
        @Nullable Ipv6Address link,
        Ipv6Link ipv6) {

    /** On a link of which no more is known. */
    Arrival(Ipv6Address source, int port, String device, @Nullable Ipv6Address link) {
        this(source, port, device, link, new Ipv6Link(device.isEmpty() ? null : device, link, List.of(), source));
    }
}
