package io.dstm.dhcpv6.internal.client;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Decoded;
import io.dstm.dhcpv6.internal.codec.Dhcp4Codec;
import io.dstm.dhcpv6.internal.codec.Dhcp4Decoded;
import io.dstm.dhcpv6.internal.codec.Dhcp4Message;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.Dhcpv4Msg;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.common.DefectLog;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the exchanges of a client share: its identity, its link, the wire, and which exchange an answer belongs to. Everything but
 * {@link #detail} and {@link #counters} runs on the client's thread.
 */
final class ClientCore {

    private static final Logger log = LoggerFactory.getLogger(ClientCore.class);

    /** A client has one lease; a few more are remembered across changes of address. */
    private static final int MOST_SERVERS = 16;

    /** RFC 8415 sections 21.24 and 21.25: other values are ignored. */
    private static final long LEAST_MAX_RT = 60;

    private static final long MOST_MAX_RT = 86400;

    private final Timers timers;
    private final ClientWire wire;
    private final Supplier<LinkState> links;
    private final Supplier<Optional<ClientSettings>> settings;
    private final ClientIdentity identity;
    private final RandomGenerator random;
    private final Dialect dialect;
    private final TokenBucket bucket;
    private final Map<Integer, Dhcpv6Exchange> exchanges = new HashMap<>();
    private final Map<Integer, QueryExchange> queries = new HashMap<>();
    private final Map<ClientCounter, LongAdder> counters = new EnumMap<>(ClientCounter.class);
    private final DefectLog defects =
            new DefectLog(log, "DSTM-4207 A message could not be processed because of a defect. Please report this.");
    private Duration solMaxRt = Retransmission.Parameters.SOLICIT.mrt();
    private Duration infMaxRt = Retransmission.Parameters.INFORMATION_REQUEST.mrt();

    private final Map<LeaseKey, Octets> servers = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<LeaseKey, Octets> eldest) {
            return size() > MOST_SERVERS;
        }
    };

    /** Absent in a client that cannot be called. */
    private @Nullable ServerCalls calls;

    /** The interface on which something was asked. */
    private String asked = "";

    private volatile String detail = "";

    ClientCore(
            Timers timers,
            ClientWire wire,
            Supplier<LinkState> links,
            Supplier<Optional<ClientSettings>> settings,
            ClientIdentity identity,
            RandomGenerator random,
            Dialect dialect) {
        this.dialect = dialect;
        this.timers = timers;
        this.wire = wire;
        this.links = links;
        this.settings = settings;
        this.identity = identity;
        this.random = random;
        this.bucket = new TokenBucket(timers.nanoTime());
        for (ClientCounter counter : ClientCounter.values()) {
            counters.put(counter, new LongAdder());
        }
    }

    /** What an exchange needs before it can send. */
    record Ready(ClientSettings settings, Octets duid, Link link) {}

    /** Whether an exchange can send now, else why not. */
    sealed interface Readiness {
        /** It can. */
        record Yes(Ready ready) implements Readiness {}

        /** It cannot. */
        record No(String reason) implements Readiness {}
    }

    Readiness readiness() {
        Optional<ClientSettings> current = settings.get();
        if (current.isEmpty()) {
            return new Readiness.No("there is no valid configuration io.dstm.dhcpv6.client");
        }
        Octets duid;
        try {
            duid = identity.get();
        } catch (IOException unreadable) {
            return new Readiness.No("the client has no identity: " + unreadable.getMessage());
        }
        LinkState state = links.get();
        if (state instanceof LinkState.Waiting waiting) {
            return new Readiness.No(waiting.reason());
        }
        return new Readiness.Yes(new Ready(current.get(), duid, ((LinkState.Ready) state).link()));
    }

    Dialect dialect() {
        return dialect;
    }

    /** What every lending message asks for (RFC 8415 section 21.24), and what the dialect does. */
    Option.OptionRequest optionRequest() {
        List<OptionCode> codes = new ArrayList<>();
        codes.add(OptionCode.SOL_MAX_RT);
        codes.addAll(dialect.requested());
        return new Option.OptionRequest(codes);
    }

    Timers timers() {
        return timers;
    }

    RandomGenerator random() {
        return random;
    }

    /** Zero if a packet may be sent now (and then it must be), else how long to wait. */
    Duration permission() {
        return bucket.take(timers.nanoTime());
    }

    /** Makes answers find {@code exchange}, by an id that nobody can guess and no other has (RFC 8415 section 16.1). */
    int register(Dhcpv6Exchange exchange) {
        int candidate = random.nextInt(1 << 24);
        while (exchanges.putIfAbsent(candidate, exchange) != null) {
            candidate = random.nextInt(1 << 24);
        }
        return candidate;
    }

    void unregister(int transactionId, Dhcpv6Exchange exchange) {
        exchanges.remove(transactionId, exchange);
        restSoon();
    }

    /** The same for DHCPv4 messages inside, which bear an xid of their own. */
    int register(QueryExchange exchange) {
        int candidate = random.nextInt();
        while (queries.putIfAbsent(candidate, exchange) != null) {
            candidate = random.nextInt();
        }
        return candidate;
    }

    /** The same for an exchange that goes on with the xid of another. */
    void register(int xid, QueryExchange exchange) {
        queries.put(xid, exchange);
    }

    void unregister(int xid, QueryExchange exchange) {
        queries.remove(xid, exchange);
        restSoon();
    }

    /** Soon, since where one exchange ends another may begin. */
    private void restSoon() {
        if (exchanges.isEmpty() && queries.isEmpty()) {
            timers.execute(() -> {
                if (exchanges.isEmpty() && queries.isEmpty()) {
                    wire.idle();
                }
            });
        }
    }

    /** Sends to where the clients of all servers ask. */
    CompletionStage<Void> send(Ready ready, Message message) {
        return watch(ready, wire.send(ready.link(), ready.settings().codec().encode(message)));
    }

    /** Sends to one server. */
    CompletionStage<Void> send(Ready ready, Ipv6Address server, Message message) {
        return watch(
                ready, wire.send(ready.link(), server, ready.settings().codec().encode(message)));
    }

    private CompletionStage<Void> watch(Ready ready, CompletionStage<Void> sending) {
        return sending.whenComplete((sent, problem) -> {
            if (problem == null) {
                return;
            }
            String reason = "cannot send from " + ready.link().source() + " port 546 on "
                    + ready.link().device() + ": " + problem.getMessage();
            if (changed(reason)) {
                log.warn(
                        "DSTM-4203 The DHCPv6 client {}. If another DHCPv6 client holds the port, it must share it"
                                + " (SO_REUSEADDR) or stop; the client tries on.",
                        reason);
            }
        });
    }

    /** Notes that nothing can be sent for now. */
    void waiting(String reason) {
        if (changed(reason)) {
            log.info("DSTM-4201 The DHCPv6 client waits: {}.", reason);
        }
    }

    /** Notes that servers keep silent. */
    void unanswered(String what, Link link, Duration since) {
        String reason = "no DHCPv6 server on " + link.device() + " has answered a " + what;
        if (changed(reason)) {
            log.warn(
                    "DSTM-4204 For {} s {}. Check that a server or relay listens there and that UDP port 546 is open; the client"
                            + " tries on.",
                    since.toSeconds(),
                    reason);
        }
    }

    /** Notes that a server put the client off. */
    void putOff(String reason) {
        String text = "the server says " + reason;
        if (changed(text)) {
            log.warn("DSTM-4205 The DHCPv6 client has to wait, {}. The client tries on.", text);
        }
    }

    /** Notes that all is well. */
    void fine() {
        detail = "";
    }

    private boolean changed(String newDetail) {
        if (detail.equals(newDetail)) {
            return false;
        }
        detail = newDetail;
        return true;
    }

    /** One sentence: what the client waits for; empty when all is well. Any thread. */
    String detail() {
        return detail;
    }

    /** How many datagrams ended in each way. Any thread. */
    Map<ClientCounter, Long> counters() {
        Map<ClientCounter, Long> values = new EnumMap<>(ClientCounter.class);
        counters.forEach((counter, adder) -> values.put(counter, adder.sum()));
        return values;
    }

    /** Remembers who gave a lease. */
    void lentBy(LeaseKey key, Octets server) {
        servers.remove(key);
        servers.put(key, server);
    }

    /** Who gave a lease. */
    Optional<Octets> serverOf(LeaseKey key) {
        return Optional.ofNullable(servers.get(key));
    }

    /** The lease that was got or prolonged last, as a wish for the next one. */
    Optional<LeaseKey> lastKey() {
        return servers.keySet().stream().reduce((first, second) -> second);
    }

    /** How long the first question on a link waits, at random; zero for all later ones. */
    Duration firstDelay(Ready ready, Duration most) {
        if (ready.link().device().equals(asked)) {
            return Duration.ZERO;
        }
        asked = ready.link().device();
        Duration configured = ready.settings().firstDelay();
        Duration longest = configured.isZero() ? most : configured;
        return longest.isZero() ? Duration.ZERO : Duration.ofNanos(random.nextLong(longest.toNanos() + 1));
    }

    Duration solMaxRt() {
        return solMaxRt;
    }

    Duration infMaxRt() {
        return infMaxRt;
    }

    /** Lets servers call this client from now on. */
    void acceptCalls(ServerCalls accepted) {
        calls = accepted;
    }

    /** Whether servers are told that they may call. */
    boolean mayBeCalled(Ready ready) {
        return calls != null && ready.settings().reconfigure();
    }

    /** Whether nothing is being asked. */
    boolean isQuiet() {
        return exchanges.isEmpty() && queries.isEmpty();
    }

    /** Takes a datagram. */
    void receive(byte[] datagram) {
        count(outcome(datagram));
    }

    void count(ClientCounter counter) {
        Objects.requireNonNull(counters.get(counter)).increment();
    }

    private ClientCounter outcome(byte[] datagram) {
        try {
            return dispatch(datagram);
        } catch (RuntimeException defect) {
            defects.report(defect);
            return ClientCounter.DROP_INTERNAL_ERROR;
        }
    }

    private ClientCounter dispatch(byte[] datagram) {
        Optional<ClientSettings> current = settings.get();
        if (current.isEmpty()) {
            return ClientCounter.DROP_NOT_READY;
        }
        if (!(current.get().codec().decode(datagram) instanceof Decoded.Good good)) {
            return ClientCounter.DROP_MALFORMED;
        }
        if (good.message().type().equals(MessageType.DHCPV4_RESPONSE)
                && good.message() instanceof Message.Direct response) {
            return dispatchDhcp4(response);
        }
        ServerCalls heeded = calls;
        if (heeded != null
                && current.get().reconfigure()
                && good.message().type().equals(MessageType.RECONFIGURE)
                && good.message() instanceof Message.Direct call) {
            return heeded.receive(datagram, call);
        }
        boolean answer = good.message().type().equals(MessageType.ADVERTISE)
                || good.message().type().equals(MessageType.REPLY);
        if (!answer || !(good.message() instanceof Message.Direct message)) {
            return ClientCounter.DROP_MESSAGE_TYPE;
        }
        Dhcpv6Exchange exchange = exchanges.get(message.transactionId());
        if (exchange == null) {
            return ClientCounter.DROP_NO_EXCHANGE;
        }
        Optional<Octets> client = message.options().first(Option.ClientId.class).map(Option.ClientId::duid);
        if (!client.equals(Optional.of(exchange.duid()))) {
            return ClientCounter.DROP_OTHER_CLIENT;
        }
        Optional<Octets> server = message.options().first(Option.ServerId.class).map(Option.ServerId::duid);
        if (server.isEmpty()) {
            return ClientCounter.DROP_OTHER_SERVER;
        }
        if (heeded != null && heeded.isReplayed(message, server.get())) {
            return ClientCounter.DROP_CALL_REPLAYED;
        }
        heedMaxRt(message);
        ClientCounter outcome = exchange.receive(message, server.get());
        if (heeded != null && outcome == ClientCounter.RECEIVED_ANSWER) {
            heeded.learn(message, server.get());
        }
        return outcome;
    }

    private ClientCounter dispatchDhcp4(Message.Direct response) {
        // "The client MUST look for the DHCPv4 Message option [...] If this option is not found, [it] is discarded"
        // (RFC 7341 section 9). There is exactly one (section 7.1).
        List<Dhcpv4Msg> carried = response.options().all(Dhcpv4Msg.class).toList();
        if (carried.size() != 1) {
            return ClientCounter.DROP_NO_MESSAGE;
        }
        if (!(Dhcp4Codec.decode(carried.get(0).message()) instanceof Dhcp4Decoded.Good good)) {
            return ClientCounter.DROP_MALFORMED;
        }
        Dhcp4Message message = good.message();
        if (message.op() != Dhcp4Message.REPLY || message.type().isEmpty()) {
            return ClientCounter.DROP_MESSAGE_TYPE;
        }
        QueryExchange exchange = queries.get(message.xid());
        if (exchange == null) {
            return ClientCounter.DROP_NO_EXCHANGE;
        }
        // "the client MUST compare that client identifier against the one it was configured to send. If they do not
        // match, the client MUST silently discard the message" (RFC 6842 section 3).
        Optional<Dhcp4Option.ClientId> client = message.first(Dhcp4Option.ClientId.class);
        if (client.isPresent() && !client.get().equals(exchange.clientId())) {
            return ClientCounter.DROP_OTHER_CLIENT;
        }
        return exchange.receive(response, message);
    }

    /** "[a] client MUST process an included SOL_MAX_RT option" even where it ignores the rest (RFC 8415 section 18.2.9). */
    private void heedMaxRt(Message.Direct message) {
        message.options()
                .first(Option.SolMaxRt.class)
                .map(Option.SolMaxRt::seconds)
                .filter(ClientCore::isGoodMaxRt)
                .ifPresent(seconds -> solMaxRt = Duration.ofSeconds(seconds));
        message.options()
                .first(Option.InfMaxRt.class)
                .map(Option.InfMaxRt::seconds)
                .filter(ClientCore::isGoodMaxRt)
                .ifPresent(seconds -> infMaxRt = Duration.ofSeconds(seconds));
    }

    private static boolean isGoodMaxRt(long seconds) {
        return seconds >= LEAST_MAX_RT && seconds <= MOST_MAX_RT;
    }
}
