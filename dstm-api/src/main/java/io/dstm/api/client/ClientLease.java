package io.dstm.api.client;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv6Address;
import java.time.Duration;
import java.time.Instant;

/**
 * A lease as the node has it.
 *
 * @param key the address and ports
 * @param tunnelSource the node's end of the tunnel
 * @param tunnelAddress the TEP's end of the tunnel
 * @param obtained when it was given or last renewed
 * @param renewAfter T1, from {@code obtained}; equal to {@code valid} when the server will not prolong it
 * @param rebindAfter T2, from {@code obtained}
 * @param valid how long it lasts, from {@code obtained}
 */
public record ClientLease(
        LeaseKey key,
        Ipv6Address tunnelSource,
        Ipv6Address tunnelAddress,
        Instant obtained,
        Duration renewAfter,
        Duration rebindAfter,
        Duration valid) {

    /** When the node may no longer use it. */
    public Instant expires() {
        return obtained.plus(valid);
    }

    /** Whether the server will prolong it. */
    public boolean renewable() {
        return renewAfter.compareTo(valid) < 0;
    }
}
