package io.dstm.dhcpv6.internal.client;

import io.dstm.api.net.Ipv6Address;
import org.jspecify.annotations.Nullable;

/**
 * Where a client asks.
 *
 * @param device the interface's name
 * @param index its index
 * @param source the address to send from, which the server takes for the client's end of the tunnel
 * @param local the interface's link-local address; {@code null} if it has none or nobody needs it
 */
public record Link(
        String device,
        int index,
        Ipv6Address source,
        @Nullable Ipv6Address local) {

    /** A link where nothing is sent from the link-local address. */
    public Link(String device, int index, Ipv6Address source) {
        this(device, index, source, null);
    }
}
