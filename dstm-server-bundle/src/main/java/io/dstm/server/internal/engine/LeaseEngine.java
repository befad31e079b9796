package io.dstm.server.internal.engine;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseDecision.Refused;
import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseListener;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.TunnelEndPoint;
import io.dstm.server.internal.config.PoolRegistry;
import io.dstm.server.internal.config.ServerConfig;
import io.dstm.server.internal.pool.AddressSpans;
import io.dstm.server.internal.pool.HashedAllocator;
import io.dstm.server.internal.pool.KeyCode;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of every lease. One thread, the loop, changes anything; requests and answers of store and TEPs come to it as tasks, and
 * after each turn of tasks {@link #turn} does what is due by time and sends what has gathered. Readers never wait.
 *
 * <p>The order of a grant is that of the founding texts: durable, then in the TEP, then told to the client. At the end of a lease
 * the TEP forgets first, then the address rests, then it is free. A crash at any point leaves in the store at least what clients
 * were told of.
 */
public final class LeaseEngine implements LeaseService {

    private static final Logger log = LoggerFactory.getLogger(LeaseEngine.class);

    /** Requests without an answer that are taken on at once; beyond, clients are told to come back. */
    static final int MOST_REQUESTS = 20_000;

    /** Offers that are held at once; beyond, clients are told to come back. Bounds what strangers can hold without asking. */
    static final int MOST_OFFERS = 65_536;

    /** Who may wait for the end of one lease: a client and its retransmissions (RFC 8415 section 15: REL_MAX_RC is 4). */
    private static final int MOST_RETURNERS = 16;

    /** Expiries handled in one turn, so that a flood of them holds up no answer. */
    private static final int EXPIRIES_A_TURN = 500;

    /** Pool files come one by one; those that come this close together are taken over as one. */
    static final long POOLS_SETTLE_MILLIS = 100;

    /** For so long after the start a lease of a pool not seen yet is not taken for one whose pool was deleted. */
    static final long POOLS_ARRIVE_MILLIS = 60_000;

    private static final long LOAD_RETRY_MILLIS = 10_000;

    /** How often addresses outside the pools, whose last lease has ended, are taken from what TEPs attract. */
    private static final long SERVED_REFRESH_MILLIS = 300_000;

    private static final long LONGEST_SLEEP_MILLIS = 500;

    private final LeaseStore store;
    private final Executor loop;
    private final Clocks clocks;
    private final Delays delays;
    private final LeaseBook book = new LeaseBook();
    private final Journal journal;
    private final TepLinks teps;
    private final Lending lending;
    private final Notifier notifier;

    private final AtomicInteger requests = new AtomicInteger();
    /** What is under way, by client. */
    private final Map<ClientKey, Exchange> exchanges = new HashMap<>();
    /** Codes whose TEP is yet to forget them but cannot be reached. */
    private final Set<Long> unforgotten = new HashSet<>();

    private final Set<Long> offers = new HashSet<>();
    private final Set<String> poolsSeen = new HashSet<>();
    private final Map<String, String> sharedNames = new HashMap<>();
    private final Map<Ipv6Address, Ipv6Address> sharedAddresses = new HashMap<>();
    private final List<Runnable> afterLoading = new ArrayList<>();

    private volatile List<Ipv6Address> tunnelAddresses = List.of();
    private volatile boolean closed;
    private boolean configured;
    private boolean loaded;
    private long loadedAt;
    private boolean servedShrinks;
    private boolean expiriesLeft;
    private PoolRegistry.@Nullable View wantedPools;
    private Set<String> unsettledPools = Set.of();

    /**
     * An engine at rest.
     *
     * @param loop runs tasks one at a time in order, and calls {@link #turn} after each round of them
     * @param events runs tasks one at a time in order; listeners are called there
     * @param wall the clock leases last by
     * @param steadyMillis a clock that never jumps, in milliseconds
     */
    public LeaseEngine(
            LeaseStore store, Executor loop, Executor events, InstantSource wall, LongSupplier steadyMillis) {
        this.store = store;
        this.loop = loop;
        clocks = new Clocks(wall, steadyMillis);
        delays = new Delays(steadyMillis);
        journal = new Journal(store, book, this::isBeingProlonged, loop, delays);
        teps = new TepLinks(name -> new TepLink(name, loop, delays, this::tableOf, this::synced));
        lending = new Lending(book, teps, new HashedAllocator(), clocks);
        notifier = new Notifier(events);
    }

    // Control

    /** Loads the store, then serves. Returns at once. */
    public void start() {
        loop.execute(this::load);
    }

    /** Answers everyone who waits and takes nothing on any more. TEPs keep their bindings and the store its leases. */
    public void close() {
        closed = true;
        loop.execute(() -> {
            for (Exchange exchange : List.copyOf(exchanges.values())) {
                exchange.askers.forEach(asker -> asker.complete(stopping()));
                exchange.returners.forEach(returner -> returner.complete(false));
                exchange.line().forEach(Runnable::run);
            }
            exchanges.clear();
        });
    }

    /** Takes over the server's configuration; until the first one nothing is lent. */
    public void configure(ServerConfig config) {
        loop.execute(() -> {
            lending.setConfig(config);
            configured = true;
        });
    }

    /** Takes over the pools; those that are gone or smaller drain. */
    public void setPools(PoolRegistry.View view) {
        loop.execute(() -> {
            boolean idle = wantedPools == null;
            wantedPools = view;
            if (idle) {
                delays.after(POOLS_SETTLE_MILLIS, this::applyPools);
            }
        });
    }

    /** A TEP has come. */
    public void addTep(TunnelEndPoint tep) {
        loop.execute(() -> whenLoaded(() -> {
            teps.link(tep.name()).appear(tep);
            publishTunnelAddresses();
        }));
    }

    /** A TEP has gone. */
    public void removeTep(TunnelEndPoint tep) {
        loop.execute(() -> whenLoaded(() -> {
            teps.link(tep.name()).vanish(tep);
            publishTunnelAddresses();
        }));
    }

    /** Compares every TEP's table with the leases. */
    public void resync() {
        loop.execute(() -> teps.all().forEach(TepLink::wantResync));
    }

    /** A listener has come. */
    public void addListener(LeaseListener listener) {
        notifier.add(listener);
    }

    /** A listener has gone. */
    public void removeListener(LeaseListener listener) {
        notifier.remove(listener);
    }

    /**
     * Does what is due by time and sends what has gathered. The loop calls this after each round of tasks.
     *
     * @return milliseconds after which it wants to be called again if no task comes
     */
    public long turn() {
        long jump = clocks.jumpSeconds();
        if (jump != 0) {
            clockJumped(jump);
        }
        delays.fire();
        expiriesLeft = loaded && book.fire(clocks.wallSeconds(), EXPIRIES_A_TURN, this::due);
        journal.flush();
        teps.all().forEach(TepLink::flush);
        return expiriesLeft ? 0 : delays.untilNext(LONGEST_SLEEP_MILLIS);
    }

    // Requests

    @Override
    public CompletionStage<LeaseDecision> offer(AllocationRequest request) {
        return submit(asker -> offer(request, ClientKey.of(request.client()), asker));
    }

    @Override
    public CompletionStage<LeaseDecision> allocate(AllocationRequest request) {
        return submit(asker -> allocate(request, ClientKey.of(request.client()), asker));
    }

    @Override
    public CompletionStage<LeaseDecision> renew(AllocationRequest request) {
        return submit(asker -> renew(request, ClientKey.of(request.client()), asker));
    }

    @Override
    public CompletionStage<Boolean> release(ClientId client, @Nullable LeaseKey key) {
        return giveBack(client, key, LeaseEvent.Kind.RELEASED);
    }

    @Override
    public CompletionStage<Boolean> decline(ClientId client, @Nullable LeaseKey key) {
        return giveBack(client, key, LeaseEvent.Kind.DECLINED);
    }

    @Override
    public Optional<Lease> leaseOf(ClientId client) {
        return Optional.ofNullable(book.of(ClientKey.of(client)))
                .filter(holding -> holding.state == LeaseState.ACTIVE)
                .map(Holding::toLease);
    }

    @Override
    public void forEachLease(Consumer<Lease> visitor) {
        book.forEach(holding -> visitor.accept(holding.toLease()));
    }

    @Override
    public List<PoolStatus> pools() {
        return book.pools().status();
    }

    @Override
    public List<Ipv6Address> tunnelAddresses() {
        return tunnelAddresses;
    }

    private CompletionStage<LeaseDecision> submit(Consumer<CompletableFuture<LeaseDecision>> task) {
        CompletableFuture<LeaseDecision> asker = new CompletableFuture<>();
        if (closed) {
            asker.complete(stopping());
            return asker;
        }
        if (requests.incrementAndGet() > MOST_REQUESTS) {
            requests.decrementAndGet();
            asker.complete(busy("the server is overloaded"));
            return asker;
        }
        loop.execute(() -> guarded(asker, () -> {
            if (closed) {
                asker.complete(stopping());
            } else if (!configured) {
                asker.complete(busy("the server has no valid configuration"));
            } else if (!loaded) {
                asker.complete(new Refused(Reason.STORE_UNAVAILABLE, "the server could not read its leases"));
            } else {
                task.accept(asker);
            }
        }));
        return asker.whenComplete((decision, failure) -> requests.decrementAndGet());
    }

    private CompletionStage<Boolean> giveBack(ClientId client, @Nullable LeaseKey key, LeaseEvent.Kind kind) {
        CompletableFuture<Boolean> returner = new CompletableFuture<>();
        if (closed || requests.get() >= MOST_REQUESTS) {
            returner.complete(false);
            return returner;
        }
        requests.incrementAndGet();
        loop.execute(() -> guarded(returner, () -> {
            // It may wait long for a TEP that is away, and must not use up what others are counted by.
            requests.decrementAndGet();
            if (closed || !loaded) {
                returner.complete(false);
            } else {
                giveBack(ClientKey.of(client), key, kind, returner);
            }
        }));
        return returner;
    }

    /** A defect shows in the log and to the asker, and stops nothing. */
    private static void guarded(CompletableFuture<?> asker, Runnable task) {
        try {
            task.run();
        } catch (RuntimeException defect) {
            log.error("DSTM-1090 A request could not be handled; this is a defect, please report it", defect);
            asker.completeExceptionally(defect);
        }
    }

    /** Has {@code turn} wait for what is under way for its client, if anything is. */
    private boolean waitsInLine(ClientKey client, CompletableFuture<LeaseDecision> asker, Runnable turn) {
        Exchange exchange = exchanges.get(client);
        if (exchange == null) {
            return false;
        }
        Holding known = book.of(client);
        if (known != null && unforgotten.contains(known.code)) {
            asker.complete(
                    refused(Reason.TEP_UNAVAILABLE, "the former lease waits for its tunnel end point to forget it"));
            return true;
        }
        if (!exchange.enqueue(() -> guarded(asker, () -> {
            if (closed) {
                asker.complete(stopping());
            } else {
                turn.run();
            }
        }))) {
            asker.complete(busy("too many requests of this client are under way"));
        }
        return true;
    }

    // Offer

    private void offer(AllocationRequest request, ClientKey client, CompletableFuture<LeaseDecision> asker) {
        if (waitsInLine(client, asker, () -> offer(request, client, asker))) {
            return;
        }
        Holding known = book.of(client);
        if (known != null && known.state == LeaseState.ACTIVE) {
            Lending.Choice choice = lending.keep(known, request);
            if (choice instanceof Lending.Keep keep) {
                asker.complete(
                        keep.prolonging() == null
                                ? lending.remaining(known)
                                : lending.promised(known, keep.prolonging()));
            } else {
                asker.complete(Lending.refusal(choice));
            }
            return;
        }
        if (offers.size() >= MOST_OFFERS && (known == null || known.state != LeaseState.OFFERED)) {
            asker.complete(busy("too many offers are open"));
            return;
        }
        Lending.Choice choice = choose(request, client, known);
        if (!(choice instanceof Lending.Slot slot)) {
            asker.complete(Lending.refusal(choice));
            return;
        }
        long now = clocks.wallSecondsUp();
        Holding offer = holding(
                slot, client, LeaseState.OFFERED, now, now + lending.offerTime().toSeconds());
        // An address that rests for its former holder is held for it anyway.
        if (known == null || known.code != slot.code() || known.state == LeaseState.OFFERED) {
            dropOffer(known, slot.code());
            book.put(offer);
            offers.add(offer.code);
        }
        asker.complete(lending.promised(offer, slot.entry()));
    }

    private Holding holding(Lending.Slot slot, ClientKey client, LeaseState state, long since, long until) {
        return new Holding(
                slot.code(),
                client,
                slot.source(),
                shared(slot.tunnelAddress()),
                shared(slot.entry().pool.name()),
                state,
                since,
                until);
    }

    private void dropOffer(@Nullable Holding known, long unlessCode) {
        if (known != null && known.state == LeaseState.OFFERED && known.code != unlessCode) {
            book.remove(known);
            offers.remove(known.code);
        }
    }

    // Allocate

    private void allocate(AllocationRequest request, ClientKey client, CompletableFuture<LeaseDecision> asker) {
        if (joins(request, client, asker) || waitsInLine(client, asker, () -> allocate(request, client, asker))) {
            return;
        }
        Holding known = book.of(client);
        if (known != null && known.state == LeaseState.ACTIVE) {
            if (known.until() > clocks.wallSeconds()) {
                prolong(known, request, asker);
            } else {
                end(known, LeaseEvent.Kind.EXPIRED);
                waitsInLine(client, asker, () -> allocate(request, client, asker));
            }
            return;
        }
        Lending.Choice choice = choose(request, client, known);
        if (choice instanceof Lending.Slot slot) {
            lend(slot, request, client, known, asker);
        } else {
            asker.complete(Lending.refusal(choice));
        }
    }

    private Lending.Choice choose(AllocationRequest request, ClientKey client, @Nullable Holding known) {
        if (poolsSeen.isEmpty() && clocks.steadyMillis() - loadedAt < POOLS_ARRIVE_MILLIS) {
            return new Lending.No(Reason.BUSY, "the pools are not configured yet");
        }
        return lending.choose(request, client, known);
    }

    private boolean joins(AllocationRequest request, ClientKey client, CompletableFuture<LeaseDecision> asker) {
        Exchange exchange = exchanges.get(client);
        if (exchange == null || !exchange.answers(request)) {
            return false;
        }
        exchange.askers.add(asker);
        return true;
    }

    private void lend(
            Lending.Slot slot,
            AllocationRequest request,
            ClientKey client,
            @Nullable Holding known,
            CompletableFuture<LeaseDecision> asker) {
        dropOffer(known, slot.code());
        offers.remove(slot.code());
        Holding before = book.get(slot.code());
        long now = clocks.wallSecondsUp();
        long until = now + lending.leaseTime(slot.entry()).toSeconds();
        Holding pending = holding(slot, client, LeaseState.PENDING, now, until);
        book.put(pending);
        Exchange exchange = Exchange.lending(client, request, asker);
        exchanges.put(client, exchange);
        Lease lease = pending.toLease(LeaseState.ACTIVE);
        journal.write(new LeaseStore.Change.Put(lease), notDurable -> {
            if (notDurable != null) {
                undo(
                        exchange,
                        pending,
                        before,
                        refused(Reason.STORE_UNAVAILABLE, "the lease could not be made durable"));
                return;
            }
            slot.tep().install(Binding.of(lease), notInstalled -> {
                if (notInstalled != null) {
                    undo(
                            exchange,
                            pending,
                            before,
                            refused(Reason.TEP_UNAVAILABLE, "the tunnel end point did not take the lease"));
                    return;
                }
                Holding active = pending.to(LeaseState.ACTIVE, pending.until());
                book.put(active);
                notifier.tell(LeaseEvent.Kind.ALLOCATED, active);
                answer(exchange, unlessOver(active, lending.granted(active, LeaseState.ACTIVE)));
            });
        });
    }

    /** Takes a grant back that its client has not heard of; the refusal goes out when the store has forgotten it. */
    private void undo(Exchange exchange, Holding pending, @Nullable Holding before, LeaseDecision refusal) {
        Holding rested = before != null && before.state == LeaseState.QUARANTINED ? before : null;
        LeaseStore.Change change = rested != null
                ? new LeaseStore.Change.Put(rested.toLease())
                : new LeaseStore.Change.Remove(pending.key());
        journal.write(change, notDurable -> {
            if (rested != null) {
                book.put(rested.copy());
            } else {
                book.remove(pending);
            }
            if (notDurable != null) {
                journal.settle(pending.code);
            }
            answer(exchange, refusal);
        });
    }

    // Renew

    private void renew(AllocationRequest request, ClientKey client, CompletableFuture<LeaseDecision> asker) {
        if (joins(request, client, asker) || waitsInLine(client, asker, () -> renew(request, client, asker))) {
            return;
        }
        Holding known = book.of(client);
        if (known == null
                || known.state != LeaseState.ACTIVE
                || known.until() <= clocks.wallSeconds()
                || !named(known, request.wish())) {
            asker.complete(refused(Reason.NO_LEASE, "this client has no such lease"));
            return;
        }
        prolong(known, request, asker);
    }

    /** A client cannot have two leases of one address under one identity, so naming the address is naming the lease. */
    private static boolean named(Holding holding, @Nullable LeaseKey key) {
        return key == null
                || KeyCode.of(key) == holding.code
                || key.ports().isFull() && key.address().equals(holding.key().address());
    }

    private void prolong(Holding lease, AllocationRequest request, CompletableFuture<LeaseDecision> asker) {
        Lending.Choice choice = lending.keep(lease, request);
        if (!(choice instanceof Lending.Keep keep)) {
            asker.complete(Lending.refusal(choice));
            return;
        }
        if (book.pools().owner(lease.code) == null && mayYetCome(lease.pool)) {
            asker.complete(busy("the pool of this lease is not configured yet"));
            return;
        }
        PoolSet.Entry entry = keep.prolonging();
        long until = entry == null
                ? lease.until()
                : clocks.wallSecondsUp() + lending.leaseTime(entry).toSeconds();
        boolean moved = !lease.hasSource(keep.source()) || !lease.tunnelAddress.equals(keep.tunnelAddress());
        if (until == lease.until() && !moved && keep.tep() != null && keep.tep().inStep()) {
            LeaseDecision.Granted kept =
                    entry == null ? lending.remaining(lease) : lending.granted(lease, LeaseState.ACTIVE);
            asker.complete(kept.valid().isZero() ? refused(Reason.NOT_RENEWABLE, "this lease is at its end") : kept);
            return;
        }
        TepLink tep = keep.tep();
        if (tep == null || !tep.usable()) {
            asker.complete(refused(Reason.TEP_UNAVAILABLE, "the tunnel end point of this lease is not there"));
            return;
        }
        Holding next = new Holding(
                lease.code,
                lease.client,
                keep.source(),
                shared(keep.tunnelAddress()),
                entry == null ? lease.pool : shared(entry.pool.name()),
                LeaseState.ACTIVE,
                lease.since(),
                until);
        Exchange exchange = Exchange.lending(lease.client, request, asker);
        exchanges.put(lease.client, exchange);
        journal.write(new LeaseStore.Change.Put(next.toLease()), notDurable -> {
            if (notDurable != null) {
                journal.settle(lease.code);
                answer(exchange, refused(Reason.STORE_UNAVAILABLE, "the lease could not be made durable"));
                return;
            }
            tep.install(Binding.of(next.toLease()), notInstalled -> {
                if (notInstalled != null) {
                    journal.settle(lease.code);
                    answer(exchange, refused(Reason.TEP_UNAVAILABLE, "the tunnel end point did not take the lease"));
                    return;
                }
                book.put(next);
                forgetElsewhere(lease, tep);
                notifier.tell(moved ? LeaseEvent.Kind.MOVED : LeaseEvent.Kind.RENEWED, next);
                answer(
                        exchange,
                        unlessOver(
                                next,
                                entry == null ? lending.remaining(next) : lending.granted(next, LeaseState.ACTIVE)));
            });
        });
    }

    private boolean isBeingProlonged(Holding holding) {
        Exchange exchange = exchanges.get(holding.client);
        return holding.state == LeaseState.ACTIVE && exchange != null;
    }

    /** A lease that went to another TEP leaves the one it was at. */
    private void forgetElsewhere(Holding former, TepLink now) {
        TepLink old = teps.at(former.tunnelAddress);
        if (old != null && old != now) {
            old.remove(former.key(), failure -> {
                if (failure != null) {
                    old.wantResync();
                }
            });
        }
    }

    /** Whether a pool of this name is still to be expected: files come one by one, and a refused one may be mended. */
    private boolean mayYetCome(String pool) {
        return unsettledPools.contains(pool)
                || !poolsSeen.contains(pool) && clocks.steadyMillis() - loadedAt < POOLS_ARRIVE_MILLIS;
    }

    // End

    private void giveBack(
            ClientKey client, @Nullable LeaseKey key, LeaseEvent.Kind kind, CompletableFuture<Boolean> returner) {
        Exchange exchange = exchanges.get(client);
        if (exchange != null) {
            if (exchange.ending != null && exchange.returners.size() < MOST_RETURNERS) {
                exchange.returners.add(returner);
            } else if (!exchange.enqueue(() -> guarded(returner, () -> {
                if (closed) {
                    returner.complete(false);
                } else {
                    giveBack(client, key, kind, returner);
                }
            }))) {
                returner.complete(false);
            }
            return;
        }
        Holding known = book.of(client);
        if (known == null || known.state != LeaseState.ACTIVE || !named(known, key)) {
            if (known != null && known.state == LeaseState.OFFERED && named(known, key)) {
                dropOffer(known, -1);
            }
            returner.complete(false);
            return;
        }
        end(known, kind).returners.add(returner);
    }

    /** Ends an active lease: the TEP forgets first. */
    private Exchange end(Holding lease, LeaseEvent.Kind why) {
        Holding ending = lease.to(LeaseState.ENDING, lease.until());
        book.put(ending);
        Exchange exchange = Exchange.ending(lease.client, why);
        exchanges.put(lease.client, exchange);
        tellTepToForget(ending, exchange, true);
        return exchange;
    }

    private void tellTepToForget(Holding ending, Exchange exchange, boolean first) {
        TepLink tep = teps.at(ending.tunnelAddress);
        if (tep == null || !tep.usable()) {
            awaitTep(ending, first);
            return;
        }
        tep.remove(ending.key(), failure -> {
            if (failure == null) {
                forgotten(ending, exchange);
            } else {
                awaitTep(ending, first);
                tep.wantResync();
            }
        });
    }

    /**
     * The next resync with the TEP will show that it has forgotten. Until then the end is kept on disk, or a crash would make the
     * lease active again.
     */
    private void awaitTep(Holding ending, boolean first) {
        unforgotten.add(ending.code);
        if (first) {
            journal.settle(ending.code);
            armAgainstLostTep(ending);
        }
    }

    /** A TEP that never comes back forgets by its own clock (RFC 7596 section 6.1); a quarantine covers that it may be slow. */
    private void armAgainstLostTep(Holding ending) {
        long after = Math.max(ending.until(), clocks.wallSeconds());
        book.arm(ending, after + Math.max(1, lending.quarantineTime(ending.code).toSeconds()));
    }

    /** The TEP is in step: it knows nothing of what was ending at it. */
    private void synced(TepLink tep) {
        for (Long code : List.copyOf(unforgotten)) {
            Holding ending = book.get(code);
            if (ending != null && ending.tunnelAddress.equals(tep.address())) {
                forgotten(ending, exchanges.get(ending.client));
            }
        }
    }

    private void forgotten(Holding ending, @Nullable Exchange exchange) {
        unforgotten.remove(ending.code);
        Holding now = book.get(ending.code);
        if (now == null || now.state != LeaseState.ENDING) {
            return;
        }
        LeaseEvent.Kind why = exchange == null || exchange.ending == null ? LeaseEvent.Kind.EXPIRED : exchange.ending;
        boolean declined = why == LeaseEvent.Kind.DECLINED;
        long rest = (declined ? lending.declineTime() : lending.quarantineTime(ending.code)).toSeconds();
        Holding resting = ending.to(LeaseState.QUARANTINED, clocks.wallSecondsUp() + rest);
        servedShrinks |= book.pools().owner(ending.code) == null;
        Holding stored = declined ? resting.heldBy(resting.client.declined()) : resting;
        book.put(stored);
        journal.write(new LeaseStore.Change.Put(stored.toLease()), notDurable -> {
            if (notDurable != null) {
                journal.settle(ending.code);
            }
            notifier.tell(why, resting);
            if (exchange != null) {
                ended(exchange);
            }
        });
    }

    // Time

    private void due(Holding holding) {
        switch (holding.state) {
            case OFFERED -> {
                book.remove(holding);
                offers.remove(holding.code);
            }
            case ACTIVE -> {
                if (exchanges.containsKey(holding.client)) {
                    // Being prolonged, perhaps; look again in a moment.
                    book.arm(holding, clocks.wallSeconds() + 1);
                } else {
                    end(holding, LeaseEvent.Kind.EXPIRED);
                }
            }
            case ENDING -> {
                if (teps.at(holding.tunnelAddress) == null) {
                    forgotten(holding, exchanges.get(holding.client));
                } else {
                    armAgainstLostTep(holding);
                }
            }
            case QUARANTINED -> {
                book.remove(holding);
                journal.settle(holding.code);
                notifier.tell(LeaseEvent.Kind.FREED, holding);
            }
            // What is pending has no deadline but those of store and TEP.
            default -> {}
        }
    }

    private void clockJumped(long seconds) {
        log.warn(
                "DSTM-1040 The clock was set by {} s; leases end by the new time. Have time synchronised before the server starts",
                seconds);
        if (seconds < 0) {
            // Their holds would last as much longer.
            for (Long code : List.copyOf(offers)) {
                Holding offer = book.get(code);
                if (offer != null && offer.state == LeaseState.OFFERED) {
                    book.remove(offer);
                }
            }
            offers.clear();
        }
    }

    // Answers

    private void answer(Exchange exchange, LeaseDecision decision) {
        exchanges.remove(exchange.client, exchange);
        exchange.askers.forEach(asker -> asker.complete(decision));
        nextInLine(exchange);
    }

    /** A store or TEP that took longer than the lease lasts leaves nothing to give. */
    private LeaseDecision unlessOver(Holding lease, LeaseDecision.Granted granted) {
        return lease.until() > clocks.wallSeconds() && !granted.valid().isZero()
                ? granted
                : busy("the lease ran out before it could be given");
    }

    private void ended(Exchange exchange) {
        exchanges.remove(exchange.client, exchange);
        exchange.returners.forEach(returner -> returner.complete(true));
        nextInLine(exchange);
    }

    private static void nextInLine(Exchange exchange) {
        // The first may start something new, for which the rest then waits in line again.
        exchange.line().forEach(Runnable::run);
    }

    private static Refused busy(String message) {
        return new Refused(Reason.BUSY, message);
    }

    private static Refused stopping() {
        return busy("the server stops");
    }

    private static Refused refused(Reason reason, String message) {
        return new Refused(reason, message);
    }

    // Start, pools and TEPs

    private void load() {
        long begun = clocks.steadyMillis();
        try {
            store.load(lease -> {
                Holding holding = Holding.of(lease, shared(lease.tunnelAddress()), shared(lease.pool()));
                book.put(holding);
                if (holding.state == LeaseState.ENDING || holding.state == LeaseState.PENDING) {
                    Holding ending = holding.state == LeaseState.ENDING ? holding : holding.as(LeaseState.ENDING);
                    book.put(ending);
                    exchanges.put(ending.client, Exchange.ending(ending.client, LeaseEvent.Kind.EXPIRED));
                    unforgotten.add(ending.code);
                    armAgainstLostTep(ending);
                }
            });
        } catch (LeaseStoreException | RuntimeException unreadable) {
            log.error(
                    "DSTM-1032 The stored leases cannot be read, so none is given; next try in {} s: {}",
                    LOAD_RETRY_MILLIS / 1000,
                    Journal.sentence(unreadable));
            delays.after(LOAD_RETRY_MILLIS, this::load);
            return;
        }
        loaded = true;
        loadedAt = clocks.steadyMillis();
        log.info("DSTM-1001 The server has read {} leases in {} ms", book.size(), loadedAt - begun);
        afterLoading.forEach(Runnable::run);
        afterLoading.clear();
        refreshServedLater();
    }

    private void whenLoaded(Runnable task) {
        if (loaded) {
            task.run();
        } else {
            afterLoading.add(task);
        }
    }

    private void applyPools() {
        PoolRegistry.View view = wantedPools;
        if (view == null) {
            return;
        }
        if (!loaded) {
            whenLoaded(this::applyPools);
            return;
        }
        wantedPools = null;
        Map<String, List<Ipv4Range>> servedBefore = servedByTep();
        PoolSet next = new PoolSet(view.pools());
        book.setPools(next);
        view.pools().forEach(pool -> poolsSeen.add(pool.name()));
        unsettledPools = view.unsettled();
        Map<String, List<Ipv4Range>> servedNow = servedByTep();
        for (TepLink tep : teps.all()) {
            if (!servedBefore
                    .getOrDefault(tep.name(), List.of())
                    .equals(servedNow.getOrDefault(tep.name(), List.of()))) {
                tep.wantResync();
            }
        }
        publishTunnelAddresses();
    }

    private Map<String, List<Ipv4Range>> servedByTep() {
        Map<String, List<Ipv4Range>> ranges = new HashMap<>();
        for (PoolSet.Entry entry : book.pools().byPriority()) {
            ranges.computeIfAbsent(entry.pool.config().tep(), tep -> new ArrayList<>())
                    .addAll(entry.pool.spans().toRanges());
        }
        ranges.replaceAll((tep, list) -> AddressSpans.of(list).toRanges());
        return ranges;
    }

    /**
     * What a TEP has to know: every active lease that clients tunnel to it for, whatever has become of its pool, and the addresses
     * of its pools and of those leases.
     */
    private TepLink.Table tableOf(TepLink tep) {
        Ipv6Address address = tep.address();
        long now = clocks.wallSeconds();
        List<Ipv4Range> served = new ArrayList<>(servedByTep().getOrDefault(tep.name(), List.of()));
        AddressSpans pools = AddressSpans.of(served);
        List<Binding> bindings = new ArrayList<>();
        book.forEach(holding -> {
            if (holding.state == LeaseState.ACTIVE && holding.tunnelAddress.equals(address) && holding.until() > now) {
                Binding binding = Binding.of(holding.toLease());
                bindings.add(binding);
                if (pools.indexOf(KeyCode.address(holding.code)) < 0) {
                    served.add(
                            new Ipv4Range(binding.key().address(), binding.key().address()));
                }
            }
        });
        return new TepLink.Table(AddressSpans.of(served).toRanges(), bindings);
    }

    private void refreshServedLater() {
        delays.after(SERVED_REFRESH_MILLIS, () -> {
            if (servedShrinks) {
                servedShrinks = false;
                teps.all().forEach(TepLink::wantResync);
            }
            refreshServedLater();
        });
    }

    private void publishTunnelAddresses() {
        tunnelAddresses = book.pools().byPriority().stream()
                .map(entry -> teps.named(entry.pool.config().tep()))
                .map(tep -> tep == null ? null : tep.address())
                .filter(address -> address != null)
                .distinct()
                .toList();
    }

    private String shared(String name) {
        return sharedNames.computeIfAbsent(name, same -> same);
    }

    private Ipv6Address shared(Ipv6Address address) {
        return sharedAddresses.computeIfAbsent(address, same -> same);
    }
}
