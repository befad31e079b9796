package io.dstm.server.internal.ipv6;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.config.ConfigException;
import io.dstm.api.ipv6.Ipv6Decision;
import io.dstm.api.ipv6.Ipv6Decision.Granted;
import io.dstm.api.ipv6.Ipv6Decision.Reason;
import io.dstm.api.ipv6.Ipv6Decision.Refused;
import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.ipv6.Ipv6PoolStatus;
import io.dstm.api.ipv6.Ipv6Request;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.Ipv6Range;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The engine under any order of events, against what an operator takes for granted. */
class Ipv6EngineProperties {

    private static final Ipv6Link LINK = new Ipv6Link("eth1", null, List.of(), Ipv6Address.parse("fe80::9"));

    private static final List<Map<String, String>> CONFIGS = List.of(
            Map.of("addresses", "2001:db8:1::1-2001:db8:1::4", "prefixes", "2001:db8:8000::/54"),
            Map.of("addresses", "2001:db8:1::3-2001:db8:1::6", "prefixes", "2001:db8:8000:200::/55"),
            Map.of(
                    "addresses", "2001:db8:1::1-2001:db8:1::4",
                    "prefixes", "2001:db8:8000::/54",
                    "reservations", "000300010001=2001:db8:1::2, 000300010002=2001:db8:8000:100::/56"));

    private enum Act {
        ALLOCATE,
        OFFER,
        RENEW,
        RELEASE,
        DECLINE,
        WAIT,
        RECONFIGURE,
        RESTART,
        BREAK,
        MEND
    }

    /** Something that happens; what {@code number} means depends on it. */
    record Step(Act act, int client, Ipv6LeaseKind kind, int number) {}

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.of(Act.values()),
                        Arbitraries.integers().between(1, 6),
                        Arbitraries.of(Ipv6LeaseKind.values()),
                        Arbitraries.integers().between(0, 7))
                .as(Step::new)
                .list()
                .ofMaxSize(80);
    }

    private static final class World {
        final MemoryIpv6Store store = new MemoryIpv6Store();
        Instant now = Instant.parse("2026-11-21T06:00:00Z");
        int config;
        Ipv6PoolConfig pool;
        Ipv6Engine engine = start();

        Ipv6Engine start() {
            Ipv6Engine fresh = new Ipv6Engine(store, () -> now, new byte[] {1});
            engine = fresh;
            assertThat(fresh.load()).isTrue();
            configure();
            return fresh;
        }

        void configure() {
            Map<String, String> keys = new HashMap<>(CONFIGS.get(config));
            keys.put("interfaces", "eth1");
            keys.put("delegated.length.longest", "58");
            keys.put("valid.lifetime", "100s");
            keys.put("preferred.lifetime", "50s");
            keys.put("decline.time", "150s");
            try {
                pool = Ipv6PoolConfig.read("lan", keys);
                engine.setPools(List.of(pool));
            } catch (ConfigException wrong) {
                throw new AssertionError(wrong);
            }
        }
    }

    @Property(tries = 2000)
    void no_two_have_the_same_and_what_is_told_is_stored(@ForAll("steps") List<Step> steps) {
        World world = new World();
        for (Step step : steps) {
            act(world, step);
            check(world);
        }
        world.store.broken = false;
        world.engine.tick();
        assertThat(world.store.stored.values()).containsExactlyInAnyOrderElementsOf(leases(world.engine));
    }

    private static ClientId client(int number) {
        return new ClientId("duid:00030001%04x".formatted(number), 7);
    }

    private static void act(World world, Step step) {
        ClientId client = client(step.client());
        List<Ipv6Prefix> wishes = step.kind() == Ipv6LeaseKind.ADDRESS
                ? List.of(new Ipv6Prefix(new Ipv6Address(0x20010db800010000L, step.number()), 128))
                : List.of(Ipv6Prefix.parse(
                        step.number() == 0 ? "::/58" : "2001:db8:8000:%x00::/56".formatted(step.number())));
        Ipv6Request request = new Ipv6Request(client, step.kind(), LINK, wishes);
        switch (step.act()) {
            case ALLOCATE, RENEW -> {
                List<Ipv6Lease> before = leases(world.engine);
                CompletionStage<Ipv6Decision> stage =
                        step.act() == Act.RENEW ? world.engine.renew(request) : world.engine.allocate(request);
                Ipv6Decision decision = stage.toCompletableFuture().join();
                if (decision instanceof Granted granted) {
                    granted(world, request, granted);
                } else {
                    refused(world, request, ((Refused) decision).reason(), before);
                }
            }
            case OFFER -> {
                List<Ipv6Lease> before = leases(world.engine);
                world.engine.offer(request).toCompletableFuture().join();
                assertThat(leases(world.engine)).isEqualTo(before);
            }
            case RELEASE -> giveBack(world, request, false);
            case DECLINE -> giveBack(world, request, true);
            case WAIT -> {
                world.now = world.now.plusSeconds(20L * step.number());
                world.engine.tick();
            }
            case RECONFIGURE -> {
                world.config = step.number() % CONFIGS.size();
                world.configure();
            }
            case RESTART -> {
                if (!world.store.broken) {
                    world.start();
                }
            }
            case BREAK -> world.store.broken = true;
            case MEND -> world.store.broken = false;
            default -> throw new AssertionError(step);
        }
    }

    private static void giveBack(World world, Ipv6Request request, boolean decline) {
        world.engine.leaseOf(request.client(), request.kind()).ifPresent(lease -> {
            List<Ipv6Prefix> held = List.of(lease.prefix());
            boolean had = (decline
                            ? world.engine.decline(request.client(), held)
                            : world.engine.release(request.client(), request.kind(), held))
                    .toCompletableFuture()
                    .join();
            assertThat(had).isEqualTo(!decline || request.kind() == Ipv6LeaseKind.ADDRESS);
        });
    }

    private static void granted(World world, Ipv6Request request, Granted granted) {
        Ipv6Lease lease = granted.lease();
        assertThat(world.store.stored.get(lease.prefix())).isEqualTo(lease);
        assertThat(world.engine.leaseOf(request.client(), request.kind())).contains(lease);
        assertThat(lease.until()).isEqualTo(world.now.plusSeconds(100));
        assertThat(world.pool.mayHave(request.client().identity(), request.kind(), lease.prefix()))
                .isTrue();
        assertThat(granted.gone()).doesNotContain(lease.prefix());
    }

    private static void refused(World world, Ipv6Request request, Reason reason, List<Ipv6Lease> before) {
        assertThat(leases(world.engine)).isEqualTo(before);
        if (reason == Reason.STORE_UNAVAILABLE) {
            assertThat(world.store.broken).isTrue();
            return;
        }
        if (reason == Reason.NO_BINDING) {
            assertThat(world.engine.leaseOf(request.client(), request.kind())).isEmpty();
            return;
        }
        assertThat(reason).isEqualTo(Reason.EXHAUSTED);
        for (int number = 0; number < 16; number++) {
            Ipv6Prefix candidate = request.kind() == Ipv6LeaseKind.ADDRESS
                    ? new Ipv6Prefix(new Ipv6Address(0x20010db800010000L, number), 128)
                    : new Ipv6Prefix(new Ipv6Address(0x20010db880000000L + 0x40L * number, 0), 58);
            if (world.pool.mayHave(request.client().identity(), request.kind(), candidate)) {
                assertThat(before)
                        .anyMatch(lease -> Ipv6Range.of(lease.prefix()).overlaps(Ipv6Range.of(candidate)));
            }
        }
    }

    private static List<Ipv6Lease> leases(Ipv6Engine engine) {
        List<Ipv6Lease> all = new ArrayList<>();
        engine.forEachLease(all::add);
        return all;
    }

    private static void check(World world) {
        List<Ipv6Lease> all = leases(world.engine);
        Set<String> holders = new HashSet<>();
        long addresses = 0;
        for (int i = 0; i < all.size(); i++) {
            Ipv6Lease lease = all.get(i);
            if (!lease.declined()) {
                assertThat(holders.add(lease.client() + " " + lease.kind())).isTrue();
                assertThat(world.engine.leaseOf(lease.client(), lease.kind())).contains(lease);
                assertThat(world.engine.leaseOver(lease.prefix().last())).contains(lease);
            }
            addresses += lease.kind() == Ipv6LeaseKind.ADDRESS ? 1 : 0;
            if (i > 0) {
                assertThat(Ipv6Range.of(lease.prefix())
                                .overlaps(Ipv6Range.of(all.get(i - 1).prefix())))
                        .isFalse();
            }
        }
        Ipv6PoolStatus status = world.engine.pools().get(0);
        assertThat(status.addresses()).isEqualTo(addresses);
        assertThat(status.prefixes()).isEqualTo(all.size() - addresses);
    }
}
