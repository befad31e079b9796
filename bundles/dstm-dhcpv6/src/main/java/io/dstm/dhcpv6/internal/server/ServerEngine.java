package io.dstm.dhcpv6.internal.server;

import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.lease.ClientCaller;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Decoded;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.common.DefectLog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From a datagram to the datagram that answers it: decodes, takes relays off and puts them on again, keeps what one source can have
 * in work within bounds, and counts how every datagram ended. For any thread; nothing in it blocks.
 */
public final class ServerEngine {

    private static final Logger log = LoggerFactory.getLogger(ServerEngine.class);

    /** How often it is looked whether patience has ended, within its length. */
    private static final int LOOKS_IN_PATIENCE = 8;

    private final ServerProtocol protocol;
    private final InFlight inFlight = new InFlight();
    private final RateLimits rates;
    private final LeaseView view;
    private final LeaseQueryDesk queries;
    private final Duration patience;
    private final Executor later;
    private final AtomicBoolean watching = new AtomicBoolean();
    private final Map<ServerCounter, LongAdder> counters = new EnumMap<>(ServerCounter.class);
    private final DefectLog defects =
            new DefectLog(log, "DSTM-4109 A message could not be answered because of a defect. Please report this.");

    private volatile @Nullable ServerContext context;
    private volatile @Nullable Reconfiguration reconfiguration;
    private volatile @Nullable RelayNotes notes;

    /**
     * An engine that is not ready until it has a context.
     *
     * @param patience how long the lease service may take; the client has sent its message again by then
     */
    public ServerEngine(LeaseService leases, InstantSource clock, Duration patience) {
        this.protocol = new ServerProtocol(leases, clock);
        this.rates = new RateLimits(clock);
        this.view = new LeaseView(leases);
        this.queries = new LeaseQueryDesk(view, clock);
        this.patience = patience;
        this.later = CompletableFuture.delayedExecutor(
                Math.max(1, patience.toMillis() / LOOKS_IN_PATIENCE), TimeUnit.MILLISECONDS, Runnable::run);
        for (ServerCounter counter : ServerCounter.values()) {
            counters.put(counter, new LongAdder());
        }
    }

    /** Puts a configuration into force, for messages from now on; {@code null} for none. */
    public void use(@Nullable ServerContext newContext) {
        context = newContext;
    }

    /** Lends IPv6 addresses and prefixes with {@code service} from now on; {@code null} for not at all. */
    public void lendIpv6With(@Nullable Ipv6LeaseService service) {
        protocol.ipv6().use(service);
        view.ipv6(service);
    }

    /** Has clients called by {@code newReconfiguration} from now on; {@code null} for not at all. */
    void callWith(@Nullable Reconfiguration newReconfiguration) {
        reconfiguration = newReconfiguration;
    }

    /** Notes in {@code newNotes} from now on what leasequeries ask for, if anybody may ask. */
    void noteRelaysIn(RelayNotes newNotes) {
        notes = newNotes;
        view.notes(newNotes);
    }

    /** A server for queries over TCP. */
    BulkServer bulkServer(int port, Duration standstill) {
        return new BulkServer(queries, () -> context, this::count, port, standstill);
    }

    /** Whether a client can be called. */
    public boolean isCallable(ClientId client) {
        Reconfiguration known = reconfiguration;
        return context != null && known != null && known.isCallable(client);
    }

    /** Calls a client, as {@link ClientCaller} has it. */
    public CompletionStage<ClientCaller.Outcome> call(ClientId client, ClientCaller.Purpose purpose) {
        ServerContext server = context;
        Reconfiguration known = reconfiguration;
        if (server == null || known == null || !server.settings().operation().reconfigure()) {
            return CompletableFuture.completedStage(ClientCaller.Outcome.UNAVAILABLE);
        }
        return known.call(server, client, purpose);
    }

    /** Notes a Reconfigure. */
    void calls() {
        count(ServerCounter.SENT_RECONFIGURE);
    }

    /**
     * Answers a Renew of a lease that does not exist, uncounted and unsent: the first message of a JVM loads most classes of this
     * package, which the first client would have to wait for.
     */
    public void rehearse() {
        ServerContext server = context;
        if (server == null) {
            return;
        }
        Message question = new Message.Direct(
                MessageType.RENEW,
                0,
                Options.of(
                        new Option.ClientId(server.duid()),
                        new Option.ServerId(server.duid()),
                        new Option.IaDstm(0, 0, 0, Options.NONE)));
        byte[] octets = server.codec().encode(question);
        if (server.codec().decode(octets) instanceof Decoded.Good good) {
            Message.Direct message = RelayPath.unwrap(good.message()).message();
            if (message != null) {
                protocol.answer(server, message, new Origin(Ipv6Address.UNSPECIFIED, null))
                        .thenAccept(answer -> log.debug("rehearsed: {}", answer));
            }
        }
    }

    /** How many datagrams ended in each way. */
    public Map<ServerCounter, Long> counters() {
        Map<ServerCounter, Long> values = new EnumMap<>(ServerCounter.class);
        counters.forEach((counter, adder) -> values.put(counter, adder.sum()));
        return values;
    }

    /** Notes a datagram that the socket could not take whole. */
    void tooLong() {
        count(ServerCounter.DROP_TOO_LONG);
    }

    /** Notes an answer that could not be sent. */
    void notSent() {
        count(ServerCounter.FAIL_SEND);
    }

    /** Notes a datagram from an interface that the server does not serve. */
    void otherInterface() {
        count(ServerCounter.DROP_OTHER_INTERFACE);
    }

    /**
     * Answers a datagram.
     *
     * @param source the IPv6 address it came from
     * @param sourcePort the UDP port it came from
     * @param link an address of the link it came from; {@code null} if unknown
     * @return the answer, or empty for silence; never completes exceptionally
     */
    public CompletionStage<Optional<Outgoing>> receive(
            byte[] datagram, Ipv6Address source, int sourcePort, @Nullable Ipv6Address link) {
        return receive(datagram, new Arrival(source, sourcePort, "", link));
    }

    /** Answers a datagram. */
    CompletionStage<Optional<Outgoing>> receive(byte[] datagram, Arrival arrival) {
        try {
            return answer(datagram, arrival);
        } catch (RuntimeException defect) {
            defects.report(defect);
            return dropped(ServerCounter.DROP_INTERNAL_ERROR);
        }
    }

    private CompletionStage<Optional<Outgoing>> answer(byte[] datagram, Arrival arrival) {
        ServerContext server = context;
        if (server == null) {
            return dropped(ServerCounter.DROP_NOT_READY);
        }
        Decoded decoded = server.codec().decode(datagram);
        if (decoded instanceof Decoded.Bad bad) {
            return dropped(ServerCounter.of(bad.error().kind()));
        }
        Decoded.Good good = (Decoded.Good) decoded;
        RelayPath.Unwrapped unwrapped = RelayPath.unwrap(good.message());
        Message.Direct message = unwrapped.message();
        if (message == null) {
            ServerCounter discarded = unwrapped.discarded();
            return dropped(discarded == null ? ServerCounter.DROP_RELAY_EMPTY : discarded);
        }
        RelayPath path = unwrapped.path();
        Origin origin = path.origin(arrival);
        RateLimits.Door door = path.door(arrival);
        Octets client = id(message);
        // Who asks for leases is on a list, and waits in a line of its own.
        boolean query = message.type().equals(MessageType.LEASEQUERY);
        Optional<ServerCounter> tooOften = query
                ? Optional.empty()
                : rates.admit(server.settings().operation(), new RateLimits.Sender(origin.client(), client), door);
        if (tooOften.isPresent()) {
            return dropped(tooOften.get());
        }
        Pending pending =
                new Pending(ticket(message, origin, client), path.relays().isEmpty() ? null : door);
        Optional<ServerCounter> refused = inFlight.enter(pending);
        if (refused.isPresent()) {
            return dropped(refused.get());
        }
        CompletionStage<Answer> asked;
        try {
            asked = query ? queries.answer(server, message, arrival) : protocol.answer(server, message, origin);
        } catch (RuntimeException defect) {
            asked = CompletableFuture.failedFuture(defect);
        }
        asked.whenComplete((made, problem) -> {
            if (!inFlight.leave(pending)) {
                return;
            }
            Optional<Outgoing> outgoing;
            try {
                outgoing = problem != null
                        ? failed(problem)
                        : made instanceof Answer.Send send
                                ? encode(server, path, withCalls(server, message, send, path, arrival), arrival)
                                : drop(((Answer.Drop) made).reason());
            } catch (RuntimeException defect) {
                outgoing = failed(defect);
            }
            pending.answer.complete(outgoing);
        });
        if (!pending.answer.isDone()) {
            watch();
        }
        return pending.answer;
    }

    /** A message whose answer is on its way. */
    private static final class Pending extends InFlight.Entry {
        private final CompletableFuture<Optional<Outgoing>> answer = new CompletableFuture<>();

        private Pending(InFlight.Ticket ticket, RateLimits.@Nullable Door relayed) {
            super(ticket, relayed, System.nanoTime());
        }
    }

    /** Sees to it that patience ends; one timer for all messages, since most are answered before it runs. */
    private void watch() {
        if (watching.compareAndSet(false, true)) {
            later.execute(() -> {
                watching.set(false);
                for (InFlight.Entry overdue : inFlight.leaveOlder(System.nanoTime(), patience.toNanos())) {
                    ((Pending) overdue).answer.complete(drop(ServerCounter.DROP_TIMEOUT));
                }
                if (!inFlight.isEmpty()) {
                    watch();
                }
            });
        }
    }

    private Optional<Outgoing> failed(Throwable problem) {
        defects.report(
                problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem);
        return drop(ServerCounter.DROP_INTERNAL_ERROR);
    }

    private static InFlight.Ticket ticket(Message.Direct message, Origin origin, Octets client) {
        if (message.type().equals(MessageType.DHCPV4_QUERY)) {
            return new InFlight.Ticket(origin.client(), message.type(), Dhcp4o6.fingerprint(message), Octets.NONE);
        }
        return new InFlight.Ticket(origin.client(), message.type(), message.transactionId(), client);
    }

    private static Octets id(Message.Direct message) {
        return message.options()
                .first(Option.ClientId.class)
                .map(Option.ClientId::duid)
                .orElse(Octets.NONE);
    }

    private Answer.Send withCalls(
            ServerContext server, Message.Direct question, Answer.Send answer, RelayPath path, Arrival arrival) {
        Reconfiguration known = reconfiguration;
        try {
            note(server, question, answer, path, arrival);
            return known == null ? answer : known.answered(server, question, answer, path, arrival);
        } catch (RuntimeException defect) {
            defects.report(defect);
            return answer;
        }
    }

    private void note(
            ServerContext server, Message.Direct question, Answer.Send answer, RelayPath path, Arrival arrival) {
        RelayNotes book = notes;
        if (book != null
                && !server.settings().operation().leasequeryClients().isEmpty()
                && answer.message().type().equals(MessageType.REPLY)) {
            Octets client = id(question);
            if (client.length() > 0) {
                book.answered(
                        client,
                        arrival.source(),
                        path,
                        Reconfiguration.holdsSomething(answer.message().options()));
            }
        }
    }

    private Optional<Outgoing> encode(ServerContext server, RelayPath path, Answer.Send answer, Arrival arrival) {
        byte[] octets;
        try {
            octets = server.codec().encode(path.wrap(answer.message()));
        } catch (IllegalArgumentException tooLong) {
            return drop(ServerCounter.DROP_ANSWER_TOO_LONG);
        }
        count(answer.counter());
        return Optional.of(new Outgoing(octets, arrival.source(), path.answerPort(arrival.port())));
    }

    private CompletionStage<Optional<Outgoing>> dropped(ServerCounter reason) {
        return CompletableFuture.completedFuture(drop(reason));
    }

    private Optional<Outgoing> drop(ServerCounter reason) {
        count(reason);
        return Optional.empty();
    }

    private void count(ServerCounter counter) {
        LongAdder adder = counters.get(counter);
        if (adder != null) {
            adder.increment();
        }
    }
}
