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
import io.dstm.api.ipv6.Ipv6Request;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class Ipv6EngineTest {

    private static final Ipv6Link LINK =
            new Ipv6Link("eth1", null, List.of(Ipv6Prefix.parse("2001:db8:1::/64")), Ipv6Address.parse("fe80::9"));
    private static final Ipv6Link ELSEWHERE = new Ipv6Link("eth9", null, List.of(), Ipv6Address.parse("fe80::9"));

    private final MemoryIpv6Store store = new MemoryIpv6Store();
    private Instant now = Instant.parse("2026-11-21T06:00:00Z");
    private Ipv6Engine engine = engine();

    private Ipv6Engine engine() {
        Ipv6Engine fresh = new Ipv6Engine(store, () -> now, new byte[16]);
        assertThat(fresh.load()).isTrue();
        return fresh;
    }

    private void pools(Map<String, String> keys) {
        try {
            Map<String, String> all = new java.util.HashMap<>(keys);
            all.putIfAbsent("interfaces", "eth1");
            engine.setPools(List.of(Ipv6PoolConfig.read("lan", all)));
        } catch (ConfigException wrong) {
            throw new AssertionError(wrong);
        }
    }

    private static ClientId client(int number) {
        return new ClientId("duid:0003000102%06x".formatted(number), 1);
    }

    private static Ipv6Request address(int number, String... wishes) {
        return request(client(number), Ipv6LeaseKind.ADDRESS, LINK, wishes);
    }

    private static Ipv6Request prefix(int number, String... wishes) {
        return request(client(number), Ipv6LeaseKind.PREFIX, LINK, wishes);
    }

    private static Ipv6Request request(ClientId client, Ipv6LeaseKind kind, Ipv6Link link, String... wishes) {
        return new Ipv6Request(
                client, kind, link, Arrays.stream(wishes).map(Ipv6Prefix::parse).toList());
    }

    private static Ipv6Decision now(CompletionStage<Ipv6Decision> stage) {
        return stage.toCompletableFuture().getNow(new Refused(Reason.STORE_UNAVAILABLE, "not done"));
    }

    private static Granted granted(CompletionStage<Ipv6Decision> stage) {
        Ipv6Decision decision = now(stage);
        assertThat(decision).isInstanceOf(Granted.class);
        return (Granted) decision;
    }

    private static Refused refused(CompletionStage<Ipv6Decision> stage) {
        Ipv6Decision decision = now(stage);
        assertThat(decision).isInstanceOf(Refused.class);
        return (Refused) decision;
    }

    @Test
    void what_is_offered_is_what_is_lent() {
        pools(Map.of("addresses", "2001:db8:1::/64", "prefixes", "2001:db8:8000::/36"));

        Ipv6Prefix offered = granted(engine.offer(address(1))).lease().prefix();
        assertThat(engine.leaseOf(client(1), Ipv6LeaseKind.ADDRESS)).isEmpty();
        assertThat(store.stored).isEmpty();

        Granted lent = granted(engine.allocate(address(1)));
        assertThat(lent.lease().prefix()).isEqualTo(offered);
        assertThat(lent.preferred()).isEqualTo(Duration.ofHours(1));
        assertThat(lent.valid()).isEqualTo(Duration.ofHours(2));
        assertThat(lent.renewAfter()).isEqualTo(Duration.ofMinutes(30));
        assertThat(lent.rebindAfter()).isEqualTo(Duration.ofMinutes(48));
        assertThat(store.stored.get(offered)).isEqualTo(lent.lease());

        Ipv6Lease delegated = granted(engine.allocate(prefix(1))).lease();
        assertThat(delegated.prefix().length()).isEqualTo(56);
        assertThat(Ipv6Prefix.parse("2001:db8:8000::/36").contains(delegated.prefix()))
                .isTrue();
    }

    @Test
    void is_told_only_when_the_lease_is_durable() {
        pools(Map.of("addresses", "2001:db8:1::/64"));
        store.slow = true;

        CompletionStage<Ipv6Decision> stage = engine.allocate(address(1));

        assertThat(stage.toCompletableFuture()).isNotDone();
        store.catchUp();
        assertThat(granted(stage).lease().client()).isEqualTo(client(1));
    }

    @Test
    void what_the_store_does_not_take_is_not_lent() {
        pools(Map.of("addresses", "2001:db8:1::7"));
        store.broken = true;
        assertThat(refused(engine.allocate(address(1))).reason()).isEqualTo(Reason.STORE_UNAVAILABLE);
        store.broken = false;

        assertThat(engine.leaseOf(client(1), Ipv6LeaseKind.ADDRESS)).isEmpty();
        assertThat(granted(engine.allocate(address(2))).lease().address())
                .isEqualTo(Ipv6Address.parse("2001:db8:1::7"));
    }

    @Test
    void a_renewal_that_the_store_does_not_take_leaves_the_lease_as_it_was() {
        pools(Map.of("addresses", "2001:db8:1::7"));
        Ipv6Lease before = granted(engine.allocate(address(1))).lease();
        now = now.plusSeconds(60);
        store.broken = true;

        assertThat(refused(engine.renew(address(1))).reason()).isEqualTo(Reason.STORE_UNAVAILABLE);
        assertThat(engine.leaseOf(client(1), Ipv6LeaseKind.ADDRESS)).contains(before);
    }

    @Test
    void declines_when_every_address_is_lent() {
        pools(Map.of("addresses", "2001:db8:1::1-2001:db8:1::4"));
        Set<Ipv6Address> lent = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            lent.add(granted(engine.allocate(address(i))).lease().address());
        }

        assertThat(lent).hasSize(4);
        assertThat(refused(engine.allocate(address(4))).reason()).isEqualTo(Reason.EXHAUSTED);
        assertThat(refused(engine.offer(prefix(4))).reason()).isEqualTo(Reason.NO_POOL);
        assertThat(engine.pools().get(0).addresses()).isEqualTo(4);
    }

    @Test
    void a_lease_ends_and_is_found_again_by_who_returns() {
        pools(Map.of("addresses", "2001:db8:1::/64"));
        Ipv6Prefix first = granted(engine.allocate(address(1))).lease().prefix();

        now = now.plus(Duration.ofHours(2));
        engine.tick();

        assertThat(engine.leaseOf(client(1), Ipv6LeaseKind.ADDRESS)).isEmpty();
        assertThat(store.stored).isEmpty();
        assertThat(granted(engine.allocate(address(1))).lease().prefix()).isEqualTo(first);
    }

    @Test
    void a_renewal_lasts_and_keeps_its_beginning() {
        pools(Map.of("addresses", "2001:db8:1::/64"));
        Ipv6Lease first = granted(engine.allocate(address(1))).lease();
        now = now.plus(Duration.ofMinutes(90));
        Ipv6Lease renewed =
                granted(engine.renew(address(1, first.prefix().toString()))).lease();

        now = now.plus(Duration.ofMinutes(90));
        engine.tick();

        assertThat(renewed.since()).isEqualTo(first.since());
        assertThat(engine.leaseOf(client(1), Ipv6LeaseKind.ADDRESS)).contains(renewed);
    }

    @Test
    void a_renewal_of_nothing_has_no_binding_and_says_what_is_not_of_this_link() {
        pools(Map.of("addresses", "2001:db8:1::/64"));

        Refused refused = refused(engine.renew(address(1, "2001:db8:1::77", "2001:db8:66::1")));

        assertThat(refused.reason()).isEqualTo(Reason.NO_BINDING);
        assertThat(refused.gone()).containsExactly(Ipv6Prefix.parse("2001:db8:66::1"));
    }

    @Test
    void a_wish_is_granted_if_it_can_be() {
        pools(Map.of("addresses", "2001:db8:1::/64"));

        assertThat(granted(engine.allocate(address(1, "2001:db8:1::77")))
                        .lease()
                        .address())
                .isEqualTo(Ipv6Address.parse("2001:db8:1::77"));
        assertThat(granted(engine.allocate(address(2, "2001:db8:1::77")))
                        .lease()
                        .address())
                .isNotEqualTo(Ipv6Address.parse("2001:db8:1::77"));
        assertThat(granted(engine.allocate(address(3, "2001:db8:2::77")))
                        .lease()
                        .address())
                .isNotEqualTo(Ipv6Address.parse("2001:db8:2::77"));
    }

    @Test
    void a_hint_of_a_length_is_heeded_within_bounds() {
        pools(Map.of(
                "prefixes", "2001:db8:8000::/36",
                "delegated.length.shortest", "52",
                "delegated.length.longest", "60"));

        assertThat(granted(engine.allocate(prefix(1, "::/60"))).lease().prefix().length())
                .isEqualTo(60);
        assertThat(granted(engine.allocate(prefix(2, "::/48"))).lease().prefix().length())
                .isEqualTo(52);
        assertThat(granted(engine.allocate(prefix(3, "::/64"))).lease().prefix().length())
                .isEqualTo(60);
        assertThat(granted(engine.allocate(prefix(4))).lease().prefix().length())
                .isEqualTo(56);
        assertThat(granted(engine.allocate(prefix(5, "2001:db8:8123:4560::/60")))
                        .lease()
                        .prefix())
                .isEqualTo(Ipv6Prefix.parse("2001:db8:8123:4560::/60"));
    }

    @Test
    void a_smaller_prefix_is_delegated_when_no_larger_is_left() {
        pools(Map.of(
                "prefixes", "2001:db8:8000::/56",
                "delegated.length", "57",
                "delegated.length.longest", "58"));

        assertThat(granted(engine.allocate(prefix(1))).lease().prefix().length())
                .isEqualTo(57);
        assertThat(granted(engine.allocate(prefix(2, "::/58"))).lease().prefix().length())
                .isEqualTo(58);
        assertThat(granted(engine.allocate(prefix(3))).lease().prefix().length())
                .isEqualTo(58);
        assertThat(refused(engine.allocate(prefix(4))).reason()).isEqualTo(Reason.EXHAUSTED);
    }

    @Test
    void a_reservation_is_its_clients_alone() {
        pools(Map.of(
                "addresses", "2001:db8:1::5-2001:db8:1::6",
                "prefixes", "2001:db8:8000::/48",
                "reservations", "0003000102000001=2001:db8:1::5, 0003000102000001=2001:db8:8000::/56"));

        assertThat(granted(engine.allocate(address(2, "2001:db8:1::5"))).lease().address())
                .isEqualTo(Ipv6Address.parse("2001:db8:1::6"));
        assertThat(refused(engine.allocate(address(3))).reason()).isEqualTo(Reason.EXHAUSTED);
        assertThat(granted(engine.allocate(address(1))).lease().address())
                .isEqualTo(Ipv6Address.parse("2001:db8:1::5"));
        assertThat(granted(engine.allocate(prefix(1))).lease().prefix())
                .isEqualTo(Ipv6Prefix.parse("2001:db8:8000::/56"));
    }

    @Test
    void a_client_with_a_new_reservation_is_moved_when_it_asks_next() {
        pools(Map.of("addresses", "2001:db8:1::/64"));
        Ipv6Prefix before = granted(engine.allocate(address(1))).lease().prefix();
        pools(Map.of("addresses", "2001:db8:1::/64", "reservations", "0003000102000001=2001:db8:1::5"));

        Granted moved = granted(engine.renew(address(1, before.toString())));

        assertThat(moved.lease().address()).isEqualTo(Ipv6Address.parse("2001:db8:1::5"));
        assertThat(moved.gone()).containsExactly(before);
        assertThat(store.stored).containsOnlyKeys(moved.lease().prefix());
        assertThat(engine.leaseOver(before.address())).isEmpty();
    }

    @Test
    void renumbers_when_the_pool_has_moved() {
        pools(Map.of("addresses", "2001:db8:1::/64"));
        Ipv6Prefix before = granted(engine.allocate(address(1))).lease().prefix();
        pools(Map.of("addresses", "2001:db8:2::/64"));

        Granted moved = granted(engine.renew(address(1, before.toString())));

        assertThat(Ipv6Prefix.parse("2001:db8:2::/64").contains(moved.lease().address()))
                .isTrue();
        assertThat(moved.gone()).containsExactly(before);
    }

    @Test
    void takes_back_what_the_ia_holds_and_nothing_else() {
        pools(Map.of("addresses", "2001:db8:1::7"));
        Ipv6Prefix lent = granted(engine.allocate(address(1))).lease().prefix();

        assertThat(done(engine.release(client(2), Ipv6LeaseKind.ADDRESS, List.of(lent))))
                .isFalse();
        assertThat(done(engine.release(client(1), Ipv6LeaseKind.PREFIX, List.of(lent))))
                .isFalse();
        assertThat(done(engine.release(client(1), Ipv6LeaseKind.ADDRESS, List.of())))
                .isFalse();
        assertThat(done(engine.release(client(1), Ipv6LeaseKind.ADDRESS, List.of(lent))))
                .isTrue();
        assertThat(store.stored).isEmpty();
        assertThat(granted(engine.allocate(address(2))).lease().prefix()).isEqualTo(lent);
    }

    @Test
    void a_declined_address_rests_across_a_restart() {
        pools(Map.of("addresses", "2001:db8:1::7"));
        Ipv6Prefix lent = granted(engine.allocate(address(1))).lease().prefix();

        assertThat(done(engine.decline(client(1), List.of(lent)))).isTrue();
        assertThat(refused(engine.allocate(address(1))).reason()).isEqualTo(Reason.EXHAUSTED);
        assertThat(engine.leaseOver(lent.address())).isEmpty();

        engine = engine();
        pools(Map.of("addresses", "2001:db8:1::7"));
        assertThat(refused(engine.allocate(address(2))).reason()).isEqualTo(Reason.EXHAUSTED);

        now = now.plus(Duration.ofDays(1));
        engine.tick();
        assertThat(granted(engine.allocate(address(2))).lease().prefix()).isEqualTo(lent);
    }

    @Test
    void remembers_leases_across_a_restart() {
        pools(Map.of("addresses", "2001:db8:1::/64", "prefixes", "2001:db8:8000::/36"));
        Ipv6Lease lent = granted(engine.allocate(address(1))).lease();
        Ipv6Lease delegated = granted(engine.allocate(prefix(1))).lease();

        engine = engine();
        pools(Map.of("addresses", "2001:db8:1::/64", "prefixes", "2001:db8:8000::/36"));

        assertThat(engine.leaseOf(client(1), Ipv6LeaseKind.ADDRESS)).contains(lent);
        assertThat(engine.leaseOver(delegated.prefix().last())).contains(delegated);
        assertThat(granted(engine.allocate(address(2, lent.prefix().toString())))
                        .lease()
                        .prefix())
                .isNotEqualTo(lent.prefix());
    }

    @Test
    void what_the_store_did_not_take_back_is_settled_with_the_next_lease() {
        pools(Map.of("addresses", "2001:db8:1::/64"));
        Ipv6Prefix first = granted(engine.allocate(address(1))).lease().prefix();
        store.broken = true;
        assertThat(done(engine.release(client(1), Ipv6LeaseKind.ADDRESS, List.of(first))))
                .isTrue();
        store.broken = false;
        Ipv6Lease second =
                granted(engine.allocate(address(1, "2001:db8:1::77"))).lease();

        assertThat(store.stored).containsOnlyKeys(second.prefix());
        engine = engine();
        assertThat(engine.leaseOf(client(1), Ipv6LeaseKind.ADDRESS)).contains(second);
        assertThat(engine.leaseOver(first.address())).isEmpty();
    }

    @Test
    void what_the_store_did_not_take_back_is_settled_in_time() {
        pools(Map.of("addresses", "2001:db8:1::/64"));
        Ipv6Prefix first = granted(engine.allocate(address(1))).lease().prefix();
        Ipv6Prefix second = granted(engine.allocate(address(2))).lease().prefix();
        store.broken = true;
        engine.release(client(1), Ipv6LeaseKind.ADDRESS, List.of(first));
        engine.decline(client(2), List.of(second));
        engine.tick();
        store.broken = false;

        engine.tick();

        assertThat(store.stored).containsOnlyKeys(second);
        assertThat(store.stored.get(second).declined()).isTrue();
    }

    @Test
    void many_that_end_at_once_are_forgotten_in_commits_of_a_size_that_stores_take() {
        pools(Map.of("addresses", "2001:db8:1::/64"));
        for (int i = 0; i < 20_000; i++) {
            engine.allocate(address(i));
        }
        assertThat(store.stored).hasSize(20_000);
        now = now.plus(Duration.ofHours(2));
        store.largest = 0;

        engine.tick();
        engine.tick();

        assertThat(store.stored).isEmpty();
        assertThat(store.largest).isBetween(1, 1_000);
    }

    @Test
    void what_was_given_back_before_a_crash_is_not_in_the_way_of_what_its_client_has_since() {
        pools(Map.of("addresses", "2001:db8:1::/64"));
        Ipv6Lease older = granted(engine.allocate(address(1))).lease();
        engine.release(client(1), Ipv6LeaseKind.ADDRESS, List.of(older.prefix()));
        now = now.plusSeconds(1);
        Ipv6Lease newer = granted(engine.allocate(address(1, "2001:db8:1::77"))).lease();
        store.stored.put(older.prefix(), older);

        engine = engine();

        assertThat(engine.leaseOf(client(1), Ipv6LeaseKind.ADDRESS)).contains(newer);
        assertThat(store.stored).containsOnlyKeys(newer.prefix());
    }

    @Test
    void a_lease_that_was_undone_is_not_settled_as_if_it_were_in_force() {
        pools(Map.of("addresses", "2001:db8:1::/64"));
        store.slow = true;
        store.broken = true;
        CompletionStage<Ipv6Decision> first = engine.allocate(address(1, "2001:db8:1::1"));
        CompletionStage<Ipv6Decision> second = engine.allocate(address(2, "2001:db8:1::2"));
        store.catchUp();
        assertThat(refused(first).reason()).isEqualTo(Reason.STORE_UNAVAILABLE);
        assertThat(refused(second).reason()).isEqualTo(Reason.STORE_UNAVAILABLE);
        store.slow = false;
        store.broken = false;

        engine.tick();

        assertThat(store.stored).isEmpty();
    }

    @Test
    void what_ends_is_forgotten_before_another_gets_it() {
        pools(Map.of("addresses", "2001:db8:1::7"));
        granted(engine.allocate(address(1)));
        now = now.plus(Duration.ofHours(2));
        store.slow = true;
        engine.tick();
        CompletionStage<Ipv6Decision> second = engine.allocate(address(2));
        store.catchUp();

        assertThat(store.stored.values()).containsExactly(granted(second).lease());
    }

    @Test
    void knows_nothing_until_the_store_was_read() {
        store.broken = true;
        Ipv6Engine starting = new Ipv6Engine(store, () -> now, new byte[16]);

        assertThat(starting.load()).isFalse();
        assertThat(refused(starting.allocate(address(1))).reason()).isEqualTo(Reason.STORE_UNAVAILABLE);
        store.broken = false;
        assertThat(starting.load()).isTrue();
        assertThat(refused(starting.allocate(address(1))).reason()).isEqualTo(Reason.NO_POOL);
    }

    @Test
    void of_two_stored_leases_that_overlap_the_newer_counts() {
        Ipv6Lease old = new Ipv6Lease(
                Ipv6Prefix.parse("2001:db8:8000::/48"),
                client(1),
                Ipv6LeaseKind.PREFIX,
                "lan",
                false,
                now,
                now.plusSeconds(100),
                now.plusSeconds(100));
        Ipv6Lease newer = new Ipv6Lease(
                Ipv6Prefix.parse("2001:db8:8000:100::/56"),
                client(2),
                Ipv6LeaseKind.PREFIX,
                "lan",
                false,
                now.plusSeconds(1),
                now.plusSeconds(100),
                now.plusSeconds(100));
        store.stored.put(newer.prefix(), newer);
        store.stored.put(old.prefix(), old);

        engine = engine();

        assertThat(engine.leaseOf(client(1), Ipv6LeaseKind.PREFIX)).isEmpty();
        assertThat(engine.leaseOf(client(2), Ipv6LeaseKind.PREFIX)).contains(newer);
        assertThat(store.stored).containsOnlyKeys(newer.prefix());
    }

    @Test
    void one_client_cannot_have_everything() {
        pools(Map.of("addresses", "2001:db8:1::/64", "leases.per.client", "2"));
        for (int iaid = 0; iaid < 2; iaid++) {
            granted(engine.allocate(request(new ClientId(client(1).identity(), iaid), Ipv6LeaseKind.ADDRESS, LINK)));
        }

        Refused refused =
                refused(engine.allocate(request(new ClientId(client(1).identity(), 2), Ipv6LeaseKind.ADDRESS, LINK)));

        assertThat(refused.reason()).isEqualTo(Reason.CLIENT_LIMIT);
        granted(engine.allocate(request(new ClientId(client(1).identity(), 0), Ipv6LeaseKind.ADDRESS, LINK)));
    }

    @Test
    void knows_what_belongs_on_the_link() {
        pools(Map.of("addresses", "2001:db8:2::/64", "links", "2001:db8:3::/64"));

        assertThat(engine.onLink(LINK, Ipv6Address.parse("2001:db8:1::1"))).contains(true);
        assertThat(engine.onLink(LINK, Ipv6Address.parse("2001:db8:2::1"))).contains(true);
        assertThat(engine.onLink(LINK, Ipv6Address.parse("2001:db8:3::1"))).contains(true);
        assertThat(engine.onLink(LINK, Ipv6Address.parse("2001:db8:4::1"))).contains(false);
        assertThat(engine.onLink(ELSEWHERE, Ipv6Address.parse("2001:db8:1::1"))).isEmpty();
        assertThat(engine.serves(ELSEWHERE)).isFalse();
    }

    @Test
    void shows_operators_how_full_pools_are_and_who_has_what() {
        pools(Map.of("addresses", "2001:db8:1::7", "prefixes", "2001:db8:8000::/56"));
        granted(engine.allocate(address(1)));
        granted(engine.allocate(prefix(2)));
        Ipv6View view = new Ipv6View(engine);

        assertThat(view.getPools())
                .containsExactly(Map.entry(
                        "lan",
                        "addresses 2001:db8:1::7, prefixes /56 of"
                                + " 2001:db8:8000::-2001:db8:8000:ff:ffff:ffff:ffff:ffff on interfaces eth1"));
        assertThat(view.getAddresses()).containsExactly(Map.entry("lan", 1L));
        assertThat(view.getPrefixes()).containsExactly(Map.entry("lan", 1L));
        assertThat(view.holderOf("2001:db8:8000:7::9"))
                .isEqualTo("2001:db8:8000::/56 duid:0003000102000002/1 of lan since 2026-11-21T06:00:00Z"
                        + " until 2026-11-21T08:00:00Z");
        assertThat(view.holderOf("2001:db8:9::9")).isEmpty();
    }

    private static boolean done(CompletionStage<Boolean> stage) {
        return stage.toCompletableFuture().getNow(false);
    }

    private static Ipv6Lease foreign(int number, Ipv6LeaseKind kind, String prefix, Instant since, Instant until) {
        return new Ipv6Lease(
                Ipv6Prefix.parse(prefix),
                client(number),
                kind,
                "elsewhere",
                false,
                since,
                until.minusSeconds(60),
                until);
    }

    @Test
    void takes_over_what_another_server_lent_with_its_times() {
        pools(Map.of("addresses", "2001:db8:1::/64", "prefixes", "2001:db8:8000::/36"));
        Instant since = now.minusSeconds(5000);
        Instant until = now.plusSeconds(700);
        Ipv6Lease address = granted(engine.adopt(foreign(1, Ipv6LeaseKind.ADDRESS, "2001:db8:1::77/128", since, until)))
                .lease();
        assertThat(address)
                .isEqualTo(new Ipv6Lease(
                        Ipv6Prefix.parse("2001:db8:1::77/128"),
                        client(1),
                        Ipv6LeaseKind.ADDRESS,
                        "lan",
                        false,
                        since,
                        until.minusSeconds(60),
                        until));
        Ipv6Lease delegated = granted(
                        engine.adopt(foreign(1, Ipv6LeaseKind.PREFIX, "2001:db8:8700::/56", since, until)))
                .lease();
        assertThat(store.stored.values()).containsExactlyInAnyOrder(address, delegated);
        assertThat(granted(engine.renew(address(1))).lease().prefix()).isEqualTo(address.prefix());
        engine = engine();
        assertThat(engine.leaseOf(client(1), Ipv6LeaseKind.PREFIX)).contains(delegated);
        now = until;
        engine.tick();
        assertThat(engine.leaseOf(client(1), Ipv6LeaseKind.PREFIX)).isEmpty();
    }

    @Test
    void takes_nothing_over_that_is_lent_here_or_that_it_would_not_lend() {
        pools(Map.of(
                "addresses",
                "2001:db8:1::/64",
                "prefixes",
                "2001:db8:8000::/36",
                "reservations",
                "0003000102000005=2001:db8:1::5"));
        Instant until = now.plusSeconds(700);
        Ipv6Lease lent = granted(engine.allocate(address(1))).lease();
        assertThat(refused(engine.adopt(
                                foreign(2, Ipv6LeaseKind.ADDRESS, lent.prefix().toString(), now, until)))
                        .reason())
                .isEqualTo(Reason.EXHAUSTED);
        assertThat(refused(engine.adopt(foreign(1, Ipv6LeaseKind.ADDRESS, "2001:db8:1::77/128", now, until)))
                        .reason())
                .isEqualTo(Reason.CLIENT_LIMIT);
        assertThat(refused(engine.adopt(foreign(2, Ipv6LeaseKind.ADDRESS, "2001:db8:2::77/128", now, until)))
                        .reason())
                .isEqualTo(Reason.NO_POOL);
        assertThat(refused(engine.adopt(foreign(2, Ipv6LeaseKind.ADDRESS, "2001:db8:1::5/128", now, until)))
                        .reason())
                .isEqualTo(Reason.NO_POOL);
        assertThat(refused(engine.adopt(foreign(2, Ipv6LeaseKind.ADDRESS, "2001:db8:1::77/128", now, now)))
                        .reason())
                .isEqualTo(Reason.NO_BINDING);
        assertThat(store.stored.values()).containsExactly(lent);
    }

    @Test
    void what_was_declined_elsewhere_is_nobodys_here() {
        pools(Map.of("addresses", "2001:db8:1::1-2001:db8:1::2"));
        Instant until = now.plusSeconds(700);
        granted(engine.adopt(new Ipv6Lease(
                Ipv6Prefix.parse("2001:db8:1::1/128"),
                client(1),
                Ipv6LeaseKind.ADDRESS,
                "elsewhere",
                true,
                now,
                until,
                until)));
        assertThat(granted(engine.allocate(address(1))).lease().prefix())
                .isEqualTo(Ipv6Prefix.parse("2001:db8:1::2/128"));
        assertThat(refused(engine.allocate(address(2))).reason()).isEqualTo(Reason.EXHAUSTED);
    }

    @Test
    void ever_new_clients_get_no_more_leases_than_a_pool_may_lend() {
        pools(Map.of("addresses", "2001:db8:1::/64", "prefixes", "2001:db8:8000::/36", "leases.max", "20"));
        Ipv6Lease first = granted(engine.allocate(address(0))).lease();
        int granted = 1;
        for (int i = 1; i < 1000; i++) {
            granted += now(engine.allocate(address(i))) instanceof Granted ? 1 : 0;
            granted += now(engine.allocate(prefix(i))) instanceof Granted ? 1 : 0;
        }
        assertThat(granted).isEqualTo(20);
        assertThat(store.stored).hasSize(20);
        assertThat(granted(engine.renew(address(0))).lease().prefix())
                .as("who has one keeps it")
                .isEqualTo(first.prefix());
        now = now.plus(Duration.ofHours(2));
        engine.tick();
        granted(engine.allocate(address(2000)));
    }

    @Test
    void who_declines_everything_empties_no_pool() {
        pools(Map.of("addresses", "2001:db8:1::1-2001:db8:1::ff", "leases.per.client", "4"));
        int granted = 0;
        for (int i = 0; i < 100; i++) {
            if (now(engine.allocate(address(1))) instanceof Granted lent) {
                granted++;
                engine.decline(client(1), List.of(lent.lease().prefix()));
            }
        }
        assertThat(granted).isEqualTo(4);
        granted(engine.allocate(address(2)));
        now = now.plus(Duration.ofDays(1));
        engine.tick();
        granted(engine.allocate(address(1)));
    }
}
