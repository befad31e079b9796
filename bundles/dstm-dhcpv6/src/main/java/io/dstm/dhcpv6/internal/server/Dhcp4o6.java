package io.dstm.dhcpv6.internal.server;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseDecision.Refused;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.codec.Dhcp4Codec;
import io.dstm.dhcpv6.internal.codec.Dhcp4Decoded;
import io.dstm.dhcpv6.internal.codec.Dhcp4Message;
import io.dstm.dhcpv6.internal.codec.Dhcp4MessageType;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.NodeId;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.RequestedAddress;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.ServerId;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.SoftwireSource;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.Option.Dhcpv4Msg;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What the server answers to DHCPv4 inside DHCPv6 (RFC 7341): by RFC 2131 section 4.3 which lease, by RFC 7618 whether it can be
 * a shared one, by RFC 8539 from where the client will tunnel. The client identifier's DUID and IAID name the client, so a client
 * that also asks by IA_DSTM or for the container under the same IAID has one lease.
 */
final class Dhcp4o6 {

    private static final String TRANSPORT = "dhcp4o6";

    /** Where the seconds stand, which are all that differs between a message and its retransmission. */
    private static final int SECS = 8;

    /**
     * An address on the client's link that no node has (RFC 2526 reserves it): whoever is to name its softwire source in the
     * REQUEST (RFC 8539 section 7.1) is shown an offer as if it had this one.
     */
    private static final long RESERVED_INTERFACE = -1;

    private final LeaseDesk leases;
    private final SoftwireSources sources;

    Dhcp4o6(LeaseDesk leases, InstantSource clock) {
        this.leases = leases;
        this.sources = new SoftwireSources(leases, clock);
    }

    /** A validated message with what is needed to answer it. */
    record Query(ServerContext server, Message.Direct carrier, Dhcp4Message message, ClientId client, Origin origin) {

        /** What RFC 7618 section 8 has as the sign of a client that can share an address. */
        boolean sharesAddress() {
            return message.requests(Dhcp4Option.V4_PORTPARAMS);
        }

        boolean cannotHave(Lease lease) {
            return !lease.ports().isFull() && !sharesAddress();
        }

        boolean asks(OptionCode code) {
            return carrier.options().requests(code);
        }

        Optional<Ipv6Address> softwireSource() {
            return message.first(SoftwireSource.class).map(SoftwireSource::address);
        }

        /** From where the client says it will tunnel, else from where it asks. */
        @Nullable
        Ipv6Address tunnelSource() {
            return softwireSource().orElse(origin.tunnelSource());
        }

        Optional<Ipv4Address> requestedAddress() {
            return message.first(RequestedAddress.class)
                    .map(RequestedAddress::address)
                    .filter(address -> !address.equals(Ipv4Address.UNSPECIFIED));
        }

        /** The ports the client names; none if it only says how many it would like, or all. */
        Optional<PortSet> ports() {
            return message.first(Dhcp4Option.PortParams.class)
                    .map(Dhcp4Option.PortParams::ports)
                    .filter(ports -> ports.psidLength() > 0);
        }

        /** Whether {@code lease} is what the client names by this address and its ports. */
        boolean names(Lease lease, Ipv4Address address) {
            return lease.address().equals(address)
                    && ports().map(lease.ports()::equals).orElse(true);
        }

        LeaseKey key(Ipv4Address address) {
            return new LeaseKey(address, ports().orElse(PortSet.FULL));
        }

        AllocationRequest request(@Nullable Ipv6Address tunnelSource, @Nullable LeaseKey wish) {
            return new AllocationRequest(
                    client,
                    tunnelSource,
                    wish,
                    sharesAddress(),
                    origin.link(),
                    TRANSPORT,
                    origin.relays(),
                    message.first(Dhcp4Option.LeaseTime.class)
                            .map(time -> Duration.ofSeconds(time.seconds()))
                            .orElse(null));
        }
    }

    /** The same for a message and its retransmissions. */
    static int fingerprint(Message.Direct carrier) {
        byte[] octets = carrier.options()
                .first(Dhcpv4Msg.class)
                .map(carried -> carried.message().toBytes())
                .orElse(new byte[0]);
        if (octets.length > SECS + 1) {
            octets[SECS] = 0;
            octets[SECS + 1] = 0;
        }
        return Arrays.hashCode(octets);
    }

    /** The answer to a DHCPV4-QUERY; completes at once unless the lease service has to be asked. */
    CompletionStage<Answer> answer(ServerContext server, Message.Direct carrier, Origin origin) {
        if (!server.settings().dhcp4o6()) {
            return drop(ServerCounter.DROP_DHCP4_OFF);
        }
        List<Dhcpv4Msg> carried = carrier.options().all(Dhcpv4Msg.class).toList();
        if (carried.size() != 1) {
            return drop(ServerCounter.DROP_DHCP4_NO_MESSAGE);
        }
        if (!(Dhcp4Codec.decode(carried.get(0).message()) instanceof Dhcp4Decoded.Good good)) {
            return drop(ServerCounter.DROP_DHCP4_MALFORMED);
        }
        Dhcp4Message message = good.message();
        Optional<Dhcp4MessageType> type = message.type();
        if (message.op() != Dhcp4Message.REQUEST || type.isEmpty()) {
            return drop(ServerCounter.DROP_DHCP4_MESSAGE_TYPE);
        }
        Optional<NodeId> node = message.first(Dhcp4Option.ClientId.class).flatMap(Dhcp4Option.ClientId::node);
        if (node.isEmpty()) {
            return drop(ServerCounter.DROP_DHCP4_CLIENT_ID);
        }
        Optional<ServerId> to = message.first(ServerId.class);
        if (to.isPresent() && !to.get().address().equals(server.settings().dhcp4ServerId())) {
            return drop(ServerCounter.DROP_DHCP4_OTHER_SERVER);
        }
        ClientId client =
                ClientId.ofDuid(node.get().duid().toBytes(), node.get().iaid());
        return answer(new Query(server, carrier, message, client, origin), type.get());
    }

    private CompletionStage<Answer> answer(Query query, Dhcp4MessageType type) {
        Ipv4Address own = query.message().ciaddr();
        if (type.equals(Dhcp4MessageType.DISCOVER)) {
            return discover(query);
        } else if (type.equals(Dhcp4MessageType.REQUEST)) {
            return own.equals(Ipv4Address.UNSPECIFIED) ? request(query) : prolong(query, own);
        } else if (type.equals(Dhcp4MessageType.RELEASE)) {
            return giveBack(query, own, ServerCounter.DONE_DHCP4_RELEASE);
        } else if (type.equals(Dhcp4MessageType.DECLINE)) {
            return giveBack(
                    query, query.requestedAddress().orElse(Ipv4Address.UNSPECIFIED), ServerCounter.DONE_DHCP4_DECLINE);
        } else if (type.equals(Dhcp4MessageType.INFORM)) {
            return own.equals(Ipv4Address.UNSPECIFIED)
                    ? drop(ServerCounter.DROP_DHCP4_NO_ADDRESS)
                    : send(new Dhcp4Answer(query, leases.tunnelAddresses())
                            .informed(leases.leaseOf(query.client()).filter(lease -> query.names(lease, own))));
        }
        return drop(ServerCounter.DROP_DHCP4_MESSAGE_TYPE);
    }

    /** RFC 2131 section 4.3.1. */
    private CompletionStage<Answer> discover(Query query) {
        LeaseKey wish = query.requestedAddress().map(query::key).orElse(null);
        return leases.offer(query.request(query.origin().tunnelSource(), wish))
                .thenCompose(decision -> {
                    boolean later = query.asks(OptionCode.S46_BR) || query.asks(OptionCode.S46_BIND_IPV6_PREFIX);
                    return later && decision instanceof Refused refused && refused.reason() == Reason.NO_TUNNEL_SOURCE
                            ? leases.offer(query.request(standIn(query.origin().link()), wish))
                            : CompletableFuture.completedFuture(decision);
                })
                .thenApply(decision -> {
                    if (decision instanceof Granted granted) {
                        return query.cannotHave(granted.lease())
                                ? new Answer.Drop(ServerCounter.DROP_DHCP4_NO_PORTPARAMS)
                                : answerTo(query, granted.lease()).offer(granted);
                    }
                    return new Answer.Drop(silence(((Refused) decision).reason()));
                });
    }

    private static Ipv6Address standIn(@Nullable Ipv6Address link) {
        // Discard-Only (RFC 6666) where the link is unknown.
        return new Ipv6Address(link == null ? 0x0100L << 48 : link.high(), RESERVED_INTERFACE);
    }

    /** SELECTING if it names this server, else INIT-REBOOT (RFC 2131 section 4.3.2). */
    private CompletionStage<Answer> request(Query query) {
        Optional<Ipv4Address> requested = query.requestedAddress();
        if (requested.isEmpty()) {
            return drop(ServerCounter.DROP_DHCP4_NO_ADDRESS);
        }
        Optional<Lease> held = leases.leaseOf(query.client());
        if (held.isPresent()) {
            return query.names(held.get(), requested.get())
                    ? renew(query, held.get())
                    : send(nak(query, "this client has another address"));
        }
        // "If the DHCP server has no record of this client, then it MUST remain silent".
        return query.message().first(ServerId.class).isPresent()
                ? select(query, requested.get())
                : drop(ServerCounter.DROP_DHCP4_UNKNOWN_LEASE);
    }

    private CompletionStage<Answer> select(Query query, Ipv4Address requested) {
        Optional<Ipv6Address> named = query.softwireSource();
        if (named.isPresent() && !(named.get().isRoutableUnicast() && sources.claim(named.get(), query.client()))) {
            return send(nak(query, "the softwire source cannot be this client's"));
        }
        return leases.allocate(query.request(query.tunnelSource(), query.key(requested)))
                .whenComplete((decision, problem) -> named.ifPresent(source -> sources.settle(source, query.client())))
                .thenCompose(decision -> {
                    if (decision instanceof Granted granted) {
                        return taken(query, requested, granted);
                    }
                    Refused refused = (Refused) decision;
                    return switch (refused.reason()) {
                        case POOL_EXHAUSTED,
                                LIMIT_REACHED,
                                NO_TUNNEL_SOURCE,
                                TUNNEL_SOURCE_TAKEN,
                                NO_LEASE,
                                NOT_RENEWABLE -> send(nak(query, refused.message()));
                        case NO_POOL, TEP_UNAVAILABLE, STORE_UNAVAILABLE, BUSY -> drop(silence(refused.reason()));
                    };
                });
    }

    /** What the client did not ask for it cannot be given: the offer it answers to is gone. */
    private CompletionStage<Answer> taken(Query query, Ipv4Address requested, Granted granted) {
        Lease lease = granted.lease();
        if (query.names(lease, requested) && !query.cannotHave(lease)) {
            return CompletableFuture.completedFuture(answerTo(query, lease).ack(granted));
        }
        return leases.release(lease.client(), lease.key())
                .thenApply(had -> nak(query, "what was offered is no longer to be had"));
    }

    /**
     * RENEWING and REBINDING. Who lent an address of these pools was this server, so it may say that the lease is over; of others'
     * it knows nothing.
     */
    private CompletionStage<Answer> prolong(Query query, Ipv4Address own) {
        Optional<Lease> held = leases.leaseOf(query.client()).filter(lease -> query.names(lease, own));
        if (held.isPresent()) {
            return renew(query, held.get());
        }
        return leases.isInPool(own)
                ? send(nak(query, "this client has no such lease"))
                : drop(ServerCounter.DROP_DHCP4_UNKNOWN_LEASE);
    }

    /** Prolongs, and moves the tunnel's end if the client may; if not, the ACK shows it the one it has (RFC 8539 section 8). */
    private CompletionStage<Answer> renew(Query query, Lease held) {
        if (query.cannotHave(held)) {
            return drop(ServerCounter.DROP_DHCP4_NO_PORTPARAMS);
        }
        Ipv6Address wanted = query.tunnelSource();
        if (wanted == null || wanted.equals(held.tunnelSource()) || !wanted.isRoutableUnicast()) {
            return renew(query, held, null);
        }
        if (!sources.claim(wanted, query.client())) {
            return renew(query, held, null);
        }
        if (!sources.move(query.client())) {
            sources.settle(wanted, query.client());
            return renew(query, held, null);
        }
        return renew(query, held, wanted).whenComplete((answer, problem) -> sources.settle(wanted, query.client()));
    }

    private CompletionStage<Answer> renew(Query query, Lease held, @Nullable Ipv6Address source) {
        return leases.renew(query.request(source, held.key())).thenCompose(decision -> {
            if (decision instanceof Granted granted) {
                return CompletableFuture.completedFuture(
                        answerTo(query, granted.lease()).ack(granted));
            }
            Refused refused = (Refused) decision;
            return switch (refused.reason()) {
                case NO_LEASE -> send(nak(query, refused.message()));
                // What it has stays good.
                case TUNNEL_SOURCE_TAKEN, NO_TUNNEL_SOURCE, LIMIT_REACHED ->
                    source == null ? drop(silence(refused.reason())) : renew(query, held, null);
                default -> drop(silence(refused.reason()));
            };
        });
    }

    /** RFC 2131 sections 4.3.3 and 4.3.4: there is no answer. */
    private CompletionStage<Answer> giveBack(Query query, Ipv4Address address, ServerCounter done) {
        if (address.equals(Ipv4Address.UNSPECIFIED)) {
            return drop(ServerCounter.DROP_DHCP4_NO_ADDRESS);
        }
        Optional<Lease> held = leases.leaseOf(query.client()).filter(lease -> query.names(lease, address));
        if (held.isEmpty()) {
            return drop(ServerCounter.DROP_DHCP4_UNKNOWN_LEASE);
        }
        LeaseKey key = held.get().key();
        CompletionStage<Boolean> given = done == ServerCounter.DONE_DHCP4_DECLINE
                ? leases.decline(query.client(), key)
                : leases.release(query.client(), key);
        return given.thenApply(had -> new Answer.Drop(had ? done : ServerCounter.DROP_DHCP4_UNKNOWN_LEASE));
    }

    private static ServerCounter silence(Reason reason) {
        return switch (reason) {
            case POOL_EXHAUSTED -> ServerCounter.DROP_DHCP4_POOL_EXHAUSTED;
            case LIMIT_REACHED -> ServerCounter.DROP_DHCP4_LIMIT_REACHED;
            case NO_POOL -> ServerCounter.DROP_DHCP4_NO_POOL;
            case NO_TUNNEL_SOURCE -> ServerCounter.DROP_DHCP4_NO_TUNNEL_SOURCE;
            case TUNNEL_SOURCE_TAKEN -> ServerCounter.DROP_DHCP4_TUNNEL_SOURCE_TAKEN;
            case NO_LEASE, NOT_RENEWABLE -> ServerCounter.DROP_DHCP4_UNKNOWN_LEASE;
            case TEP_UNAVAILABLE, STORE_UNAVAILABLE, BUSY -> ServerCounter.DROP_DHCP4_NOT_NOW;
        };
    }

    private static Dhcp4Answer answerTo(Query query, Lease lease) {
        return new Dhcp4Answer(query, List.of(lease.tunnelAddress()));
    }

    private static Answer nak(Query query, String why) {
        return new Dhcp4Answer(query, List.of()).nak(why);
    }

    private static CompletionStage<Answer> send(Answer answer) {
        return CompletableFuture.completedFuture(answer);
    }

    private static CompletionStage<Answer> drop(ServerCounter reason) {
        return CompletableFuture.completedFuture(new Answer.Drop(reason));
    }
}
