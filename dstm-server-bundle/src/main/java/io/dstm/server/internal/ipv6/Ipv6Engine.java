package io.dstm.server.internal.ipv6;

import io.dstm.api.ipv6.Ipv6Decision;
import io.dstm.api.ipv6.Ipv6Decision.Granted;
import io.dstm.api.ipv6.Ipv6Decision.Reason;
import io.dstm.api.ipv6.Ipv6Decision.Refused;
import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.ipv6.Ipv6LeaseStore;
import io.dstm.api.ipv6.Ipv6LeaseStore.Change;
import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.ipv6.Ipv6Options;
import io.dstm.api.ipv6.Ipv6PoolStatus;
import io.dstm.api.ipv6.Ipv6Request;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lends IPv6 addresses and prefixes. What is decided under the lock is in force for later decisions at once and is told to the
 * client when it is durable; where it cannot be made so, it is undone.
 *
 * <p>An offer holds nothing: which lease a client gets follows from who it is ({@link Place}), so it is the same when the client
 * comes back with a Request, and Solicits without one cost nothing.
 */
public final class Ipv6Engine implements Ipv6LeaseService {

    private static final Logger log = LoggerFactory.getLogger(Ipv6Engine.class);

    private final Ipv6LeaseStore store;
    private final InstantSource clock;
    private final Place place;
    private final Object lock = new Object();

    /** Guarded by lock. */
    private final Ipv6Book book = new Ipv6Book();

    /** In order of name, unchangeable; replaced with the lock held. Their configurations may be read without it. */
    private volatile List<Ipv6Pool> pools = List.of();

    private final Ipv6Journal journal;
    private final Ipv6Notices notices = new Ipv6Notices();

    /** Guarded by lock. */
    private boolean loaded;

    /**
     * What was decided.
     *
     * @param lease what is to be in force, and durable; {@code null} if nothing changes
     * @param before what it takes the place of
     */
    private record Draft(
            Ipv6Decision decision,
            @Nullable Ipv6Lease lease,
            @Nullable Ipv6Lease before) {

        static Draft of(Ipv6Decision decision) {
            return new Draft(decision, null, null);
        }
    }

    /** An engine that knows no lease until {@link #load} was called. */
    public Ipv6Engine(Ipv6LeaseStore store, InstantSource clock, byte[] secret) {
        this.store = store;
        this.clock = clock;
        this.place = new Place(secret);
        this.journal = new Ipv6Journal(store, book, lock);
    }

    /** Reads the stored leases unless that was done; whether they are known now. May block. */
    public boolean load() {
        synchronized (lock) {
            if (loaded) {
                return true;
            }
        }
        List<Ipv6Lease> stored = new ArrayList<>();
        try {
            store.load(stored::add);
        } catch (LeaseStoreException unreadable) {
            log.error(
                    "DSTM-1073 The stored IPv6 leases cannot be read, none is given; tried again: {}",
                    unreadable.getMessage());
            return false;
        }
        Instant now = now();
        synchronized (lock) {
            for (Ipv6Lease lease : stored) {
                if (!lease.until().isAfter(now)) {
                    journal.unsettle(lease.prefix());
                    continue;
                }
                // What was given back while the store was bad, and not settled before a crash, can be in the way of
                // newer ones.
                Set<Ipv6Lease> rivals = rivals(lease);
                if (rivals.stream().anyMatch(other -> other.since().isAfter(lease.since()))) {
                    journal.unsettle(lease.prefix());
                    continue;
                }
                for (Ipv6Lease other : rivals) {
                    book.remove(other);
                    journal.unsettle(other.prefix());
                }
                book.put(lease);
            }
            pools = pools.stream()
                    .map(pool -> new Ipv6Pool(pool.config(), book))
                    .toList();
            loaded = true;
            journal.settle();
        }
        log.info("DSTM-1074 {} IPv6 leases were read", stored.size());
        return true;
    }

    /** The leases that cannot be beside this one: of the same addresses, or of the same IA. */
    private Set<Ipv6Lease> rivals(Ipv6Lease lease) {
        Set<Ipv6Lease> rivals = new LinkedHashSet<>(book.overlapping(lease.prefix()));
        Ipv6Lease held = lease.declined() ? null : book.of(lease.client(), lease.kind());
        if (held != null) {
            rivals.add(held);
        }
        return rivals;
    }

    /** Puts pools into force; leases outside them are given up when their clients ask next. */
    public void setPools(List<Ipv6PoolConfig> configs) {
        synchronized (lock) {
            List<Ipv6Pool> next = new ArrayList<>();
            for (Ipv6PoolConfig config : configs) {
                next.add(pools.stream()
                        .filter(pool -> pool.config().name().equals(config.name()))
                        .findFirst()
                        .map(pool -> pool.with(config, book))
                        .orElseGet(() -> new Ipv6Pool(config, book)));
            }
            pools = List.copyOf(next);
        }
    }

    /** Ends what has run out and settles what the store did not take; to be called every second or so. */
    public void tick() {
        synchronized (lock) {
            if (!loaded) {
                return;
            }
            for (Ipv6Lease ended : book.ended(now())) {
                free(ended);
                journal.unsettle(ended.prefix());
            }
            journal.settle();
        }
    }

    @Override
    public CompletionStage<Ipv6Decision> offer(Ipv6Request request) {
        synchronized (lock) {
            return CompletableFuture.completedFuture(decide(request).decision());
        }
    }

    @Override
    public CompletionStage<Ipv6Decision> allocate(Ipv6Request request) {
        return durable(() -> decide(request));
    }

    @Override
    public CompletionStage<Ipv6Decision> renew(Ipv6Request request) {
        return durable(() -> book.of(request.client(), request.kind()) == null
                ? Draft.of(new Refused(Reason.NO_BINDING, "this server has no such lease", gone(request, null)))
                : decide(request));
    }

    private CompletionStage<Ipv6Decision> durable(Supplier<Draft> decide) {
        Draft draft;
        Ipv6Lease lease;
        long entry;
        CompletionStage<Void> committed;
        synchronized (lock) {
            draft = decide.get();
            lease = draft.lease();
            if (lease == null) {
                return CompletableFuture.completedFuture(draft.decision());
            }
            swap(draft.before(), lease);
            entry = book.entryAt(lease.prefix());
            committed = journal.commit(changes(draft.before(), lease));
        }
        return committed.handle((done, problem) -> {
            if (problem == null) {
                return draft.decision();
            }
            synchronized (lock) {
                undo(lease, entry, draft.before());
            }
            return new Refused(Reason.STORE_UNAVAILABLE, "leases cannot be made durable now");
        });
    }

    private static List<Change> changes(@Nullable Ipv6Lease before, Ipv6Lease lease) {
        Change put = new Change.Put(lease);
        return before == null || before.prefix().equals(lease.prefix())
                ? List.of(put)
                : List.of(new Change.Remove(before.prefix()), put);
    }

    /** Decides with the lock held; puts nothing into force. */
    private Draft decide(Ipv6Request request) {
        if (!loaded) {
            return Draft.of(new Refused(Reason.STORE_UNAVAILABLE, "the server is starting"));
        }
        List<Ipv6Pool> serving = serving(request.link(), request.kind());
        Ipv6Lease held = book.of(request.client(), request.kind());
        if (serving.isEmpty()) {
            return Draft.of(new Refused(
                    Reason.NO_POOL,
                    request.kind() == Ipv6LeaseKind.ADDRESS
                            ? "this server lends no IPv6 addresses on this link"
                            : "this server delegates no prefixes on this link",
                    gone(request, null)));
        }
        Choice choice = choose(request, serving, held);
        if (choice == null) {
            return Draft.of(new Refused(
                    Reason.EXHAUSTED,
                    request.kind() == Ipv6LeaseKind.ADDRESS
                            ? "every address of this link is lent"
                            : "every prefix of that length is delegated",
                    gone(request, null)));
        }
        Ipv6PoolConfig config = choice.pool().config();
        boolean another = held == null || !held.prefix().equals(choice.prefix());
        if (held == null && book.count(request.client()) >= config.leasesPerClient()) {
            return Draft.of(
                    new Refused(Reason.CLIENT_LIMIT, "this client has as many leases as one may", gone(request, null)));
        }
        Instant now = now();
        Ipv6Lease lease = new Ipv6Lease(
                choice.prefix(),
                request.client(),
                request.kind(),
                config.name(),
                false,
                another || held == null ? now : held.since(),
                now.plus(config.times().preferred()),
                now.plus(config.times().valid()));
        Granted granted = new Granted(
                lease,
                config.times().preferred(),
                config.times().valid(),
                config.times().renewAfter(),
                config.times().rebindAfter(),
                gone(request, lease.prefix()));
        return new Draft(granted, lease, held);
    }

    /**
     * Undoes a grant unless something newer has happened to it: another within the second is equal, is another entry of the book, and
     * may be durable where this one is not.
     */
    private void undo(Ipv6Lease lease, long entry, @Nullable Ipv6Lease before) {
        if (book.entryAt(lease.prefix()) != entry) {
            return;
        }
        boolean vacant =
                before != null && book.overlapping(before.prefix()).stream().allMatch(lease::equals);
        swap(lease, vacant ? before : null);
        // It may have been settled in the meantime as it stood in the book.
        journal.unsettle(lease.prefix());
        if (before != null) {
            journal.unsettle(before.prefix());
        }
    }

    private record Choice(Ipv6Pool pool, Ipv6Prefix prefix) {}

    private @Nullable Choice choose(Ipv6Request request, List<Ipv6Pool> serving, @Nullable Ipv6Lease held) {
        String identity = request.client().identity();
        Ipv6LeaseKind kind = request.kind();
        for (Ipv6Pool pool : serving) {
            Ipv6Prefix reserved = pool.config().reservedFor(identity, kind).orElse(null);
            boolean mine = held != null && held.prefix().equals(reserved);
            if (reserved != null && (mine || book.overlapping(reserved).isEmpty())) {
                return new Choice(pool, reserved);
            }
        }
        if (held != null) {
            for (Ipv6Pool pool : serving) {
                if (pool.config().mayHave(identity, kind, held.prefix())) {
                    return new Choice(pool, held.prefix());
                }
            }
        }
        List<Ipv6Pool> open = new ArrayList<>(serving.size());
        for (Ipv6Pool pool : serving) {
            if (!pool.isFull()) {
                open.add(pool);
            }
        }
        if (open.size() < serving.size()) {
            notices.full(serving, now());
        }
        for (Ipv6Prefix wish : request.wishes()) {
            for (Ipv6Pool pool : open) {
                if (pool.isFree(kind, wish) && pool.config().mayHave(identity, kind, wish)) {
                    return new Choice(pool, wish);
                }
            }
        }
        for (Ipv6Pool pool : open) {
            Ipv6Prefix found = pool.find(request, place).orElse(null);
            if (found != null) {
                return new Choice(pool, found);
            }
        }
        return null;
    }

    /** What the client names besides what it has; without a grant only what is another's or not right on the link. */
    private List<Ipv6Prefix> gone(Ipv6Request request, @Nullable Ipv6Prefix granted) {
        LinkedHashSet<Ipv6Prefix> gone = new LinkedHashSet<>();
        for (Ipv6Prefix wish : request.wishes()) {
            if (wish.address().isUnspecified() || wish.equals(granted)) {
                continue;
            }
            Ipv6Lease other = book.at(wish);
            boolean anothers = other != null && !other.client().equals(request.client());
            if (granted != null || anothers || !isLendable(request.link(), request.kind(), wish)) {
                gone.add(wish);
            }
        }
        return List.copyOf(gone);
    }

    private List<Ipv6Pool> serving(Ipv6Link link, Ipv6LeaseKind kind) {
        List<Ipv6Pool> serving = new ArrayList<>(1);
        for (Ipv6Pool pool : pools) {
            if (pool.config().lends(kind) && pool.config().serves(link)) {
                serving.add(pool);
            }
        }
        return serving;
    }

    /** Puts one lease in another's place; either may be none. */
    private void swap(@Nullable Ipv6Lease from, @Nullable Ipv6Lease to) {
        boolean samePlace = from != null && to != null && from.prefix().equals(to.prefix());
        if (from != null) {
            book.remove(from);
            for (Ipv6Pool pool : pools) {
                pool.forget(from, !samePlace);
            }
        }
        if (to != null) {
            book.put(to);
            for (Ipv6Pool pool : pools) {
                pool.note(to, !samePlace);
            }
        }
    }

    private void free(Ipv6Lease lease) {
        swap(lease, null);
    }

    @Override
    public CompletionStage<Ipv6Decision> adopt(Ipv6Lease lease) {
        return durable(() -> takeOver(lease));
    }

    /** Decides with the lock held about a lease of another server. */
    private Draft takeOver(Ipv6Lease lease) {
        if (!loaded) {
            return Draft.of(new Refused(Reason.STORE_UNAVAILABLE, "the server is starting"));
        }
        Instant now = now();
        if (!lease.until().isAfter(now)) {
            return Draft.of(new Refused(Reason.NO_BINDING, "it is over"));
        }
        String identity = lease.client().identity();
        Optional<Ipv6PoolConfig> pool = pools.stream()
                .map(Ipv6Pool::config)
                .filter(config -> lease.declined()
                        ? config.lendsToSomebody(lease.kind(), lease.prefix())
                        : config.mayHave(identity, lease.kind(), lease.prefix()))
                .findFirst();
        if (pool.isEmpty()) {
            return Draft.of(new Refused(Reason.NO_POOL, "no pool of this server may lend it to this client"));
        }
        if (!book.overlapping(lease.prefix()).isEmpty()) {
            return Draft.of(new Refused(Reason.EXHAUSTED, "it is lent already, or some of it"));
        }
        Ipv6Lease held = book.of(lease.client(), lease.kind());
        if (held != null && !lease.declined()) {
            return Draft.of(new Refused(Reason.CLIENT_LIMIT, "its client has " + held.prefix() + " already"));
        }
        Ipv6Lease here = new Ipv6Lease(
                lease.prefix(),
                lease.client(),
                lease.kind(),
                pool.get().name(),
                lease.declined(),
                lease.since(),
                lease.preferredUntil(),
                lease.until());
        Duration preferred = Duration.between(now, here.preferredUntil());
        Duration valid = Duration.between(now, here.until());
        return new Draft(
                new Granted(here, preferred.isNegative() ? Duration.ZERO : preferred, valid, valid, valid, List.of()),
                here,
                null);
    }

    @Override
    public CompletionStage<Boolean> release(ClientId client, Ipv6LeaseKind kind, List<Ipv6Prefix> prefixes) {
        return giveBack(client, kind, prefixes, lease -> {
            free(lease);
            return new Change.Remove(lease.prefix());
        });
    }

    @Override
    public CompletionStage<Boolean> decline(ClientId client, List<Ipv6Prefix> addresses) {
        return giveBack(client, Ipv6LeaseKind.ADDRESS, addresses, lease -> {
            Instant now = now();
            Instant until = now.plus(pools.stream()
                    .filter(pool -> pool.config().name().equals(lease.pool()))
                    .findFirst()
                    .map(pool -> pool.config().declineTime())
                    .orElse(Ipv6PoolConfig.DEFAULT_DECLINE));
            Ipv6Lease declined =
                    new Ipv6Lease(lease.prefix(), client, lease.kind(), lease.pool(), true, now, until, until);
            book.remove(lease);
            book.put(declined);
            notices.declined(declined, now);
            return new Change.Put(declined);
        });
    }

    private CompletionStage<Boolean> giveBack(
            ClientId client, Ipv6LeaseKind kind, List<Ipv6Prefix> prefixes, Function<Ipv6Lease, Change> how) {
        CompletionStage<Void> committed;
        synchronized (lock) {
            Ipv6Lease held = book.of(client, kind);
            if (held == null || !prefixes.contains(held.prefix())) {
                return CompletableFuture.completedFuture(false);
            }
            committed = journal.commit(List.of(how.apply(held)));
        }
        // What is given back stays so even if the store did not take it yet.
        return committed.handle((done, problem) -> true);
    }

    @Override
    public boolean serves(Ipv6Link link) {
        // Asked for every message, whatever it wants.
        for (Ipv6Pool pool : pools) {
            if (pool.config().serves(link)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Optional<Boolean> onLink(Ipv6Link link, Ipv6Address address) {
        boolean served = false;
        boolean known = false;
        for (Ipv6Pool pool : pools) {
            if (pool.config().serves(link)) {
                served = true;
                known |= pool.config().belongs(address);
            }
        }
        return served ? Optional.of(known || Ipv6PoolConfig.anyContains(link.prefixes(), address)) : Optional.empty();
    }

    @Override
    public boolean isLendable(Ipv6Link link, Ipv6LeaseKind kind, Ipv6Prefix prefix) {
        return pools.stream()
                .map(Ipv6Pool::config)
                .filter(config -> config.serves(link))
                .anyMatch(config -> config.lendsToSomebody(kind, prefix));
    }

    @Override
    public Ipv6Options options(Ipv6Link link) {
        Ipv6Options all = null;
        for (Ipv6Pool pool : pools) {
            if (pool.config().serves(link)) {
                Ipv6Options more = pool.config().options();
                all = all == null ? more : all.join(more);
            }
        }
        return all == null ? Ipv6Options.NONE : all;
    }

    @Override
    public Optional<Ipv6Lease> leaseOf(ClientId client, Ipv6LeaseKind kind) {
        synchronized (lock) {
            return Optional.ofNullable(book.of(client, kind));
        }
    }

    @Override
    public Optional<Ipv6Lease> leaseOver(Ipv6Address address) {
        synchronized (lock) {
            return book.overlapping(new Ipv6Prefix(address, 128)).stream()
                    .filter(lease -> !lease.declined())
                    .findFirst();
        }
    }

    @Override
    public boolean isPooled(Ipv6Address address) {
        synchronized (lock) {
            return pools.stream()
                    .map(Ipv6Pool::config)
                    .anyMatch(config -> config.addresses().contains(address)
                            || config.prefixes().contains(address)
                            || config.reservations().stream()
                                    .anyMatch(reserved -> reserved.prefix().contains(address)));
        }
    }

    @Override
    public void forEachLease(Consumer<Ipv6Lease> visitor) {
        List<Ipv6Lease> all;
        synchronized (lock) {
            all = book.all();
        }
        all.forEach(visitor);
    }

    @Override
    public List<Ipv6PoolStatus> pools() {
        synchronized (lock) {
            return pools.stream().map(Ipv6Pool::status).toList();
        }
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
}
