package io.dstm.dhcpv6.internal.server;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.dhcpv6.internal.codec.Octets;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a client holds, as leasequeries see it.
 *
 * @param client who
 * @param ipv4 the lease of an IPv4 address; {@code null} if it is another
 * @param ipv6 the lease of an IPv6 address or prefix; {@code null} if it is another
 */
record Held(ClientId client, @Nullable Lease ipv4, @Nullable Ipv6Lease ipv6) {

    private static final int LINK_LENGTH = 64;
    private static final String DUID = "duid:";

    /** An IPv4 lease, if it is active. */
    static Optional<Held> of(Lease lease) {
        return lease.state() == LeaseState.ACTIVE
                ? Optional.of(new Held(lease.client(), lease, null))
                : Optional.empty();
    }

    /** An IPv6 lease, if somebody has it. */
    static Optional<Held> of(Ipv6Lease lease) {
        return lease.declined() ? Optional.empty() : Optional.of(new Held(lease.client(), null, lease));
    }

    /** The client's DUID; none if it is known by something else. */
    Optional<Octets> duid() {
        String identity = client.identity();
        try {
            return identity.startsWith(DUID)
                    ? Optional.of(Octets.parse(identity.substring(DUID.length())))
                    : Optional.empty();
        } catch (IllegalArgumentException notHexadecimal) {
            return Optional.empty();
        }
    }

    boolean isOf(Octets duid) {
        return client.identity().equals(DUID + duid);
    }

    /** Since when the client has it. */
    Instant since() {
        return ipv4 != null ? ipv4.since() : ipv6 != null ? ipv6.since() : Instant.EPOCH;
    }

    /** The /64 that it puts its client in; none for a delegated prefix, which is used behind the client. */
    Optional<Ipv6Prefix> link() {
        if (ipv4 != null) {
            return Optional.of(linkOf(ipv4.tunnelSource()));
        }
        return ipv6 != null && ipv6.kind() == Ipv6LeaseKind.ADDRESS
                ? Optional.of(linkOf(ipv6.address()))
                : Optional.empty();
    }

    static Ipv6Prefix linkOf(Ipv6Address address) {
        return Ipv6Prefix.of(address, LINK_LENGTH);
    }
}
