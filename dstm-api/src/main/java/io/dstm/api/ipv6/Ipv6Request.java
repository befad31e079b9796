package io.dstm.api.ipv6;

import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Prefix;
import java.util.List;

/**
 * A client asks for what one IA is to hold.
 *
 * @param client the client's DUID and the IAID
 * @param kind which kind of IA
 * @param link where the client is
 * @param wishes what the client has or would like, best first: addresses as /128; a prefix :: of some length asks for any prefix of
 *     that length (RFC 8168 section 3)
 */
public record Ipv6Request(ClientId client, Ipv6LeaseKind kind, Ipv6Link link, List<Ipv6Prefix> wishes) {

    /** Keeps the list unchangeable. */
    public Ipv6Request {
        wishes = List.copyOf(wishes);
    }
}
