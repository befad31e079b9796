package io.dstm.store.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.LeaseHistory.Question;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.api.net.Ipv6Address;
import io.dstm.store.contract.LeaseHistoryContract;
import io.dstm.store.contract.Leases;
import io.dstm.store.contract.MemoryLeaseStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdbcLeaseHistoryTest extends LeaseHistoryContract {

    private static final Duration DAY = Duration.ofDays(1);

    @TempDir
    private Path directory;

    @Override
    protected LeaseStore create(InstantSource time, Duration keep) throws Exception {
        return H2.open(H2.dialect(directory), new HistorySettings(keep, 1_000_000), time);
    }

    @Override
    protected void close(LeaseStore open) {
        ((JdbcLeaseStore) open).close();
    }

    @Override
    protected LeaseStore reopen(LeaseStore closed, InstantSource time, Duration keep) throws Exception {
        return create(time, keep);
    }

    private Change random(Random random) {
        LeaseKey key = Leases.key(random.nextInt(5));
        if (random.nextInt(5) == 0) {
            return new Change.Remove(key);
        }
        long now = clock.get();
        // Begins that repeat, so that renewals and moves are among it.
        long since = now - now % 16;
        boolean active = random.nextInt(3) > 0;
        return new Change.Put(
                new Lease(
                        key,
                        new ClientId("duid:" + random.nextInt(2), 1),
                        Ipv6Address.parse("2001:db8::" + random.nextInt(2)),
                        Ipv6Address.parse("2001:db8:ffff::1"),
                        "default",
                        active ? LeaseState.ACTIVE : LeaseState.QUARANTINED,
                        Instant.ofEpochSecond(since),
                        Instant.ofEpochSecond(now + random.nextInt(40))),
                random.nextBoolean() ? LeaseEvent.Kind.RELEASED : null);
    }

    @Test
    void agrees_with_the_store_in_memory_after_random_changes() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        MemoryLeaseStore model = new MemoryLeaseStore(() -> Instant.ofEpochSecond(clock.get()), DAY);
        for (int step = 0; step < 600; step++) {
            clock.addAndGet(random.nextInt(5));
            List<Change> changes = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                changes.add(random(random));
            }
            commit(changes.toArray(Change[]::new));
            model.commit(changes).toCompletableFuture().get(1, TimeUnit.SECONDS);
        }
        int entries = 0;
        for (int number = 0; number < 5; number++) {
            for (int part = 0; part < 20; part++) {
                long from = START + random.nextInt(1_200);
                Question question = new Question(
                        random.nextInt(4) > 0 ? Leases.key(number).address() : null,
                        null,
                        "duid:" + random.nextInt(2),
                        Instant.ofEpochSecond(from),
                        Instant.ofEpochSecond(from + 1 + random.nextInt(300)),
                        0,
                        10_000);
                assertThat(history().find(question).entries())
                        .as("seed " + seed + ", " + question)
                        .containsExactlyInAnyOrderElementsOf(
                                model.find(question).entries());
                entries += history().find(question).total();
            }
        }
        assertThat(entries).as("something was compared").isGreaterThan(50);
    }

    private int entries() throws Exception {
        int entries = 0;
        for (int number = 0; number < 10; number++) {
            entries += history().find(ever(number)).total();
        }
        return entries;
    }

    private static Question ever(int number) {
        return new Question(
                Leases.key(number).address(),
                null,
                null,
                Instant.EPOCH,
                Instant.ofEpochSecond(START + 10_000_000),
                0,
                10_000);
    }

    /** Ten addresses, each with as many former holders and one present. */
    private void fill(int former) throws Exception {
        for (int holder = 0; holder <= former; holder++) {
            Change[] changes = new Change[10];
            for (int number = 0; number < changes.length; number++) {
                Lease lease = Leases.lease(number, 1_000_000);
                changes[number] = new Change.Put(new Lease(
                        lease.key(),
                        new ClientId("duid:" + holder, 1),
                        lease.tunnelSource(),
                        lease.tunnelAddress(),
                        lease.pool(),
                        lease.state(),
                        Instant.ofEpochSecond(clock.get()),
                        lease.until()));
            }
            commit(changes);
            clock.incrementAndGet();
        }
    }

    private void keep(HistorySettings settings) {
        ((JdbcLeaseStore) history()).keepHistory(settings);
    }

    private void awaitEntries(int wanted) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (entries() != wanted) {
            assertThat(System.nanoTime()).as(entries() + " entries are left").isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    @Test
    void drops_what_is_too_old_and_nothing_else_while_leases_are_stored() throws Exception {
        fill(60);
        clock.addAndGet(DAY.toSeconds());
        fill(30);
        assertThat(entries()).isEqualTo(10 * (61 + 30 + 1));
        clock.set(START + 2 * DAY.toSeconds() - 100);
        keep(new HistorySettings(DAY, 1_000_000));
        // The last holder of the first day ended on the second.
        awaitEntries(10 * (1 + 30 + 1));
        clock.set(START + 2 * DAY.toSeconds());
        commit(new Change.Remove(Leases.key(0)));
        assertThat(history().find(ever(0)).entries()).hasSize(32).last().satisfies(entry -> assertThat(entry.to())
                .isEqualTo(Instant.ofEpochSecond(START + 1_000_000 > clock.get() ? clock.get() : START + 1_000_000)));
    }

    @Test
    void the_oldest_make_room_beyond_the_limit() throws Exception {
        fill(100);
        keep(new HistorySettings(DAY, 70));
        awaitEntries(70 + 10);
        assertThat(history().find(ever(3)).entries()).hasSize(8).first().satisfies(entry -> assertThat(
                        entry.client().identity())
                .isEqualTo("duid:93"));
    }

    @Test
    void everything_goes_when_nothing_is_to_be_kept() throws Exception {
        fill(100);
        keep(HistorySettings.NONE);
        awaitEntries(10);
        keep(new HistorySettings(DAY, 1_000));
        fill(1);
        assertThat(entries()).isEqualTo(10 + 20);
    }

    @Test
    void an_interrupted_asker_does_not_harm_the_store() throws Exception {
        for (int attempt = 0; attempt < 20; attempt++) {
            Thread.currentThread().interrupt();
            try {
                history().find(ever(1));
            } catch (StoreProblem interrupted) {
                assertThat(interrupted).hasMessageContaining("interrupted");
            }
            assertThat(Thread.interrupted()).isTrue();
        }
        fill(1);
        assertThat(history().find(ever(1)).total()).isEqualTo(2);
    }
}
