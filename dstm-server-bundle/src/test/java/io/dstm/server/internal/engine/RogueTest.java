package io.dstm.server.internal.engine;

import static io.dstm.server.internal.engine.World.client;
import static io.dstm.server.internal.engine.World.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.ipv6.Ipv6Decision.Granted;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.ipv6.Ipv6Request;
import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.testing.WrittenLog;
import io.dstm.server.internal.ipv6.Ipv6Rig;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * One who makes up as many identities as it takes, past every limit of the protocols. A pool: {@code
 * PolicyTest#keep_a_rogue_with_ever_new_identities_from_emptying_a_pool}.
 */
class RogueTest {

    private static final int MANY = 100_000;

    private static ClientId stranger(int number) {
        return ClientId.ofDuid(
                new byte[] {0, 3, 0, 1, (byte) (number >> 16), (byte) (number >> 8), (byte) number}, number);
    }

    private static AllocationRequest asking(int number) {
        return new AllocationRequest(
                stranger(number), new Ipv6Address(0x20010DB8_0BAD0000L, number + 1L), null, true, null, "test");
    }

    @Test
    void cannot_fill_the_store() {
        World world = World.with("ranges=192.0.2.1-192.0.2.4").server("quarantine.time=1s", "decline.time=1s");
        for (int i = 0; i < 2_000; i++) {
            world.now(world.engine.allocate(asking(i)));
            if (i % 2 == 0) {
                world.now(world.engine.release(stranger(i), null));
            } else {
                world.now(world.engine.decline(stranger(i), null));
            }
            world.pass("1S");
        }
        assertThat(world.store.durable)
                .as("one record an address, whoever had it")
                .hasSizeLessThanOrEqualTo(4);
    }

    @Test
    void cannot_fill_the_heap_with_offers() {
        World world = World.with("ranges=10.0.0.0/8");
        int refused = 0;
        for (int i = 0; i < MANY; i++) {
            refused += world.engine.offer(asking(i)).toCompletableFuture().isDone() ? 0 : 1;
            if (i % 1_000 == 0) {
                world.run();
            }
        }
        world.run();
        assertThat(world.leases())
                .hasSize(LeaseLife.MOST_OFFERS)
                .allMatch(lease -> lease.state() == LeaseState.OFFERED);
        assertThat(world.store.durable).isEmpty();
        world.pass("31S");
        assertThat(world.leases()).as("offers that nobody took").isEmpty();
        world.granted(1);
        assertThat(refused).as("those that waited for the engine's turn").isPositive();
    }

    @Test
    void cannot_fill_the_heap_with_requests_that_wait() {
        World world = World.with("ranges=10.0.0.0/8");
        world.store.hold = true;
        int waiting = 0;
        for (int i = 0; i < MANY; i++) {
            waiting += world.engine.allocate(asking(i)).toCompletableFuture().isDone() ? 0 : 1;
        }
        assertThat(waiting).isEqualTo(LeaseEngine.MOST_REQUESTS);
        world.store.hold = false;
        world.store.stepAll();
        world.run();
        assertThat(world.leases()).hasSize(LeaseEngine.MOST_REQUESTS);
    }

    @Test
    void cannot_fill_the_log() {
        try (WrittenLog log = new WrittenLog(LeaseEngine.class)) {
            World world = World.with("ranges=192.0.2.1-192.0.2.4");
            Ipv6Rig ipv6 = new Ipv6Rig("2001:db8:1::/64", 500);
            Ipv6Link link = new Ipv6Link("eth1", null, List.of(), Ipv6Address.parse("fe80::9"));
            for (int i = 0; i < 5_000; i++) {
                world.now(world.engine.offer(asking(i)));
                world.now(world.engine.allocate(asking(i)));
                world.now(world.engine.renew(asking(i)));
                world.now(world.engine.decline(stranger(i), null));
                Ipv6Request wanted = new Ipv6Request(stranger(i), Ipv6LeaseKind.ADDRESS, link, List.of());
                if (ipv6.engine.allocate(wanted).toCompletableFuture().join() instanceof Granted granted) {
                    ipv6.engine.decline(stranger(i), List.of(granted.lease().prefix()));
                }
            }
            LeaseDecision last = world.now(world.engine.allocate(request(1)));
            assertThat(last).isInstanceOf(LeaseDecision.Refused.class);
            assertThat(world.engine.leaseOf(client(1))).isEmpty();
            assertThat(log.lines())
                    .as("exhaustion and declined addresses, and a bound to each")
                    .anyMatch(line -> line.contains("DSTM-1050"))
                    .anyMatch(line -> line.contains("DSTM-1077"))
                    .anyMatch(line -> line.contains("DSTM-1078"))
                    .hasSizeLessThan(20);
        }
    }
}
