package io.dstm.dhcpv6.internal.server;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet.PortRange;
import io.dstm.dhcpv6.internal.codec.Lw4o6;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.ClientData;
import io.dstm.dhcpv6.internal.codec.Option.IaAddress;
import io.dstm.dhcpv6.internal.codec.Option.LqQuery;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.PortRanges;
import io.dstm.dhcpv6.internal.codec.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What a leasequery asks for (RFC 5007 section 4.4, RFC 5460 section 7.2), and how a lease is shown in its answer: as an IA Address
 * with the IPv4 address in mapped form, the TEP and the ports inside, and as an lw4o6 container too where the query's Option
 * Request has its code. A lease is on the link whose /64 its tunnel source is in.
 *
 * @param matches which leases
 * @param byClient whether it is about one client
 * @param anywhere whether it names no link
 * @param container whether the lw4o6 container is wanted
 */
record LeaseQuery(Predicate<Lease> matches, boolean byClient, boolean anywhere, boolean container) {

    /** RFC 5007 section 4.1.2.1. */
    private static final int BY_ADDRESS = 1;

    private static final int BY_CLIENT = 2;

    /** RFC 5460 section 5.4. */
    private static final int BY_LINK = 4;

    private static final int LINK_LENGTH = 64;

    private static final String DUID = "duid:";

    /** A query, or what is wrong with it. */
    record Parsed(Optional<LeaseQuery> query, Status status, String text) {

        private static Parsed refused(Status status, String text) {
            return new Parsed(Optional.empty(), status, text);
        }
    }

    /**
     * Reads a query.
     *
     * @param bulk whether it may have many answers, and so be about a link
     */
    static Parsed parse(LqQuery query, boolean bulk) {
        Predicate<Lease> active = lease -> lease.state() == LeaseState.ACTIVE;
        boolean anywhere = query.link().equals(Ipv6Address.UNSPECIFIED);
        Predicate<Lease> here = anywhere ? lease -> true : lease -> isOn(lease, query.link());
        boolean container = query.options().requests(OptionCode.S46_CONT_LW);
        if (query.type() == BY_ADDRESS) {
            return query.options()
                    .first(IaAddress.class)
                    .map(address -> good(active.and(at(address)).and(here), false, anywhere, container))
                    .orElseGet(() -> Parsed.refused(Status.MALFORMED_QUERY, "there is no IA Address in the query"));
        } else if (query.type() == BY_CLIENT) {
            return query.options()
                    .first(Option.ClientId.class)
                    .map(client -> good(active.and(of(client.duid())).and(here), true, anywhere, container))
                    .orElseGet(
                            () -> Parsed.refused(Status.MALFORMED_QUERY, "there is no Client Identifier in the query"));
        } else if (query.type() == BY_LINK && bulk) {
            return anywhere
                    ? Parsed.refused(Status.MALFORMED_QUERY, "there is no link-address in the query")
                    : good(active.and(here), false, false, container);
        }
        return Parsed.refused(Status.UNKNOWN_QUERY_TYPE, "ask by address or client, over TCP also by link");
    }

    private static Parsed good(Predicate<Lease> matches, boolean byClient, boolean anywhere, boolean container) {
        return new Parsed(Optional.of(new LeaseQuery(matches, byClient, anywhere, container)), Status.SUCCESS, "");
    }

    private static boolean isOn(Lease lease, Ipv6Address link) {
        return linkOf(lease).contains(link);
    }

    private static Ipv6Prefix linkOf(Lease lease) {
        return Ipv6Prefix.of(lease.tunnelSource(), LINK_LENGTH);
    }

    /** By tunnel source, or by IPv4 address in mapped form; DSTM_PORTS inside pick one who shares it. */
    private static Predicate<Lease> at(IaAddress option) {
        Optional<Ipv4Address> mapped = option.address().unmapped();
        if (mapped.isEmpty()) {
            return lease -> lease.tunnelSource().equals(option.address());
        }
        List<PortRange> ports = option.options()
                .all(Option.DstmPorts.class)
                .map(Option.DstmPorts::range)
                .toList();
        return lease -> lease.address().equals(mapped.get())
                && ports.stream().allMatch(range -> lease.ports().contains(range.first()));
    }

    private static Predicate<Lease> of(Octets duid) {
        String identity = DUID + duid;
        return lease -> lease.client().identity().equals(identity);
    }

    /** The links that these leases are on. */
    static List<Ipv6Address> links(List<Lease> leases) {
        return leases.stream().map(lease -> linkOf(lease).address()).distinct().toList();
    }

    /** What the leases of one client look like. */
    ClientData show(List<Lease> leases, Instant now) {
        List<Option> shown = new ArrayList<>();
        duid(leases.get(0)).ifPresent(duid -> shown.add(new Option.ClientId(duid)));
        for (Lease lease : leases) {
            long valid = WireTime.seconds(positive(Duration.between(now, lease.until())));
            List<Option> inside = new ArrayList<>();
            inside.add(new Option.DstmTep(lease.tunnelAddress()));
            if (PortRanges.canExpress(lease.ports())) {
                PortRanges.of(lease.ports()).forEach(range -> inside.add(new Option.DstmPorts(range)));
            }
            shown.add(new IaAddress(Ipv6Address.mapped(lease.address()), valid, valid, new Options(inside)));
        }
        // The server does not note when it heard a client last, but the client had its lease at this time.
        Duration since = leases.stream()
                .map(lease -> positive(Duration.between(lease.since(), now)))
                .min(Duration::compareTo)
                .orElse(Duration.ZERO);
        shown.add(new Option.CltTime(WireTime.seconds(since)));
        if (container) {
            leases.forEach(
                    lease -> shown.add(Lw4o6.container(lease.key(), lease.tunnelSource(), lease.tunnelAddress())));
        }
        return new ClientData(new Options(shown));
    }

    private static Duration positive(Duration duration) {
        return duration.isNegative() ? Duration.ZERO : duration;
    }

    private static Optional<Octets> duid(Lease lease) {
        String identity = lease.client().identity();
        try {
            return identity.startsWith(DUID)
                    ? Optional.of(Octets.parse(identity.substring(DUID.length())))
                    : Optional.empty();
        } catch (IllegalArgumentException notHexadecimal) {
            return Optional.empty();
        }
    }

    /** Why a server discards a Leasequery (RFC 5007 section 4.2.1); empty if it does not. */
    static Optional<ServerCounter> check(Message.Direct message, Octets server) {
        Optional<Option.ServerId> asked = message.options().first(Option.ServerId.class);
        if (!message.options().has(Option.ClientId.class)) {
            return Optional.of(ServerCounter.DROP_NO_CLIENT_ID);
        } else if (asked.isPresent() && !asked.get().duid().equals(server)) {
            return Optional.of(ServerCounter.DROP_OTHER_SERVER);
        }
        return message.options().has(LqQuery.class)
                ? Optional.empty()
                : Optional.of(ServerCounter.DROP_LEASEQUERY_NO_QUERY);
    }
}
