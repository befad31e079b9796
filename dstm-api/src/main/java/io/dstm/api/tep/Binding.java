package io.dstm.api.tep;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv6Address;
import java.time.Instant;

/**
 * What a TEP knows of a lease (RFC 7596 section 6.1): packets from {@code tunnelSource} may carry {@code key} as IPv4 source, and
 * packets to {@code key} go to {@code tunnelSource}. A client may hold several bindings.
 *
 * @param key the address and ports
 * @param tunnelSource the client's end of the tunnel
 * @param tunnelAddress the TEP's end of the tunnel
 * @param expires when it ends by the TEP's own clock if nobody prolongs it
 */
public record Binding(LeaseKey key, Ipv6Address tunnelSource, Ipv6Address tunnelAddress, Instant expires) {

    /** The binding of a lease. */
    public static Binding of(Lease lease) {
        return new Binding(lease.key(), lease.tunnelSource(), lease.tunnelAddress(), lease.until());
    }
}
