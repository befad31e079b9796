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
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.PoolEvent;
import io.dstm.api.lease.PoolListener;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.lease.RelayInfo;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Who gets what on which terms. */
class PolicyTest {

    /** As {@link World#client} has it. */
    private static String duid(int number) {
        return "duid:%08x%04x".formatted(0x00030001, number);
    }

    private static ClientId association(int number, int iaid) {
        return new ClientId(client(number).identity(), iaid);
    }

    private static AllocationRequest asking(ClientId client, int source) {
        return new AllocationRequest(client, source(source), null, true, null, "test");
    }

    private static AllocationRequest wholeOnly(int number) {
        return new AllocationRequest(client(number), source(number), null, false, null, "test");
    }

    private static LeaseKey set(String address, int length, int psid) {
        return new LeaseKey(Ipv4Address.parse(address), new PortSet(0, length, psid));
    }

    private static PoolStatus status(World world) {
        return world.engine.pools().get(0);
    }

    private static Lease lease(Granted granted) {
        return granted.lease();
    }

    @Nested
    class Draining {

        private static final String RANGES = "ranges=192.0.2.1-192.0.2.9";

        @Test
        void lends_nothing_and_lets_what_is_lent_live_out_its_time() {
            World world = World.with(RANGES);
            Granted before = world.granted(1);
            world.pools(pool("p", RANGES, "drain=true"));
            assertThat(status(world).drains()).isTrue();
            assertThat(world.tep.table).containsKey(lease(before).key());
            assertThat(world.refused(request(2))).isEqualTo(Reason.NO_POOL);
            world.pass("1800S");
            Granted again = world.granted(1);
            assertThat(lease(again).key()).isEqualTo(lease(before).key());
            assertThat(again.valid()).as("no longer than before").isEqualTo(Duration.ofSeconds(1800));
            world.pass("1801S");
            assertThat(world.tep.table).isEmpty();
            assertThat(world.refused(request(1))).isEqualTo(Reason.NO_POOL);
        }

        @Test
        void goes_back_to_lending_when_the_line_is_gone() {
            World world = World.with(RANGES, "drain=true");
            assertThat(world.refused(request(1))).isEqualTo(Reason.NO_POOL);
            world.pools(pool("p", RANGES));
            assertThat(lease(world.granted(1)).pool()).isEqualTo("p");
        }
    }

    @Test
    void a_tep_is_compared_with_the_leases_when_somebody_asks() {
        World world = World.with("ranges=192.0.2.1-192.0.2.9");
        LeaseKey lent = lease(world.granted(1)).key();
        world.tep.table.clear();
        int before = world.tep.resyncs;
        assertThat(world.now(world.engine.resync("tep"))).isTrue();
        assertThat(world.tep.resyncs).isEqualTo(before + 1);
        assertThat(world.tep.table).containsKey(lent);
        assertThat(world.now(world.engine.resync("none"))).isFalse();
    }

    @Nested
    class Reservations {

        private static final String RANGES = "ranges=192.0.2.1-192.0.2.3";

        @Test
        void are_lent_to_their_client_and_to_nobody_else() {
            World world = World.with(RANGES, "reservations=192.0.2.2 " + duid(9));
            assertThat(status(world).reserved()).isEqualTo(1);
            assertThat(status(world).free()).isEqualTo(2);
            assertThat(world.refused(wishingAsFirst(world))).isEqualTo(Reason.POOL_EXHAUSTED);
            assertThat(lease(world.offered(request(9))).key()).isEqualTo(key("192.0.2.2"));
            assertThat(lease(world.granted(9)).key()).isEqualTo(key("192.0.2.2"));
            assertThat(status(world).reserved()).isZero();
            assertThat(status(world).free()).isZero();
            world.released(9);
            world.pass("121S");
            assertThat(status(world).reserved()).isEqualTo(1);
            assertThat(world.refused(wishing(3, key("192.0.2.2")))).isEqualTo(Reason.POOL_EXHAUSTED);
            assertThat(lease(world.granted(9)).key()).isEqualTo(key("192.0.2.2"));
        }

        /** Two clients take what is not reserved, though both wish for what is; the request of a third comes back. */
        private AllocationRequest wishingAsFirst(World world) {
            for (int i = 1; i <= 2; i++) {
                assertThat(lease(world.granted(wishing(i, key("192.0.2.2")))).key())
                        .isNotEqualTo(key("192.0.2.2"));
            }
            return request(3);
        }

        @Test
        void know_a_client_by_association_hardware_and_source_too() {
            World world = World.with(
                    "ranges=192.0.2.1-192.0.2.9",
                    "reservations=192.0.2.1 " + duid(1) + "/7,192.0.2.2 hw:00:02,192.0.2.3 source:" + source(3));
            assertThat(lease(world.granted(asking(association(1, 7), 1))).key()).isEqualTo(key("192.0.2.1"));
            assertThat(lease(world.granted(asking(association(1, 8), 1))).key()).isNotEqualTo(key("192.0.2.1"));
            assertThat(lease(world.granted(2)).key())
                    .as("the hardware address in the DUID")
                    .isEqualTo(key("192.0.2.2"));
            ClientId timed = new ClientId("duid:00010001aabbccdd0002", 1);
            assertThat(lease(world.granted(asking(timed, 5))).key()).isNotEqualTo(key("192.0.2.2"));
            world.released(2);
            world.pass("121S");
            world.now(world.engine.release(timed, null));
            assertThat(lease(world.granted(asking(timed, 5))).key())
                    .as("in a DUID with a time as well")
                    .isEqualTo(key("192.0.2.2"));
            assertThat(lease(world.granted(asking(client(30), 3))).key()).isEqualTo(key("192.0.2.3"));
        }

        @Test
        void serve_the_first_association_of_a_client() {
            World world = World.with(RANGES, "reservations=192.0.2.2 " + duid(1));
            assertThat(lease(world.granted(asking(association(1, 1), 1))).key()).isEqualTo(key("192.0.2.2"));
            assertThat(lease(world.granted(asking(association(1, 2), 1))).key()).isNotEqualTo(key("192.0.2.2"));
        }

        @Test
        void come_before_what_a_client_wishes_and_had() {
            World world = World.with(RANGES);
            LeaseKey had = lease(world.granted(wishing(1, key("192.0.2.1")))).key();
            world.released(1);
            world.pools(pool("p", RANGES, "reservations=192.0.2.3 " + duid(1)));
            assertThat(lease(world.granted(wishing(1, had))).key()).isEqualTo(key("192.0.2.3"));
        }

        @Test
        void of_what_rests_for_their_holder_hold_though_it_was_offered_something_else_since() {
            World world = World.with(RANGES);
            world.granted(wishing(1, key("192.0.2.2")));
            world.released(1);
            world.pools(pool("q", "ranges=198.51.100.1"));
            world.offered(request(1));
            world.pools(
                    pool("q", "ranges=198.51.100.1"),
                    pool("p", RANGES, "limit.per.client=1", "reservations=192.0.2.2 " + duid(1)));
            assertThat(lease(world.offered(request(1))).key()).isEqualTo(key("192.0.2.2"));
            assertThat(world.leases())
                    .as("an offer ends no rest")
                    .extracting(Lease::state)
                    .containsExactly(LeaseState.QUARANTINED);
            assertThat(lease(world.granted(1)).key()).isEqualTo(key("192.0.2.2"));
        }

        @Test
        void of_a_lent_address_let_it_drain() {
            World world = World.with(RANGES);
            world.granted(wishing(1, key("192.0.2.2")));
            world.pools(pool("p", RANGES, "reservations=192.0.2.2 " + duid(9)));
            assertThat(status(world).free()).isEqualTo(2);
            Granted meanwhile = world.granted(9);
            assertThat(lease(meanwhile).key()).isNotEqualTo(key("192.0.2.2"));
            world.pass("1800S");
            Granted renewal = world.renewed(request(1));
            assertThat(renewal.valid()).isEqualTo(Duration.ofSeconds(1800));
            assertThat(renewal.renewAfter()).isEqualTo(renewal.valid());
            assertThat(world.renewed(request(9)).valid())
                    .as("while its own is not free")
                    .isEqualTo(Duration.ofHours(1));
            world.pass("1800S");
            world.pass("121S");
            Granted last = world.renewed(request(9));
            assertThat(last.renewAfter())
                    .as("its own is free now")
                    .isEqualTo(last.valid())
                    .isEqualTo(Duration.ofSeconds(3600 - 1921));
            world.pass(last.valid());
            assertThat(lease(world.granted(9)).key()).isEqualTo(key("192.0.2.2"));
            assertThat(lease(world.granted(wishing(1, key("192.0.2.2")))).key()).isNotEqualTo(key("192.0.2.2"));
        }

        @Test
        void survive_a_restart() {
            World world = World.with(RANGES, "reservations=192.0.2.2 " + duid(9));
            world.granted(9);
            world.crash();
            assertThat(status(world).reserved()).isZero();
            assertThat(lease(world.renewed(request(9))).key()).isEqualTo(key("192.0.2.2"));
        }

        @Test
        void are_of_a_port_set_where_addresses_are_shared() {
            World world = World.with("ranges=192.0.2.1", "psid.length=2", "reservations=192.0.2.1#2 " + duid(9));
            Set<LeaseKey> others = new HashSet<>();
            for (int i = 1; i <= 2; i++) {
                others.add(lease(world.granted(i)).key());
            }
            assertThat(others).containsExactlyInAnyOrder(set("192.0.2.1", 2, 1), set("192.0.2.1", 2, 3));
            assertThat(world.refused(request(3))).isEqualTo(Reason.POOL_EXHAUSTED);
            assertThat(lease(world.granted(9)).key()).isEqualTo(set("192.0.2.1", 2, 2));
        }

        @Test
        void of_a_whole_address_where_addresses_are_shared_give_all_of_it() {
            World world =
                    World.with("ranges=192.0.2.1-192.0.2.2", "psid.length=2", "reservations=192.0.2.1 " + duid(9));
            assertThat(status(world).reserved()).isEqualTo(3);
            assertThat(lease(world.granted(wholeOnly(9))).key()).isEqualTo(key("192.0.2.1"));
            assertThat(status(world).reserved()).isEqualTo(2);
            assertThat(status(world).free()).isEqualTo(3);
            world.pass("1800S");
            assertThat(world.renewed(wholeOnly(9)).valid()).isEqualTo(Duration.ofHours(1));
            for (int i = 1; i <= 3; i++) {
                assertThat(lease(world.granted(i)).address()).hasToString("192.0.2.2");
            }
            assertThat(world.refused(request(4))).isEqualTo(Reason.POOL_EXHAUSTED);
            world.crash();
            assertThat(status(world).free()).isZero();
            assertThat(lease(world.renewed(wholeOnly(9))).key()).isEqualTo(key("192.0.2.1"));
        }

        @Test
        void wait_until_every_port_set_of_the_address_is_free() {
            World world = World.with("ranges=192.0.2.1-192.0.2.2", "psid.length=2");
            world.granted(wishing(1, set("192.0.2.1", 2, 3)));
            world.pools(pool("p", "ranges=192.0.2.1-192.0.2.2", "psid.length=2", "reservations=192.0.2.1 " + duid(9)));
            assertThat(status(world).free()).isEqualTo(3);
            assertThat(lease(world.granted(9)).address()).hasToString("192.0.2.2");
            world.released(9);
            world.pass("3600S");
            world.pass("121S");
            assertThat(lease(world.granted(9)).key()).isEqualTo(key("192.0.2.1"));
        }

        @Test
        void of_port_sets_are_not_for_clients_that_cannot_restrict_ports() {
            World world = World.with("ranges=192.0.2.1", "psid.length=2", "reservations=192.0.2.1#2 " + duid(9));
            assertThat(world.refused(wholeOnly(9))).isEqualTo(Reason.NO_POOL);
        }

        @Test
        void are_for_those_alone_who_may_use_the_pool() {
            World world = World.with(RANGES, "clients=2001:db8:9::/48", "reservations=192.0.2.2 " + duid(9));
            assertThat(world.refused(request(9))).isEqualTo(Reason.NO_POOL);
            assertThat(lease(world.granted(request(9, "2001:db8:9::9"))).key()).isEqualTo(key("192.0.2.2"));
        }
    }

    @Nested
    class Limits {

        private static final String MANY = "ranges=192.0.2.0/24";

        @Test
        void per_client_count_all_its_associations() {
            World world = World.with(MANY, "limit.per.client=2");
            world.granted(asking(association(1, 1), 1));
            world.granted(asking(association(1, 2), 1));
            assertThat(world.refused(asking(association(1, 3), 1))).isEqualTo(Reason.LIMIT_REACHED);
            assertThat(world.refused(world.engine.offer(asking(association(1, 3), 1))))
                    .isEqualTo(Reason.LIMIT_REACHED);
            world.granted(asking(association(1, 2), 1));
            world.renewed(asking(association(1, 1), 1));
            world.granted(asking(association(2, 3), 1));
        }

        @Test
        void count_offers_and_an_offer_taken_up_once() {
            World world = World.with(MANY).server("limit.per.client=1");
            world.pass("1S");
            world.offered(asking(association(1, 1), 1));
            assertThat(world.refused(asking(association(1, 2), 1))).isEqualTo(Reason.LIMIT_REACHED);
            world.offered(asking(association(1, 1), 1));
            world.granted(asking(association(1, 1), 1));
        }

        @Test
        void count_what_rests_so_that_giving_back_gains_nothing() {
            World world = World.with(MANY, "limit.per.client=1");
            LeaseKey had = lease(world.granted(1)).key();
            world.released(1);
            assertThat(world.refused(asking(association(1, 2), 1))).isEqualTo(Reason.LIMIT_REACHED);
            assertThat(lease(world.granted(1)).key())
                    .as("its own it may have back")
                    .isEqualTo(had);
            world.now(world.engine.decline(client(1), null));
            assertThat(world.refused(request(1))).as("declined").isEqualTo(Reason.LIMIT_REACHED);
            world.pass(Duration.ofDays(1));
            world.granted(1);
        }

        @Test
        void per_prefix_count_all_its_clients() {
            World world = World.with(MANY, "limit.per.prefix=2").server("limit.prefix.length=64");
            world.pass("1S");
            world.granted(request(1, "2001:db8:a:1::1"));
            world.granted(request(2, "2001:db8:a:1::2"));
            assertThat(world.refused(request(3, "2001:db8:a:1:8000::3"))).isEqualTo(Reason.LIMIT_REACHED);
            world.granted(request(3, "2001:db8:a:2::3"));
            world.granted(request(1, "2001:db8:a:1::1"));
        }

        @Test
        void are_right_after_a_restart_a_reload_and_a_move() {
            World world = World.with(MANY, "limit.per.prefix=1");
            world.granted(request(1, "2001:db8:a:100::1"));
            world.crash();
            assertThat(world.refused(request(2, "2001:db8:a:1ff::2")))
                    .as("after a restart, in the same /56")
                    .isEqualTo(Reason.LIMIT_REACHED);
            world.pools(pool("p", "ranges=192.0.2.0/24,198.51.100.0/24", "limit.per.prefix=1"));
            assertThat(world.refused(request(2, "2001:db8:a:1ff::2")))
                    .as("after a reload")
                    .isEqualTo(Reason.LIMIT_REACHED);
            world.renewed(request(1, "2001:db8:a:200::1"));
            world.granted(request(2, "2001:db8:a:1ff::2"));
            assertThat(world.refused(world.engine.renew(request(1, "2001:db8:a:101::1"))))
                    .as("a move into a prefix that has its lease")
                    .isEqualTo(Reason.LIMIT_REACHED);
            world.renewed(request(1, "2001:db8:a:200::2"));
        }

        @Test
        void that_come_later_count_what_is_lent() {
            World world = World.with(MANY);
            world.granted(asking(association(1, 1), 1));
            world.granted(asking(association(1, 2), 1));
            world.server("limit.per.client=2");
            world.pass("1S");
            assertThat(world.refused(asking(association(1, 3), 1))).isEqualTo(Reason.LIMIT_REACHED);
            world.server("limit.per.client=3");
            world.granted(asking(association(1, 3), 1));
            world.server();
            world.pass("1S");
            world.granted(asking(association(1, 4), 1));
        }

        @Test
        void refuse_no_reservation() {
            World world = World.with(MANY, "limit.per.client=1", "reservations=192.0.2.77 " + duid(1) + "/2");
            world.granted(asking(association(1, 1), 1));
            assertThat(lease(world.granted(asking(association(1, 2), 1))).key()).isEqualTo(key("192.0.2.77"));
        }

        @Test
        void of_one_pool_leave_others_free() {
            World world = World.withoutPools()
                    .pools(
                            pool("a", "ranges=192.0.2.0/24", "limit.per.client=1", "priority=1"),
                            pool("b", "ranges=198.51.100.0/24"));
            assertThat(lease(world.granted(asking(association(1, 1), 1))).pool())
                    .isEqualTo("a");
            assertThat(lease(world.granted(asking(association(1, 2), 1))).pool())
                    .isEqualTo("b");
        }

        @Test
        void keep_a_rogue_with_ever_new_identities_from_emptying_a_pool() {
            World world = World.with(MANY, "limit.per.prefix=4");
            int granted = 0;
            for (int i = 0; i < 1000; i++) {
                AllocationRequest forged = request(i, "2001:db8:bad:1::%x".formatted(i + 1));
                if (world.now(world.engine.allocate(forged)) instanceof Granted) {
                    granted++;
                    world.now(world.engine.decline(client(i), null));
                }
            }
            assertThat(granted).isEqualTo(4);
            world.granted(request(2000, "2001:db8:900d::1"));
        }
    }

    @Nested
    class Times {

        private Granted lasting(World world, int number, Duration wish) {
            return world.granted(request(number).lasting(wish));
        }

        @Test
        void follow_the_clients_wish_within_bounds() {
            World world = World.with("ranges=192.0.2.0/24", "lease.time.min=10m", "lease.time.max=2h");
            assertThat(lasting(world, 1, Duration.ofMinutes(30)).valid()).isEqualTo(Duration.ofMinutes(30));
            assertThat(lasting(world, 2, Duration.ofMinutes(1)).valid()).isEqualTo(Duration.ofMinutes(10));
            assertThat(lasting(world, 3, Duration.ofDays(9)).valid()).isEqualTo(Duration.ofHours(2));
            assertThat(lasting(world, 4, null).valid()).isEqualTo(Duration.ofHours(1));
            assertThat(world.offered(request(5).lasting(Duration.ofMinutes(20))).valid())
                    .isEqualTo(Duration.ofMinutes(20));
            assertThat(world.renewed(request(1).lasting(Duration.ofMinutes(90))).valid())
                    .isEqualTo(Duration.ofMinutes(90));
        }

        @Test
        void follow_no_wish_without_bounds() {
            World world = World.with("ranges=192.0.2.0/24");
            assertThat(lasting(world, 1, Duration.ofMinutes(30)).valid()).isEqualTo(Duration.ofHours(1));
        }

        @Test
        void t1_and_t2_are_what_the_file_says_of_them() {
            World world = World.with("ranges=192.0.2.0/24", "renew.percent=25", "rebind.percent=75");
            Granted granted = world.granted(1);
            assertThat(granted.renewAfter()).isEqualTo(Duration.ofMinutes(15));
            assertThat(granted.rebindAfter()).isEqualTo(Duration.ofMinutes(45));
        }

        @Test
        void a_lease_is_not_renewed_beyond_its_total() {
            World world = World.with("ranges=192.0.2.1-192.0.2.2", "lease.time.total=90m");
            LeaseKey had = lease(world.granted(1)).key();
            world.pass("1800S");
            Granted last = world.renewed(request(1));
            assertThat(last.valid()).isEqualTo(Duration.ofMinutes(60));
            assertThat(last.renewAfter()).isEqualTo(last.valid());
            world.pass("1800S");
            Granted more = world.renewed(request(1));
            assertThat(more.valid()).isEqualTo(Duration.ofMinutes(30));
            assertThat(more.renewAfter()).isEqualTo(more.valid());
            world.pass("1800S");
            assertThat(lease(world.granted(1)).key()).as("its total is used up").isNotEqualTo(had);
        }

        @Test
        void giving_back_and_asking_again_does_not_make_the_total_longer() {
            World world = World.with("ranges=192.0.2.1-192.0.2.2", "lease.time.total=90m");
            Lease first = lease(world.granted(1));
            world.pass("3000S");
            world.released(1);
            assertThat(world.offered(request(1)).valid()).isEqualTo(Duration.ofSeconds(5400 - 3000));
            Granted again = world.granted(1);
            assertThat(lease(again).key()).isEqualTo(first.key());
            assertThat(lease(again).since()).isEqualTo(first.since());
            assertThat(again.valid()).isEqualTo(Duration.ofSeconds(5400 - 3000));
            assertThat(again.renewAfter()).isEqualTo(again.valid());
        }

        @Test
        void without_a_total_a_lease_begins_anew_and_is_renewed_for_ever() {
            World world = World.with("ranges=192.0.2.1-192.0.2.2");
            Lease first = lease(world.granted(1));
            for (int i = 0; i < 100; i++) {
                world.pass("3000S");
                assertThat(world.renewed(request(1)).valid()).isEqualTo(Duration.ofHours(1));
            }
            world.released(1);
            assertThat(lease(world.granted(1)).since()).isAfter(first.since());
        }

        @Test
        void a_total_that_comes_later_shortens_nothing_that_was_promised() {
            World world = World.with("ranges=192.0.2.1-192.0.2.2");
            world.granted(1);
            world.server("lease.time=10m", "lease.time.total=20m");
            world.pass("2400S");
            Granted rest = world.renewed(request(1));
            assertThat(rest.valid()).isEqualTo(Duration.ofSeconds(1200));
            assertThat(rest.renewAfter()).isEqualTo(rest.valid());
        }
    }

    @Nested
    class Renewals {

        @Test
        void by_threshold_are_accepted_while_less_of_the_pool_is_used() {
            World world = World.with("ranges=192.0.2.1-192.0.2.4", "renewal=threshold", "renewal.threshold=75");
            Granted first = world.granted(1);
            assertThat(first.renewAfter()).isEqualTo(Duration.ofMinutes(30));
            world.granted(2);
            world.pass("1800S");
            assertThat(world.renewed(request(1)).valid()).as("half is used").isEqualTo(Duration.ofHours(1));
            world.granted(3);
            Granted tight = world.renewed(request(1));
            assertThat(tight.renewAfter())
                    .as("three quarters are used")
                    .isEqualTo(tight.valid())
                    .isEqualTo(Duration.ofHours(1));
            world.pass("600S");
            assertThat(world.renewed(request(1)).valid()).isEqualTo(Duration.ofMinutes(50));
            world.released(3);
            assertThat(world.renewed(request(1)).valid())
                    .as("what rests is used too")
                    .isEqualTo(Duration.ofMinutes(50));
            world.pass("121S");
            assertThat(world.renewed(request(1)).valid()).isEqualTo(Duration.ofHours(1));
        }
    }

    @Nested
    class Returning {

        private final World world = World.with("ranges=192.0.2.0/24", "allocator=random");

        private LeaseKey ended(int number) {
            return ended(request(number), number);
        }

        private LeaseKey ended(AllocationRequest request, int number) {
            LeaseKey had = lease(world.granted(request)).key();
            world.released(number);
            world.pass("121S");
            assertThat(world.leases()).noneMatch(lease -> lease.key().equals(had));
            return had;
        }

        @Test
        void clients_get_what_they_had_if_it_is_free() {
            LeaseKey had = ended(1);
            assertThat(lease(world.granted(1)).key()).isEqualTo(had);
        }

        @Test
        void clients_get_what_they_had_after_a_restart() {
            LeaseKey had = ended(1);
            world.crash();
            assertThat(world.leases()).isEmpty();
            assertThat(lease(world.offered(request(1))).key()).isEqualTo(had);
            assertThat(lease(world.granted(1)).key()).isEqualTo(had);
            world.crash();
            assertThat(lease(world.granted(1)).key()).isEqualTo(had);
        }

        @Test
        void clients_get_what_they_had_though_it_came_to_rest_while_the_server_was_down() {
            LeaseKey had = lease(world.granted(1)).key();
            world.released(1);
            world.wall = world.wall.plusSeconds(3600);
            world.crash();
            assertThat(lease(world.granted(1)).key()).isEqualTo(had);
        }

        @Test
        void clients_get_something_else_if_somebody_has_it() {
            LeaseKey had = ended(1);
            world.granted(wishing(2, had));
            assertThat(lease(world.granted(1)).key()).isNotEqualTo(had);
            assertThat(world.store.durable).hasSize(2);
        }

        @Test
        void what_a_client_had_is_forgotten_when_it_has_something_else() {
            LeaseKey had = ended(1);
            LeaseKey other = key("192.0.2.200").equals(had) ? key("192.0.2.201") : key("192.0.2.200");
            world.granted(wishing(1, other));
            world.run();
            assertThat(world.store.durable).containsOnlyKeys(other);
        }

        @Test
        void what_was_declined_is_remembered_for_nobody() {
            LeaseKey had = lease(world.granted(1)).key();
            world.now(world.engine.decline(client(1), null));
            world.pass(Duration.ofDays(1));
            world.pass("2S");
            assertThat(world.store.durable).doesNotContainKey(had);
        }

        @Test
        void is_forgotten_after_a_time() {
            world.server("remember.time=1h");
            LeaseKey had = ended(1);
            world.pass("3590S");
            assertThat(world.store.durable).containsKey(had);
            world.pass("10S");
            world.pass("1S");
            assertThat(world.store.durable).isEmpty();
            ended(2);
            world.wall = world.wall.plusSeconds(7200);
            world.crash();
            world.pass("2S");
            assertThat(world.store.durable).as("over while the server was down").isEmpty();
        }

        @Test
        void no_more_are_remembered_than_there_may_be_the_last_of_them() {
            world.server("remember.leases=2");
            // Chosen by chance, two of them might be the same.
            ended(wishing(1, key("192.0.2.1")), 1);
            LeaseKey second = ended(wishing(2, key("192.0.2.2")), 2);
            LeaseKey third = ended(wishing(3, key("192.0.2.3")), 3);
            assertThat(world.store.durable).containsOnlyKeys(second, third);
            world.crash();
            LeaseKey fourth = ended(wishing(4, key("192.0.2.4")), 4);
            assertThat(world.store.durable).containsOnlyKeys(third, fourth);
            world.server("remember.leases=0");
            world.pass("2S");
            assertThat(world.store.durable).isEmpty();
        }

        @Test
        void is_possible_only_where_the_pool_still_lends_it() {
            LeaseKey had = ended(1);
            world.pools(pool("p", "ranges=198.51.100.0/24"));
            assertThat(lease(world.granted(1)).key()).isNotEqualTo(had);
            assertThat(lease(world.granted(1)).pool()).isEqualTo("p");
        }
    }

    @Nested
    class Preference {

        @Test
        void keeps_whole_addresses_for_clients_that_cannot_share() {
            World world = World.withoutPools()
                    .pools(
                            pool("a-whole", "ranges=192.0.2.1"),
                            pool("b-shared", "ranges=198.51.100.1", "psid.length=1", "system.ports=true"));
            assertThat(lease(world.granted(1)).pool()).isEqualTo("b-shared");
            assertThat(lease(world.granted(2)).pool()).isEqualTo("b-shared");
            assertThat(lease(world.granted(wholeOnly(3))).pool()).isEqualTo("a-whole");
            assertThat(world.refused(wholeOnly(4))).isEqualTo(Reason.POOL_EXHAUSTED);
        }

        @Test
        void by_priority_comes_first() {
            World world = World.withoutPools()
                    .pools(
                            pool("whole", "ranges=192.0.2.1", "priority=1"),
                            pool("shared", "ranges=198.51.100.1", "psid.length=1", "system.ports=true"));
            assertThat(lease(world.granted(1)).pool()).isEqualTo("whole");
            assertThat(lease(world.granted(2)).pool()).isEqualTo("shared");
        }
    }

    @Nested
    class Relays {

        private final Ipv6Address link = Ipv6Address.parse("2001:db8:7::1");

        private AllocationRequest through(int number, RelayInfo... relays) {
            return request(number).through(List.of(relays));
        }

        @Test
        void choose_the_pool() {
            World world = World.withoutPools()
                    .pools(
                            pool("gold", "ranges=192.0.2.1", "subscriber.ids=gold-*", "priority=2"),
                            pool("here", "ranges=192.0.2.2", "links=2001:db8:7::/48", "priority=1"),
                            pool("rest", "ranges=192.0.2.3"));
            assertThat(lease(world.granted(through(1, new RelayInfo(link, null, null, "gold-1"))))
                            .pool())
                    .isEqualTo("gold");
            assertThat(lease(world.granted(through(2, new RelayInfo(link, null, null, "tin-1"))))
                            .pool())
                    .isEqualTo("here");
            assertThat(lease(world.granted(3)).pool()).isEqualTo("rest");
        }

        @Test
        void beyond_those_that_are_believed_say_nothing() {
            World world = World.with("ranges=192.0.2.0/24", "interface.ids=port-1");
            RelayInfo router = new RelayInfo(link, null, null, null);
            RelayInfo forged = new RelayInfo(null, "port-1", null, null);
            assertThat(world.refused(through(1, router, forged))).isEqualTo(Reason.NO_POOL);
            world.server("trusted.relays=2");
            world.granted(through(1, router, forged));
            world.server("trusted.relays=0");
            assertThat(world.refused(through(2, forged))).isEqualTo(Reason.NO_POOL);
        }

        @Test
        void are_not_taken_for_the_servers_own_link() {
            World world =
                    World.with("ranges=192.0.2.0/24", "links=2001:db8:7::/48").server("trusted.relays=0");
            AllocationRequest relayed = new AllocationRequest(
                    client(1),
                    source(1),
                    null,
                    true,
                    link,
                    "test",
                    List.of(new RelayInfo(link, null, null, null)),
                    null);
            assertThat(world.refused(relayed)).isEqualTo(Reason.NO_POOL);
            world.granted(relayed.through(List.of()));
        }

        @Test
        void must_say_it_at_renewals_too() {
            World world = World.with("ranges=192.0.2.0/24", "subscriber.ids=gold");
            RelayInfo gold = new RelayInfo(link, null, null, "gold");
            world.granted(through(1, gold));
            world.pass("1000S");
            assertThat(world.renewed(through(1, gold)).valid()).isEqualTo(Duration.ofHours(1));
            world.pass("1000S");
            assertThat(world.renewed(through(1, new RelayInfo(link, null, null, "tin")))
                            .valid())
                    .isEqualTo(Duration.ofSeconds(2600));
        }
    }

    @Nested
    class Alarms {

        private final World world = World.with("ranges=192.0.2.1-192.0.2.10", "alarm.high=50", "alarm.low=30");
        private final List<PoolEvent> heard = new ArrayList<>();

        private List<PoolEvent.Kind> kinds() {
            world.pass("1S");
            return heard.stream().map(PoolEvent::kind).toList();
        }

        @Test
        void are_raised_once_at_the_upper_threshold_and_taken_back_below_the_lower() {
            world.engine.addPoolListener(heard::add);
            for (int i = 1; i <= 4; i++) {
                world.granted(i);
            }
            assertThat(kinds()).isEmpty();
            world.granted(5);
            assertThat(kinds()).containsExactly(PoolEvent.Kind.HIGH);
            assertThat(heard.get(0).pool().name()).isEqualTo("p");
            assertThat(heard.get(0).pool().active()).isEqualTo(5);
            world.released(5);
            world.pass("121S");
            world.granted(5);
            world.pools(pool("p", "ranges=192.0.2.1-192.0.2.10", "alarm.high=50", "alarm.low=30", "priority=1"));
            assertThat(kinds()).as("in between, and after a reload").containsExactly(PoolEvent.Kind.HIGH);
            for (int i = 1; i <= 3; i++) {
                world.released(i);
            }
            assertThat(kinds()).as("what rests is used").hasSize(1);
            world.pass("121S");
            assertThat(kinds()).containsExactly(PoolEvent.Kind.HIGH, PoolEvent.Kind.RELAXED);
        }

        @Test
        void tell_of_a_pool_of_which_nothing_is_free() {
            world.engine.addPoolListener(heard::add);
            for (int i = 1; i <= 10; i++) {
                world.granted(i);
            }
            assertThat(kinds()).containsExactly(PoolEvent.Kind.HIGH, PoolEvent.Kind.EXHAUSTED);
            assertThat(heard.get(1).pool().free()).isZero();
            assertThat(kinds()).hasSize(2);
        }

        @Test
        void that_are_off_are_not_raised() {
            world.pools(pool("p", "ranges=192.0.2.1-192.0.2.10", "alarm.high=0"));
            world.engine.addPoolListener(heard::add);
            for (int i = 1; i <= 9; i++) {
                world.granted(i);
            }
            assertThat(kinds()).isEmpty();
        }

        @Test
        void reach_no_listener_that_has_gone_and_survive_one_that_fails() {
            PoolListener gone = heard::add;
            world.engine.addPoolListener(gone);
            world.engine.removePoolListener(gone);
            world.engine.addPoolListener(event -> {
                throw new IllegalStateException("on purpose");
            });
            List<PoolEvent> last = new ArrayList<>();
            world.engine.addPoolListener(last::add);
            for (int i = 1; i <= 5; i++) {
                world.granted(i);
            }
            assertThat(kinds()).isEmpty();
            assertThat(last).hasSize(1);
        }
    }
}
