package io.dstm.api.lease;

import io.dstm.api.net.Ipv4Range;
import java.util.List;

/**
 * A pool as operators see it.
 *
 * @param name the pool's name
 * @param ranges the addresses it lends
 * @param psidLength k, how many bits of PSID share an address; 0 for whole addresses
 * @param psidOffset a, the PSID offset
 * @param tep the name of the TEP that forwards for it
 * @param capacity how many leases it can hold at once
 * @param active leases that clients have
 * @param offered leases shown to clients or being made
 * @param quarantined leases held back after their end
 * @param draining active leases outside the present ranges, which live out their time
 * @param reserved how many of the capacity are kept for clients with a reservation that do not have it now
 * @param drains whether the pool lends and prolongs nothing, by its configuration
 */
public record PoolStatus(
        String name,
        List<Ipv4Range> ranges,
        int psidLength,
        int psidOffset,
        String tep,
        long capacity,
        long active,
        long offered,
        long quarantined,
        long draining,
        long reserved,
        boolean drains) {

    /** Keeps the list unchangeable. */
    public PoolStatus {
        ranges = List.copyOf(ranges);
    }

    /** A pool without reservations. */
    public PoolStatus(
            String name,
            List<Ipv4Range> ranges,
            int psidLength,
            int psidOffset,
            String tep,
            long capacity,
            long active,
            long offered,
            long quarantined,
            long draining) {
        this(name, ranges, psidLength, psidOffset, tep, capacity, active, offered, quarantined, draining, 0);
    }

    /** A pool that lends. */
    public PoolStatus(
            String name,
            List<Ipv4Range> ranges,
            int psidLength,
            int psidOffset,
            String tep,
            long capacity,
            long active,
            long offered,
            long quarantined,
            long draining,
            long reserved) {
        this(
                name,
                ranges,
                psidLength,
                psidOffset,
                tep,
                capacity,
                active,
                offered,
                quarantined,
                draining,
                reserved,
                false);
    }

    /** How many leases can be given now to clients without a reservation. */
    public long free() {
        return Math.max(0, capacity - (active - draining) - offered - quarantined - reserved);
    }
}
