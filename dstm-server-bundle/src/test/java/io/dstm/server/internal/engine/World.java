package io.dstm.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.config.ConfigException;
import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseDecision.Refused;
import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.server.internal.config.PoolConfig;
import io.dstm.server.internal.config.PoolRegistry;
import io.dstm.server.internal.config.ServerConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** An engine with a store, a TEP and clocks in the test's hands; everything happens on the test's thread. */
final class World {

    static final Instant START = Instant.parse("2026-11-21T00:00:00Z");

    SteppedStore store = new SteppedStore();
    FakeTep tep = new FakeTep("tep", "2001:db8:ffff::1");
    final List<LeaseEvent> events = new ArrayList<>();
    Instant wall = START;
    long steady;
    LeaseEngine engine;
    private ArrayDeque<Runnable> tasks;
    private Map<String, String> server = Map.of();
    private List<PoolConfig> pools = List.of();

    private World() {}

    /** With the server's defaults and a pool of these properties, settled. */
    static World with(String... properties) {
        World world = new World();
        world.boot();
        world.pools(pool("p", properties));
        return world;
    }

    /** With an engine that has started, its TEP and no pool. */
    static World withoutPools() {
        World world = new World();
        world.boot();
        return world;
    }

    /** With an engine that was not started. */
    static World asleep() {
        World world = new World();
        world.create();
        return world;
    }

    static PoolConfig pool(String name, String... properties) {
        try {
            return PoolConfig.read(name, map(properties));
        } catch (ConfigException wrong) {
            throw new AssertionError(wrong);
        }
    }

    private static Map<String, String> map(String... properties) {
        Map<String, String> map = new HashMap<>();
        for (String property : properties) {
            int equals = property.indexOf('=');
            map.put(property.substring(0, equals), property.substring(equals + 1));
        }
        return map;
    }

    void create() {
        ArrayDeque<Runnable> queue = new ArrayDeque<>();
        tasks = queue;
        engine = new LeaseEngine(store, queue::add, Runnable::run, () -> wall, () -> steady);
        engine.addListener(events::add);
        engine.configure(read());
    }

    private ServerConfig read() {
        try {
            return ServerConfig.read(server);
        } catch (ConfigException wrong) {
            throw new AssertionError(wrong);
        }
    }

    private void boot() {
        create();
        engine.start();
        engine.addTep(tep);
        run();
    }

    World server(String... properties) {
        server = map(properties);
        engine.configure(read());
        run();
        return this;
    }

    World pools(PoolConfig... now) {
        pools = List.of(now);
        engine.setPools(new PoolRegistry.View(pools, Set.of()));
        run();
        // By the steady clock alone, so that leases go on beginning at whole seconds.
        steady += PoolKeeper.SETTLE_MILLIS;
        run();
        return this;
    }

    /** The machine crashes; what is durable stays. Pools come a moment after the start. */
    World crash() {
        store = store.afterCrash();
        boot();
        pools(pools.toArray(PoolConfig[]::new));
        return this;
    }

    /** The server's process crashes and starts anew; no pool file is seen yet. */
    World crashWithoutPools() {
        store = store.afterCrash();
        boot();
        return this;
    }

    /** Runs tasks and turns until nothing is left to do now. */
    void run() {
        for (int i = 0; i < 10_000; i++) {
            while (!tasks.isEmpty()) {
                tasks.remove().run();
            }
            long wait = engine.turn();
            if (tasks.isEmpty() && wait > 0) {
                return;
            }
        }
        throw new AssertionError("the engine does not come to rest");
    }

    World pass(Duration time) {
        wall = wall.plus(time);
        steady += time.toMillis();
        run();
        return this;
    }

    World pass(String seconds) {
        return pass(Duration.parse("PT" + seconds));
    }

    // Clients

    static ClientId client(int number) {
        return ClientId.ofDuid(new byte[] {0, 3, 0, 1, (byte) (number >> 8), (byte) number}, 1);
    }

    static Ipv6Address source(int number) {
        return new Ipv6Address(0x20010DB8_00000000L, 0x1000L + number);
    }

    static AllocationRequest request(int number) {
        return new AllocationRequest(client(number), source(number), null, true, null, "test");
    }

    static AllocationRequest request(int number, String source) {
        return new AllocationRequest(
                client(number), source == null ? null : Ipv6Address.parse(source), null, true, null, "test");
    }

    static AllocationRequest wishing(int number, LeaseKey wish) {
        return new AllocationRequest(client(number), source(number), wish, true, null, "test");
    }

    static LeaseKey key(String address) {
        return new LeaseKey(Ipv4Address.parse(address), PortSet.FULL);
    }

    CompletableFuture<LeaseDecision> asks(AllocationRequest request) {
        CompletableFuture<LeaseDecision> answer = engine.allocate(request).toCompletableFuture();
        run();
        return answer;
    }

    Granted granted(AllocationRequest request) {
        return granted(engine.allocate(request));
    }

    Granted granted(int client) {
        return granted(request(client));
    }

    Granted renewed(AllocationRequest request) {
        return granted(engine.renew(request));
    }

    Granted offered(AllocationRequest request) {
        return granted(engine.offer(request));
    }

    private Granted granted(CompletionStage<LeaseDecision> stage) {
        LeaseDecision decision = now(stage);
        if (decision instanceof Granted granted) {
            return granted;
        }
        throw new AssertionError("not granted: " + decision);
    }

    Reason refused(CompletionStage<LeaseDecision> stage) {
        LeaseDecision decision = now(stage);
        if (decision instanceof Refused refused) {
            return refused.reason();
        }
        throw new AssertionError("not refused: " + decision);
    }

    Reason refused(AllocationRequest request) {
        return refused(engine.allocate(request));
    }

    <T> T now(CompletionStage<T> stage) {
        run();
        CompletableFuture<T> future = stage.toCompletableFuture();
        if (!future.isDone()) {
            throw new AssertionError("no answer yet");
        }
        return future.join();
    }

    boolean released(int client) {
        return now(engine.release(client(client), null));
    }

    List<LeaseEvent.Kind> eventKinds() {
        return events.stream().map(LeaseEvent::kind).toList();
    }

    List<Lease> leases() {
        List<Lease> leases = new ArrayList<>();
        engine.forEachLease(leases::add);
        List<Lease> byKey = new ArrayList<>();
        engine.forEachLeaseOf(leases.stream().map(Lease::key).toList(), byKey::add);
        assertThat(byKey).as("what is looked up by key").containsExactlyInAnyOrderElementsOf(leases);
        return leases;
    }
}
