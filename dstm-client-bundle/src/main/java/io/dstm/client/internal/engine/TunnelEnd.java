package io.dstm.client.internal.engine;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.net.Ipv6Address;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether the node still has the IPv6 address that its lease is tunnelled from. Loop thread only. */
final class TunnelEnd {

    private static final Logger log = LoggerFactory.getLogger(TunnelEnd.class);

    private final NetworkControl network;
    private boolean local;
    private long seen;

    TunnelEnd(NetworkControl network) {
        this.network = network;
    }

    /** Remembers whether the node has the address of a lease that has come; it need not. */
    void begin(Ipv6Address address, long now) {
        local = isLocal(address);
        seen = now;
    }

    /** Whether the node had the address when it was last looked, and has it no more; looks not more often than every {@code pause}. */
    boolean isLost(Ipv6Address address, long now, long pause) {
        if (now - seen < pause) {
            return false;
        }
        seen = now;
        boolean before = local;
        local = isLocal(address);
        return before && !local;
    }

    private boolean isLocal(Ipv6Address address) {
        try {
            for (NetworkControl.InterfaceInfo each : network.interfaces()) {
                if (each.ipv6().contains(address)) {
                    return true;
                }
            }
            return false;
        } catch (DatapathException unreadable) {
            log.debug("Interfaces cannot be read", unreadable);
            return local;
        }
    }
}
