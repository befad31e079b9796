package io.dstm.api.lease;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.time.Instant;

/**
 * An IPv4 address, or a port set of one, lent to a client for a while.
 *
 * @param key what is lent
 * @param client who has it
 * @param tunnelSource the client's end of the tunnel: the IPv6 source of its tunnelled packets
 * @param tunnelAddress the TEP's end of the tunnel
 * @param pool the name of the pool it comes from
 * @param state where it is in its life
 * @param since when this client got it first, whole seconds
 * @param until by state: end of the offer, end of validity, or end of the quarantine; whole seconds
 */
public record Lease(
        LeaseKey key,
        ClientId client,
        Ipv6Address tunnelSource,
        Ipv6Address tunnelAddress,
        String pool,
        LeaseState state,
        Instant since,
        Instant until) {

    /** The lent address. */
    public Ipv4Address address() {
        return key.address();
    }

    /** The lent ports. */
    public PortSet ports() {
        return key.ports();
    }

    /**
     * The same lease in another state.
     *
     * @throws IllegalStateException if the life of a lease has no such step
     */
    public Lease to(LeaseState next, Instant nextUntil) {
        if (!state.mayBecome(next)) {
            throw new IllegalStateException("lease " + key + " cannot go from " + state + " to " + next);
        }
        return new Lease(key, client, tunnelSource, tunnelAddress, pool, next, since, nextUntil);
    }

    /** The same lease with the client's tunnel end moved. */
    public Lease movedTo(Ipv6Address newTunnelSource) {
        return new Lease(key, client, newTunnelSource, tunnelAddress, pool, state, since, until);
    }
}
