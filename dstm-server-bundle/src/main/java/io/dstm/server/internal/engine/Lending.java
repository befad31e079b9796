package io.dstm.server.internal.engine;

import static java.util.Objects.requireNonNull;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseDecision.Refused;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.RelayInfo;
import io.dstm.api.net.Ipv6Address;
import io.dstm.server.internal.client.ClientKey;
import io.dstm.server.internal.config.PoolConfig;
import io.dstm.server.internal.config.ServerConfig;
import io.dstm.server.internal.config.Terms;
import io.dstm.server.internal.pool.KeyCode;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The policy: who may have what, from which pool, for how long. It decides and changes nothing. Used by the engine's thread alone.
 *
 * <p>On tunnel sources. A TEP takes any number of bindings with one tunnel source, and forwards a packet from a client only if its
 * tunnel source and its IPv4 source belong to one binding; so who names a stranger's IPv6 address as his tunnel source gains
 * nothing: what is sent to his lease goes to the stranger, and the stranger's lease stays the stranger's. Refusing such a request
 * would on the other hand let him shut the stranger out by asking first, and would lock out a host that comes back with a new DUID
 * on its old address. Therefore a source that clients choose may be shared. A source that the server hands out itself, made of a
 * pool's bind prefix and a key, is the holder's of that key alone: for anyone else it is {@link Reason#TUNNEL_SOURCE_TAKEN}.
 */
final class Lending {

    private static final Logger log = LoggerFactory.getLogger(Lending.class);

    private static final long LOG_EXHAUSTION_EVERY_MILLIS = 600_000;

    /** What is left of a total time that is worth a lease, in seconds. */
    private static final long SHORTEST_REST_OF_TOTAL = 10;

    private final LeaseBook book;
    private final TepLinks teps;
    private final FormerHolders former;
    private final Clocks clocks;
    private ServerConfig config = ServerConfig.DEFAULTS;

    Lending(LeaseBook book, TepLinks teps, FormerHolders former, Clocks clocks) {
        this.book = book;
        this.teps = teps;
        this.former = former;
        this.clocks = clocks;
    }

    /**
     * Takes over the server's configuration.
     *
     * @return whether other things have to be counted now
     */
    boolean setConfig(ServerConfig next) {
        config = next;
        List<PoolConfig> pools = book.pools().byPriority().stream()
                .map(entry -> entry.pool.config())
                .toList();
        return !PoolSet.shape(pools, next).equals(book.pools().usage().shape());
    }

    ServerConfig config() {
        return config;
    }

    /** These pools, of which nothing is taken, to follow the present ones. */
    PoolSet poolSet(List<PoolConfig> pools) {
        return new PoolSet(pools, config, book.pools().byPriority());
    }

    /** What a request may get. */
    sealed interface Choice {}

    /** This, and why not more. */
    record No(Refused refusal) implements Choice {
        No(Reason reason, String message) {
            this(new Refused(reason, message));
        }
    }

    /** A slot of a pool whose TEP is there. */
    record Slot(PoolSet.Entry entry, TepLink tep, Ipv6Address tunnelAddress, long code, Ipv6Address source)
            implements Choice {}

    /** The slot for a client that has no lease; {@code known} is what it was offered or what it had that still rests. */
    Choice choose(AllocationRequest request, ClientKey client, @Nullable Holding known) {
        Ipv6Address source = usableSource(request);
        if (source != null && teps.isTunnelAddress(source)) {
            return tunnelInTunnel();
        }
        long derivedFor = source == null ? -1 : keyOfDerived(source);
        Slot reserved = reservedSlot(request, source, derivedFor, client);
        if (reserved != null) {
            return reserved;
        }
        No best = new No(Reason.NO_POOL, "no pool of this server is for this client");
        for (PoolSet.Entry entry : candidates(client, known, request.wish(), derivedFor)) {
            Choice choice = fromPool(entry, request, source, derivedFor, client, known);
            if (choice instanceof Slot) {
                return choice;
            }
            best = better(best, (No) choice);
        }
        return best;
    }

    /**
     * The slot for a lease of another server, of which no more is asked than that a pool of this one has it, that it is free and
     * reserved for nobody else, and, unless it only rests, that its TEP is there.
     */
    Choice adopt(Lease lease, ClientKey client) {
        long code = KeyCode.of(lease.key());
        Ipv6Address source = lease.tunnelSource();
        PoolSet.Entry entry = book.pools().owner(code);
        if (entry == null) {
            return new No(Reason.NO_POOL, "no pool of this server lends it");
        }
        boolean reserved = entry.pool.reservedFor(lease.client(), source) == code;
        if (!reserved && entry.pool.isReservedFromOthers(code, lease.client(), source)) {
            return new No(Reason.NO_POOL, "it is reserved for another client");
        }
        if (!isHeldFor(client, code) && !(reserved ? entry.state.isReservedFree(code) : entry.state.isFree(code))) {
            return new No(Reason.POOL_EXHAUSTED, "it is lent already, or rests");
        }
        TepLink tep = teps.link(entry.pool.config().tep());
        Ipv6Address address = tep.address();
        if (lease.state() == LeaseState.QUARANTINED || lease.state() == LeaseState.ENDING) {
            Ipv6Address end = address == null ? lease.tunnelAddress() : address;
            return new Slot(entry, tep, end, code, source);
        }
        if (!source.isRoutableUnicast() || teps.isTunnelAddress(source)) {
            return new No(Reason.NO_TUNNEL_SOURCE, source + " can be no client's end of a tunnel");
        }
        long derivedFor = keyOfDerived(source);
        if (derivedFor >= 0 && derivedFor != code) {
            return taken(derivedFor);
        }
        if (address == null || !tep.usable()) {
            return new No(Reason.TEP_UNAVAILABLE, "the tunnel end point of this pool is not there");
        }
        return new Slot(entry, tep, address, code, source);
    }

    /** What is reserved for this client, if it can be had now. */
    private @Nullable Slot reservedSlot(
            AllocationRequest request, @Nullable Ipv6Address source, long derivedFor, ClientKey client) {
        for (PoolSet.Entry entry : book.pools().byPriority()) {
            long code = entry.pool.reservedFor(request.client(), source);
            if (code >= 0
                    && (derivedFor < 0 || derivedFor == code)
                    && (isHeldFor(client, code) || entry.state.isReservedFree(code))
                    && closed(entry, request, source, KeyCode.ports(code).isFull()) == null) {
                return slot(entry, code, source);
            }
        }
        return null;
    }

    /** Whether a code is offered to a client or rests for it, be it the last it had or not. */
    private boolean isHeldFor(ClientKey client, long code) {
        Holding there = book.get(code);
        return there != null
                && there.client.equals(client)
                && (there.state == LeaseState.OFFERED || there.state == LeaseState.QUARANTINED);
    }

    /** Whether an operator has reserved a lease's address for the client that has it. */
    boolean isReservedForHolder(Holding lease) {
        PoolSet.Entry owner = book.pools().owner(lease.code);
        return owner != null && owner.pool.reservedFor(lease.client.toClientId(), lease.source()) == lease.code;
    }

    /** Pools in the order to try: that of what the client had or wishes for, then by priority. */
    private Iterable<PoolSet.Entry> candidates(
            ClientKey client, @Nullable Holding known, @Nullable LeaseKey wish, long derivedFor) {
        if (book.pools().byPriority().size() == 1) {
            return book.pools().byPriority();
        }
        LinkedHashSet<PoolSet.Entry> entries = new LinkedHashSet<>();
        addOwner(entries, derivedFor);
        addOwner(entries, known == null ? -1 : known.code);
        addOwner(entries, wish == null ? -1 : KeyCode.of(wish));
        addOwner(entries, former.codeOf(client));
        entries.addAll(book.pools().byPriority());
        return entries;
    }

    private void addOwner(Set<PoolSet.Entry> entries, long code) {
        PoolSet.Entry owner = code < 0 ? null : book.pools().owner(code);
        if (owner != null) {
            entries.add(owner);
        }
    }

    /** Of two refusals the one of the pool that got further tells the client more. */
    private static No better(No one, No other) {
        return rank(other.refusal.reason()) > rank(one.refusal.reason()) ? other : one;
    }

    private static int rank(Reason reason) {
        return switch (reason) {
            case NO_TUNNEL_SOURCE -> 1;
            case TUNNEL_SOURCE_TAKEN -> 2;
            case TEP_UNAVAILABLE -> 3;
            case POOL_EXHAUSTED -> 4;
            case LIMIT_REACHED -> 5;
            default -> 0;
        };
    }

    private Choice fromPool(
            PoolSet.Entry entry,
            AllocationRequest request,
            @Nullable Ipv6Address source,
            long derivedFor,
            ClientKey client,
            @Nullable Holding known) {
        No closed = closed(entry, request, source, entry.pool.lendsFullAddresses());
        if (closed != null) {
            return closed;
        }
        if (derivedFor >= 0 && !mayHave(derivedFor, entry, request, known)) {
            return taken(derivedFor);
        }
        long code = derivedFor >= 0 ? derivedFor : pick(entry, request, client, known);
        if (code < 0) {
            noteExhaustion(entry);
            return new No(Reason.POOL_EXHAUSTED, "every address of this pool is lent");
        }
        Slot slot = slot(entry, code, source);
        No limited = limited(entry, client, slot.source, known, code);
        return limited == null ? slot : limited;
    }

    /** Why a pool lends nothing to this client whatever is free; nothing if it does. */
    private @Nullable No closed(
            PoolSet.Entry entry, AllocationRequest request, @Nullable Ipv6Address source, boolean full) {
        if (!admits(entry, request, source) || !request.canRestrictPorts() && !full) {
            return new No(Reason.NO_POOL, "no pool of this server is for this client");
        }
        if (source == null && entry.pool.config().bindPrefix().isEmpty()) {
            return new No(Reason.NO_TUNNEL_SOURCE, "the request shows no IPv6 address that can be a tunnel's end");
        }
        TepLink tep = teps.named(entry.pool.config().tep());
        if (tep == null || tep.address() == null || !tep.usable()) {
            return new No(Reason.TEP_UNAVAILABLE, "the tunnel end point of this pool is not there");
        }
        return null;
    }

    /** A slot of a pool that is not {@link #closed}. */
    private Slot slot(PoolSet.Entry entry, long code, @Nullable Ipv6Address source) {
        TepLink tep = requireNonNull(teps.named(entry.pool.config().tep()));
        Ipv6Address end = source != null ? source : entry.pool.derivedSource(code);
        return new Slot(entry, tep, requireNonNull(tep.address()), code, requireNonNull(end));
    }

    private boolean admits(PoolSet.Entry entry, AllocationRequest request, @Nullable Ipv6Address source) {
        if (entry.pool.config().drain()) {
            return false;
        }
        List<RelayInfo> relays = request.relays();
        int trusted = Math.min(relays.size(), config.trustedRelays());
        return entry.pool
                .config()
                .admission()
                .admits(
                        source != null ? source : request.link(),
                        relays.isEmpty() ? request.link() : null,
                        relays.subList(0, trusted));
    }

    private long pick(PoolSet.Entry entry, AllocationRequest request, ClientKey client, @Nullable Holding known) {
        if (known != null && mayHave(known.code, entry, request, known)) {
            return known.code;
        }
        LeaseKey wish = request.wish();
        if (wish != null && mayHave(KeyCode.of(wish), entry, request, known)) {
            return KeyCode.of(wish);
        }
        long last = former.codeOf(client);
        if (last >= 0 && mayHave(last, entry, request, known)) {
            return last;
        }
        long slot = entry.allocator.choose(entry.state, client.stableHash());
        return slot < 0 ? -1 : entry.pool.codeAt(slot);
    }

    /**
     * Whether a code of this pool is free or the client's own. Its own address that still rests it may have back at once, since
     * rest is there to keep it from others; but not where leases are not renewed, or running out would mean nothing.
     */
    private boolean mayHave(long code, PoolSet.Entry entry, AllocationRequest request, @Nullable Holding known) {
        if (!entry.pool.lends(code) || entry.pool.isReservedFromOthers(code, request.client(), usableSource(request))) {
            return false;
        }
        if (known == null || known.code != code) {
            return entry.state.isFree(code);
        }
        if (known.state != LeaseState.QUARANTINED) {
            return true;
        }
        long total = terms(entry).leaseTimeTotal().toSeconds();
        return renews(entry)
                && (total == 0 || known.since() + total >= clocks.wallSecondsUp() + SHORTEST_REST_OF_TOTAL);
    }

    /** Why a client or its prefix has as much as it may; {@code null} if not. What it has a claim to anyhow is no more. */
    private @Nullable No limited(
            PoolSet.Entry entry, ClientKey client, Ipv6Address source, @Nullable Holding known, long code) {
        Terms terms = terms(entry);
        Usage usage = book.pools().usage();
        boolean replaces = known != null && (known.state == LeaseState.OFFERED || known.code == code);
        if (terms.limitPerClient() > 0
                && usage.shape().clients()
                && usage.ofClient(client) - (replaces ? 1 : 0) >= terms.limitPerClient()) {
            return new No(Reason.LIMIT_REACHED, "this client has as many leases as one may have");
        }
        boolean inPrefix = replaces && known != null && usage.samePrefix(known.source(), source);
        return prefixIsFull(terms, usage, source, inPrefix ? 1 : 0)
                ? new No(Reason.LIMIT_REACHED, "there are as many leases in the client's prefix as there may be")
                : null;
    }

    private static boolean prefixIsFull(Terms terms, Usage usage, Ipv6Address source, int own) {
        return terms.limitPerPrefix() > 0
                && usage.shape().prefixes()
                && usage.ofPrefix(source) - own >= terms.limitPerPrefix();
    }

    private void noteExhaustion(PoolSet.Entry entry) {
        long now = clocks.steadyMillis();
        if (entry.exhaustionLogged == Long.MIN_VALUE || now - entry.exhaustionLogged > LOG_EXHAUSTION_EVERY_MILLIS) {
            entry.exhaustionLogged = now;
            log.warn(
                    "DSTM-1050 The pool {} is exhausted: all {} addresses or port sets are lent or rest; add ranges to"
                            + " io.dstm.pool-{}.cfg or shorten lease.time",
                    entry.pool.name(),
                    entry.pool.capacity(),
                    entry.pool.name());
        }
    }

    /** Why a client that asks anew cannot have the lease it has; {@code null} if it can. */
    static @Nullable LeaseDecision unfit(Holding lease, AllocationRequest request) {
        return request.canRestrictPorts() || lease.key().ports().isFull()
                ? null
                : new Refused(Reason.NO_POOL, "this client has a lease of a port set, which it must give back first");
    }

    /** What is to become of a lease that its client wants to keep: {@link Keep}, or {@link No}. */
    Choice keep(Holding lease, AllocationRequest request) {
        Ipv6Address asked = usableSource(request);
        Ipv6Address source = asked == null ? lease.source() : asked;
        if (!lease.hasSource(source)) {
            if (teps.isTunnelAddress(source)) {
                return tunnelInTunnel();
            }
            long derivedFor = keyOfDerived(source);
            if (derivedFor >= 0 && derivedFor != lease.code) {
                return taken(derivedFor);
            }
        }
        PoolSet.Entry owner = book.pools().owner(lease.code);
        if (owner != null && !lease.hasSource(source)) {
            Usage usage = book.pools().usage();
            if (!usage.samePrefix(lease.source(), source) && prefixIsFull(terms(owner), usage, source, 0)) {
                return new No(
                        Reason.LIMIT_REACHED,
                        "there are as many leases in the prefix that the client moved to as there may be");
            }
        }
        boolean prolong = owner != null
                && admits(owner, request, source)
                && renews(owner)
                && !owner.pool.isReservedFromOthers(lease.code, request.client(), source)
                && !isAwaited(lease, owner, request, source)
                && !isAtTotal(lease, owner, request);
        TepLink tep = owner == null
                ? teps.at(lease.tunnelAddress)
                : teps.named(owner.pool.config().tep());
        Ipv6Address tunnelAddress = tep == null ? null : tep.address();
        return new Keep(
                prolong ? owner : null, tep, tunnelAddress == null ? lease.tunnelAddress : tunnelAddress, source);
    }

    /** Whether something else is reserved for this client and waits for it; what it has is not prolonged then. */
    private boolean isAwaited(
            Holding lease, PoolSet.Entry owner, AllocationRequest request, @Nullable Ipv6Address source) {
        if (owner.pool.reservedFor(request.client(), source) == lease.code) {
            return false;
        }
        for (PoolSet.Entry entry : book.pools().byPriority()) {
            long code = entry.pool.reservedFor(request.client(), source);
            if (code >= 0
                    && code != lease.code
                    && entry.state.isReservedFree(code)
                    && closed(entry, request, source, KeyCode.ports(code).isFull()) == null) {
                return true;
            }
        }
        return false;
    }

    private boolean isAtTotal(Holding lease, PoolSet.Entry owner, AllocationRequest request) {
        return isLast(lease, owner) || until(owner, lease.since(), request) <= clocks.wallSecondsUp();
    }

    /** Whether a lease lasts to the end of all the time it may last. */
    private boolean isLast(Holding lease, PoolSet.Entry owner) {
        long total = terms(owner).leaseTimeTotal().toSeconds();
        return total > 0 && lease.until() >= lease.since() + total;
    }

    /**
     * How a lease is kept.
     *
     * @param prolonging the pool that prolongs it; {@code null} if it lives out its time
     * @param tep the TEP that is to have its binding, if it is known
     * @param tunnelAddress that TEP's address
     * @param source the client's end of the tunnel
     */
    record Keep(
            PoolSet.@Nullable Entry prolonging, @Nullable TepLink tep, Ipv6Address tunnelAddress, Ipv6Address source)
            implements Choice {}

    /** The times of a lease as the client is to hear them. */
    Granted granted(Holding lease, LeaseState as, ClientId client) {
        PoolSet.Entry owner = book.pools().owner(lease.code);
        long valid = Math.max(0, lease.until() - clocks.wallSecondsUp());
        return granted(lease, as, client, valid, owner, owner != null && renews(owner) && !isLast(lease, owner));
    }

    /** The times of a lease that is not prolonged. */
    Granted remaining(Holding lease) {
        return granted(
                lease,
                lease.state,
                lease.client.toClientId(),
                Math.max(0, lease.until() - clocks.wallSecondsUp()),
                null,
                false);
    }

    /** What an offer promises, of a lease that begins or began at {@code since}. */
    Granted promised(Holding offer, PoolSet.Entry entry, long since, AllocationRequest request) {
        long until = until(entry, since, request);
        long total = terms(entry).leaseTimeTotal().toSeconds();
        return granted(
                offer,
                LeaseState.OFFERED,
                request.client(),
                Math.max(0, until - clocks.wallSecondsUp()),
                entry,
                renews(entry) && (total == 0 || until < since + total));
    }

    private Granted granted(
            Holding lease,
            LeaseState as,
            ClientId client,
            long valid,
            PoolSet.@Nullable Entry owner,
            boolean renewable) {
        Terms terms = owner == null ? config.terms() : terms(owner);
        return new Granted(
                lease.toLease(as, client),
                Duration.ofSeconds(valid),
                Duration.ofSeconds(renewable ? valid * terms.renewPercent() / 100 : valid),
                Duration.ofSeconds(renewable ? valid * terms.rebindPercent() / 100 : valid));
    }

    /** When a lease ends that is granted or prolonged now and that its client has since {@code since}. */
    long until(PoolSet.Entry entry, long since, AllocationRequest request) {
        Terms terms = terms(entry);
        long until = clocks.wallSecondsUp()
                + terms.leaseTime(Optional.ofNullable(request.lifetime())).toSeconds();
        long total = terms.leaseTimeTotal().toSeconds();
        return total == 0 ? until : Math.min(until, since + total);
    }

    /** Since when a client has what it gets now: since before if it gets back what it had and that is timed in all. */
    long since(PoolSet.Entry entry, ClientKey client, @Nullable Holding before) {
        if (before != null
                && before.state == LeaseState.QUARANTINED
                && before.client.equals(client)
                && !terms(entry).leaseTimeTotal().isZero()) {
            return before.since();
        }
        return clocks.wallSecondsUp();
    }

    /** How long an address rests after its lease. */
    Duration quarantineTime(long code) {
        PoolSet.Entry owner = book.pools().owner(code);
        return (owner == null ? config.terms() : terms(owner)).quarantineTime();
    }

    Duration declineTime() {
        return config.declineTime();
    }

    Duration offerTime() {
        return config.offerTime();
    }

    private Terms terms(PoolSet.Entry entry) {
        return entry.terms(config.terms());
    }

    private boolean renews(PoolSet.Entry entry) {
        if (entry.pool.config().drain()) {
            return false;
        }
        Terms terms = terms(entry);
        return switch (terms.renewal()) {
            case ACCEPT -> true;
            case THRESHOLD -> entry.usedBelow(terms.renewalThreshold());
            case REFUSE -> false;
        };
    }

    private static @Nullable Ipv6Address usableSource(AllocationRequest request) {
        Ipv6Address source = request.tunnelSource();
        return source != null && source.isRoutableUnicast() ? source : null;
    }

    private long keyOfDerived(Ipv6Address source) {
        for (PoolSet.Entry entry : book.pools().byPriority()) {
            long code = entry.pool.codeOfDerivedSource(source);
            if (code >= 0) {
                return code;
            }
        }
        return -1;
    }

    private static No taken(long code) {
        return new No(
                Reason.TUNNEL_SOURCE_TAKEN,
                "this tunnel address is made for the holder of " + KeyCode.toKey(code) + " and of nobody else");
    }

    private static No tunnelInTunnel() {
        return new No(Reason.NO_TUNNEL_SOURCE, "the address of a tunnel end point cannot be the client's end too");
    }

    /** Whether it is a refusal; spares callers the cast. */
    static @Nullable LeaseDecision refusal(Choice choice) {
        return choice instanceof No no ? no.refusal : null;
    }
}
