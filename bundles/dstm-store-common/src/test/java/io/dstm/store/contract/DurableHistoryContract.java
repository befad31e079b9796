package io.dstm.store.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseHistory.Question;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.store.common.DurableStore;
import io.dstm.store.common.HistorySettings;
import io.dstm.store.common.StoreProblem;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How every store on disk must drop what is too old or too much, beyond {@link LeaseHistoryContract}. */
public abstract class DurableHistoryContract extends LeaseHistoryContract {

    private static final Duration DAY = Duration.ofDays(1);

    @TempDir
    private Path directory;

    /** Opens the store in a directory. */
    protected abstract DurableStore open(Path where, HistorySettings settings, InstantSource time) throws Exception;

    /** How many former holders of an address a store shows of {@code stored}, before those that are too old went and {@code due} are left. */
    protected abstract int shownUntilDropped(int stored, int due);

    @Override
    protected final LeaseStore create(InstantSource time, Duration keep) throws Exception {
        return open(directory, new HistorySettings(keep, 1_000_000), time);
    }

    @Override
    protected final void close(LeaseStore open) {
        ((DurableStore) open).close();
    }

    @Override
    protected final LeaseStore reopen(LeaseStore closed, InstantSource time, Duration keep) throws Exception {
        return create(time, keep);
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
        ((DurableStore) history()).keepHistory(settings);
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
        assertThat(entries()).isEqualTo(10 * (shownUntilDropped(61, 1) + 30 + 1));
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
