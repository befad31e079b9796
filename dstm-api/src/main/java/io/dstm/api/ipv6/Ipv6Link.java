package io.dstm.api.ipv6;

import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The link a client is on, as far as the server can tell.
 *
 * @param device the server's interface that the client is directly on; {@code null} behind a relay, or if unknown
 * @param address an address of the link: the relay's link-address, or the server's own there; {@code null} if unknown
 * @param prefixes the prefixes of the server's own addresses there; empty behind a relay
 * @param source where the client's packet came from
 */
public record Ipv6Link(
        @Nullable String device, @Nullable Ipv6Address address, List<Ipv6Prefix> prefixes, Ipv6Address source) {

    /** Keeps the list unchangeable. */
    public Ipv6Link {
        prefixes = List.copyOf(prefixes);
    }
}
