package io.dstm.server.internal.engine;

import static io.dstm.server.internal.engine.World.client;
import static io.dstm.server.internal.engine.World.key;
import static io.dstm.server.internal.engine.World.pool;
import static io.dstm.server.internal.engine.World.request;
import static io.dstm.server.internal.engine.World.source;
import static io.dstm.server.internal.engine.World.wishing;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseDecision.Refused;
import io.dstm.api.lease.LeaseEvent.Kind;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Each step of a lease's life, and what may go wrong at it. */
class LeaseLifeTest {

    private static final String ONE = "ranges=192.0.2.1";
    private static final String SOME = "ranges=192.0.2.0/24";

    @Nested
    class Allocating {

        @Test
        void is_durable_then_in_the_tep_then_told_to_the_client() {
            World world = World.with(ONE);
            world.store.hold = true;
            world.tep.hold = true;
            CompletableFuture<LeaseDecision> answer = world.asks(request(1));
            assertThat(world.tep.asked).doesNotContain("install 192.0.2.1");
            world.store.stepAll();
            world.run();
            assertThat(world.store.durable).containsKey(key("192.0.2.1"));
            assertThat(world.tep.asked).endsWith("install 192.0.2.1");
            assertThat(answer).isNotDone();
            assertThat(world.engine.leaseOf(client(1))).isEmpty();
            world.tep.stepAll();
            world.run();
            Granted granted = (Granted) answer.join();
            assertThat(granted.lease().key()).isEqualTo(key("192.0.2.1"));
            assertThat(granted.lease().state()).isEqualTo(LeaseState.ACTIVE);
            assertThat(granted.lease().tunnelSource()).isEqualTo(source(1));
            assertThat(granted.lease().tunnelAddress()).isEqualTo(world.tep.address);
            assertThat(granted.valid()).isEqualTo(Duration.ofHours(1));
            assertThat(granted.renewAfter()).isEqualTo(Duration.ofMinutes(30));
            assertThat(granted.rebindAfter()).isEqualTo(Duration.ofMinutes(48));
            assertThat(world.engine.leaseOf(client(1))).contains(granted.lease());
            assertThat(world.store.durable.get(granted.lease().key())).isEqualTo(granted.lease());
            assertThat(world.tep.table)
                    .containsExactly(java.util.Map.entry(granted.lease().key(), Binding.of(granted.lease())));
            assertThat(world.eventKinds()).containsExactly(Kind.ALLOCATED);
        }

        @Test
        void never_promises_longer_than_the_server_keeps_it() {
            World world = World.with(ONE);
            world.pass(Duration.ofMillis(700));
            Granted granted = world.granted(1);
            assertThat(world.wall.plus(granted.valid()))
                    .isBeforeOrEqualTo(granted.lease().until());
            assertThat(granted.valid()).isEqualTo(Duration.ofHours(1));
        }

        @Test
        void again_gives_the_same_lease_with_fresh_times() {
            World world = World.with(SOME);
            Lease first = world.granted(1).lease();
            world.pass("600S");
            Granted second = world.granted(1);
            assertThat(second.lease().key()).isEqualTo(first.key());
            assertThat(second.valid()).isEqualTo(Duration.ofHours(1));
            assertThat(second.lease().since()).isEqualTo(first.since());
            assertThat(world.leases()).hasSize(1);
        }

        @Test
        void twice_at_once_is_one_lease_and_one_commit() {
            World world = World.with(SOME);
            world.store.hold = true;
            int commits = world.store.commits;
            CompletableFuture<LeaseDecision> first = world.asks(request(1));
            CompletableFuture<LeaseDecision> second = world.asks(request(1));
            world.store.stepAll();
            world.run();
            assertThat(first.join()).isEqualTo(second.join()).isInstanceOf(Granted.class);
            assertThat(world.store.commits).isEqualTo(commits + 1);
        }

        @Test
        void gives_different_clients_different_addresses() {
            World world = World.with(SOME);
            Set<LeaseKey> keys = new HashSet<>();
            for (int i = 0; i < 256; i++) {
                assertThat(keys.add(world.granted(i).lease().key())).isTrue();
            }
            assertThat(world.refused(request(256))).isEqualTo(Reason.POOL_EXHAUSTED);
        }

        @Test
        void treats_another_association_of_a_client_as_another_lease() {
            World world = World.with(SOME);
            Lease one = world.granted(1).lease();
            AllocationRequest other = new AllocationRequest(
                    new io.dstm.api.lease.ClientId(client(1).identity(), 2), source(1), null, true, null, "test");
            assertThat(world.granted(other).lease().key()).isNotEqualTo(one.key());
        }

        @Test
        void grants_the_wish_if_it_is_free() {
            World world = World.with(SOME);
            assertThat(world.granted(wishing(1, key("192.0.2.77"))).lease().key())
                    .isEqualTo(key("192.0.2.77"));
            assertThat(world.granted(wishing(2, key("192.0.2.77"))).lease().key())
                    .isNotEqualTo(key("192.0.2.77"));
            assertThat(world.granted(wishing(3, key("198.51.100.1")))
                            .lease()
                            .key()
                            .address()
                            .toString())
                    .startsWith("192.0.2.");
        }

        @Test
        void takes_the_lease_back_when_the_tep_refuses() {
            World world = World.with(ONE);
            world.tep.refuses = binding -> true;
            assertThat(world.refused(request(1))).isEqualTo(Reason.TEP_UNAVAILABLE);
            assertThat(world.store.durable).isEmpty();
            assertThat(world.leases()).isEmpty();
            assertThat(world.events).isEmpty();
            world.tep.refuses = binding -> false;
            assertThat(world.granted(2).lease().key()).isEqualTo(key("192.0.2.1"));
        }

        @Test
        void of_a_batch_only_the_refused_binding_fails() {
            World world = World.with(SOME);
            world.store.hold = true;
            CompletableFuture<LeaseDecision> bad = world.asks(request(1));
            CompletableFuture<LeaseDecision> good = world.asks(request(2));
            world.tep.refuses = binding -> binding.tunnelSource().equals(source(1));
            world.store.hold = false;
            world.store.stepAll();
            world.run();
            assertThat(bad.join()).isInstanceOf(Refused.class);
            assertThat(good.join()).isInstanceOf(Granted.class);
            assertThat(world.tep.table).hasSize(1);
        }

        @Test
        void gives_up_on_a_tep_that_never_answers() {
            World world = World.with(ONE);
            world.tep.mute = true;
            CompletableFuture<LeaseDecision> answer = world.asks(request(1));
            assertThat(answer).isNotDone();
            world.pass(Duration.ofMillis(TepLink.CALL_LIMIT_MILLIS));
            assertThat(((Refused) answer.join()).reason()).isEqualTo(Reason.TEP_UNAVAILABLE);
            assertThat(world.store.durable).isEmpty();
            assertThat(world.leases()).isEmpty();
        }

        @Test
        void fails_without_touching_the_tep_when_the_store_fails() {
            World world = World.with(ONE);
            world.store.failing = true;
            assertThat(world.refused(request(1))).isEqualTo(Reason.STORE_UNAVAILABLE);
            assertThat(world.tep.asked).noneMatch(asked -> asked.startsWith("install"));
            world.store.failing = false;
            world.pass("2S");
            assertThat(world.granted(2).lease().key()).isEqualTo(key("192.0.2.1"));
        }

        @Test
        void needs_the_tep_of_the_pool() {
            World world = World.with(ONE, "tep=elsewhere");
            assertThat(world.refused(request(1))).isEqualTo(Reason.TEP_UNAVAILABLE);
            FakeTep elsewhere = new FakeTep("elsewhere", "2001:db8:ffff::2");
            world.engine.addTep(elsewhere);
            Granted granted = world.granted(1);
            assertThat(granted.lease().tunnelAddress()).isEqualTo(elsewhere.address);
            assertThat(elsewhere.table).hasSize(1);
            assertThat(world.tep.table).isEmpty();
        }

        @Test
        void uses_the_pool_of_higher_priority_first_and_the_next_when_it_is_full() {
            World world = World.withoutPools();
            world.pools(pool("a", "ranges=192.0.2.1"), pool("b", "ranges=192.0.2.2", "priority=5"));
            assertThat(world.granted(1).lease().pool()).isEqualTo("b");
            assertThat(world.granted(2).lease().pool()).isEqualTo("a");
            assertThat(world.refused(request(3))).isEqualTo(Reason.POOL_EXHAUSTED);
        }

        @Test
        void serves_only_clients_of_the_pools_prefixes() {
            World world = World.with(SOME, "clients=2001:db8:1::/48,2001:db8:2::/48");
            assertThat(world.refused(request(1, "2001:db8:3::1"))).isEqualTo(Reason.NO_POOL);
            world.granted(request(1, "2001:db8:2::1"));
        }

        @Test
        void gives_no_port_set_to_a_client_that_cannot_restrict_ports() {
            World world = World.with(SOME, "psid.length=4");
            AllocationRequest full = new AllocationRequest(client(1), source(1), null, false, null, "test");
            assertThat(world.refused(full)).isEqualTo(Reason.NO_POOL);
            world.pools(pool("p", SOME, "psid.length=4"), pool("whole", "ranges=198.51.100.1", "priority=-1"));
            assertThat(world.granted(full).lease().key()).isEqualTo(key("198.51.100.1"));
        }

        @Test
        void gives_no_port_set_again_to_a_client_that_cannot_restrict_ports_any_more() {
            World world = World.with(SOME, "psid.length=4");
            world.granted(1);
            AllocationRequest full = new AllocationRequest(client(1), source(1), null, false, null, "test");
            assertThat(world.refused(full)).isEqualTo(Reason.NO_POOL);
            assertThat(world.refused(world.engine.offer(full))).isEqualTo(Reason.NO_POOL);
            world.pass("60S");
            assertThat(world.renewed(full).valid()).isEqualTo(Duration.ofHours(1));
        }

        @Test
        void lends_disjoint_port_sets_without_system_ports() {
            World world = World.with(ONE, "psid.length=6");
            Set<Integer> ports = new HashSet<>();
            for (int i = 0; i < 63; i++) {
                Lease lease = world.granted(i).lease();
                for (int port = 0; port < lease.ports().size(); port++) {
                    assertThat(ports.add(lease.ports().portAt(port))).isTrue();
                }
            }
            assertThat(ports).hasSize(65536 - 1024).noneMatch(port -> port < 1024);
            assertThat(world.refused(request(99))).isEqualTo(Reason.POOL_EXHAUSTED);
        }
    }

    @Nested
    class TunnelSources {

        @Test
        void are_derived_from_the_bind_prefix_when_the_client_names_none() {
            World world = World.with(ONE, "psid.length=4", "bind.prefix=2001:db8:b::/64");
            Lease lease = world.granted(request(1, null)).lease();
            assertThat(lease.tunnelSource())
                    .isEqualTo(Ipv6Prefix.parse("2001:db8:b::/64").tunnelAddress(lease.address(), lease.ports()));
        }

        @Test
        void that_cannot_cross_a_router_count_as_none() {
            World world = World.with(ONE);
            assertThat(world.refused(request(1, "fe80::1"))).isEqualTo(Reason.NO_TUNNEL_SOURCE);
            assertThat(world.refused(request(1, null))).isEqualTo(Reason.NO_TUNNEL_SOURCE);
        }

        @Test
        void may_not_be_a_tunnel_end_points_address() {
            World world = World.with(ONE);
            assertThat(world.refused(request(1, "2001:db8:ffff::1"))).isEqualTo(Reason.NO_TUNNEL_SOURCE);
        }

        @Test
        void that_clients_choose_may_be_shared() {
            World world = World.with(SOME);
            LeaseKey one = world.granted(request(1, "2001:db8::1")).lease().key();
            assertThat(world.granted(request(2, "2001:db8::1")).lease().key()).isNotEqualTo(one);
        }

        @Test
        void made_for_one_key_are_nobody_elses() {
            World world = World.with(SOME, "bind.prefix=2001:db8:b::/64");
            Lease lease = world.granted(request(1, null)).lease();
            String made = lease.tunnelSource().toString();
            assertThat(world.refused(request(2, made))).isEqualTo(Reason.TUNNEL_SOURCE_TAKEN);
            world.granted(3);
            AllocationRequest move = request(3, made);
            assertThat(world.refused(world.engine.renew(move))).isEqualTo(Reason.TUNNEL_SOURCE_TAKEN);
            assertThat(world.renewed(request(1, made)).lease().tunnelSource()).isEqualTo(lease.tunnelSource());
        }

        @Test
        void made_for_a_free_key_bring_that_key() {
            World world = World.with(SOME, "bind.prefix=2001:db8:b::/64");
            assertThat(world.granted(request(1, "2001:db8:b::c000:24d:0"))
                            .lease()
                            .key())
                    .isEqualTo(key("192.0.2.77"));
        }
    }

    @Nested
    class Renewing {

        @Test
        void is_durable_then_in_the_tep_then_told() {
            World world = World.with(ONE);
            Instant first = world.granted(1).lease().until();
            world.pass("1000S");
            world.store.hold = true;
            world.tep.hold = true;
            CompletableFuture<LeaseDecision> answer =
                    world.engine.renew(wishing(1, key("192.0.2.1"))).toCompletableFuture();
            world.run();
            world.store.stepAll();
            world.run();
            assertThat(world.store.durable.get(key("192.0.2.1")).until()).isEqualTo(first.plusSeconds(1000));
            assertThat(answer).isNotDone();
            world.tep.stepAll();
            world.run();
            assertThat(((Granted) answer.join()).valid()).isEqualTo(Duration.ofHours(1));
            assertThat(world.tep.table.get(key("192.0.2.1")).expires()).isEqualTo(first.plusSeconds(1000));
            assertThat(world.eventKinds()).containsExactly(Kind.ALLOCATED, Kind.RENEWED);
        }

        @Test
        void keeps_the_lease_alive_beyond_its_first_end() {
            World world = World.with(ONE);
            world.granted(1);
            for (int i = 0; i < 10; i++) {
                world.pass("1800S");
                world.renewed(request(1));
            }
            world.pass("3599S");
            assertThat(world.engine.leaseOf(client(1))).isPresent();
            world.pass("1S");
            assertThat(world.engine.leaseOf(client(1))).isEmpty();
        }

        @Test
        void moves_the_tunnel_source_in_the_tep_before_the_answer() {
            World world = World.with(ONE);
            world.granted(1);
            world.pass("10S");
            Granted granted = world.renewed(request(1, "2001:db8:9::9"));
            assertThat(granted.lease().tunnelSource()).isEqualTo(Ipv6Address.parse("2001:db8:9::9"));
            assertThat(world.tep.table.get(key("192.0.2.1")).tunnelSource())
                    .isEqualTo(Ipv6Address.parse("2001:db8:9::9"));
            assertThat(world.store.durable.get(key("192.0.2.1")).tunnelSource())
                    .isEqualTo(Ipv6Address.parse("2001:db8:9::9"));
            assertThat(world.eventKinds()).endsWith(Kind.MOVED);
        }

        @Test
        void leaves_everything_as_it_was_when_the_tep_refuses() {
            World world = World.with(ONE);
            Lease lease = world.granted(1).lease();
            world.pass("10S");
            world.tep.refuses = binding -> true;
            assertThat(world.refused(world.engine.renew(request(1, "2001:db8:9::9"))))
                    .isEqualTo(Reason.TEP_UNAVAILABLE);
            assertThat(world.engine.leaseOf(client(1))).contains(lease);
            assertThat(world.store.durable.get(lease.key())).isEqualTo(lease);
        }

        @Test
        void settles_the_store_only_after_a_later_prolongation_is_over() {
            World world = World.with(ONE);
            world.granted(1);
            world.pass("10S");
            world.tep.refuses = binding -> true;
            world.engine.renew(request(1));
            world.run();
            world.tep.refuses = binding -> false;
            world.pass("10S");
            Lease renewed = world.renewed(request(1)).lease();
            world.pass("10S");
            assertThat(world.store.durable.get(renewed.key())).isEqualTo(renewed);
        }

        @Test
        void by_a_stranger_or_of_another_key_is_no_lease() {
            World world = World.with(SOME);
            LeaseKey mine = world.granted(1).lease().key();
            LeaseKey other = key(mine.address().plus(1).toString());
            assertThat(world.refused(world.engine.renew(request(2)))).isEqualTo(Reason.NO_LEASE);
            assertThat(world.refused(world.engine.renew(wishing(1, other)))).isEqualTo(Reason.NO_LEASE);
            assertThat(world.refused(world.engine.renew(wishing(2, mine)))).isEqualTo(Reason.NO_LEASE);
        }

        @Test
        void under_a_refusing_policy_tells_the_remaining_time_and_no_earlier_renewal() {
            World world = World.with(ONE, "renewal=refuse");
            Granted first = world.granted(1);
            assertThat(first.renewAfter()).isEqualTo(first.valid());
            world.pass("600S");
            Granted again = world.renewed(request(1));
            assertThat(again.valid()).isEqualTo(Duration.ofSeconds(3000));
            assertThat(again.renewAfter()).isEqualTo(again.valid());
            assertThat(world.granted(1).valid()).isEqualTo(Duration.ofSeconds(3000));
            assertThat(world.eventKinds()).containsExactly(Kind.ALLOCATED);
        }

        @Test
        void without_the_tep_fails_and_changes_nothing() {
            World world = World.with(ONE);
            Lease lease = world.granted(1).lease();
            world.engine.removeTep(world.tep);
            world.pass("60S");
            assertThat(world.refused(world.engine.renew(request(1)))).isEqualTo(Reason.TEP_UNAVAILABLE);
            assertThat(world.store.durable.get(lease.key())).isEqualTo(lease);
        }

        @Test
        void moves_a_lease_to_the_tep_its_pool_has_now() {
            World world = World.with(ONE);
            world.granted(1);
            FakeTep other = new FakeTep("other", "2001:db8:ffff::2");
            world.engine.addTep(other);
            world.pools(pool("p", ONE, "tep=other"));
            assertThat(world.tep.table).hasSize(1);
            assertThat(world.tep.served).containsExactly(Ipv4Range.parse("192.0.2.1"));
            world.pass("10S");
            assertThat(world.renewed(request(1)).lease().tunnelAddress()).isEqualTo(other.address);
            assertThat(other.table).hasSize(1);
            assertThat(world.tep.table).isEmpty();
        }
    }

    @Nested
    class Ending {

        @Test
        void by_time_has_the_tep_forget_first_then_rests_then_is_free() {
            World world = World.with(ONE).server("remember.time=0s");
            world.granted(1);
            world.tep.hold = true;
            world.pass("3600S");
            assertThat(world.engine.leaseOf(client(1))).isEmpty();
            assertThat(world.tep.asked).endsWith("remove 192.0.2.1");
            assertThat(world.leases()).extracting(Lease::state).containsExactly(LeaseState.ENDING);
            assertThat(world.refused(request(2))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.tep.hold = false;
            world.tep.stepAll();
            world.run();
            assertThat(world.store.durable.get(key("192.0.2.1")).state()).isEqualTo(LeaseState.QUARANTINED);
            assertThat(world.eventKinds()).containsExactly(Kind.ALLOCATED, Kind.EXPIRED);
            world.pass("119S");
            assertThat(world.refused(request(2))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.pass("1S");
            assertThat(world.store.durable).isEmpty();
            assertThat(world.eventKinds()).endsWith(Kind.FREED);
            assertThat(world.granted(2).lease().key()).isEqualTo(key("192.0.2.1"));
        }

        @Test
        void by_release_is_told_when_the_tep_has_forgotten_and_it_is_durable() {
            World world = World.with(ONE);
            world.granted(1);
            world.tep.hold = true;
            world.store.hold = true;
            CompletableFuture<Boolean> released =
                    world.engine.release(client(1), null).toCompletableFuture();
            world.run();
            CompletableFuture<Boolean> again =
                    world.engine.release(client(1), key("192.0.2.1")).toCompletableFuture();
            world.run();
            world.tep.stepAll();
            world.run();
            assertThat(world.tep.table).isEmpty();
            assertThat(released).isNotDone();
            world.store.stepAll();
            world.run();
            assertThat(released.join()).isTrue();
            assertThat(again.join()).isTrue();
            assertThat(world.eventKinds()).endsWith(Kind.RELEASED);
        }

        @Test
        void by_the_operator_is_called_a_withdrawal() {
            World world = World.with(ONE);
            world.granted(1);
            assertThat(world.now(world.engine.revoke(client(1), null))).isTrue();
            assertThat(world.tep.table).isEmpty();
            assertThat(world.eventKinds()).containsExactly(Kind.ALLOCATED, Kind.WITHDRAWN);
            assertThat(world.store.reasons).containsExactly(Kind.WITHDRAWN);
        }

        @Test
        void by_the_operator_moves_the_client_to_another_address_while_its_own_rests() {
            World world = World.with("ranges=192.0.2.1-192.0.2.2", "limit.per.client=1");
            LeaseKey taken = world.granted(1).lease().key();
            world.now(world.engine.revoke(client(1), null));
            assertThat(world.leases())
                    .extracting(lease -> lease.client().toString())
                    .containsExactly("withdrawn:" + client(1));
            assertThat(world.events.get(world.events.size() - 1).lease().client())
                    .as("who is told of it")
                    .isEqualTo(client(1));
            world.crash();
            LeaseKey other = world.granted(World.wishing(1, taken)).lease().key();
            assertThat(other).isNotEqualTo(taken);
            world.released(1);
            world.pass("119S");
            assertThat(world.refused(request(2))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.pass("1S");
            assertThat(world.granted(World.wishing(2, taken)).lease().key()).isEqualTo(taken);
        }

        @Test
        void by_the_operator_leaves_none_where_there_is_no_other() {
            World world = World.with(ONE);
            world.granted(1);
            world.now(world.engine.revoke(client(1), null));
            assertThat(world.refused(request(1))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.pass("120S");
            world.granted(1);
        }

        @Test
        void by_the_operator_who_has_reserved_the_address_gives_it_back_when_asked() {
            World world = World.with("ranges=192.0.2.1-192.0.2.2", "reservations=192.0.2.2 " + client(1));
            LeaseKey reserved = world.granted(1).lease().key();
            world.now(world.engine.revoke(client(1), null));
            assertThat(world.granted(1).lease().key()).isEqualTo(reserved).isEqualTo(key("192.0.2.2"));
        }

        @Test
        void by_a_stranger_or_of_another_key_does_nothing() {
            World world = World.with(ONE);
            world.granted(1);
            assertThat(world.now(world.engine.release(client(2), key("192.0.2.1"))))
                    .isFalse();
            assertThat(world.now(world.engine.release(client(1), key("192.0.2.9"))))
                    .isFalse();
            assertThat(world.engine.leaseOf(client(1))).isPresent();
        }

        @Test
        void lets_its_own_client_have_the_resting_address_back_at_once() {
            World world = World.with(SOME);
            LeaseKey key = world.granted(1).lease().key();
            world.released(1);
            assertThat(world.granted(1).lease().key()).isEqualTo(key);
            assertThat(world.engine.pools().get(0).quarantined()).isZero();
        }

        @Test
        void under_a_refusing_policy_rests_for_its_own_client_too() {
            World world = World.with(ONE, "renewal=refuse");
            world.granted(1);
            world.pass("3600S");
            assertThat(world.refused(request(1))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.pass("120S");
            world.granted(1);
        }

        @Test
        void gives_a_resting_address_back_when_lending_it_again_fails() {
            World world = World.with(ONE);
            world.granted(1);
            world.released(1);
            world.tep.refuses = binding -> true;
            assertThat(world.refused(request(1))).isEqualTo(Reason.TEP_UNAVAILABLE);
            assertThat(world.store.durable.get(key("192.0.2.1")).state()).isEqualTo(LeaseState.QUARANTINED);
            world.tep.refuses = binding -> false;
            assertThat(world.refused(request(2))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.pass("120S");
            world.granted(2);
        }

        @Test
        void by_decline_rests_long_for_everybody() {
            World world = World.with("ranges=192.0.2.1-192.0.2.2");
            LeaseKey bad = world.granted(1).lease().key();
            assertThat(world.now(world.engine.decline(client(1), bad))).isTrue();
            assertThat(world.eventKinds()).endsWith(Kind.DECLINED);
            assertThat(world.granted(1).lease().key()).isNotEqualTo(bad);
            world.pass("120S");
            assertThat(world.refused(request(2))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.crash();
            assertThat(world.refused(request(2))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.pass("86400S");
            world.granted(2);
        }

        @Test
        void waits_for_a_tep_that_is_away_and_goes_on_when_it_is_back() {
            World world = World.with(ONE);
            world.granted(1);
            world.engine.removeTep(world.tep);
            world.run();
            CompletableFuture<Boolean> released =
                    world.engine.release(client(1), null).toCompletableFuture();
            world.run();
            assertThat(released).isNotDone();
            assertThat(world.store.durable.get(key("192.0.2.1")).state()).isEqualTo(LeaseState.ENDING);
            assertThat(world.refused(request(1))).isEqualTo(Reason.TEP_UNAVAILABLE);
            world.engine.addTep(world.tep);
            world.run();
            assertThat(released.join()).isTrue();
            assertThat(world.tep.table).isEmpty();
            assertThat(world.store.durable.get(key("192.0.2.1")).state()).isEqualTo(LeaseState.QUARANTINED);
        }

        @Test
        void goes_on_without_a_tep_that_never_comes_back() {
            World world = World.with(ONE);
            world.granted(1);
            world.engine.removeTep(world.tep);
            world.pass("3600S");
            assertThat(world.leases()).extracting(Lease::state).containsExactly(LeaseState.ENDING);
            world.pass("120S");
            assertThat(world.leases()).extracting(Lease::state).containsExactly(LeaseState.QUARANTINED);
            world.pass("120S");
            assertThat(world.leases()).isEmpty();
        }

        @Test
        void is_resynced_with_a_tep_that_refuses_to_forget() {
            World world = World.with(ONE);
            world.granted(1);
            world.tep.refusesRemove = true;
            CompletableFuture<Boolean> released =
                    world.engine.release(client(1), null).toCompletableFuture();
            world.run();
            assertThat(released.join()).isTrue();
            assertThat(world.tep.table).isEmpty();
        }

        @Test
        void becomes_durable_some_time_when_the_store_fails_at_it() {
            World world = World.with(ONE);
            world.granted(1);
            world.store.failing = true;
            world.pass("3600S");
            assertThat(world.tep.table).isEmpty();
            world.store.failing = false;
            world.pass("2S");
            assertThat(world.store.durable.get(key("192.0.2.1")).state()).isEqualTo(LeaseState.QUARANTINED);
        }

        @Test
        void does_not_overtake_a_renewal_under_way() {
            World world = World.with(ONE);
            world.granted(1);
            world.pass("3599S");
            world.store.hold = true;
            CompletableFuture<LeaseDecision> renewal =
                    world.engine.renew(request(1)).toCompletableFuture();
            world.run();
            world.pass("2S");
            world.store.hold = false;
            world.store.stepAll();
            world.run();
            assertThat(renewal.join()).isInstanceOf(Granted.class);
            world.pass("5S");
            assertThat(world.engine.leaseOf(client(1))).isPresent();
        }

        @Test
        void of_many_at_once_ends_them_all() {
            World world = World.with("ranges=10.0.0.0/16").server("remember.time=0s");
            for (int i = 0; i < 3000; i++) {
                world.granted(i);
            }
            world.pass("3600S");
            assertThat(world.tep.table).isEmpty();
            assertThat(world.engine.pools().get(0).quarantined()).isEqualTo(3000);
            world.pass("120S");
            assertThat(world.store.durable).isEmpty();
            assertThat(world.engine.pools().get(0).free()).isEqualTo(65536);
        }
    }

    @Nested
    class Offering {

        @Test
        void holds_an_address_for_a_moment_without_store_or_tep() {
            World world = World.with(ONE);
            int commits = world.store.commits;
            Granted offer = world.offered(request(1));
            assertThat(offer.lease().state()).isEqualTo(LeaseState.OFFERED);
            assertThat(offer.valid()).isEqualTo(Duration.ofHours(1));
            assertThat(offer.renewAfter()).isEqualTo(Duration.ofMinutes(30));
            assertThat(world.refused(request(2))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.pass("29S");
            assertThat(world.refused(request(2))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.pass("1S");
            assertThat(world.store.commits).isEqualTo(commits);
            assertThat(world.granted(2).lease().key()).isEqualTo(offer.lease().key());
        }

        @Test
        void is_followed_by_a_lease_of_the_same_address() {
            World world = World.with(SOME);
            LeaseKey offered = world.offered(request(1)).lease().key();
            assertThat(world.offered(request(1)).lease().key()).isEqualTo(offered);
            assertThat(world.granted(1).lease().key()).isEqualTo(offered);
            world.pass("60S");
            assertThat(world.engine.leaseOf(client(1))).isPresent();
            assertThat(world.engine.pools().get(0).offered()).isZero();
        }

        @Test
        void shows_a_client_the_lease_it_has() {
            World world = World.with(SOME);
            LeaseKey mine = world.granted(1).lease().key();
            assertThat(world.offered(request(1)).lease().key()).isEqualTo(mine);
        }

        @Test
        void frees_the_address_when_the_client_gives_it_back() {
            World world = World.with(ONE);
            world.offered(request(1));
            assertThat(world.released(1)).isFalse();
            world.granted(2);
        }

        @Test
        void is_bounded() {
            World world = World.with("ranges=10.0.0.0/8");
            for (int i = 0; i < LeaseLife.MOST_OFFERS; i++) {
                world.engine.offer(new AllocationRequest(
                        new io.dstm.api.lease.ClientId("test:" + i, 0), source(i), null, true, null, "test"));
                if (i % 1000 == 0) {
                    world.run();
                }
            }
            assertThat(world.refused(world.engine.offer(request(1)))).isEqualTo(Reason.BUSY);
            world.pass("30S");
            world.offered(request(1));
        }
    }

    @Nested
    class TakingOver {

        private static Lease lease(int client, String address, LeaseState state, int ago, int ahead) {
            return new Lease(
                    key(address),
                    client(client),
                    source(client),
                    Ipv6Address.parse("2001:db8:eeee::1"),
                    "elsewhere",
                    state,
                    World.START.minusSeconds(ago),
                    World.START.plusSeconds(ahead));
        }

        private static Lease active(int client, String address) {
            return lease(client, address, LeaseState.ACTIVE, 5000, 700);
        }

        @Test
        void keeps_begin_and_end_and_uses_the_pool_and_the_tep_of_this_server() {
            World world = World.with(SOME, "lease.time=60s");
            Granted granted = (Granted) world.now(world.engine.adopt(active(1, "192.0.2.77")));
            Lease lease = granted.lease();
            assertThat(lease.key()).isEqualTo(key("192.0.2.77"));
            assertThat(lease.since()).isEqualTo(World.START.minusSeconds(5000));
            assertThat(lease.until()).isEqualTo(World.START.plusSeconds(700));
            assertThat(lease.pool()).isEqualTo("p");
            assertThat(lease.tunnelAddress()).isEqualTo(world.tep.address);
            assertThat(world.tep.table).containsEntry(lease.key(), Binding.of(lease));
            assertThat(world.store.durable).containsEntry(lease.key(), lease);
            assertThat(world.engine.leaseOf(client(1))).contains(lease);
            world.pass("700S");
            assertThat(world.eventKinds()).containsExactly(Kind.ALLOCATED, Kind.EXPIRED);
        }

        @Test
        void takes_a_hundred_thousand_at_once() {
            World world = World.with("ranges=10.0.0.0/8");
            int many = 100_000;
            Set<Lease> taken = new HashSet<>();
            for (int i = 0; i < many; i++) {
                Lease lease = new Lease(
                        new LeaseKey(new Ipv4Address(0x0A000000 + i), PortSet.FULL),
                        new ClientId("test:" + i, 1),
                        new Ipv6Address(0x20010DB8_00000000L, i + 1L),
                        world.tep.address,
                        "p",
                        i % 10 == 0 ? LeaseState.QUARANTINED : LeaseState.ACTIVE,
                        World.START.minusSeconds(i),
                        World.START.plusSeconds(1 + i));
                taken.add(lease);
                world.engine.adopt(lease);
                if (i % 1_000 == 0) {
                    world.run();
                }
            }
            world.run();
            assertThat(new HashSet<>(world.leases())).isEqualTo(taken);
            assertThat(new HashSet<>(world.store.durable.values())).isEqualTo(taken);
            assertThat(world.tep.table).hasSize(many - many / 10);
            assertThat(world.engine.isTunnelSourceTaken(new Ipv6Address(0x20010DB8_00000000L, 8), client(1)))
                    .isTrue();
            assertThat(world.engine.isTunnelSourceTaken(new Ipv6Address(0x20010DB8_00000000L, 1), client(1)))
                    .as("that of one that rests")
                    .isFalse();
        }

        @Test
        void lets_an_address_that_rests_go_on_resting_for_its_last_holder() {
            World world = World.with("ranges=192.0.2.1-192.0.2.2");
            world.now(world.engine.adopt(lease(1, "192.0.2.1", LeaseState.QUARANTINED, 100, 300)));
            assertThat(world.leases()).extracting(Lease::state).containsExactly(LeaseState.QUARANTINED);
            assertThat(world.store.durable.get(key("192.0.2.1")).until()).isEqualTo(World.START.plusSeconds(300));
            assertThat(world.granted(2).lease().key()).isEqualTo(key("192.0.2.2"));
            assertThat(world.refused(request(3))).isEqualTo(Reason.POOL_EXHAUSTED);
            assertThat(world.granted(1).lease().key()).isEqualTo(key("192.0.2.1"));
        }

        @Test
        void lets_an_address_that_rests_here_rest_no_shorter() {
            World world = World.with(ONE);
            world.granted(1);
            world.released(1);
            world.now(world.engine.adopt(lease(1, "192.0.2.1", LeaseState.QUARANTINED, 100, 5)));
            world.pass("119S");
            assertThat(world.refused(request(2))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.pass("1S");
            world.granted(2);
        }

        @Test
        void lets_an_address_that_rests_here_rest_on_when_the_store_fails() {
            World world = World.with(ONE);
            world.granted(1);
            world.released(1);
            Lease rests = world.leases().get(0);
            world.store.failing = true;
            assertThat(world.refused(world.engine.adopt(lease(1, "192.0.2.1", LeaseState.QUARANTINED, 100, 300))))
                    .isEqualTo(Reason.STORE_UNAVAILABLE);
            world.store.failing = false;
            world.pass("2S");
            assertThat(world.leases()).containsExactly(rests);
            assertThat(world.store.durable).containsEntry(rests.key(), rests);
            assertThat(world.refused(request(2))).isEqualTo(Reason.POOL_EXHAUSTED);
        }

        @Test
        void has_an_address_rest_that_was_ending() {
            World world = World.with(ONE);
            world.now(world.engine.adopt(lease(1, "192.0.2.1", LeaseState.ENDING, 100, 300)));
            assertThat(world.refused(request(2))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.pass("120S");
            world.granted(2);
        }

        @Test
        void keeps_what_was_declined_from_everybody() {
            World world = World.with(ONE);
            world.granted(1);
            world.now(world.engine.decline(client(1), null));
            Lease declined = world.leases().get(0);
            World other = World.with(ONE);
            other.now(other.engine.adopt(declined));
            assertThat(other.refused(request(1))).isEqualTo(Reason.POOL_EXHAUSTED);
        }

        @Test
        void changes_nothing_that_is_lent_or_rests_here() {
            World world = World.with("ranges=192.0.2.1-192.0.2.3");
            Lease own = world.granted(1).lease();
            Lease rests = world.granted(2).lease();
            world.released(2);
            assertThat(world.refused(world.engine.adopt(active(3, own.address().toString()))))
                    .isEqualTo(Reason.POOL_EXHAUSTED);
            assertThat(world.refused(
                            world.engine.adopt(active(3, rests.address().toString()))))
                    .isEqualTo(Reason.POOL_EXHAUSTED);
            assertThat(world.refused(world.engine.adopt(active(1, "192.0.2.3"))))
                    .isEqualTo(Reason.LIMIT_REACHED);
            assertThat(world.engine.leaseOf(client(1))).contains(own);
        }

        @Test
        void refuses_what_cannot_be_here_and_what_is_over() {
            World world = World.with(SOME, "bind.prefix=2001:db8:b::/64");
            assertThat(world.refused(world.engine.adopt(active(1, "198.51.100.1"))))
                    .isEqualTo(Reason.NO_POOL);
            assertThat(world.refused(world.engine.adopt(lease(1, "192.0.2.1", LeaseState.ACTIVE, 100, 0))))
                    .isEqualTo(Reason.NO_LEASE);
            Lease inTunnel = active(1, "192.0.2.1").movedTo(world.tep.address);
            assertThat(world.refused(world.engine.adopt(inTunnel))).isEqualTo(Reason.NO_TUNNEL_SOURCE);
            Lease othersEnd = active(1, "192.0.2.1")
                    .movedTo(Ipv6Prefix.parse("2001:db8:b::/64")
                            .tunnelAddress(
                                    key("192.0.2.2").address(), key("192.0.2.2").ports()));
            assertThat(world.refused(world.engine.adopt(othersEnd))).isEqualTo(Reason.TUNNEL_SOURCE_TAKEN);
            world.tep.refuses = binding -> true;
            assertThat(world.refused(world.engine.adopt(active(1, "192.0.2.1"))))
                    .isEqualTo(Reason.TEP_UNAVAILABLE);
            assertThat(world.store.durable).isEmpty();
            assertThat(world.leases()).isEmpty();
        }

        @Test
        void gives_what_is_reserved_to_its_holder_alone() {
            World world = World.withoutPools();
            world.pools(pool(
                    "p",
                    "ranges=192.0.2.1",
                    "reservations=192.0.2.1 " + client(1).identity()));
            assertThat(world.refused(world.engine.adopt(active(2, "192.0.2.1"))))
                    .isEqualTo(Reason.NO_POOL);
            assertThat(((Granted) world.now(world.engine.adopt(active(1, "192.0.2.1"))))
                            .lease()
                            .key())
                    .isEqualTo(key("192.0.2.1"));
        }

        @Test
        void leaves_nothing_behind_when_it_cannot_be_made_durable() {
            World world = World.with(ONE);
            world.store.failing = true;
            assertThat(world.refused(world.engine.adopt(lease(1, "192.0.2.1", LeaseState.QUARANTINED, 100, 300))))
                    .isEqualTo(Reason.STORE_UNAVAILABLE);
            assertThat(world.refused(world.engine.adopt(active(1, "192.0.2.1"))))
                    .isEqualTo(Reason.STORE_UNAVAILABLE);
            world.store.failing = false;
            world.pass("2S");
            assertThat(world.leases()).isEmpty();
            world.granted(2);
        }
    }
}
