package io.dstm.tep.internal.control;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.datapath.NetworkControl.Route;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.tep.internal.table.AddressRanges;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's routes to the served addresses: one into the device, and one behind it that discards, so that packets to them do
 * not go in circles between this machine and its default router while there is no device, even after a crash.
 */
final class Routes {

    private static final Logger log = LoggerFactory.getLogger(Routes.class);

    /** Lower than any route an operator or a routing daemon sets. */
    static final long DISCARD_METRIC = 0xFFFF_0000L;

    static final long DEVICE_METRIC = 0;

    private final NetworkControl network;
    private final Set<Ipv4Prefix> discarded = new HashSet<>();
    private final Set<Route> intoDevice = new HashSet<>();

    Routes(NetworkControl network) {
        this.network = network;
    }

    /** Discards packets to what is served, where nothing else takes them, and nothing more. */
    void discard(AddressRanges served) throws DatapathException {
        Set<Ipv4Prefix> wanted = prefixes(served);
        for (Ipv4Prefix prefix : wanted) {
            if (!discarded.contains(prefix)) {
                network.setRoute(discarding(prefix));
                discarded.add(prefix);
            }
        }
        for (Iterator<Ipv4Prefix> left = discarded.iterator(); left.hasNext(); ) {
            Ipv4Prefix prefix = left.next();
            if (!wanted.contains(prefix)) {
                network.removeRoute(discarding(prefix));
                left.remove();
            }
        }
    }

    /**
     * Leads what is served, and the TEP's own address, into the device, and nothing more. The latter also makes the kernel accept
     * the TEP's own ICMP messages where it checks the way back to a source (rp_filter).
     */
    void lead(AddressRanges served, Ipv4Address own, String device) throws DatapathException {
        Set<Route> wanted = new LinkedHashSet<>();
        prefixes(served).forEach(prefix -> wanted.add(new Route(prefix, device, null, DEVICE_METRIC, 0)));
        wanted.add(new Route(new Ipv4Prefix(own, 32), device, null, DEVICE_METRIC, 0));
        for (Route route : wanted) {
            if (!intoDevice.contains(route)) {
                network.setRoute(route);
                intoDevice.add(route);
            }
        }
        for (Iterator<Route> left = intoDevice.iterator(); left.hasNext(); ) {
            Route route = left.next();
            if (!wanted.contains(route)) {
                network.removeRoute(route);
                left.remove();
            }
        }
    }

    /** The device is gone, and its routes with it. */
    void deviceGone() {
        intoDevice.clear();
    }

    /** Removes what is left, as far as that goes. */
    void clear() {
        for (Ipv4Prefix prefix : discarded) {
            try {
                network.removeRoute(discarding(prefix));
            } catch (DatapathException failure) {
                log.warn(
                        "DSTM-2009 Could not remove the discard route to {}, remove it by hand: {}",
                        prefix,
                        failure.getMessage());
            }
        }
        discarded.clear();
        intoDevice.clear();
    }

    private static Route discarding(Ipv4Prefix prefix) {
        return new Route(prefix, null, null, DISCARD_METRIC, 0);
    }

    private static Set<Ipv4Prefix> prefixes(AddressRanges served) {
        Set<Ipv4Prefix> prefixes = new LinkedHashSet<>();
        served.ranges().forEach(range -> prefixes.addAll(range.toPrefixes()));
        return prefixes;
    }
}
