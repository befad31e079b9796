package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.api.net.PortSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** Pages of a kept order are those of the list. */
class ListOrderProperties {

    private final Set<LeaseKey> keys = new HashSet<>();
    private final List<Runnable> beside = new ArrayList<>();
    private long nanos = -5;
    private long lookNanos;
    private int looks;

    private ListOrder order(int longFrom) {
        return new ListOrder(longFrom, () -> nanos, beside::add);
    }

    private Page<LeaseKey> page(ListOrder order, Query query) {
        return order.page(
                query,
                Function.identity(),
                null,
                (wanted, visitor) -> {
                    looks++;
                    nanos += lookNanos;
                    keys.stream().filter(wanted).forEach(visitor);
                },
                (wanted, visitor) -> wanted.stream().filter(keys::contains).forEach(visitor));
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void page_equals_that_of_the_list(
            @ForAll("keys") Set<LeaseKey> some,
            @ForAll @IntRange(max = 12) int offset,
            @ForAll @IntRange(max = 12) int limit,
            @ForAll @IntRange(max = 32) int length) {
        keys.addAll(some);
        ListOrder order = order(1);
        page(order, Query.first(0));
        Query query = new Query(null, Ipv4Prefix.of(Ipv4Address.parse("192.0.2.5"), length), offset, limit);
        Page<LeaseKey> page = page(order, query);
        Predicate<LeaseKey> wanted =
                key -> query.address() != null && query.address().contains(key.address());
        List<LeaseKey> matching =
                keys.stream().filter(wanted).sorted(Selection.ORDER).toList();
        assertThat(page.items())
                .isEqualTo(matching.stream().skip(offset).limit(limit).toList());
        assertThat(page.total()).isEqualTo(matching.size());
    }

    @Property
    void a_key_can_be_told_from_its_number(@ForAll("keys") Set<LeaseKey> some) {
        some.forEach(key -> assertThat(KeyNumber.toKey(KeyNumber.of(key))).isEqualTo(key));
    }

    @Property
    void numbers_are_sorted_and_each_is_kept_once(@ForAll List<@LongRange(min = 0) Long> some) {
        KeyNumbers numbers = new KeyNumbers();
        some.forEach(numbers::add);
        numbers.sort(numbers.sort(new long[0]));
        List<Long> sorted = LongStream.range(0, numbers.size())
                .mapToObj(place -> numbers.get((int) place))
                .toList();
        assertThat(sorted).isEqualTo(some.stream().sorted().distinct().toList());
        some.forEach(number -> assertThat(numbers.below(number)).isEqualTo(sorted.indexOf(number)));
    }

    @Provide
    Arbitrary<Set<LeaseKey>> keys() {
        Arbitrary<Ipv4Address> address = Arbitraries.of(
                        "192.0.2.0", "192.0.2.5", "192.0.2.6", "0.0.0.0", "255.255.255.255")
                .map(Ipv4Address::parse);
        Arbitrary<PortSet> ports = Arbitraries.of(0, 1, 4, 15).flatMap(offset -> Arbitraries.integers()
                .between(0, 16 - offset)
                .flatMap(length -> Arbitraries.integers()
                        .between(0, (1 << length) - 1)
                        .map(psid -> new PortSet(offset, length, psid))));
        // Of sets of one address no two begin with the same port: they would share it.
        return Combinators.combine(address, ports)
                .as(LeaseKey::new)
                .list()
                .ofMaxSize(40)
                .map(some -> {
                    Map<Long, LeaseKey> byStart = new HashMap<>();
                    some.forEach(key -> byStart.put(
                            (long) key.address().value() << 16 | key.ports().firstPort(), key));
                    return Set.copyOf(byStart.values());
                });
    }

    private static LeaseKey key(String address) {
        return new LeaseKey(Ipv4Address.parse(address), PortSet.FULL);
    }

    @Example
    void a_long_list_is_looked_at_now_and_then_and_beside_who_asks() {
        keys.addAll(Set.of(key("192.0.2.1"), key("192.0.2.2"), key("192.0.2.3")));
        ListOrder order = order(2);
        Query all = Query.first(10);
        page(order, all);
        page(order, all);
        assertThat(looks)
                .as("once to learn that it is long, once for its order")
                .isEqualTo(2);
        keys.remove(key("192.0.2.2"));
        keys.add(key("192.0.2.4"));
        assertThat(page(order, all).items()).containsExactly(key("192.0.2.1"), key("192.0.2.3"));
        assertThat(looks).isEqualTo(2);
        nanos += ListOrder.FRESH_NANOS + 1;
        page(order, all);
        page(order, all);
        assertThat(looks).as("nobody waits").isEqualTo(2);
        assertThat(beside).hasSize(1);
        beside.remove(0).run();
        assertThat(page(order, all).items()).containsExactly(key("192.0.2.1"), key("192.0.2.3"), key("192.0.2.4"));
        assertThat(looks).isEqualTo(3);
        nanos += ListOrder.KEPT_NANOS + 1;
        keys.add(key("192.0.2.5"));
        assertThat(page(order, all).total()).as("too old to be shown").isEqualTo(4);
        assertThat(beside).isEmpty();
    }

    @Example
    void an_order_that_takes_long_to_make_is_made_less_often() {
        keys.addAll(Set.of(key("192.0.2.1"), key("192.0.2.2"), key("192.0.2.3")));
        ListOrder order = order(2);
        lookNanos = TimeUnit.MILLISECONDS.toNanos(400);
        page(order, Query.first(10));
        page(order, Query.first(10));
        nanos += 2 * ListOrder.FRESH_NANOS - lookNanos;
        page(order, Query.first(10));
        assertThat(beside).isEmpty();
        nanos++;
        page(order, Query.first(10));
        assertThat(beside).hasSize(1);
    }

    @Example
    void a_short_list_is_looked_at_as_it_is() {
        keys.add(key("192.0.2.1"));
        ListOrder order = order(2);
        page(order, Query.first(10));
        keys.add(key("192.0.2.2"));
        assertThat(page(order, Query.first(10)).total()).isEqualTo(2);
        page(order, Query.first(10));
        keys.remove(key("192.0.2.2"));
        nanos += ListOrder.KEPT_NANOS + 1;
        assertThat(page(order, Query.first(10)).total()).as("short again").isEqualTo(1);
        keys.clear();
        assertThat(page(order, Query.first(10)).total()).isZero();
    }
}
