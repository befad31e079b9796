package io.dstm.server.internal.engine;

import static io.dstm.server.internal.engine.World.client;
import static io.dstm.server.internal.engine.World.pool;
import static io.dstm.server.internal.engine.World.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.server.internal.config.PoolConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * The engine against what its clients believe. Any sequence of requests, completions of store and TEP in any interleaving, failures
 * of both, reloads and crashes must keep what every client was told.
 */
class LeaseEngineModelProperties {

    private static final int CLIENTS = 6;
    private static final Duration QUARANTINE = Duration.ofMinutes(2);

    /** Small enough that clients compete, and of two shapes. */
    private static final List<List<PoolConfig>> POOLS = List.of(
            List.of(pool("p", "ranges=192.0.2.1-192.0.2.4")),
            List.of(pool("p", "ranges=192.0.2.1-192.0.2.2", "psid.length=1")),
            List.of(pool("p", "ranges=192.0.2.3-192.0.2.6"), pool("q", "ranges=192.0.2.1-192.0.2.2", "priority=1")),
            List.of(pool("q", "ranges=192.0.2.2", "psid.length=2", "system.ports=true")),
            List.of());

    @Property(tries = 1000)
    void keeps_what_clients_were_told(@ForAll @Size(min = 10, max = 120) List<@IntRange(max = 4095) Integer> script) {
        new Run().play(script);
    }

    /** What a client believes to have, and until when; or what it had. */
    private record Belief(int client, LeaseKey key, Ipv6Address source, Instant until) {}

    private static final class Run {
        private final World world = World.withoutPools();
        private final Map<Integer, Belief> beliefs = new HashMap<>();
        private final List<Belief> past = new ArrayList<>();
        /** Until when what the operator took back rests, as it is durable. */
        private final Map<LeaseKey, Instant> withdrawn = new HashMap<>();

        private AssertionError brokenPromise;
        private boolean tepThere = true;
        /** Answers to who has gone away since, or of an engine that crashed, reach nobody; by client. */
        private final int[] life = new int[CLIENTS];

        void play(List<Integer> script) {
            world.server("offer.time=30s", "remember.time=1d");
            usePools(0);
            world.store.hold = true;
            world.tep.hold = true;
            for (int step : script) {
                act(step % 16, step / 16);
                world.run();
                check();
            }
            settle();
        }

        private void act(int action, int argument) {
            int who = argument % CLIENTS;
            AllocationRequest request =
                    argument / CLIENTS % 4 == 0 ? request(who, "2001:db8:9::" + (who + 1)) : request(who);
            switch (action) {
                case 0, 1, 2 -> ask(who, request, world.engine.allocate(request));
                case 3 -> world.engine.offer(request);
                case 4, 5 -> ask(who, request, world.engine.renew(request));
                case 6 -> {
                    stopBelieving(who);
                    world.engine.release(client(who), null);
                }
                case 7 -> {
                    stopBelieving(who);
                    if (argument % 3 == 0) {
                        world.engine.decline(client(who), null);
                    } else if (argument % 3 == 1) {
                        world.engine.revoke(client(who), null);
                    } else {
                        world.engine.release(client(who), null);
                    }
                }
                case 8 -> {
                    if (!world.store.waiting.isEmpty()) {
                        world.store.step();
                    }
                }
                case 9 -> {
                    if (!world.tep.waiting.isEmpty()) {
                        world.tep.step();
                    }
                }
                case 10, 11 -> progress();
                case 12 ->
                    world.pass(
                            Duration.ofSeconds(List.of(1, 3, 20, 60, 600, 4000).get(argument % 6)));
                case 13 -> {
                    switch (argument % 4) {
                        case 0 -> world.store.failing = !world.store.failing;
                        case 1 -> world.tep.refuses = binding -> argument % 3 == 0;
                        case 2 -> world.tep.refuses = binding -> false;
                        default -> toggleTep();
                    }
                }
                case 14 -> usePools(argument % POOLS.size());
                default -> {
                    if (argument % 4 == 0) {
                        crash();
                    } else {
                        takeOver(who, argument);
                    }
                }
            }
        }

        /** The operator brings a lease that a client had from another server. */
        private void takeOver(int who, int argument) {
            LeaseKey whole = World.key("192.0.2." + (1 + argument % 6));
            LeaseKey key =
                    argument / 8 % 2 == 0 ? whole : new LeaseKey(whole.address(), new PortSet(0, 1, argument / 16 % 2));
            LeaseState state = List.of(LeaseState.ACTIVE, LeaseState.ACTIVE, LeaseState.QUARANTINED, LeaseState.ENDING)
                    .get(argument / 32 % 4);
            Lease lease = new Lease(
                    key,
                    client(who),
                    World.source(who),
                    world.tep.address,
                    "elsewhere",
                    state,
                    world.wall.truncatedTo(ChronoUnit.SECONDS).minusSeconds(500),
                    world.wall.truncatedTo(ChronoUnit.SECONDS).plusSeconds(argument % 2 == 0 ? 700 : 5));
            CompletionStage<LeaseDecision> taken = world.engine.adopt(lease);
            if (state == LeaseState.ACTIVE) {
                ask(who, request(who), taken);
            }
        }

        /** Store and TEP do all they were asked. */
        private void progress() {
            for (int i = 0; i < 3; i++) {
                world.store.stepAll();
                world.run();
                world.tep.stepAll();
                world.run();
            }
        }

        private void ask(int who, AllocationRequest request, CompletionStage<LeaseDecision> stage) {
            int asked = life[who];
            stage.thenAccept(decision -> {
                if (asked == life[who] && decision instanceof Granted granted) {
                    try {
                        believe(who, granted);
                    } catch (AssertionError broken) {
                        // The stage would swallow it.
                        brokenPromise = brokenPromise == null ? broken : brokenPromise;
                    }
                }
            });
        }

        /** Called at the very moment of the answer. */
        private void believe(int who, Granted granted) {
            LeaseKey key = granted.lease().key();
            assertThat(granted.valid()).isPositive();
            Instant until = world.wall.plus(granted.valid());
            Lease stored = world.store.durable.get(key);
            assertThat(stored).as("durable before it is told").isNotNull();
            assertThat(stored.client()).isEqualTo(client(who));
            assertThat(stored.state()).isEqualTo(LeaseState.ACTIVE);
            assertThat(stored.until()).isAfterOrEqualTo(until);
            assertThat(world.tep.table).as("in the TEP before it is told").containsKey(key);
            assertThat(world.tep.table.get(key).tunnelSource())
                    .isEqualTo(granted.lease().tunnelSource());
            beliefs.values().stream()
                    .filter(other -> other.client != who && overlap(other.key, key))
                    .forEach(other -> assertThat(other.until.plus(QUARANTINE))
                            .as("%s has rested since %s had it", key, other.client)
                            .isBeforeOrEqualTo(world.wall));
            past.stream()
                    .filter(other -> other.client != who && overlap(other.key, key))
                    .forEach(other -> assertThat(other.until.plus(QUARANTINE))
                            .as("%s has rested since %s gave it back", key, other.client)
                            .isBeforeOrEqualTo(world.wall));
            withdrawn.forEach((taken, rests) -> {
                if (overlap(taken, key)) {
                    assertThat(rests).as("%s was taken back and rests", taken).isBeforeOrEqualTo(world.wall);
                }
            });
            Belief before =
                    beliefs.put(who, new Belief(who, key, granted.lease().tunnelSource(), until));
            if (before != null && !before.key.equals(key)) {
                assertThat(before.until).as("a client has one lease").isBeforeOrEqualTo(world.wall);
                past.add(before);
            }
        }

        private void stopBelieving(int who) {
            Belief before = beliefs.remove(who);
            if (before != null) {
                Instant end = before.until.isBefore(world.wall) ? before.until : world.wall;
                past.add(new Belief(who, before.key, before.source, end));
            }
            // What is under way may still be granted, to a client that no longer wants it.
            life[who]++;
        }

        private void toggleTep() {
            if (tepThere) {
                world.engine.removeTep(world.tep);
            } else {
                world.engine.addTep(world.tep);
            }
            tepThere = !tepThere;
        }

        private void usePools(int which) {
            world.pools(POOLS.get(which).toArray(PoolConfig[]::new));
        }

        private void crash() {
            for (int who = 0; who < CLIENTS; who++) {
                life[who]++;
            }
            world.tep.waiting.clear();
            world.tep.table.clear();
            tepThere = true;
            world.tep.hold = false;
            world.crash();
            world.tep.hold = true;
            world.store.hold = true;
        }

        private void check() {
            if (brokenPromise != null) {
                throw brokenPromise;
            }
            for (Belief belief : beliefs.values()) {
                if (!belief.until.isAfter(world.wall)) {
                    continue;
                }
                Lease stored = world.store.durable.get(belief.key);
                assertThat(stored)
                        .as("the lease of client %s is durable", belief.client)
                        .isNotNull();
                assertThat(stored.client()).isEqualTo(client(belief.client));
                assertThat(stored.state()).isEqualTo(LeaseState.ACTIVE);
                assertThat(stored.until()).isAfterOrEqualTo(belief.until);
                assertThat(world.tep.table)
                        .as("the TEP forwards for client %s", belief.client)
                        .containsKey(belief.key);
            }
            world.store.durable.values().stream()
                    .filter(lease -> lease.client().identity().startsWith("withdrawn:"))
                    .forEach(lease -> withdrawn.put(lease.key(), lease.until()));
            assertThat(world.leases().stream()
                            .filter(lease -> lease.state() == LeaseState.ACTIVE)
                            .map(Lease::client))
                    .as("a client has one lease")
                    .doesNotHaveDuplicates();
            noTwoOverlap(world.leases());
            countsAgree();
        }

        private void noTwoOverlap(List<Lease> leases) {
            for (int i = 0; i < leases.size(); i++) {
                for (int j = i + 1; j < leases.size(); j++) {
                    assertThat(overlap(leases.get(i).key(), leases.get(j).key()))
                            .as("%s and %s share a port", leases.get(i), leases.get(j))
                            .isFalse();
                }
            }
        }

        private void countsAgree() {
            for (PoolStatus status : world.engine.pools()) {
                assertThat(status.active()).isNotNegative();
                assertThat(status.draining()).isBetween(0L, status.active());
                assertThat(status.offered()).isNotNegative();
                assertThat(status.quarantined()).isNotNegative();
                assertThat(status.active() - status.draining() + status.offered() + status.quarantined())
                        .isLessThanOrEqualTo(status.capacity());
            }
        }

        /** Lets everything finish; then store, TEP and engine must be of one mind. */
        private void settle() {
            world.store.failing = false;
            world.tep.refuses = binding -> false;
            world.store.hold = false;
            world.tep.hold = false;
            if (!tepThere) {
                toggleTep();
            }
            for (int i = 0; i < 100; i++) {
                world.store.stepAll();
                world.tep.stepAll();
                world.pass(Duration.ofSeconds(1));
            }
            check();
            Map<LeaseKey, Lease> leases = world.leases().stream()
                    .filter(lease -> lease.state() != LeaseState.OFFERED)
                    .collect(Collectors.toMap(Lease::key, lease -> lease));
            assertThat(leases.values()).extracting(Lease::state).isSubsetOf(LeaseState.ACTIVE, LeaseState.QUARANTINED);
            assertThat(remembered()).allMatch(lease -> !leases.containsKey(lease.key()));
            assertThat(world.store.durable.values().stream()
                            .filter(lease -> !remembered().contains(lease))
                            .collect(Collectors.toMap(Lease::key, lease -> lease)))
                    .isEqualTo(leases);
            Set<LeaseKey> active = leases.values().stream()
                    .filter(lease -> lease.state() == LeaseState.ACTIVE)
                    .map(Lease::key)
                    .collect(Collectors.toSet());
            assertThat(world.tep.table.keySet()).isEqualTo(active);
            world.tep.table.forEach((key, binding) -> {
                assertThat(binding.tunnelSource()).isEqualTo(leases.get(key).tunnelSource());
                assertThat(binding.expires()).isEqualTo(leases.get(key).until());
            });
            world.pass(Duration.ofDays(2));
            world.pass(Duration.ofDays(2));
            assertThat(world.store.durable).as("in the end everything is free").isEmpty();
            assertThat(world.leases()).isEmpty();
            world.engine.pools().forEach(status -> assertThat(status.free()).isEqualTo(status.capacity()));
        }

        /** What the store keeps of who had an address that is free. */
        private List<Lease> remembered() {
            return world.store.durable.values().stream()
                    .filter(lease -> lease.state() == LeaseState.QUARANTINED
                            && !lease.until().isAfter(world.wall)
                            && lease.client().identity().startsWith("duid:"))
                    .toList();
        }

        private static boolean overlap(LeaseKey one, LeaseKey other) {
            return one.address().equals(other.address()) && one.ports().overlaps(other.ports());
        }
    }
}
