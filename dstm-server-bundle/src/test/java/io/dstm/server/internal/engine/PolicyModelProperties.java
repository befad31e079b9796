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
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.server.internal.config.PoolConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * The policy against a naive one, which looks at all leases and all slots for every answer: whatever was asked, given back, reloaded
 * or restarted before, nobody gets what is reserved for another, nobody more than the limits say, and nobody is refused without need.
 */
class PolicyModelProperties {

    private static final int CLIENTS = 4;

    /** DUIDs as {@link World#client} makes them. */
    private static final String THIRD = "duid:000300010002";

    private static final String FOURTH = "duid:000300010003";

    private record Setting(List<PoolConfig> pools, Map<LeaseKey, String> reserved, int perClient, int perPrefix) {}

    private static final List<Setting> SETTINGS = List.of(
            new Setting(List.of(pool("p", "ranges=192.0.2.1-192.0.2.4")), Map.of(), 0, 0),
            new Setting(
                    List.of(pool(
                            "p",
                            "ranges=192.0.2.1-192.0.2.4",
                            "limit.per.client=1",
                            "reservations=192.0.2.2 " + THIRD,
                            "allocator=iterative")),
                    Map.of(whole("192.0.2.2"), THIRD),
                    1,
                    0),
            new Setting(
                    List.of(pool(
                            "p",
                            "ranges=192.0.2.1-192.0.2.2",
                            "psid.length=1",
                            "system.ports=true",
                            "limit.per.prefix=2",
                            "allocator=random",
                            "reservations=192.0.2.1#1 " + THIRD + ",192.0.2.2 " + FOURTH)),
                    Map.of(part("192.0.2.1", 1), THIRD, whole("192.0.2.2"), FOURTH),
                    0,
                    2),
            new Setting(
                    List.of(
                            pool(
                                    "p",
                                    "ranges=192.0.2.3-192.0.2.6",
                                    "limit.per.client=2",
                                    "limit.per.prefix=3",
                                    "reservations=192.0.2.3 " + THIRD + "/1"),
                            pool(
                                    "q",
                                    "ranges=192.0.2.1",
                                    "psid.length=2",
                                    "system.ports=true",
                                    "limit.per.client=2",
                                    "limit.per.prefix=3")),
                    Map.of(whole("192.0.2.3"), THIRD + "/1"),
                    2,
                    3));

    private static LeaseKey whole(String address) {
        return World.key(address);
    }

    private static LeaseKey part(String address, int psid) {
        return new LeaseKey(World.key(address).address(), new PortSet(0, 1, psid));
    }

    @Property(tries = 200)
    void agrees_with_a_naive_one(@ForAll @Size(min = 10, max = 80) List<@IntRange(max = 4095) Integer> script) {
        new Run().play(script);
    }

    private static final class Run {
        private final World world = World.withoutPools();
        private Setting setting = SETTINGS.get(0);

        void play(List<Integer> script) {
            world.server("limit.prefix.length=64", "remember.time=1h");
            use(setting);
            for (int step : script) {
                act(step % 10, step / 10);
                countsAgree();
            }
        }

        private void use(Setting next) {
            setting = next;
            world.pools(next.pools.toArray(PoolConfig[]::new));
        }

        private void act(int action, int argument) {
            ClientId client = new ClientId(World.client(argument % CLIENTS).identity(), 1 + argument / CLIENTS % 2);
            Ipv6Address source =
                    new Ipv6Address(0x20010DB8_00000000L + argument / CLIENTS / 2 % 2, 1 + argument % CLIENTS);
            AllocationRequest request = new AllocationRequest(client, source, null, true, null, "test");
            switch (action) {
                case 0, 1, 2 -> asked(request, () -> world.now(world.engine.allocate(request)));
                case 3 -> asked(request, () -> world.now(world.engine.offer(request)));
                case 4 -> renewed(request);
                case 5 -> world.now(world.engine.release(client, null));
                case 6 -> world.now(world.engine.decline(client, null));
                case 7 ->
                    world.pass(Duration.ofSeconds(
                            List.of(1, 31, 121, 1800, 3600, 90_000).get(argument % 6)));
                case 8 -> use(SETTINGS.get(argument % SETTINGS.size()));
                default -> {
                    if (argument % 3 == 0) {
                        world.crash();
                    } else if (argument % 3 == 1) {
                        world.now(world.engine.revoke(client, null));
                    }
                }
            }
        }

        private interface Ask {
            LeaseDecision answer();
        }

        private void asked(AllocationRequest request, Ask ask) {
            List<Lease> before = world.leases();
            LeaseDecision decision = ask.answer();
            if (before.stream().anyMatch(lease -> isLeaseOf(lease, request.client()))) {
                return;
            }
            Optional<LeaseKey> reserved = reservedFor(request.client()).filter(key -> before.stream()
                    .noneMatch(lease -> overlap(lease.key(), key)
                            && !(lease.client().equals(request.client())
                                    // An offer of a pool that is gone is in nobody's way.
                                    && (lease.key().equals(key) || lease.state() == LeaseState.OFFERED))));
            if (decision instanceof Granted granted) {
                LeaseKey key = granted.lease().key();
                reserved.ifPresent(
                        own -> assertThat(key).as("what is reserved for it").isEqualTo(own));
                assertThat(reservedFromOthers(key, request.client()))
                        .as("%s is reserved for another", key)
                        .isFalse();
                List<Lease> others = before.stream()
                        .filter(lease -> !(lease.client().equals(request.client())
                                && (lease.state() == LeaseState.OFFERED
                                        || lease.key().equals(key))))
                        .toList();
                assertThat(others).noneMatch(lease -> overlap(lease.key(), key));
                if (reserved.isEmpty()) {
                    assertThat(limited(request, others)).as("beyond the limits").isFalse();
                }
            } else if (decision instanceof Refused refused) {
                assertThat(reserved).as("refused what is reserved for it").isEmpty();
                List<Lease> others = before.stream()
                        .filter(lease ->
                                !(lease.client().equals(request.client()) && lease.state() == LeaseState.OFFERED))
                        .toList();
                if (refused.reason() == Reason.LIMIT_REACHED) {
                    assertThat(limited(request, others)).as("without need").isTrue();
                } else {
                    assertThat(refused.reason()).isEqualTo(Reason.POOL_EXHAUSTED);
                    assertThat(freeSlots(others)).as("without need").isEmpty();
                }
            }
        }

        private void renewed(AllocationRequest request) {
            Map<LeaseKey, Lease> before = new LinkedHashMap<>();
            world.leases().forEach(lease -> before.put(lease.key(), lease));
            if (world.now(world.engine.renew(request)) instanceof Granted granted) {
                Lease was = before.get(granted.lease().key());
                assertThat(was.client()).isEqualTo(request.client());
                if (reservedFromOthers(granted.lease().key(), request.client())) {
                    assertThat(granted.lease().until())
                            .as("reserved for another since: it drains")
                            .isEqualTo(was.until());
                }
            }
        }

        private static boolean isLeaseOf(Lease lease, ClientId client) {
            return lease.client().equals(client) && lease.state() == LeaseState.ACTIVE;
        }

        private Optional<LeaseKey> reservedFor(ClientId client) {
            return setting.reserved.entrySet().stream()
                    .filter(entry -> names(entry.getValue(), client))
                    .map(Map.Entry::getKey)
                    .findFirst();
        }

        private static boolean names(String holder, ClientId client) {
            return holder.equals(client.identity()) || holder.equals(client.toString());
        }

        private boolean reservedFromOthers(LeaseKey key, ClientId client) {
            return setting.reserved.entrySet().stream()
                    .anyMatch(entry -> overlap(entry.getKey(), key) && !names(entry.getValue(), client));
        }

        private boolean limited(AllocationRequest request, List<Lease> others) {
            long ofClient = others.stream()
                    .filter(lease -> owner(lease).equals(request.client().identity()))
                    .count();
            long ofPrefix = others.stream()
                    .filter(lease -> lease.tunnelSource().high()
                            == request.tunnelSource().high())
                    .count();
            return setting.perClient > 0 && ofClient >= setting.perClient
                    || setting.perPrefix > 0 && ofPrefix >= setting.perPrefix;
        }

        private static String owner(Lease lease) {
            return lease.client().identity().replace("declined:", "");
        }

        /** Every slot that nobody has and that is not reserved. */
        private List<LeaseKey> freeSlots(List<Lease> leases) {
            List<LeaseKey> free = new ArrayList<>();
            for (PoolConfig pool : setting.pools) {
                pool.spans().toRanges().forEach(range -> {
                    for (long address = range.first().toUnsignedLong();
                            address <= range.last().toUnsignedLong();
                            address++) {
                        for (int psid = 0; psid < 1 << pool.psidLength(); psid++) {
                            LeaseKey slot = new LeaseKey(
                                    new Ipv4Address((int) address), new PortSet(0, pool.psidLength(), psid));
                            if (leases.stream().noneMatch(lease -> overlap(lease.key(), slot))
                                    && setting.reserved.keySet().stream().noneMatch(key -> overlap(key, slot))) {
                                free.add(slot);
                            }
                        }
                    }
                });
            }
            return free;
        }

        /** Where no lease of another shape drains, what is free is exactly known. */
        private void countsAgree() {
            List<Lease> leases = world.leases();
            boolean foreign = leases.stream().anyMatch(lease -> !fits(lease.key()));
            long free =
                    world.engine.pools().stream().mapToLong(PoolStatus::free).sum();
            if (!foreign) {
                assertThat(free).isEqualTo(freeSlots(leases).size());
            }
        }

        private boolean fits(LeaseKey key) {
            return setting.reserved.containsKey(key)
                    || setting.pools.stream()
                            .anyMatch(pool -> pool.psidLength() == key.ports().psidLength()
                                    && pool.spans().indexOf(key.address().toUnsignedLong()) >= 0);
        }

        private static boolean overlap(LeaseKey one, LeaseKey other) {
            return one.address().equals(other.address()) && one.ports().overlaps(other.ports());
        }
    }
}
