package io.dstm.tep.internal.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.TepException;
import io.dstm.api.tep.TunnelEndPoint.ResyncReport;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BindingTableTest {

    private static final Ipv6Address TEP = Ipv6Address.parse("2001:db8::1");
    private static final Instant LATER = Instant.ofEpochSecond(2_000_000_000L);
    private static final int BASE = Ipv4Address.parse("100.64.0.0").value();

    private final BindingTable table = new BindingTable();

    private static Binding binding(int host, PortSet ports, long source) {
        return new Binding(
                new LeaseKey(new Ipv4Address(BASE + host), ports), new Ipv6Address(1L << 61, source), TEP, LATER);
    }

    private static List<Binding> full(int count, long source) {
        List<Binding> bindings = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            bindings.add(binding(i, PortSet.FULL, source));
        }
        return bindings;
    }

    /** Writers replace all bindings at once, again and again; no reader may see two owners at one moment. */
    @Test
    void readers_never_see_half_a_batch() throws Exception {
        int count = 500;
        table.apply(List.of(), full(count, 0));
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong batches = new AtomicLong();
        List<String> torn = new ArrayList<>();
        Thread[] threads = new Thread[2];
        for (int t = 0; t < threads.length; t++) {
            threads[t] = new Thread(() -> {
                try (TableReader reader = table.newReader()) {
                    while (!stop.get()) {
                        TableView view = reader.enter();
                        long first = -1;
                        for (int i = 0; i < count; i++) {
                            int slot = view.find(BASE + i, 80);
                            long owner = slot == TableView.NONE ? -2 : view.sourceLow(slot);
                            first = i == 0 ? owner : first;
                            if (owner != first) {
                                synchronized (torn) {
                                    torn.add("binding " + i + " of " + owner + " beside " + first);
                                }
                            }
                        }
                        reader.leave();
                        batches.incrementAndGet();
                    }
                }
            });
            threads[t].start();
        }
        long deadline = System.nanoTime() + 20_000_000_000L;
        for (long owner = 1; owner <= 300 || batches.get() < 300 && System.nanoTime() < deadline; owner++) {
            // Every tenth time most bindings go and come back, which builds the table anew.
            if (owner % 10 == 0) {
                table.resync(List.of(), full(count, owner));
            } else {
                table.apply(List.of(), full(count, owner));
            }
        }
        stop.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(torn).isEmpty();
        assertThat(batches.get()).isGreaterThan(100);
        assertThat(table.size()).isEqualTo(count);
    }

    @Test
    void bindings_are_found_by_their_keys() throws Exception {
        table.apply(List.of(), full(4, 7));
        LeaseKey third = binding(3, PortSet.FULL, 7).key();
        assertThat(table.bindings(List.of(third, binding(9, PortSet.FULL, 7).key())))
                .containsExactly(binding(3, PortSet.FULL, 7));
        table.apply(List.of(third), List.of());
        assertThat(table.bindings(List.of(third))).isEmpty();
    }

    @Test
    void who_walks_a_table_that_is_built_anew_meanwhile_sees_what_stays_once() throws Exception {
        table.apply(List.of(), full(20_000, 7));
        List<LeaseKey> seen = new ArrayList<>();
        table.forEach(
                0,
                key -> {
                    if (seen.isEmpty()) {
                        replaceAll(60_000, 7);
                    }
                    seen.add(key);
                    return false;
                },
                binding -> {});

        assertThat(table.size()).isEqualTo(60_000);
        assertThat(seen).doesNotHaveDuplicates().containsAll(keys(20_000));
    }

    private void replaceAll(int count, long owner) {
        try {
            table.resync(List.of(), full(count, owner));
        } catch (TepException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static List<LeaseKey> keys(int count) {
        return full(count, 0).stream().map(Binding::key).toList();
    }

    @Test
    void a_slot_is_not_used_again_while_a_reader_may_look_at_it() throws Exception {
        table.apply(List.of(), full(4, 7));
        TableReader reader = table.newReader();
        TableView view = reader.enter();
        int slot = view.find(BASE, 80);
        table.apply(List.of(binding(0, PortSet.FULL, 7).key()), List.of());
        Thread writer = new Thread(() -> {
            try {
                table.apply(List.of(), List.of(binding(0, PortSet.FULL, 8)));
            } catch (TepException impossible) {
                throw new AssertionError(impossible);
            }
        });
        writer.start();
        // The writer is in its wait for this reader, or will be.
        writer.join(100);
        assertThat(writer.isAlive()).isTrue();
        assertThat(view.find(BASE, 80)).isEqualTo(slot);
        assertThat(view.sourceLow(slot)).isEqualTo(7);

        reader.leave();
        writer.join();
        view = reader.enter();
        assertThat(view.sourceLow(view.find(BASE, 80))).isEqualTo(8);
        reader.close();
    }

    @Test
    void a_renewal_moves_nothing() throws Exception {
        table.apply(List.of(), full(10, 7));
        TableReader reader = table.newReader();
        int slot = reader.enter().find(BASE + 3, 80);
        reader.leave();

        Binding renewed = new Binding(
                binding(3, PortSet.FULL, 7).key(), new Ipv6Address(1L << 61, 7), TEP, LATER.plusSeconds(60));
        table.apply(List.of(), List.of(renewed));

        TableView view = reader.enter();
        assertThat(view.find(BASE + 3, 80)).isEqualTo(slot);
        assertThat(view.isExpired(slot, LATER.getEpochSecond() + 59)).isFalse();
        assertThat(view.isExpired(slot, LATER.getEpochSecond() + 60)).isTrue();
        reader.close();
    }

    @Test
    void years_of_churn_do_not_fill_the_table() throws Exception {
        table.apply(List.of(), full(100, 1));
        long before = table.memoryBytes();
        for (int i = 0; i < 5_000; i++) {
            table.apply(
                    List.of(
                            binding(i % 100, PortSet.FULL, 1).key(),
                            binding(100 + (i + 199) % 200, PortSet.FULL, 1).key()),
                    List.of(binding(100 + i % 200, PortSet.FULL, i)));
            table.apply(List.of(), List.of(binding(i % 100, PortSet.FULL, i)));
        }
        assertThat(table.memoryBytes()).isLessThanOrEqualTo(4 * before);
    }

    @Test
    void a_hundred_thousand_bindings_take_less_than_150_bytes_each() throws Exception {
        List<Binding> bindings = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            bindings.add(binding(i / 64, new PortSet(0, 6, i % 64), i));
        }
        assertThat(table.resync(List.of(), bindings)).isEqualTo(new ResyncReport(100_000, 0, 0));
        assertThat(table.resync(List.of(), bindings)).isEqualTo(new ResyncReport(0, 0, 0));

        assertThat(table.memoryBytes() / 100_000).isLessThan(150);
        TableReader reader = table.newReader();
        TableView view = reader.enter();
        assertThat(view.parameters.runs()).as("one pool, one run of parameters").isEqualTo(1);
        assertThat(view.sourceLow(view.find(BASE + 1000, 5 << 10 | 7))).isEqualTo(64_005);
        reader.close();
    }

    @Test
    void attracts_other_ranges_without_touching_bindings() throws Exception {
        table.resync(List.of(Ipv4Range.parse("100.64.0.0/24")), full(2, 1));
        table.serve(List.of(Ipv4Range.parse("192.0.2.0/24"), Ipv4Range.parse("100.64.0.1")));
        assertThat(table.served().ranges())
                .containsExactly(Ipv4Range.parse("100.64.0.0-100.64.0.1"), Ipv4Range.parse("192.0.2.0/24"));
        assertThat(table.size()).isEqualTo(2);
    }

    @Test
    void goes_on_attracting_what_is_bound_when_ranges_come_and_go() throws Exception {
        Ipv4Range first = Ipv4Range.parse("192.0.2.0/24");
        Ipv4Range second = Ipv4Range.parse("198.51.100.0/24");
        table.resync(List.of(first), full(2, 1));
        Ipv4Range bound = Ipv4Range.parse("100.64.0.0-100.64.0.1");

        table.serve(List.of(first, second));
        assertThat(table.served().ranges()).as("one comes").containsExactly(bound, first, second);
        table.serve(List.of(bound, first, second));
        assertThat(table.served().ranges()).as("all that was served stays").containsExactly(bound, first, second);
        table.serve(List.of(second));
        assertThat(table.served().ranges()).as("others go").containsExactly(bound, second);
    }

    @Test
    void attracts_bound_addresses_outside_the_served_ranges_too() throws Exception {
        Ipv4Range range = Ipv4Range.parse("192.0.2.0/24");
        table.resync(List.of(range), full(2, 1));
        assertThat(table.served().ranges()).containsExactly(Ipv4Range.parse("100.64.0.0-100.64.0.1"), range);

        table.apply(List.of(), List.of(binding(9, PortSet.FULL, 1)));
        assertThat(table.served().ranges()).contains(Ipv4Range.parse("100.64.0.9"));

        table.resync(List.of(range), full(1, 1));
        assertThat(table.served().ranges()).containsExactly(Ipv4Range.parse("100.64.0.0"), range);
    }

    @Test
    void several_parameters_at_one_address_are_borne_and_a_fifth_is_refused() throws Exception {
        table.apply(
                List.of(),
                List.of(
                        binding(0, new PortSet(0, 1, 1), 1),
                        binding(0, new PortSet(0, 2, 1), 2),
                        binding(0, new PortSet(0, 3, 1), 3),
                        binding(0, new PortSet(0, 4, 1), 4)));
        TableReader reader = table.newReader();
        TableView view = reader.enter();
        assertThat(view.sourceLow(view.find(BASE, 0xFFFF))).isEqualTo(1);
        assertThat(view.sourceLow(view.find(BASE, 0x4000))).isEqualTo(2);
        assertThat(view.sourceLow(view.find(BASE, 0x2000))).isEqualTo(3);
        assertThat(view.sourceLow(view.find(BASE, 0x1000))).isEqualTo(4);
        assertThat(view.find(BASE, 0x0FFF)).isEqualTo(TableView.NONE);
        reader.close();

        assertThatThrownBy(() -> table.apply(
                        List.of(), List.of(binding(1, PortSet.FULL, 9), binding(0, new PortSet(0, 5, 1), 5))))
                .isInstanceOf(TepException.class)
                .hasMessageContaining("100.64.0.0");
        assertThat(table.size()).isEqualTo(4);
        assertThat(table.served().ranges()).containsExactly(Ipv4Range.parse("100.64.0.0"));

        // Parameters that no binding uses any more do not count.
        table.apply(List.of(binding(0, new PortSet(0, 1, 1), 1).key()), List.of());
        table.apply(List.of(), List.of(binding(0, new PortSet(0, 5, 1), 5)));
        assertThat(table.size()).isEqualTo(4);
    }

    @Test
    void too_many_tunnel_addresses_are_refused_whole() {
        List<Binding> bindings = new ArrayList<>();
        for (int i = 0; i <= BindingTable.MOST_TUNNELS; i++) {
            bindings.add(new Binding(
                    binding(i, PortSet.FULL, 1).key(), new Ipv6Address(1L << 61, 1), new Ipv6Address(2, i), LATER));
        }
        assertThatThrownBy(() -> table.apply(List.of(), bindings)).isInstanceOf(TepException.class);
        assertThat(table.size()).isZero();
    }

    @Test
    void moments_beyond_the_end_of_the_clock_mean_never() throws Exception {
        Binding for_ever =
                new Binding(binding(0, PortSet.FULL, 1).key(), new Ipv6Address(1L << 61, 1), TEP, Instant.MAX);
        table.apply(List.of(), List.of(for_ever));
        assertThat(table.resync(List.of(), List.of(for_ever))).isEqualTo(new ResyncReport(0, 0, 0));
        assertThat(table.expire(4_000_000_000L)).isZero();
    }

    @Test
    void an_empty_table_finds_nothing_and_serves_nothing() {
        TableReader reader = table.newReader();
        TableView view = reader.enter();
        assertThat(view.find(0, 0)).isEqualTo(TableView.NONE);
        assertThat(view.find(-1, TableView.NO_PORT)).isEqualTo(TableView.NONE);
        assertThat(view.serves(BASE)).isFalse();
        assertThat(view.isHolder(0, 0)).isFalse();
        reader.close();
    }
}
