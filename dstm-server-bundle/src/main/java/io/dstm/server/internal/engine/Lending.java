package io.dstm.server.internal.engine;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseDecision.Refused;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv6Address;
import io.dstm.server.internal.config.RenewalPolicy;
import io.dstm.server.internal.config.ServerConfig;
import io.dstm.server.internal.pool.Allocator;
import io.dstm.server.internal.pool.KeyCode;
import java.time.Duration;
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

    private final LeaseBook book;
    private final TepLinks teps;
    private final Allocator allocator;
    private final Clocks clocks;
    private ServerConfig config = ServerConfig.DEFAULTS;

    Lending(LeaseBook book, TepLinks teps, Allocator allocator, Clocks clocks) {
        this.book = book;
        this.teps = teps;
        this.allocator = allocator;
        this.clocks = clocks;
    }

    void setConfig(ServerConfig next) {
        config = next;
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
        No best = new No(Reason.NO_POOL, "no pool of this server is for this client");
        for (PoolSet.Entry entry : candidates(known, request.wish(), derivedFor)) {
            Choice choice = fromPool(entry, request, source, derivedFor, client, known);
            if (choice instanceof Slot) {
                return choice;
            }
            best = better(best, (No) choice);
        }
        return best;
    }

    /** Pools in the order to try: that of what the client had or wishes for, then by priority. */
    private Iterable<PoolSet.Entry> candidates(@Nullable Holding known, @Nullable LeaseKey wish, long derivedFor) {
        java.util.LinkedHashSet<PoolSet.Entry> entries = new java.util.LinkedHashSet<>();
        addOwner(entries, derivedFor);
        addOwner(entries, known == null ? -1 : known.code);
        addOwner(entries, wish == null ? -1 : KeyCode.of(wish));
        entries.addAll(book.pools().byPriority());
        return entries;
    }

    private void addOwner(java.util.Set<PoolSet.Entry> entries, long code) {
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
        if (!entry.pool.admits(source, request.link())
                || !request.canRestrictPorts() && !entry.pool.lendsFullAddresses()) {
            return new No(Reason.NO_POOL, "no pool of this server is for this client");
        }
        if (source == null && entry.pool.config().bindPrefix().isEmpty()) {
            return new No(Reason.NO_TUNNEL_SOURCE, "the request shows no IPv6 address that can be a tunnel's end");
        }
        TepLink tep = teps.named(entry.pool.config().tep());
        Ipv6Address tunnelAddress = tep == null ? null : tep.address();
        if (tep == null || tunnelAddress == null || !tep.usable()) {
            return new No(Reason.TEP_UNAVAILABLE, "the tunnel end point of this pool is not there");
        }
        if (derivedFor >= 0 && !mayHave(derivedFor, entry, known)) {
            return taken(derivedFor);
        }
        long code = derivedFor >= 0 ? derivedFor : pick(entry, request.wish(), client, known);
        if (code < 0) {
            noteExhaustion(entry);
            return new No(Reason.POOL_EXHAUSTED, "every address of this pool is lent");
        }
        Ipv6Address end = source != null ? source : entry.pool.derivedSource(code);
        return new Slot(entry, tep, tunnelAddress, code, java.util.Objects.requireNonNull(end));
    }

    private long pick(PoolSet.Entry entry, @Nullable LeaseKey wish, ClientKey client, @Nullable Holding known) {
        if (known != null && mayHave(known.code, entry, known)) {
            return known.code;
        }
        if (wish != null && mayHave(KeyCode.of(wish), entry, known)) {
            return KeyCode.of(wish);
        }
        long slot = allocator.choose(entry.state, client.stableHash());
        return slot < 0 ? -1 : entry.pool.codeAt(slot);
    }

    /**
     * Whether a code of this pool is free or the client's own. Its own address that still rests it may have back at once, since
     * rest is there to keep it from others; but not where leases are not renewed, or running out would mean nothing.
     */
    private boolean mayHave(long code, PoolSet.Entry entry, @Nullable Holding known) {
        if (entry.pool.slotOf(code) < 0) {
            return false;
        }
        if (known == null || known.code != code) {
            return entry.state.isFree(code);
        }
        return known.state != LeaseState.QUARANTINED || renewal(entry) == RenewalPolicy.ACCEPT;
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
        boolean prolong =
                owner != null && owner.pool.admits(source, request.link()) && renewal(owner) == RenewalPolicy.ACCEPT;
        TepLink tep = owner == null
                ? teps.at(lease.tunnelAddress)
                : teps.named(owner.pool.config().tep());
        Ipv6Address tunnelAddress = tep == null ? null : tep.address();
        return new Keep(
                prolong ? owner : null, tep, tunnelAddress == null ? lease.tunnelAddress : tunnelAddress, source);
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
    Granted granted(Holding lease, LeaseState as) {
        PoolSet.Entry owner = book.pools().owner(lease.code);
        long valid = Math.max(0, lease.until() - clocks.wallSecondsUp());
        return granted(lease, as, valid, owner != null && renewal(owner) == RenewalPolicy.ACCEPT);
    }

    /** The times of a lease that is not prolonged. */
    Granted remaining(Holding lease) {
        return granted(lease, lease.state, Math.max(0, lease.until() - clocks.wallSecondsUp()), false);
    }

    /** What an offer promises. */
    Granted promised(Holding offer, PoolSet.Entry entry) {
        long valid = leaseTime(entry).toSeconds();
        return granted(offer, LeaseState.OFFERED, valid, renewal(entry) == RenewalPolicy.ACCEPT);
    }

    private static Granted granted(Holding lease, LeaseState as, long valid, boolean renewable) {
        // RFC 8415 section 21.4: T1 and T2 at 0.5 and 0.8 of the shortest lifetime.
        return new Granted(
                lease.toLease(as),
                Duration.ofSeconds(valid),
                Duration.ofSeconds(renewable ? valid / 2 : valid),
                Duration.ofSeconds(renewable ? valid * 4 / 5 : valid));
    }

    Duration leaseTime(PoolSet.Entry entry) {
        return entry.pool.config().leaseTime().orElse(config.leaseTime());
    }

    /** How long an address rests after its lease. */
    Duration quarantineTime(long code) {
        PoolSet.Entry owner = book.pools().owner(code);
        return owner == null
                ? config.quarantineTime()
                : owner.pool.config().quarantineTime().orElse(config.quarantineTime());
    }

    Duration declineTime() {
        return config.declineTime();
    }

    Duration offerTime() {
        return config.offerTime();
    }

    private RenewalPolicy renewal(PoolSet.Entry entry) {
        return entry.pool.config().renewal().orElse(config.renewal());
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
