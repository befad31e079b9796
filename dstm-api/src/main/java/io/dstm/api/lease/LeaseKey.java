package io.dstm.api.lease;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.PortSet;

/**
 * What can be lent once at a time: an address, or one port set of it. Two keys of one address never overlap in ports while both
 * are lent.
 *
 * @param address the IPv4 address
 * @param ports the ports of it, {@link PortSet#FULL} for the whole address
 */
public record LeaseKey(Ipv4Address address, PortSet ports) {

    /** {@code 192.0.2.1} or {@code 192.0.2.1:5120-6143}. */
    @Override
    public String toString() {
        return ports.isFull() ? address.toString() : address + ":" + ports;
    }
}
