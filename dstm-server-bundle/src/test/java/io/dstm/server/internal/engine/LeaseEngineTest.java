package io.dstm.server.internal.engine;

import static io.dstm.server.internal.engine.World.client;
import static io.dstm.server.internal.engine.World.key;
import static io.dstm.server.internal.engine.World.pool;
import static io.dstm.server.internal.engine.World.request;
import static io.dstm.server.internal.engine.World.source;
import static io.dstm.server.internal.engine.World.wishing;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseDecision.Refused;
import io.dstm.api.lease.LeaseEvent.Kind;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.net.Ipv4Range;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The engine from start to stop: restarts, reloads, clocks and limits. */
class LeaseEngineTest {

    private static final String ONE = "ranges=192.0.2.1";
    private static final String SOME = "ranges=192.0.2.0/24";

    @Nested
    class Restarting {

        @Test
        void keeps_every_lease_and_brings_the_tep_in_step_before_any_pool_is_seen() {
            World world = World.with(SOME);
            for (int i = 0; i < 20; i++) {
                world.granted(i);
            }
            var before = Set.copyOf(world.leases());
            var bindings = java.util.Map.copyOf(world.tep.table);
            world.crashWithoutPools();
            assertThat(Set.copyOf(world.leases())).isEqualTo(before);
            assertThat(world.tep.table).isEqualTo(bindings);
            assertThat(world.tep.served.stream().mapToLong(Ipv4Range::size).sum())
                    .isEqualTo(20);
        }

        @Test
        void tells_clients_to_come_back_until_the_pools_are_there() {
            World world = World.with(ONE);
            world.granted(1);
            world.crashWithoutPools();
            assertThat(world.refused(world.engine.renew(request(1)))).isEqualTo(Reason.BUSY);
            assertThat(world.refused(request(2))).isEqualTo(Reason.BUSY);
            world.pass("30S");
            world.pools(pool("p", ONE));
            assertThat(world.renewed(request(1)).valid()).isEqualTo(Duration.ofHours(1));
        }

        @Test
        void takes_a_pool_that_does_not_come_for_deleted() {
            World world = World.with(ONE);
            world.granted(1);
            world.crashWithoutPools();
            world.pools(pool("other", "ranges=198.51.100.1"));
            world.pass(Duration.ofMillis(PoolKeeper.ARRIVE_MILLIS));
            Granted granted = world.renewed(request(1));
            assertThat(granted.renewAfter()).isEqualTo(granted.valid());
        }

        @Test
        void ends_what_ran_out_meanwhile_and_frees_what_has_rested() {
            World world = World.with(SOME).server("remember.time=0s");
            world.granted(1);
            world.granted(2);
            world.released(2);
            world.wall = world.wall.plusSeconds(7200);
            world.crash();
            assertThat(world.tep.table).isEmpty();
            assertThat(world.store.durable.values()).extracting(Lease::state).containsExactly(LeaseState.QUARANTINED);
            world.pass("120S");
            assertThat(world.store.durable).isEmpty();
        }

        @Test
        void goes_on_ending_what_was_ending() {
            World world = World.with(ONE);
            world.granted(1);
            world.engine.removeTep(world.tep);
            world.engine.release(client(1), null);
            world.run();
            world.crash();
            assertThat(world.tep.table).isEmpty();
            assertThat(world.store.durable.get(key("192.0.2.1")).state()).isEqualTo(LeaseState.QUARANTINED);
            assertThat(world.granted(1).lease().key()).isEqualTo(key("192.0.2.1"));
        }

        @Test
        void waits_for_a_store_that_cannot_be_read_and_tells_no_tep_anything() {
            World world = World.asleep();
            world.store.unreadable = true;
            world.engine.start();
            world.engine.addTep(world.tep);
            world.run();
            assertThat(world.refused(request(1))).isEqualTo(Reason.STORE_UNAVAILABLE);
            assertThat(world.tep.asked).isEmpty();
            world.store.unreadable = false;
            world.pass("10S");
            assertThat(world.tep.asked).containsExactly("resync");
        }

        @Test
        void answers_everyone_who_waits_when_it_stops() {
            World world = World.with(SOME);
            world.store.hold = true;
            CompletableFuture<LeaseDecision> asked = world.asks(request(1));
            CompletableFuture<LeaseDecision> inLine = world.asks(request(1, "2001:db8:9::9"));
            world.engine.close();
            world.run();
            assertThat(((Refused) asked.join()).reason()).isEqualTo(Reason.BUSY);
            assertThat(((Refused) inLine.join()).reason()).isEqualTo(Reason.BUSY);
            assertThat(world.refused(request(2))).isEqualTo(Reason.BUSY);
        }
    }

    @Nested
    class Reloading {

        @Test
        void makes_a_new_range_usable_at_once_and_leaves_leases_alone() {
            World world = World.with(ONE);
            Lease lease = world.granted(1).lease();
            assertThat(world.refused(request(2))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.pools(pool("p", "ranges=192.0.2.1-192.0.2.2"));
            assertThat(world.granted(2).lease().key()).isEqualTo(key("192.0.2.2"));
            assertThat(world.engine.leaseOf(client(1))).contains(lease);
            assertThat(world.tep.served).containsExactly(Ipv4Range.parse("192.0.2.1-192.0.2.2"));
        }

        @Test
        void drains_what_a_shrunk_pool_no_longer_has() {
            World world = World.with("ranges=192.0.2.1-192.0.2.2");
            world.granted(wishing(1, key("192.0.2.1")));
            world.granted(wishing(2, key("192.0.2.2")));
            world.pools(pool("p", ONE));
            PoolStatus status = world.engine.pools().get(0);
            assertThat(status.capacity()).isEqualTo(1);
            assertThat(status.active()).isEqualTo(2);
            assertThat(status.draining()).isEqualTo(1);
            assertThat(status.free()).isZero();
            assertThat(world.tep.served).containsExactly(Ipv4Range.parse("192.0.2.1-192.0.2.2"));
            world.pass("600S");
            Granted draining = world.renewed(request(2));
            assertThat(draining.valid()).isEqualTo(Duration.ofSeconds(3000));
            assertThat(draining.renewAfter()).isEqualTo(draining.valid());
            assertThat(world.renewed(request(1)).valid()).isEqualTo(Duration.ofHours(1));
            world.pass("3000S");
            assertThat(world.tep.table).containsOnlyKeys(key("192.0.2.1"));
            world.pass("120S");
            assertThat(world.leases()).hasSize(1);
            world.pass("300S");
            assertThat(world.tep.served).containsExactly(Ipv4Range.parse("192.0.2.1"));
        }

        @Test
        void drains_a_deleted_pool() {
            World world = World.with(ONE);
            world.granted(1);
            world.pools();
            assertThat(world.tep.table).hasSize(1);
            assertThat(world.refused(request(2))).isEqualTo(Reason.NO_POOL);
            assertThat(world.renewed(request(1)).renewAfter()).isEqualTo(Duration.ofHours(1));
            world.pass("3600S");
            assertThat(world.tep.table).isEmpty();
        }

        @Test
        void keeps_a_lease_renewable_whose_range_went_to_another_pool() {
            World world = World.with(ONE);
            world.granted(1);
            world.pools(pool("q", ONE));
            world.pass("10S");
            Granted granted = world.renewed(request(1));
            assertThat(granted.valid()).isEqualTo(Duration.ofHours(1));
            assertThat(granted.lease().pool()).isEqualTo("q");
        }

        @Test
        void never_lends_ports_of_an_address_that_drains_as_a_whole() {
            World world = World.with("ranges=192.0.2.1-192.0.2.2");
            world.granted(wishing(1, key("192.0.2.1")));
            world.pools(pool("p", "ranges=192.0.2.1-192.0.2.2", "psid.length=1"));
            assertThat(world.granted(2).lease().address().toString()).isEqualTo("192.0.2.2");
            assertThat(world.refused(request(3))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.pass("3600S");
            world.pass("120S");
            assertThat(world.granted(3).lease().ports().psid()).isEqualTo(1);
        }

        @Test
        void resyncs_no_tep_whose_ranges_stay() {
            World world = World.with(ONE);
            world.granted(1);
            int resyncs = world.tep.resyncs;
            world.pools(pool("p", ONE, "lease.time=2h"));
            assertThat(world.tep.resyncs).isEqualTo(resyncs);
            world.pass("1S");
            assertThat(world.renewed(request(1)).valid()).isEqualTo(Duration.ofHours(2));
        }

        @Test
        void tells_teps_of_new_ranges_without_comparing_tables() {
            World world = World.with(ONE);
            world.granted(1);
            int resyncs = world.tep.resyncs;
            world.tep.hold = true;
            world.pools(pool("p", "ranges=192.0.2.0/24"));
            assertThat(world.tep.asked).endsWith("serve");
            CompletableFuture<LeaseDecision> answer = world.asks(request(2));
            assertThat(world.tep.asked).last().asString().startsWith("install");
            world.tep.stepAll();
            world.run();
            assertThat(answer.join()).isInstanceOf(Granted.class);
            assertThat(world.tep.resyncs).isEqualTo(resyncs);
            assertThat(world.tep.served).containsExactly(Ipv4Range.parse("192.0.2.0/24"));
        }

        @Test
        void resyncs_a_tep_that_takes_whole_tables_only() {
            World world = World.with(ONE);
            world.tep.takesWholeTablesOnly = true;
            int resyncs = world.tep.resyncs;
            world.pools(pool("p", "ranges=192.0.2.0/24"));
            world.pass("1S");
            assertThat(world.tep.resyncs).isEqualTo(resyncs + 1);
            assertThat(world.tep.served).containsExactly(Ipv4Range.parse("192.0.2.0/24"));
        }

        @Test
        void holds_requests_while_a_resync_is_under_way() {
            World world = World.with(ONE);
            world.tep.hold = true;
            world.engine.resync();
            world.run();
            CompletableFuture<LeaseDecision> answer = world.asks(request(1));
            assertThat(world.tep.asked).endsWith("resync");
            world.tep.step();
            world.run();
            world.tep.stepAll();
            world.run();
            assertThat(answer.join()).isInstanceOf(Granted.class);
            assertThat(world.tep.table).hasSize(1);
        }

        @Test
        void retries_a_resync_that_was_refused_and_lends_nothing_meanwhile() {
            World world = World.with(ONE);
            world.tep.refusesResync = true;
            world.engine.resync();
            world.run();
            assertThat(world.refused(request(1))).isEqualTo(Reason.TEP_UNAVAILABLE);
            world.tep.refusesResync = false;
            world.pass("1S");
            world.granted(1);
        }

        @Test
        void of_times_takes_effect_with_the_next_grant() {
            World world = World.with(ONE);
            world.granted(1);
            world.server("lease.time=10m", "quarantine.time=0s");
            world.pass("60S");
            assertThat(world.renewed(request(1)).valid()).isEqualTo(Duration.ofMinutes(10));
            world.pass("600S");
            world.granted(2);
        }
    }

    @Nested
    class Time {

        @Test
        void set_forward_ends_leases_and_stops_nothing() {
            World world = World.with(ONE);
            world.granted(1);
            world.wall = world.wall.plusSeconds(100_000);
            world.run();
            assertThat(world.engine.leaseOf(client(1))).isEmpty();
            world.pass("120S");
            world.granted(2);
        }

        @Test
        void set_back_loses_no_deadline_and_frees_offers() {
            World world = World.with("ranges=192.0.2.1-192.0.2.2");
            world.granted(1);
            world.offered(request(2));
            world.wall = world.wall.minusSeconds(100_000);
            world.run();
            assertThat(world.engine.leaseOf(client(1))).isPresent();
            Granted other = world.granted(3);
            assertThat(other.valid()).isEqualTo(Duration.ofHours(1));
            world.pass("3600S");
            assertThat(world.engine.leaseOf(client(3))).isEmpty();
        }
    }

    @Nested
    class Limits {

        @Test
        void without_configuration_nothing_is_lent() {
            World world = World.asleep();
            LeaseEngine bare = new LeaseEngine(world.store, Runnable::run, Runnable::run, () -> World.START, () -> 0L);
            bare.start();
            LeaseDecision decision =
                    bare.allocate(request(1)).toCompletableFuture().join();
            assertThat(((Refused) decision).reason()).isEqualTo(Reason.BUSY);
        }

        @Test
        void more_requests_than_can_be_handled_are_turned_away() {
            World world = World.with("ranges=10.0.0.0/8");
            world.store.hold = true;
            for (int i = 0; i < LeaseEngine.MOST_REQUESTS; i++) {
                world.engine.allocate(new AllocationRequest(
                        new io.dstm.api.lease.ClientId("test:" + i, 0), source(i), null, true, null, "test"));
            }
            assertThat(world.refused(request(1))).isEqualTo(Reason.BUSY);
            world.store.hold = false;
            world.store.stepAll();
            world.run();
            world.granted(1);
        }

        @Test
        void a_client_has_few_requests_in_line() {
            World world = World.with(SOME);
            world.store.hold = true;
            world.asks(request(1));
            List<CompletableFuture<LeaseDecision>> answers = new java.util.ArrayList<>();
            for (int i = 0; i < 20; i++) {
                answers.add(world.asks(request(1, "2001:db8:9::" + (i + 1))));
            }
            assertThat(answers.stream().filter(CompletableFuture::isDone)).isNotEmpty();
            world.store.hold = false;
            world.store.stepAll();
            world.run();
            assertThat(answers).allMatch(CompletableFuture::isDone);
            assertThat(world.leases()).hasSize(1);
        }

        @Test
        void a_listener_that_throws_harms_nobody() {
            World world = World.with(ONE);
            world.engine.addListener(event -> {
                throw new IllegalStateException("listener");
            });
            world.granted(1);
            assertThat(world.eventKinds()).containsExactly(Kind.ALLOCATED);
        }
    }

    @Test
    void tells_tunnel_addresses_of_the_teps_that_are_there() {
        World world = World.with(ONE);
        assertThat(world.engine.tunnelAddresses()).containsExactly(world.tep.address);
        world.engine.removeTep(world.tep);
        world.run();
        assertThat(world.engine.tunnelAddresses()).isEmpty();
    }
}
