package io.dstm.store.contract;

import static io.dstm.store.contract.Leases.contents;
import static io.dstm.store.contract.Leases.key;
import static io.dstm.store.contract.Leases.lease;
import static io.dstm.store.contract.Leases.put;
import static io.dstm.store.contract.Leases.remove;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every {@link LeaseStore} must do. A test class for a store extends this and says how it is opened. */
public abstract class LeaseStoreContract {

    private static final int PATIENCE_SECONDS = 60;

    private LeaseStore store;

    /** An empty store. */
    protected abstract LeaseStore create() throws Exception;

    /** Closes {@code open} in an orderly way. */
    protected abstract void close(LeaseStore open) throws Exception;

    /** Opens what {@code closed} wrote. */
    protected abstract LeaseStore reopen(LeaseStore closed) throws Exception;

    @BeforeEach
    final void createStore() throws Exception {
        store = create();
    }

    @AfterEach
    final void closeStore() throws Exception {
        close(store);
    }

    /** The store under test. */
    protected final LeaseStore store() {
        return store;
    }

    private void commit(List<Change> changes) throws Exception {
        store.commit(changes).toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private void restart() throws Exception {
        close(store);
        store = reopen(store);
    }

    @Test
    void shows_nothing_when_new() throws Exception {
        assertThat(contents(store)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void keeps_every_field_across_a_restart(LeaseState state) throws Exception {
        Lease lease = new Lease(
                new LeaseKey(Ipv4Address.parse("192.0.2.1"), new PortSet(6, 8, 52)),
                new ClientId("duid:000100012c", 7),
                Ipv6Address.parse("2001:db8::1"),
                Ipv6Address.parse("2001:db8::2"),
                "pool-ä",
                state,
                Instant.ofEpochSecond(1_700_000_000),
                Instant.ofEpochSecond(1_700_003_600));
        commit(put(lease));
        restart();
        assertThat(contents(store).values()).containsExactly(lease);
    }

    @Test
    void keeps_the_largest_values_of_every_field() throws Exception {
        Lease lease = new Lease(
                new LeaseKey(Ipv4Address.parse("255.255.255.255"), new PortSet(0, 16, 65535)),
                new ClientId("x:" + "y".repeat(298), -1),
                new Ipv6Address(-1, -1),
                new Ipv6Address(Long.MIN_VALUE, Long.MAX_VALUE),
                "p".repeat(200),
                LeaseState.QUARANTINED,
                Instant.EPOCH,
                Instant.ofEpochSecond(Instant.MAX.getEpochSecond()));
        commit(put(lease));
        restart();
        assertThat(contents(store).values()).containsExactly(lease);
    }

    @Test
    void keeps_times_in_whole_seconds() throws Exception {
        Lease lease = lease(1, 0);
        Instant fraction = Instant.ofEpochSecond(Leases.EPOCH, 999_999_999);
        commit(put(new Lease(
                lease.key(),
                lease.client(),
                lease.tunnelSource(),
                lease.tunnelAddress(),
                lease.pool(),
                lease.state(),
                fraction,
                fraction)));
        restart();
        assertThat(contents(store).values()).containsExactly(lease);
    }

    @Test
    void replaces_the_lease_with_the_same_key() throws Exception {
        commit(put(lease(1, 1)));
        commit(put(lease(1, 2)));
        restart();
        assertThat(contents(store).values()).containsExactly(lease(1, 2));
    }

    @Test
    void keeps_the_port_sets_of_one_address_apart() throws Exception {
        Ipv4Address address = Ipv4Address.parse("192.0.2.1");
        List<Lease> leases = new ArrayList<>();
        // Equal PSIDs of different lengths and offsets are different port sets.
        for (PortSet ports : List.of(
                PortSet.FULL,
                new PortSet(0, 1, 0),
                new PortSet(0, 2, 0),
                new PortSet(0, 2, 3),
                new PortSet(4, 2, 0),
                new PortSet(4, 2, 3),
                new PortSet(6, 0, 0))) {
            leases.add(lease(new LeaseKey(address, ports), leases.size()));
        }
        List<Change> changes = new ArrayList<>();
        leases.forEach(lease -> changes.add(new Change.Put(lease)));
        commit(changes);
        assertThat(contents(store).values()).containsExactlyInAnyOrderElementsOf(leases);
        Lease gone = leases.remove(3);
        commit(remove(gone.key()));
        restart();
        assertThat(contents(store).values()).containsExactlyInAnyOrderElementsOf(leases);
    }

    @Test
    void forgets_what_is_removed() throws Exception {
        commit(put(lease(1, 1)));
        commit(put(lease(2, 1)));
        commit(remove(key(1)));
        restart();
        assertThat(contents(store)).containsOnlyKeys(key(2));
    }

    @Test
    void removing_what_is_not_there_is_no_error() throws Exception {
        commit(remove(key(1)));
        assertThat(contents(store)).isEmpty();
    }

    @Test
    void a_commit_of_nothing_completes() throws Exception {
        commit(List.of());
        assertThat(contents(store)).isEmpty();
    }

    @Test
    void the_last_of_several_changes_to_a_key_counts() throws Exception {
        commit(List.of(
                new Change.Put(lease(1, 1)),
                new Change.Remove(key(1)),
                new Change.Put(lease(1, 2)),
                new Change.Put(lease(2, 1)),
                new Change.Remove(key(2)),
                new Change.Remove(key(3)),
                new Change.Put(lease(3, 9))));
        restart();
        assertThat(contents(store).values()).containsExactlyInAnyOrder(lease(1, 2), lease(3, 9));
    }

    @Test
    void keeps_the_order_of_commits_that_were_not_waited_for() throws Exception {
        List<CompletableFuture<Void>> stages = new ArrayList<>();
        for (int version = 0; version < 500; version++) {
            stages.add(store.commit(put(lease(1, version))).toCompletableFuture());
            stages.add(store.commit(version % 2 == 0 ? put(lease(2, version)) : remove(key(2)))
                    .toCompletableFuture());
        }
        CompletableFuture.allOf(stages.toArray(CompletableFuture[]::new)).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        restart();
        assertThat(contents(store).values()).containsExactly(lease(1, 499));
    }

    @Test
    void agrees_with_a_map_after_random_changes() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Map<LeaseKey, Lease> model = new HashMap<>();
        List<CompletableFuture<Void>> stages = new ArrayList<>();
        for (int step = 0; step < 1_000; step++) {
            List<Change> changes = new ArrayList<>();
            for (int i = random.nextInt(6); i > 0; i--) {
                PortSet ports = random.nextBoolean() ? PortSet.FULL : new PortSet(0, 3, random.nextInt(8));
                LeaseKey key = new LeaseKey(new Ipv4Address(0xC0000200 + random.nextInt(10)), ports);
                if (random.nextInt(3) == 0) {
                    changes.add(new Change.Remove(key));
                    model.remove(key);
                } else {
                    changes.add(new Change.Put(lease(key, step)));
                    model.put(key, lease(key, step));
                }
            }
            stages.add(store.commit(changes).toCompletableFuture());
        }
        CompletableFuture.allOf(stages.toArray(CompletableFuture[]::new)).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(contents(store)).as("seed " + seed).isEqualTo(model);
        restart();
        assertThat(contents(store)).as("seed " + seed + " after a restart").isEqualTo(model);
    }

    @Test
    void serves_many_callers_at_once() throws Exception {
        int callers = 16;
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (int caller = 0; caller < callers; caller++) {
            int number = caller;
            threads.add(new Thread(() -> {
                try {
                    for (int version = 0; version < 50; version++) {
                        commit(put(lease(number, version)));
                    }
                } catch (Exception | AssertionError failure) {
                    synchronized (failures) {
                        failures.add(failure);
                    }
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        restart();
        Map<LeaseKey, Lease> contents = contents(store);
        assertThat(contents).hasSize(callers);
        assertThat(contents.values()).allMatch(lease -> Leases.version(lease) == 49);
    }

    @Test
    void shows_every_one_of_many_leases() throws Exception {
        int many = 12_345;
        List<Change> changes = new ArrayList<>();
        for (int number = 0; number < many; number++) {
            changes.add(new Change.Put(lease(number, number)));
        }
        commit(changes);
        restart();
        Map<LeaseKey, Lease> contents = contents(store);
        assertThat(contents).hasSize(many);
        assertThat(contents.get(key(many - 1))).isEqualTo(lease(many - 1, many - 1));
    }

    @Test
    void closing_completes_what_was_committed() throws Exception {
        List<CompletableFuture<Void>> stages = new ArrayList<>();
        for (int number = 0; number < 2_000; number++) {
            stages.add(store.commit(put(lease(number, 1))).toCompletableFuture());
        }
        restart();
        assertThat(stages).allMatch(stage -> stage.isDone() && !stage.isCompletedExceptionally());
        assertThat(contents(store)).hasSize(2_000);
    }

    @Test
    void refuses_in_words_when_closed() throws Exception {
        LeaseStore closed = store;
        restart();
        assertThatThrownBy(() -> closed.load(lease -> {})).isInstanceOf(LeaseStoreException.class);
        assertThatThrownBy(() ->
                        closed.commit(put(lease(1, 1))).toCompletableFuture().get())
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(LeaseStoreException.class);
        assertThat(contents(store)).isEmpty();
    }
}
