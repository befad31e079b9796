package io.dstm.dhcpv6.internal.server;

import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseDecision.Refused;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.Association;
import io.dstm.dhcpv6.internal.codec.Option.IaAddress;
import io.dstm.dhcpv6.internal.codec.Option.IaDstm;
import io.dstm.dhcpv6.internal.codec.Option.IaNa;
import io.dstm.dhcpv6.internal.codec.Option.IaPd;
import io.dstm.dhcpv6.internal.codec.Option.RapidCommit;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.PortRanges;
import io.dstm.dhcpv6.internal.codec.Status;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the server answers (RFC 8415 section 18.3): a message in, an answer or silence out. Knows nothing of sockets and relays,
 * keeps no state between messages and never blocks.
 *
 * <p>Three kinds of client are served from one lease service. One sends IA_DSTM and gets its lease in it. The other lists the lw4o6
 * container in its Option Request and gets the container; it is known by the IAID of the IA_NA or IA_PD it sends, else 0. A client
 * that does both gets one lease, shown both ways. The third speaks DHCPv4 inside DHCPv6: {@link Dhcp4o6}.
 */
final class ServerProtocol {

    /** More leases than a node has a use for; a bound on what one message can take from the pools. */
    private static final int MOST_LEASES = 4;

    private static final String TRANSPORT = "dhcpv6";

    private final LeaseDesk leases;
    private final Dhcp4o6 dhcp4o6;
    private final Ipv6Desk ipv6 = new Ipv6Desk();

    /** What a client wants from a lending message. */
    private enum Want {
        OFFER,
        LEASE,
        RENEW,
        REBIND
    }

    /** A validated message with what is needed to answer it. */
    private record Question(ServerContext server, Message.Direct message, Octets duid, Origin origin) {

        Options options() {
            return message.options();
        }

        ClientId client(int iaid) {
            return ClientId.ofDuid(duid.toBytes(), iaid);
        }

        boolean wantsContainer() {
            return options().requests(OptionCode.S46_CONT_LW);
        }

        Ipv6Link link() {
            return origin.ipv6();
        }

        AnswerBuilder answer(MessageType type) {
            return new AnswerBuilder(server, message, type, duid);
        }
    }

    ServerProtocol(LeaseService leases, InstantSource clock) {
        this.leases = new LeaseDesk(leases, clock);
        this.dhcp4o6 = new Dhcp4o6(this.leases, clock);
    }

    /** Where IA_NA and IA_PD are decided about. */
    Ipv6Desk ipv6() {
        return ipv6;
    }

    /** The answer to {@code message}; completes at once unless the lease service has to be asked. */
    CompletionStage<Answer> answer(ServerContext server, Message.Direct message, Origin origin) {
        if (message.type().equals(MessageType.DHCPV4_QUERY)) {
            return dhcp4o6.answer(server, message, origin);
        }
        Optional<ServerCounter> invalid = MessageValidation.check(message, server.duid());
        if (invalid.isPresent()) {
            return drop(invalid.get());
        }
        Optional<Octets> duid = message.options().first(Option.ClientId.class).map(Option.ClientId::duid);
        if (duid.isEmpty()) {
            // Only an Information-request gets here without one (RFC 8415 section 16).
            return send(inform(AnswerBuilder.anonymous(server, message), message.options(), origin.ipv6()));
        }
        Question question = new Question(server, message, duid.get(), origin);
        MessageType type = message.type();
        if (type.equals(MessageType.SOLICIT)) {
            return solicit(question);
        } else if (type.equals(MessageType.REQUEST)) {
            return lend(question, Want.LEASE, lent -> lent.write(told(question, MessageType.REPLY)));
        } else if (type.equals(MessageType.RENEW)) {
            return lend(question, Want.RENEW, lent -> lent.write(told(question, MessageType.REPLY)));
        } else if (type.equals(MessageType.REBIND)) {
            return lend(question, Want.REBIND, lent -> rebound(question, lent));
        } else if (type.equals(MessageType.CONFIRM)) {
            return confirm(question);
        } else if (type.equals(MessageType.RELEASE)) {
            return giveBack(question, leases::release, ipv6::release);
        } else if (type.equals(MessageType.DECLINE)) {
            return giveBack(question, leases::decline, ipv6::decline);
        }
        return send(inform(question.answer(MessageType.REPLY), message.options(), origin.ipv6()));
    }

    /** An answer that tells what the client asks for besides leases. */
    private AnswerBuilder told(Question question, MessageType type) {
        AnswerBuilder answer = question.answer(type);
        ipv6.tell(answer, question.link(), false);
        return answer;
    }

    private CompletionStage<Answer> solicit(Question question) {
        boolean anything = question.options().has(Association.class) || question.wantsContainer();
        if (!anything) {
            return drop(ServerCounter.DROP_NOT_OURS);
        }
        boolean commit =
                question.server().settings().rapidCommit() && question.options().has(RapidCommit.class);
        return lend(question, commit ? Want.LEASE : Want.OFFER, lent -> {
            // A Reply commits; where nothing could be, an Advertise leaves the client free to look elsewhere.
            if (commit && lent.anyGranted()) {
                return lent.write(told(question, MessageType.REPLY).with(new RapidCommit()));
            }
            AnswerBuilder advertise = told(question, MessageType.ADVERTISE);
            int preference = question.server().settings().preference();
            if (preference > 0) {
                advertise.with(new Option.Preference(preference));
            }
            return lent.write(advertise);
        });
    }

    /** Silent about what another server may know better (RFC 8415 section 18.3.5). */
    private Answer rebound(Question question, Lent lent) {
        return lent.silent()
                ? new Answer.Drop(ServerCounter.DROP_NOT_OURS)
                : lent.write(told(question, MessageType.REPLY));
    }

    /**
     * IPv4 leases are right on any link, so the pools alone decide (RFC 8415 section 18.3.3); of other addresses only those on
     * links where this server lends IPv6 can be told. "If the server is unable to perform this test" it "MUST NOT send a Reply".
     */
    private CompletionStage<Answer> confirm(Question question) {
        List<Ipv4Address> ours = question.options()
                .all(IaDstm.class)
                .flatMap(ia -> ia.options().all(IaAddress.class))
                .flatMap(address -> address.address().unmapped().stream())
                .toList();
        boolean others = question.options().list().stream()
                .anyMatch(option -> option instanceof Association && !(option instanceof IaDstm));
        Optional<Boolean> ipv6OnLink = ipv6.allOnLink(question.options(), question.link());
        boolean judged = !ours.isEmpty() && leases.hasPools();
        boolean lost = judged && !ours.stream().allMatch(leases::isInPool) || !ipv6OnLink.orElse(true);
        boolean known = (ours.isEmpty() || judged) && (others ? ipv6OnLink.isPresent() : !ours.isEmpty());
        if (!known && !lost) {
            return drop(ServerCounter.DROP_NOT_OURS);
        }
        return send(question.answer(MessageType.REPLY)
                .with(new Option.StatusCode(
                        lost ? Status.NOT_ON_LINK : Status.SUCCESS,
                        lost ? "an address does not belong here" : "every address is still right")));
    }

    private CompletionStage<Answer> giveBack(
            Question question,
            BiFunction<ClientId, LeaseKey, CompletionStage<Boolean>> giveBack,
            BiFunction<Association, Octets, CompletionStage<Boolean>> giveBackIpv6) {
        List<CompletableFuture<Optional<Association>>> unknown = question.options()
                .all(Association.class)
                .map(ia -> giveBack(question, ia, giveBack, giveBackIpv6).toCompletableFuture())
                .toList();
        return Stages.all(unknown, results -> {
            AnswerBuilder reply =
                    question.answer(MessageType.REPLY).with(new Option.StatusCode(Status.SUCCESS, "done"));
            results.forEach(ia -> ia.ifPresent(
                    association -> reply.refuse(association, Status.NO_BINDING, "this server has no such lease")));
            return new Answer.Send(reply.build());
        });
    }

    /** Gives back what one IA holds; the IA if this server knows nothing of it. */
    private CompletionStage<Optional<Association>> giveBack(
            Question question,
            Association ia,
            BiFunction<ClientId, LeaseKey, CompletionStage<Boolean>> giveBack,
            BiFunction<Association, Octets, CompletionStage<Boolean>> giveBackIpv6) {
        if (ia instanceof IaDstm dstm) {
            ClientId client = question.client(ia.iaid());
            LeaseKey key = wish(client, dstm);
            return key == null
                    ? CompletableFuture.completedFuture(Optional.of(ia))
                    : giveBack.apply(client, key).thenApply(had -> had ? Optional.empty() : Optional.of(ia));
        }
        return giveBackIpv6.apply(ia, question.duid()).thenCompose(had -> {
            Optional<Association> result = had ? Optional.empty() : Optional.of(ia);
            return giveBackContainer(question, ia, giveBack).thenApply(done -> result);
        });
    }

    /**
     * Who has its lease in a container gives it back with the IA that the lease is counted under; not with an IA_PD while an IA_NA
     * of the same number holds something, nor because somebody else has the IA's IPv6 address.
     */
    private CompletionStage<Boolean> giveBackContainer(
            Question question, Association ia, BiFunction<ClientId, LeaseKey, CompletionStage<Boolean>> giveBack) {
        ClientId client = question.client(ia.iaid());
        Optional<Lease> held = leases.leaseOf(client);
        boolean stays = ia instanceof IaPd && ipv6.hasAddress(question.duid(), ia.iaid())
                || question.message().type().equals(MessageType.DECLINE);
        return held.isEmpty() || stays
                ? CompletableFuture.completedFuture(false)
                : giveBack.apply(client, held.get().key());
    }

    private AnswerBuilder inform(AnswerBuilder reply, Options asked, Ipv6Link link) {
        ipv6.tell(reply, link, true);
        // At top level only since RFC 8539 section 9, and only for who asks.
        if (asked.requests(OptionCode.S46_BR)) {
            for (Ipv6Address tunnelAddress : leases.tunnelAddresses()) {
                reply.with(new Option.S46Br(tunnelAddress));
            }
        }
        return reply;
    }

    private CompletionStage<Answer> lend(Question question, Want want, Function<Lent, Answer> write) {
        return Stages.then(
                ipv6.lend(question.options(), question.duid(), question.link(), ipv6Want(question, want)),
                lentIpv6 -> Stages.all(
                        lendIpv4(question, want, Ipv6Desk.firstAddress(lentIpv6)),
                        parts -> write.apply(
                                new Lent(parts, question.wantsContainer(), othersRefusedWith(want), lentIpv6))));
    }

    private static Ipv6Desk.Want ipv6Want(Question question, Want want) {
        return switch (want) {
            case OFFER -> Ipv6Desk.Want.OFFER;
            case LEASE ->
                question.message().type().equals(MessageType.SOLICIT) ? Ipv6Desk.Want.RAPID : Ipv6Desk.Want.LEASE;
            case RENEW -> Ipv6Desk.Want.RENEW;
            case REBIND ->
                question.server().settings().rapidCommit() ? Ipv6Desk.Want.REBIND_OR_CREATE : Ipv6Desk.Want.REBIND;
        };
    }

    private List<CompletableFuture<Lent.Part>> lendIpv4(Question question, Want want, @Nullable Ipv6Address address) {
        List<IaDstm> associations = question.options().listOf(IaDstm.class);
        List<CompletableFuture<Lent.Part>> parts = new ArrayList<>(1);
        for (int i = 0; i < associations.size(); i++) {
            parts.add(
                    i < MOST_LEASES
                            ? lend(question, associations.get(i), want)
                            : CompletableFuture.completedFuture(new Lent.Part(
                                    associations.get(i),
                                    Optional.of(new Refused(
                                            Reason.POOL_EXHAUSTED,
                                            "at most " + MOST_LEASES + " leases in one message")))));
        }
        if (question.wantsContainer() && associations.isEmpty()) {
            parts.add(lendInContainer(question, want, address));
        }
        return parts;
    }

    /** Where addresses and prefixes are not lent: RFC 8415 sections 18.3.2, 18.3.4 and, for silence, 18.3.5. */
    private static Lent.Others othersRefusedWith(Want want) {
        return switch (want) {
            case OFFER, LEASE -> Lent.Others.NOTHING_AVAILABLE;
            case RENEW -> Lent.Others.NO_BINDING;
            case REBIND -> Lent.Others.SILENCE;
        };
    }

    private CompletableFuture<Lent.Part> lend(Question question, IaDstm ia, Want want) {
        ClientId client = question.client(ia.iaid());
        // Where a lease is given anew, the service knows what the client has and looks at that first.
        LeaseKey wish =
                want == Want.OFFER || want == Want.LEASE ? LeaseNames.read(ia, Optional::empty) : wish(client, ia);
        boolean ports = question.wantsContainer()
                || ia.options().has(Option.DstmPorts.class)
                || question.options()
                        .requests(question.server().settings().codes().dstmPorts());
        AllocationRequest request = request(question, client, wish, ports);
        CompletableFuture<Lent.Part> part = new CompletableFuture<>();
        decide(question, request, want).whenComplete((decision, problem) -> {
            if (problem != null) {
                part.completeExceptionally(problem);
            } else if (decision.isPresent() && !isExpressible(decision.get())) {
                takeBack((Granted) decision.get(), ia, part);
            } else {
                part.complete(new Lent.Part(ia, decision));
            }
        });
        return part;
    }

    /**
     * Lends in a container.
     *
     * @param address the IPv6 address that the client gets in the same answer: its end of the tunnel if it shows no other and the
     *     pool makes none
     */
    private CompletableFuture<Lent.Part> lendInContainer(Question question, Want want, @Nullable Ipv6Address address) {
        Options options = question.options();
        int iaid = options.first(IaNa.class)
                .map(IaNa::iaid)
                .or(() -> options.first(IaPd.class).map(IaPd::iaid))
                .orElse(0);
        ClientId client = question.client(iaid);
        // A container has no way to say NoBinding: where a lease is missing, a Renew makes one. A Rebind must not,
        // since the client
        // may belong to another server.
        Optional<Lease> held = leases.leaseOf(client);
        AllocationRequest request = request(question, client, null, true);
        if (address != null
                && request.tunnelSource() == null
                && held.filter(lease -> ipv6.hasLost(question.duid(), lease.tunnelSource()))
                        .isPresent()) {
            request = withSource(request, address);
        }
        CompletionStage<Optional<LeaseDecision>> decision = lendInContainer(question, request, want, held.isPresent());
        if (address != null && request.tunnelSource() == null) {
            AllocationRequest another = withSource(request, address);
            decision = decision.thenCompose(made -> made.isPresent()
                            && made.get() instanceof Refused refused
                            && refused.reason() == Reason.NO_TUNNEL_SOURCE
                    ? lendInContainer(question, another, want, held.isPresent())
                    : CompletableFuture.completedFuture(made));
        }
        return decision.thenApply(made -> new Lent.Part(null, made)).toCompletableFuture();
    }

    private static AllocationRequest withSource(AllocationRequest request, Ipv6Address source) {
        return new AllocationRequest(
                request.client(),
                source,
                request.wish(),
                request.canRestrictPorts(),
                request.link(),
                request.transport(),
                request.relays(),
                request.lifetime());
    }

    private CompletionStage<Optional<LeaseDecision>> lendInContainer(
            Question question, AllocationRequest request, Want want, boolean known) {
        return switch (want) {
            case OFFER -> decide(question, request, Want.OFFER);
            case LEASE -> decide(question, request, Want.LEASE);
            case RENEW -> decide(question, request, known ? Want.RENEW : Want.LEASE);
            case REBIND ->
                known ? decide(question, request, Want.REBIND) : CompletableFuture.completedFuture(Optional.empty());
        };
    }

    private static AllocationRequest request(
            Question question, ClientId client, @Nullable LeaseKey wish, boolean ports) {
        return new AllocationRequest(
                client,
                question.origin().tunnelSource(),
                wish,
                ports,
                question.origin().link(),
                TRANSPORT,
                question.origin().relays(),
                // "The server MUST ignore any received values" of lifetimes (RFC 8415 section 21.6).
                null);
    }

    /** Asks the lease service; empty where this server had better keep silent. */
    private CompletionStage<Optional<LeaseDecision>> decide(Question question, AllocationRequest request, Want want) {
        return switch (want) {
            case OFFER -> leases.offer(request).thenApply(Optional::of);
            case LEASE -> leases.allocate(request).thenApply(Optional::of);
            case RENEW -> leases.renew(request).thenApply(Optional::of);
            case REBIND -> leases.renew(request).thenCompose(decision -> rebind(question, request, decision));
        };
    }

    private CompletionStage<Optional<LeaseDecision>> rebind(
            Question question, AllocationRequest request, LeaseDecision renewal) {
        if (!(renewal instanceof Refused refused) || refused.reason() != Reason.NO_LEASE) {
            return CompletableFuture.completedFuture(Optional.of(renewal));
        }
        LeaseKey wish = request.wish();
        if (wish == null || !leases.isInPool(wish.address())) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        // "the server SHOULD only create new bindings during processing of a Rebind message if the server is configured
        // to
        // respond with a Reply message to a Solicit message containing the Rapid Commit option" (RFC 8415 section
        // 18.3.5)
        return question.server().settings().rapidCommit()
                ? decide(question, request, Want.LEASE)
                : CompletableFuture.completedFuture(Optional.of(renewal));
    }

    private static boolean isExpressible(LeaseDecision decision) {
        return !(decision instanceof Granted granted)
                || PortRanges.canExpress(granted.lease().ports());
    }

    /** Turns a lease whose ports DSTM_PORTS cannot say into a refusal. */
    private void takeBack(Granted granted, IaDstm ia, CompletableFuture<Lent.Part> part) {
        LeaseDecision refused = new Refused(
                Reason.POOL_EXHAUSTED, "the pool's PSID offset is beyond what DSTM_PORTS can express; ask for lw4o6");
        Lease lease = granted.lease();
        leases.release(lease.client(), lease.key())
                .thenAccept(had -> part.complete(new Lent.Part(ia, Optional.of(refused))));
    }

    /** Which lease an IA_DSTM names; {@code null} if none. */
    private @Nullable LeaseKey wish(ClientId client, IaDstm ia) {
        return LeaseNames.read(ia, () -> leases.leaseOf(client));
    }

    private static CompletionStage<Answer> send(AnswerBuilder answer) {
        return CompletableFuture.completedFuture(new Answer.Send(answer.build()));
    }

    private static CompletionStage<Answer> drop(ServerCounter reason) {
        return CompletableFuture.completedFuture(new Answer.Drop(reason));
    }
}
