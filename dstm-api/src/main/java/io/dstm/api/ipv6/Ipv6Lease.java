package io.dstm.api.ipv6;

import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.time.Instant;

/**
 * An address or a prefix that a client has.
 *
 * @param prefix the delegated prefix, or the address as a /128; no two leases overlap
 * @param client the client's DUID and the IAID of the IA that the lease is in
 * @param kind whether it is an address or a prefix
 * @param pool the name of the pool it is from
 * @param declined whether the client found it in use by somebody else; it is nobody's until then
 * @param since when the client got it; whole seconds
 * @param preferredUntil when it is deprecated; whole seconds
 * @param until when it ends; whole seconds, not before {@code preferredUntil}
 */
public record Ipv6Lease(
        Ipv6Prefix prefix,
        ClientId client,
        Ipv6LeaseKind kind,
        String pool,
        boolean declined,
        Instant since,
        Instant preferredUntil,
        Instant until) {

    /** Checks that an address is a whole one. */
    public Ipv6Lease {
        if (kind == Ipv6LeaseKind.ADDRESS && prefix.length() != 128) {
            throw new IllegalArgumentException(prefix + " is not an address");
        }
    }

    /** The lent address, or the first of the delegated ones. */
    public Ipv6Address address() {
        return prefix.address();
    }
}
