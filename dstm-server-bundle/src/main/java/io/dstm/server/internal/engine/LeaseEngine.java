package io.dstm.server.internal.engine;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseListener;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.lease.PoolListener;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.TunnelEndPoint;
import io.dstm.server.internal.client.ClientKey;
import io.dstm.server.internal.config.PoolRegistry;
import io.dstm.server.internal.config.ServerConfig;
import io.dstm.server.internal.pool.KeyCode;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
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

    /** Expiries handled in one turn, so that a flood of them holds up no answer. */
    private static final int EXPIRIES_A_TURN = 500;

    /** How often, and how many at most, former holders are forgotten; a thousand a second. */
    private static final long FORGET_MILLIS = 1_000;

    private static final int FORGOTTEN_AT_ONCE = 1_000;

    private static final long LOAD_RETRY_MILLIS = 10_000;
    private static final long LONGEST_SLEEP_MILLIS = 500;

    private final LeaseStore store;
    private final Executor loop;
    private final Clocks clocks;
    private final Delays delays;
    private final LeaseBook book = new LeaseBook();
    private final TepLinks teps;
    private final Lending lending;
    private final PoolKeeper pools;
    private final LeaseLife life;
    private final Notifier notifier;
    private final FormerHolders former;
    private final PoolWatch watch;

    private final AtomicInteger requests = new AtomicInteger();
    private final List<Runnable> afterLoading = new ArrayList<>();
    private volatile boolean closed;
    private boolean configured;
    private boolean loaded;

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
        teps = new TepLinks(this::newLink);
        former = new FormerHolders(code -> forgetFree(code));
        configureMemory(ServerConfig.DEFAULTS);
        lending = new Lending(book, teps, former, clocks);
        pools = new PoolKeeper(book, teps, clocks, delays, lending::poolSet);
        notifier = new Notifier(events);
        watch = new PoolWatch(events);
        life = new LeaseLife(book, store, teps, lending, pools, notifier, former, loop, clocks, delays);
    }

    private void forgetFree(long code) {
        life.forgetFree(code);
    }

    private void configureMemory(ServerConfig config) {
        former.configure(config.rememberTime(), config.rememberLeases());
    }

    private TepLink newLink(String name) {
        return new TepLink(name, loop, clocks, delays, pools::tableOf, pools::rangesOf, life::synced);
    }

    // Control

    /** Loads the store, then serves. Returns at once. */
    public void start() {
        loop.execute(this::load);
    }

    private void load() {
        long begun = clocks.steadyMillis();
        try {
            store.load(life::restore);
        } catch (LeaseStoreException | RuntimeException unreadable) {
            log.error(
                    "DSTM-1032 The stored leases cannot be read, so none is given; next try in {} s: {}",
                    LOAD_RETRY_MILLIS / 1000,
                    Journal.sentence(unreadable));
            delays.after(LOAD_RETRY_MILLIS, this::load);
            return;
        }
        loaded = true;
        log.info("DSTM-1001 The server has read {} leases in {} ms", book.size(), clocks.steadyMillis() - begun);
        former.order();
        pools.begin();
        forgetOld();
        watchPools();
        afterLoading.forEach(Runnable::run);
        afterLoading.clear();
    }

    private void forgetOld() {
        former.expire(clocks.wallSeconds(), FORGOTTEN_AT_ONCE);
        delays.after(FORGET_MILLIS, this::forgetOld);
    }

    private void watchPools() {
        watch.look(book.pools(), lending.config().terms());
        delays.after(PoolWatch.EVERY_MILLIS, this::watchPools);
    }

    private void whenLoaded(Runnable task) {
        if (loaded) {
            task.run();
        } else {
            afterLoading.add(task);
        }
    }

    /** Answers everyone who waits and takes nothing on any more. TEPs keep their bindings and the store its leases. */
    public void close() {
        closed = true;
        loop.execute(life::stop);
    }

    /** Takes over the server's configuration; until the first one nothing is lent. */
    public void configure(ServerConfig config) {
        loop.execute(() -> {
            if (lending.setConfig(config)) {
                pools.countAnew();
            }
            configureMemory(config);
            configured = true;
        });
    }

    /** Takes over the pools; those that are gone or smaller drain. */
    public void setPools(PoolRegistry.View view) {
        loop.execute(() -> pools.want(view));
    }

    /** A TEP has come. It is told nothing before the store was read. */
    public void addTep(TunnelEndPoint tep) {
        loop.execute(() -> whenLoaded(() -> {
            teps.link(tep.name()).appear(tep);
            pools.publishTunnelAddresses();
        }));
    }

    /** A TEP has gone. */
    public void removeTep(TunnelEndPoint tep) {
        loop.execute(() -> whenLoaded(() -> {
            teps.link(tep.name()).vanish(tep);
            pools.publishTunnelAddresses();
        }));
    }

    /** Compares every TEP's table with the leases. */
    public void resync() {
        loop.execute(() -> teps.all().forEach(TepLink::resyncNow));
    }

    @Override
    public CompletionStage<Boolean> resync(String tep) {
        CompletableFuture<Boolean> asker = new CompletableFuture<>();
        if (closed) {
            asker.complete(false);
            return asker;
        }
        loop.execute(() -> {
            TepLink link = teps.named(tep);
            if (link != null) {
                link.resyncNow();
            }
            asker.complete(link != null && link.address() != null);
        });
        return asker;
    }

    /** A listener has come. */
    public void addListener(LeaseListener listener) {
        notifier.add(listener);
    }

    /** A listener has gone. */
    public void removeListener(LeaseListener listener) {
        notifier.remove(listener);
    }

    /** A listener of pools has come. */
    public void addPoolListener(PoolListener listener) {
        watch.add(listener);
    }

    /** A listener of pools has gone. */
    public void removePoolListener(PoolListener listener) {
        watch.remove(listener);
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
        boolean moreDue = loaded && book.fire(clocks.wallSeconds(), EXPIRIES_A_TURN, life::due);
        life.flush();
        teps.all().forEach(TepLink::flush);
        notifier.flush();
        return moreDue ? 0 : delays.untilNext(LONGEST_SLEEP_MILLIS);
    }

    private void clockJumped(long seconds) {
        log.warn(
                "DSTM-1040 The clock was set by {} s; leases end by the new time. Have time synchronised before the server starts",
                seconds);
        if (seconds < 0) {
            life.dropOffers();
        }
    }

    // Requests

    @Override
    public CompletionStage<LeaseDecision> offer(AllocationRequest request) {
        return submit(asker -> life.offer(request, ClientKey.of(request.client()), asker));
    }

    @Override
    public CompletionStage<LeaseDecision> allocate(AllocationRequest request) {
        return submit(asker -> life.allocate(request, ClientKey.of(request.client()), asker));
    }

    @Override
    public CompletionStage<LeaseDecision> renew(AllocationRequest request) {
        return submit(asker -> life.renew(request, ClientKey.of(request.client()), asker));
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
    public CompletionStage<Boolean> revoke(ClientId client, @Nullable LeaseKey key) {
        return giveBack(client, key, LeaseEvent.Kind.WITHDRAWN);
    }

    @Override
    public CompletionStage<LeaseDecision> adopt(Lease lease) {
        return submit(asker -> life.adopt(lease, asker));
    }

    @Override
    public Optional<Lease> leaseOf(ClientId client) {
        return Optional.ofNullable(book.of(ClientKey.of(client)))
                .filter(holding -> holding.state == LeaseState.ACTIVE)
                .map(Holding::toLease);
    }

    @Override
    public boolean isTunnelSourceTaken(Ipv6Address source, ClientId client) {
        return book.isSourceTaken(source, ClientKey.of(client));
    }

    @Override
    public void forEachLease(Consumer<Lease> visitor) {
        book.forEach(holding -> visitor.accept(holding.toLease()));
    }

    @Override
    public void forEachLease(Predicate<? super LeaseKey> wanted, Consumer<Lease> visitor) {
        book.forEach(holding -> {
            if (wanted.test(holding.key())) {
                visitor.accept(holding.toLease());
            }
        });
    }

    @Override
    public void forEachLeaseOf(Collection<LeaseKey> keys, Consumer<Lease> visitor) {
        for (LeaseKey key : keys) {
            Holding holding = book.get(KeyCode.of(key));
            if (holding != null) {
                visitor.accept(holding.toLease());
            }
        }
    }

    @Override
    public List<PoolStatus> pools() {
        return book.pools().status();
    }

    @Override
    public List<Ipv6Address> tunnelAddresses() {
        return pools.tunnelAddresses();
    }

    private CompletionStage<LeaseDecision> submit(Consumer<CompletableFuture<LeaseDecision>> task) {
        CompletableFuture<LeaseDecision> asker = new CompletableFuture<>();
        if (closed) {
            asker.complete(LeaseLife.stopping());
            return asker;
        }
        if (requests.incrementAndGet() > MOST_REQUESTS) {
            requests.decrementAndGet();
            asker.complete(LeaseLife.busy("the server is overloaded"));
            return asker;
        }
        loop.execute(() -> LeaseLife.guarded(asker, () -> {
            if (closed) {
                asker.complete(LeaseLife.stopping());
            } else if (!configured) {
                asker.complete(LeaseLife.busy("the server has no valid configuration"));
            } else if (!loaded) {
                asker.complete(LeaseLife.refused(Reason.STORE_UNAVAILABLE, "the server could not read its leases"));
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
        loop.execute(() -> LeaseLife.guarded(returner, () -> {
            // It may wait long for a TEP that is away, and must not use up what others are counted by.
            requests.decrementAndGet();
            if (closed || !loaded) {
                returner.complete(false);
            } else {
                life.giveBack(ClientKey.of(client), key, kind, returner);
            }
        }));
        return returner;
    }
}
