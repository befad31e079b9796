package io.dstm.api.datapath;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;

/**
 * Carries the common packets of a node with a whole IPv4 address without the rules, as the rules would, and leaves all others to
 * them. It knows what it is told here and nothing else.
 */
public interface NodePath extends AutoCloseable {

    /**
     * Carries packets of this lease from now on, in place of any other.
     *
     * @throws DatapathException if that is not possible; the rules have every packet then
     */
    void carry(Lease lease) throws DatapathException;

    /** Carries nothing until {@link #carry}: every packet meets the rules when this returns. */
    void rest();

    /** What was carried so far: taken out of the tunnel and put into it. */
    FastPath.Counts counts();

    /** How and on which devices, for the status. */
    String description();

    /** Takes the programs off the devices. */
    @Override
    void close();

    /**
     * What the rules would do with a common packet.
     *
     * @param address the leased address
     * @param node this node's end of the tunnel
     * @param tep the TEP's end
     * @param endNanos the end of validity on {@link System#nanoTime()}'s clock
     * @param firstReserved from which port on packets are left to the rules, 1 to 65535
     * @param tunnelMtu longest IPv6 packet in bytes, 1280 to 65535
     * @param pathMtu the same until {@code pathEndNanos}
     * @param pathEndNanos how long the path is known to be as narrow
     * @param hopLimit of the outer header, 1 to 255
     * @param outerMask which bits of the IPv4 type of service go into the outer header
     */
    record Lease(
            Ipv4Address address,
            Ipv6Address node,
            Ipv6Address tep,
            long endNanos,
            int firstReserved,
            int tunnelMtu,
            int pathMtu,
            long pathEndNanos,
            int hopLimit,
            int outerMask) {}
}
