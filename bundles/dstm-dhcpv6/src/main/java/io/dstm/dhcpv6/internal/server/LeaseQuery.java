package io.dstm.dhcpv6.internal.server;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.lease.Lease;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet.PortRange;
import io.dstm.dhcpv6.internal.codec.Lw4o6;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.ClientData;
import io.dstm.dhcpv6.internal.codec.Option.IaAddress;
import io.dstm.dhcpv6.internal.codec.Option.IaPrefix;
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
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * What a leasequery asks for (RFC 5007 section 4.4, RFC 5460 section 7.2), and how leases are shown in its answer: IPv6 ones as they
 * are lent, an IPv4 one as an IA Address with the IPv4 address in mapped form, the TEP and the ports inside, and as an lw4o6
 * container too where the query's Option Request has its code.
 *
 * @param matches which leases
 * @param known whether the server has the address or link that it is about in its configuration; asked if nothing matches
 * @param byClient whether it is about one client
 * @param link an address of the link it is about; :: for any
 * @param wants the options that are asked for besides
 */
record LeaseQuery(
        Predicate<Held> matches, BooleanSupplier known, boolean byClient, Ipv6Address link, List<OptionCode> wants) {

    /** RFC 5007 section 4.1.2.1. */
    private static final int BY_ADDRESS = 1;

    private static final int BY_CLIENT = 2;

    /** RFC 5460 section 5.3. */
    private static final int BY_RELAY = 3;

    private static final int BY_LINK = 4;
    private static final int BY_REMOTE_ID = 5;

    /** A query, or what is wrong with it. */
    record Parsed(Optional<LeaseQuery> query, Status status, String text) {

        private static Parsed refused(Status status, String text) {
            return new Parsed(Optional.empty(), status, text);
        }

        private static Parsed lacks(String option) {
            return refused(Status.MALFORMED_QUERY, "there is no " + option + " in the query");
        }
    }

    /**
     * Reads a query.
     *
     * @param bulk whether it may have many answers, and so be about a link or a relay
     */
    static Parsed parse(LqQuery query, LeaseView view, boolean bulk) {
        Options about = query.options();
        if (query.type() == BY_ADDRESS) {
            return about.first(IaAddress.class)
                    .map(address -> good(query, view, at(address), () -> view.knowsAddress(address.address())))
                    .orElseGet(() -> Parsed.lacks("IA Address"));
        } else if (query.type() == BY_CLIENT) {
            return about.first(Option.ClientId.class)
                    .map(client -> good(query, view, held -> held.isOf(client.duid()), () -> true))
                    .orElseGet(() -> Parsed.lacks("Client Identifier"));
        } else if (query.type() == BY_LINK && bulk) {
            return query.link().isUnspecified()
                    ? Parsed.lacks("link-address")
                    : good(query, view, held -> true, () -> true);
        } else if (query.type() == BY_RELAY && bulk) {
            return about.first(Option.RelayId.class)
                    .map(relay -> good(query, view, noted(view, note -> note.hasRelay(relay.duid())), () -> true))
                    .orElseGet(() -> Parsed.lacks("Relay-ID"));
        } else if (query.type() == BY_REMOTE_ID && bulk) {
            return RelayNotes.remoteId(about.list())
                    .map(id -> good(query, view, noted(view, note -> note.hasRemoteId(id)), () -> true))
                    .orElseGet(() -> Parsed.lacks("Remote-ID"));
        }
        return Parsed.refused(
                Status.UNKNOWN_QUERY_TYPE, "ask by address or client, over TCP also by link, relay or remote id");
    }

    private static Predicate<Held> noted(LeaseView view, Predicate<RelayNotes.Note> wanted) {
        return held -> view.noteOf(held).filter(wanted).isPresent();
    }

    private static Parsed good(LqQuery query, LeaseView view, Predicate<Held> matches, BooleanSupplier known) {
        Ipv6Address link = query.link();
        List<OptionCode> wants = query.options()
                .first(Option.OptionRequest.class)
                .map(Option.OptionRequest::codes)
                .orElse(List.of());
        boolean byClient = query.type() == BY_CLIENT;
        LeaseQuery read = link.isUnspecified()
                ? new LeaseQuery(matches, known, byClient, link, wants)
                : new LeaseQuery(
                        matches.and(held -> view.isOn(held, link)), () -> view.knowsLink(link), byClient, link, wants);
        return new Parsed(Optional.of(read), Status.SUCCESS, "");
    }

    /** By tunnel source, IPv6 address or prefix, or by IPv4 address in mapped form; DSTM_PORTS inside pick one who shares it. */
    private static Predicate<Held> at(IaAddress option) {
        Optional<Ipv4Address> mapped = option.address().unmapped();
        if (mapped.isEmpty()) {
            return held -> {
                Lease ipv4 = held.ipv4();
                Ipv6Lease ipv6 = held.ipv6();
                return ipv4 != null && ipv4.tunnelSource().equals(option.address())
                        || ipv6 != null && ipv6.prefix().contains(option.address());
            };
        }
        List<PortRange> ports = option.options()
                .all(Option.DstmPorts.class)
                .map(Option.DstmPorts::range)
                .toList();
        return held -> {
            Lease ipv4 = held.ipv4();
            return ipv4 != null
                    && ipv4.address().equals(mapped.get())
                    && ports.stream().allMatch(range -> ipv4.ports().contains(range.first()));
        };
    }

    /** What the leases of one client look like. */
    ClientData show(List<Held> leases, LeaseView view, Instant now) {
        List<Option> shown = new ArrayList<>();
        leases.get(0).duid().ifPresent(duid -> shown.add(new Option.ClientId(duid)));
        leases.forEach(held -> {
            Lease ipv4 = held.ipv4();
            Ipv6Lease ipv6 = held.ipv6();
            if (ipv4 != null) {
                shown.add(show(ipv4, now));
            } else if (ipv6 != null) {
                shown.add(show(ipv6, now));
            }
        });
        Optional<RelayNotes.Note> note = view.noteOf(leases.get(0));
        // Of a client that was not noted, it is known that it had its lease at this time.
        Duration ago = note.map(known -> left(RelayNotes.heard(known), now)).orElseGet(() -> leases.stream()
                .map(held -> left(held.since(), now))
                .min(Duration::compareTo)
                .orElse(Duration.ZERO));
        shown.add(new Option.CltTime(WireTime.seconds(ago)));
        if (wants.contains(OptionCode.LQ_RELAY_DATA)) {
            note.ifPresent(known -> {
                if (known.peer() != null) {
                    shown.add(new Option.LqRelayData(known.peer(), known.chain()));
                }
            });
        }
        if (wants.contains(OptionCode.S46_CONT_LW)) {
            leases.forEach(held -> {
                Lease lease = held.ipv4();
                if (lease != null) {
                    shown.add(Lw4o6.container(lease.key(), lease.tunnelSource(), lease.tunnelAddress()));
                }
            });
        }
        return new ClientData(new Options(shown));
    }

    private static Option show(Lease lease, Instant now) {
        long valid = WireTime.seconds(left(now, lease.until()));
        List<Option> inside = new ArrayList<>();
        inside.add(new Option.DstmTep(lease.tunnelAddress()));
        if (PortRanges.canExpress(lease.ports())) {
            PortRanges.of(lease.ports()).forEach(range -> inside.add(new Option.DstmPorts(range)));
        }
        return new IaAddress(Ipv6Address.mapped(lease.address()), valid, valid, new Options(inside));
    }

    private static Option show(Ipv6Lease lease, Instant now) {
        long preferred = WireTime.seconds(left(now, lease.preferredUntil()));
        long valid = WireTime.seconds(left(now, lease.until()));
        return lease.kind() == Ipv6LeaseKind.ADDRESS
                ? new IaAddress(lease.address(), preferred, valid, Options.NONE)
                : new IaPrefix(preferred, valid, lease.prefix(), Options.NONE);
    }

    private static Duration left(Instant from, Instant to) {
        return from.isAfter(to) ? Duration.ZERO : Duration.between(from, to);
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
