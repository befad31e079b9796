package io.dstm.tep.internal.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.TepException;
import io.dstm.api.tep.TunnelEndPoint.ResyncReport;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** The table against a map that is obviously right, through long random lives. */
class BindingTableProperties {

    private static final int STEPS = 60;
    private static final Ipv6Address[] TUNNELS = {Ipv6Address.parse("2001:db8::1"), Ipv6Address.parse("2001:db8::2")};

    /** An address has one of these, by its last octet, as its pool would have it. */
    private static final int[][] PARAMETERS = {{0, 0}, {0, 0}, {0, 2}, {0, 3}, {1, 2}, {6, 8}, {0, 16}};

    private final Map<LeaseKey, Binding> model = new HashMap<>();
    private final BindingTable table = new BindingTable();

    @Property(tries = 30)
    void behaves_like_a_map(@ForAll long seed) throws TepException {
        Random random = new Random(seed);
        try (TableReader reader = table.newReader()) {
            for (int step = 0; step < STEPS; step++) {
                act(random);
                assertSame(random, reader);
            }
        }
    }

    private void act(Random random) throws TepException {
        switch (random.nextInt(8)) {
            case 0 -> resync(random);
            case 1 -> expire(random);
            default -> {
                List<LeaseKey> removed = some(random, random.nextInt(10));
                Collection<Binding> added = bindings(random, random.nextInt(40)).values();
                table.apply(removed, List.copyOf(added));
                removed.forEach(model::remove);
                added.forEach(binding -> model.put(binding.key(), binding));
            }
        }
    }

    private void resync(Random random) throws TepException {
        Map<LeaseKey, Binding> wanted = bindings(random, random.nextInt(60));
        if (random.nextBoolean()) {
            some(random, model.size()).forEach(key -> wanted.put(key, model.get(key)));
        }
        int added = 0;
        int changed = 0;
        for (Binding binding : wanted.values()) {
            Binding before = model.get(binding.key());
            added += before == null ? 1 : 0;
            changed += before != null && !before.equals(binding) ? 1 : 0;
        }
        int removed = (int)
                model.keySet().stream().filter(key -> !wanted.containsKey(key)).count();

        assertThat(table.resync(List.of(), wanted.values())).isEqualTo(new ResyncReport(added, changed, removed));
        model.clear();
        model.putAll(wanted);
    }

    private void expire(Random random) {
        long now = random.nextInt(1000);
        long ended = model.values().stream()
                .filter(binding -> !binding.expires().isAfter(Instant.ofEpochSecond(now)))
                .count();

        assertThat(table.expire(now)).isEqualTo((int) ended);
        model.values().removeIf(binding -> !binding.expires().isAfter(Instant.ofEpochSecond(now)));
    }

    private List<LeaseKey> some(Random random, int count) {
        List<LeaseKey> keys = new ArrayList<>(model.keySet());
        Collections.shuffle(keys, random);
        return keys.subList(0, Math.min(count, keys.size()));
    }

    private static Map<LeaseKey, Binding> bindings(Random random, int count) {
        Map<LeaseKey, Binding> bindings = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            int host = random.nextInt(40);
            int[] parameters = PARAMETERS[host % PARAMETERS.length];
            int psid = random.nextInt(1 << parameters[1]);
            LeaseKey key = new LeaseKey(address(host), new PortSet(parameters[0], parameters[1], psid));
            bindings.put(
                    key,
                    new Binding(
                            key,
                            new Ipv6Address(0x20010DB8_00000000L, random.nextInt(20)),
                            TUNNELS[random.nextInt(2)],
                            Instant.ofEpochSecond(random.nextInt(1000))));
        }
        return bindings;
    }

    private static Ipv4Address address(int host) {
        // Across the sign bit, and across ranges far from each other.
        return new Ipv4Address((host % 2 == 0 ? 0x7FFFFFF0 : 0xC0000200) + host);
    }

    private void assertSame(Random random, TableReader reader) {
        assertThat(table.size()).isEqualTo(model.size());
        List<Binding> shown = new ArrayList<>();
        table.forEach(shown::add);
        assertThat(shown).containsExactlyInAnyOrderElementsOf(model.values());
        assertPartIsSame(random);
        TableView view = reader.enter();
        for (int i = 0; i < 100; i++) {
            Ipv4Address address = address(random.nextInt(42));
            int port = random.nextInt(20) == 0 ? TableView.NO_PORT : random.nextInt(0x10000);
            assertThat(found(view, address, port)).isEqualTo(expected(address, port));
        }
        for (LeaseKey key : some(random, 20)) {
            assertThat(found(view, key.address(), key.ports().firstPort())).isEqualTo(model.get(key));
            assertThat(view.serves(key.address().value())).isTrue();
            assertThat(table.contains(key)).isTrue();
            Ipv6Address source = model.get(key).tunnelSource();
            assertThat(view.isHolder(source.high(), source.low())).isTrue();
            assertThat(view.isHolder(source.high(), source.low(), key.address().value()))
                    .isTrue();
        }
        for (int host = 0; host < 20; host++) {
            int low = host;
            boolean holds = model.values().stream()
                    .anyMatch(binding -> binding.tunnelSource().low() == low);
            assertThat(view.isHolder(0x20010DB8_00000000L, low)).isEqualTo(holds);
        }
        reader.leave();
    }

    /** What has not ended, of the keys that are wanted; every key that has not is asked for once. */
    private void assertPartIsSame(Random random) {
        long now = random.nextInt(1000);
        List<Binding> present = model.values().stream()
                .filter(binding -> binding.expires().isAfter(Instant.ofEpochSecond(now)))
                .toList();
        List<LeaseKey> asked = new ArrayList<>();
        List<Binding> shown = new ArrayList<>();
        table.forEach(
                now,
                key -> {
                    asked.add(key);
                    return key.ports().isFull();
                },
                shown::add);
        assertThat(asked)
                .containsExactlyInAnyOrderElementsOf(
                        present.stream().map(Binding::key).toList());
        assertThat(shown)
                .containsExactlyInAnyOrderElementsOf(present.stream()
                        .filter(binding -> binding.key().ports().isFull())
                        .toList());
    }

    private static Binding found(TableView view, Ipv4Address address, int port) {
        int slot = view.find(address.value(), port);
        return slot == TableView.NONE
                ? null
                : new Binding(
                        Slot.leaseKey(view.slots[slot]),
                        new Ipv6Address(view.sourceHigh(slot), view.sourceLow(slot)),
                        new Ipv6Address(view.tunnelHigh(slot), view.tunnelLow(slot)),
                        Instant.ofEpochSecond(Slot.expiry(view.slots[slot + Slot.META])));
    }

    private Binding expected(Ipv4Address address, int port) {
        return model.values().stream()
                .filter(binding -> binding.key().address().equals(address))
                .filter(binding -> port == TableView.NO_PORT
                        ? binding.key().ports().isFull()
                        : binding.key().ports().contains(port))
                .findAny()
                .orElse(null);
    }
}
