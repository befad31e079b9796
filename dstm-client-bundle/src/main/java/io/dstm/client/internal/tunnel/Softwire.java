package io.dstm.client.internal.tunnel;

import io.dstm.api.client.ClientLease;
import io.dstm.api.lease.LeaseKey;

/**
 * What the rules know of a lease: all that a packet is judged by.
 *
 * @param key the lent address and ports
 * @param address the lent address as a number
 * @param nodeHigh this node's end of the tunnel, first half
 * @param nodeLow this node's end of the tunnel, second half
 * @param tepHigh the TEP's end of the tunnel, first half
 * @param tepLow the TEP's end of the tunnel, second half
 * @param endNanos the end of validity on {@link System#nanoTime()}'s clock, behind which no packet passes whatever else happens
 * @param translation what becomes of flows that did not start on the lease's own address and ports
 */
record Softwire(
        LeaseKey key,
        int address,
        long nodeHigh,
        long nodeLow,
        long tepHigh,
        long tepLow,
        long endNanos,
        Translation translation) {

    static Softwire of(ClientLease lease, long endNanos, Translation translation) {
        return new Softwire(
                lease.key(),
                lease.key().address().value(),
                lease.tunnelSource().high(),
                lease.tunnelSource().low(),
                lease.tunnelAddress().high(),
                lease.tunnelAddress().low(),
                endNanos,
                translation);
    }

    /** Whether both go between the same two IPv6 addresses. */
    boolean hasEndsOf(Softwire other) {
        return nodeHigh == other.nodeHigh
                && nodeLow == other.nodeLow
                && tepHigh == other.tepHigh
                && tepLow == other.tepLow;
    }
}
