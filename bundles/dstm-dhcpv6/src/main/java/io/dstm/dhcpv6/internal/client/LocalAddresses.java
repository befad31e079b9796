package io.dstm.dhcpv6.internal.client;

import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.util.Optional;

/** The node's own IPv6 addresses. */
public interface LocalAddresses {

    /** One in {@code prefix} that packets from elsewhere reach; empty if there is none. */
    Optional<Ipv6Address> in(Ipv6Prefix prefix);

    /** Gives the node {@code address}, if it has not got it; why that is impossible, or empty. {@link #in} shows when it can be used. */
    Optional<String> take(Ipv6Address address);

    /** Takes {@code address} from the node again, if it was {@link #take} that gave it. */
    void drop(Ipv6Address address);
}
