package io.dstm.dhcpv6.internal.client;

import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.util.Optional;

/** The node's own IPv6 addresses. */
public interface LocalAddresses {

    /** One in {@code prefix} that packets from elsewhere reach; empty if there is none. */
    Optional<Ipv6Address> in(Ipv6Prefix prefix);
}
