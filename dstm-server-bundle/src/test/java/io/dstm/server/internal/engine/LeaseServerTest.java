package io.dstm.server.internal.engine;

import static io.dstm.server.internal.engine.World.pool;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseDecision.Refused;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.net.Ipv6Address;
import io.dstm.server.internal.config.PoolConfig;
import io.dstm.server.internal.config.PoolRegistry;
import io.dstm.server.internal.config.ServerConfig;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine on its own threads, under many at once. */
class LeaseServerTest {

    private static final int THREADS = 6;
    private static final int STEPS = 1_500;
    private static final int CLIENTS_A_THREAD = 40;

    /** A store that takes its time on a thread of its own. */
    private static final class SlowStore implements LeaseStore {
        final SteppedStore store = new SteppedStore();
        final ExecutorService disk = Executors.newSingleThreadExecutor();

        @Override
        public void load(Consumer<Lease> visitor) {}

        @Override
        public CompletionStage<Void> commit(List<Change> changes) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            disk.execute(() -> {
                store.commit(changes);
                done.complete(null);
            });
            return done;
        }
    }

    @Test
    @Timeout(240)
    void answers_everyone_and_lends_nothing_twice() throws Exception {
        SlowStore store = new SlowStore();
        FakeTep tep = new FakeTep("tep", "2001:db8:ffff::1");
        AtomicInteger events = new AtomicInteger();
        Map<LeaseKey, ClientId> held = new ConcurrentHashMap<>();
        ExecutorService clients = Executors.newFixedThreadPool(THREADS + 1);
        try (LeaseServer server = new LeaseServer(store)) {
            LeaseEngine engine = server.engine();
            engine.configure(ServerConfig.DEFAULTS);
            engine.addListener(event -> events.incrementAndGet());
            server.start();
            engine.addTep(tep);
            // Fewer than there are clients, so that they compete.
            List<PoolConfig> pools = List.of(pool("p", "ranges=10.0.0.0-10.0.0.99", "quarantine.time=0s"));
            engine.setPools(new PoolRegistry.View(pools, Set.of()));
            // Pools settle first; a quick machine would otherwise be through before there is anything to lend.
            awaitPools(engine);
            List<Future<?>> runs = new java.util.ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                int number = thread;
                runs.add(clients.submit(() -> play(engine, number, held)));
            }
            runs.add(clients.submit(() -> {
                for (int i = 0; i < 200; i++) {
                    Set<LeaseKey> keys = new HashSet<>();
                    engine.forEachLease(
                            lease -> assertThat(keys.add(lease.key())).isTrue());
                    engine.pools().forEach(status -> assertThat(status.free()).isBetween(0L, 100L));
                    engine.resync();
                }
                return null;
            }));
            for (Future<?> run : runs) {
                run.get(120, TimeUnit.SECONDS);
            }
            assertThat(tep.table.keySet()).isEqualTo(held.keySet());
            held.forEach((key, client) ->
                    assertThat(engine.leaseOf(client).map(Lease::key)).contains(key));
        } finally {
            clients.shutdownNow();
            store.disk.shutdown();
        }
        assertThat(store.disk.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        assertThat(events.get()).isPositive();
    }

    private static void awaitPools(LeaseEngine engine) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (engine.pools().isEmpty() && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        assertThat(engine.pools()).hasSize(1);
    }

    private static Void play(LeaseEngine engine, int thread, Map<LeaseKey, ClientId> held) throws Exception {
        Random random = new Random(thread);
        for (int step = 0; step < STEPS; step++) {
            int number = thread * 1000 + random.nextInt(CLIENTS_A_THREAD);
            ClientId client = new ClientId("test:" + number, 0);
            AllocationRequest request = new AllocationRequest(
                    client, new Ipv6Address(0x20010DB8_00000000L, number), null, true, null, "test");
            if (random.nextInt(3) > 0) {
                LeaseDecision decision = random.nextBoolean()
                        ? engine.allocate(request).toCompletableFuture().get(60, TimeUnit.SECONDS)
                        : engine.renew(request).toCompletableFuture().get(60, TimeUnit.SECONDS);
                if (decision instanceof Granted granted) {
                    ClientId holder = held.put(granted.lease().key(), client);
                    assertThat(holder).isIn(client, null);
                } else {
                    assertThat(((Refused) decision).reason())
                            .isIn(Reason.POOL_EXHAUSTED, Reason.NO_LEASE, Reason.BUSY, Reason.TEP_UNAVAILABLE);
                }
            } else {
                // Given up before it is told, for another may have it the moment after.
                held.values().removeIf(client::equals);
                engine.release(client, null).toCompletableFuture().get(60, TimeUnit.SECONDS);
            }
        }
        return null;
    }

    @Test
    @Timeout(120)
    void answers_after_it_was_closed() throws Exception {
        SlowStore store = new SlowStore();
        LeaseServer server = new LeaseServer(store);
        server.start();
        server.close();
        LeaseDecision decision =
                server.engine().allocate(World.request(1)).toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(((Refused) decision).reason()).isEqualTo(Reason.BUSY);
        assertThat(server.engine()
                        .release(World.client(1), null)
                        .toCompletableFuture()
                        .get(60, TimeUnit.SECONDS))
                .isFalse();
        store.disk.shutdown();
    }
}
