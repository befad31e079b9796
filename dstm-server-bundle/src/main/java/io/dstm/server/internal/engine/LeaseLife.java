package io.dstm.server.internal.engine;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseDecision.Refused;
import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.tep.Binding;
import io.dstm.server.internal.client.ClientKey;
import io.dstm.server.internal.pool.KeyCode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps of a lease's life, each in its order. A grant is durable, then in the TEP, then told to the client. At the end of a
 * lease the TEP forgets first, then the address rests, then it is free. Used by the engine's thread alone.
 */
final class LeaseLife {

    private static final Logger log = LoggerFactory.getLogger(LeaseLife.class);

    /** Offers that are held at once; beyond, clients are told to come back. Bounds what strangers can hold without asking. */
    static final int MOST_OFFERS = 65_536;

    /** Who may wait for the end of one lease: a client and its retransmissions (RFC 8415 section 15: REL_MAX_RC is 4). */
    private static final int MOST_RETURNERS = 16;

    private final LeaseBook book;
    private final Journal journal;
    private final TepLinks teps;
    private final Lending lending;
    private final PoolKeeper pools;
    private final Notifier notifier;
    private final FormerHolders former;
    private final Clocks clocks;

    /** What is under way, by client. */
    private final Map<ClientKey, Exchange> exchanges = new HashMap<>();
    /** Codes whose TEP is yet to forget them but cannot be reached. */
    private final Set<Long> unforgotten = new HashSet<>();

    private final Set<Long> offers = new HashSet<>();
    private boolean stopped;

    LeaseLife(
            LeaseBook book,
            LeaseStore store,
            TepLinks teps,
            Lending lending,
            PoolKeeper pools,
            Notifier notifier,
            FormerHolders former,
            Executor loop,
            Clocks clocks,
            Delays delays) {
        this.book = book;
        this.journal = new Journal(store, book, this::isBeingProlonged, loop, delays);
        this.teps = teps;
        this.lending = lending;
        this.pools = pools;
        this.notifier = notifier;
        this.former = former;
        this.clocks = clocks;
    }

    // Start and stop

    /** Takes over a lease as the store has it. */
    void restore(Lease lease) {
        Holding holding = Holding.of(lease, book.shared(lease.tunnelAddress()), book.shared(lease.pool()));
        if (holding.state == LeaseState.QUARANTINED
                && holding.until() <= clocks.wallSeconds()
                && former.remember(holding, clocks.wallSeconds())) {
            return;
        }
        book.put(holding);
        if (holding.state == LeaseState.ENDING || holding.state == LeaseState.PENDING) {
            Holding ending = holding.state == LeaseState.ENDING ? holding : holding.as(LeaseState.ENDING);
            book.put(ending);
            exchanges.put(ending.client, Exchange.ending(ending.client, LeaseEvent.Kind.EXPIRED));
            unforgotten.add(ending.code);
            armAgainstLostTep(ending);
        }
    }

    /** Answers everyone who waits. */
    void stop() {
        stopped = true;
        for (Exchange exchange : List.copyOf(exchanges.values())) {
            exchange.askers.forEach(asker -> asker.complete(stopping()));
            exchange.returners.forEach(returner -> returner.complete(false));
            exchange.line().forEach(Runnable::run);
        }
        exchanges.clear();
    }

    /** Sends what has gathered for the store. */
    void flush() {
        journal.flush();
    }

    /** Has the store forget the lease of a code that is free or only offered, and that nobody is remembered for. */
    void forgetFree(long code) {
        Holding holding = book.get(code);
        if (holding == null || holding.state == LeaseState.OFFERED) {
            journal.settle(code);
        }
    }

    /** Takes all offers back: the clock was set back, and they would be held for as much longer. */
    void dropOffers() {
        for (Long code : List.copyOf(offers)) {
            Holding offer = book.get(code);
            if (offer != null && offer.state == LeaseState.OFFERED) {
                book.remove(offer);
            }
        }
        offers.clear();
    }

    // Turns of one client

    /** A defect shows in the log and to the asker, and stops nothing. */
    static void guarded(CompletableFuture<?> asker, Runnable task) {
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
            if (stopped) {
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

    /** Shows a client what it would get, and holds it for a moment. */
    void offer(AllocationRequest request, ClientKey client, CompletableFuture<LeaseDecision> asker) {
        if (waitsInLine(client, asker, () -> offer(request, client, asker))) {
            return;
        }
        Holding known = book.of(client);
        if (known != null && known.state == LeaseState.ACTIVE) {
            if (known.until() <= clocks.wallSeconds()) {
                end(known, LeaseEvent.Kind.EXPIRED);
                waitsInLine(client, asker, () -> offer(request, client, asker));
                return;
            }
            LeaseDecision unfit = Lending.unfit(known, request);
            if (unfit != null) {
                asker.complete(unfit);
                return;
            }
            Lending.Choice choice = lending.keep(known, request);
            if (choice instanceof Lending.Keep keep) {
                asker.complete(
                        keep.prolonging() == null
                                ? lending.remaining(known)
                                : lending.promised(known, keep.prolonging(), known.since(), request));
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
        dropOffer(known, slot.code());
        // An address that rests for its former holder is held for it anyway, and rests on if the offer is not taken.
        if (resting(slot.code()) == null) {
            book.put(offer);
            offers.add(offer.code);
        }
        asker.complete(lending.promised(
                offer, slot.entry(), lending.since(slot.entry(), client, book.get(slot.code())), request));
    }

    private Holding holding(Lending.Slot slot, ClientKey client, LeaseState state, long since, long until) {
        return new Holding(
                slot.code(),
                client,
                slot.source(),
                book.shared(slot.tunnelAddress()),
                book.shared(slot.entry().pool.name()),
                state,
                since,
                until);
    }

    /** What rests under a code; {@code null} if nothing does. */
    private @Nullable Holding resting(long code) {
        Holding there = book.get(code);
        return there != null && there.state == LeaseState.QUARANTINED ? there : null;
    }

    private void dropOffer(@Nullable Holding known, long unlessCode) {
        if (known != null && known.state == LeaseState.OFFERED && known.code != unlessCode) {
            book.remove(known);
            offers.remove(known.code);
        }
    }

    // Allocate

    /** Lends. */
    void allocate(AllocationRequest request, ClientKey client, CompletableFuture<LeaseDecision> asker) {
        if (joins(request, client, asker) || waitsInLine(client, asker, () -> allocate(request, client, asker))) {
            return;
        }
        Holding known = book.of(client);
        if (known != null && known.state == LeaseState.ACTIVE) {
            LeaseDecision unfit = Lending.unfit(known, request);
            if (known.until() > clocks.wallSeconds() && unfit != null) {
                asker.complete(unfit);
            } else if (known.until() > clocks.wallSeconds()) {
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
        if (pools.noneYet()) {
            return new Lending.No(Reason.BUSY, "the pools are not configured yet");
        }
        if (known != null && known.state == LeaseState.OFFERED && book.pools().owner(known.code) == null) {
            // Of a pool that has changed since: nobody gets it, and it is in the way.
            dropOffer(known, -1);
            return lending.choose(request, client, null);
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
        long since = lending.since(slot.entry(), client, book.get(slot.code()));
        lend(slot, request, client, known, since, lending.until(slot.entry(), since, request), asker);
    }

    private void lend(
            Lending.Slot slot,
            AllocationRequest request,
            ClientKey client,
            @Nullable Holding known,
            long since,
            long until,
            CompletableFuture<LeaseDecision> asker) {
        dropOffer(known, slot.code());
        offers.remove(slot.code());
        Holding before = resting(slot.code());
        Holding pending = holding(slot, client, LeaseState.PENDING, since, until);
        book.put(pending);
        former.lent(pending.code);
        Exchange exchange = Exchange.lending(client, request, asker);
        exchanges.put(client, exchange);
        Lease lease = pending.toLease(LeaseState.ACTIVE, request.client());
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
                former.forget(client);
                notifier.tell(LeaseEvent.Kind.ALLOCATED, active);
                answer(exchange, unlessOver(active, lending.granted(active, LeaseState.ACTIVE, request.client())));
            });
        });
    }

    // Take over

    /** Takes a lease over as another server had it. */
    void adopt(Lease lease, CompletableFuture<LeaseDecision> asker) {
        ClientKey client = ClientKey.of(lease.client());
        if (waitsInLine(client, asker, () -> adopt(lease, asker))) {
            return;
        }
        Holding known = book.of(client);
        boolean held = lease.state() == LeaseState.ACTIVE || lease.state() == LeaseState.PENDING;
        long until = lease.until().getEpochSecond();
        if (pools.noneYet()) {
            asker.complete(busy("the pools are not configured yet"));
        } else if (lease.state() == LeaseState.OFFERED || until <= clocks.wallSeconds()) {
            asker.complete(refused(Reason.NO_LEASE, "it is over"));
        } else if (held && known != null && known.state == LeaseState.ACTIVE) {
            asker.complete(refused(Reason.LIMIT_REACHED, "its client has " + known.key() + " already"));
        } else {
            Lending.Choice choice = lending.adopt(lease, client);
            if (!(choice instanceof Lending.Slot slot)) {
                asker.complete(Lending.refusal(choice));
            } else if (held) {
                AllocationRequest request =
                        new AllocationRequest(lease.client(), slot.source(), lease.key(), true, null, "import");
                lend(slot, request, client, known, lease.since().getEpochSecond(), until, asker);
            } else {
                long rest = lease.state() == LeaseState.QUARANTINED
                        ? until
                        : clocks.wallSecondsUp()
                                + lending.quarantineTime(slot.code()).toSeconds();
                rest(slot, client, lease.since().getEpochSecond(), rest, asker);
            }
        }
    }

    /** Has an address rest that a client had elsewhere. */
    private void rest(
            Lending.Slot slot, ClientKey client, long since, long until, CompletableFuture<LeaseDecision> asker) {
        Holding before = resting(slot.code());
        // What rests here already rests no shorter for what another server says.
        Holding resting = holding(
                slot, client, LeaseState.QUARANTINED, since, before == null ? until : Math.max(until, before.until()));
        offers.remove(slot.code());
        book.put(resting);
        former.lent(resting.code);
        journal.write(new LeaseStore.Change.Put(resting.toLease()), notDurable -> {
            if (notDurable == null) {
                asker.complete(lending.remaining(resting));
                return;
            }
            if (book.get(resting.code) == resting) {
                if (before == null) {
                    book.remove(resting);
                } else {
                    book.put(before.copy());
                }
            }
            journal.settle(resting.code);
            asker.complete(refused(Reason.STORE_UNAVAILABLE, "it could not be made durable"));
        });
    }

    /** Takes a grant back that its client has not heard of; the refusal goes out when the store has forgotten it. */
    private void undo(Exchange exchange, Holding pending, @Nullable Holding before, LeaseDecision refusal) {
        LeaseStore.Change change = before != null
                ? new LeaseStore.Change.Put(before.toLease())
                : new LeaseStore.Change.Remove(pending.key());
        journal.write(change, notDurable -> {
            if (before != null) {
                book.put(before.copy());
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

    /** Prolongs. */
    void renew(AllocationRequest request, ClientKey client, CompletableFuture<LeaseDecision> asker) {
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
        if (book.pools().owner(lease.code) == null && pools.mayYetCome(lease.pool)) {
            asker.complete(busy("the pool of this lease is not configured yet"));
            return;
        }
        PoolSet.Entry entry = keep.prolonging();
        long until = entry == null ? lease.until() : lending.until(entry, lease.since(), request);
        boolean moved = !lease.hasSource(keep.source()) || !lease.tunnelAddress.equals(keep.tunnelAddress());
        if (until == lease.until() && !moved && keep.tep() != null && keep.tep().inStep()) {
            LeaseDecision.Granted kept = entry == null
                    ? lending.remaining(lease)
                    : lending.granted(lease, LeaseState.ACTIVE, request.client());
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
                book.shared(keep.tunnelAddress()),
                entry == null ? lease.pool : book.shared(entry.pool.name()),
                LeaseState.ACTIVE,
                lease.since(),
                until);
        Exchange exchange = Exchange.lending(lease.client, request, asker);
        exchanges.put(lease.client, exchange);
        Lease prolonged = next.toLease(LeaseState.ACTIVE, request.client());
        journal.write(new LeaseStore.Change.Put(prolonged), notDurable -> {
            if (notDurable != null) {
                journal.settle(lease.code);
                answer(exchange, refused(Reason.STORE_UNAVAILABLE, "the lease could not be made durable"));
                return;
            }
            tep.install(Binding.of(prolonged), notInstalled -> {
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
                                entry == null
                                        ? lending.remaining(next)
                                        : lending.granted(next, LeaseState.ACTIVE, request.client())));
            });
        });
    }

    boolean isBeingProlonged(Holding holding) {
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

    // End

    /** A client gives its lease back or declines it, or the operator takes it. */
    void giveBack(ClientKey client, @Nullable LeaseKey key, LeaseEvent.Kind kind, CompletableFuture<Boolean> returner) {
        Exchange exchange = exchanges.get(client);
        if (exchange != null) {
            if (exchange.ending != null && exchange.returners.size() < MOST_RETURNERS) {
                exchange.returners.add(returner);
            } else if (!exchange.enqueue(() -> guarded(returner, () -> {
                if (stopped) {
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
    void synced(TepLink tep) {
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
        if (book.pools().owner(ending.code) == null) {
            pools.drained();
        }
        Holding stored = declined
                ? resting.heldBy(resting.client.declined())
                // The operator wants the client off it; who has it reserved is wanted on it.
                : why == LeaseEvent.Kind.WITHDRAWN && !lending.isReservedForHolder(resting)
                        ? resting.heldBy(resting.client.withdrawn())
                        : resting;
        book.put(stored);
        journal.write(new LeaseStore.Change.Put(stored.toLease(), why), notDurable -> {
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

    /** The time of a lease has come. */
    void due(Holding holding) {
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
                if (!former.remember(holding, clocks.wallSeconds())) {
                    journal.settle(holding.code);
                }
                notifier.tell(LeaseEvent.Kind.FREED, holding);
            }
            // What is pending has no deadline but those of store and TEP.
            default -> {}
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

    static Refused busy(String message) {
        return new Refused(Reason.BUSY, message);
    }

    static Refused stopping() {
        return busy("the server stops");
    }

    static Refused refused(Reason reason, String message) {
        return new Refused(reason, message);
    }
}
