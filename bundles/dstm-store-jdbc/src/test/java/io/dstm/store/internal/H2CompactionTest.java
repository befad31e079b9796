package io.dstm.store.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.store.common.HistorySettings;
import io.dstm.store.contract.Leases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2CompactionTest {

    private static final int LEASES = 4_000;
    private static final int MORE = 250;

    /** Eight times 128 bytes a lease. */
    private static final long TOLERATED = LEASES * 1024;

    @TempDir
    private Path directory;

    private final Random random = new Random(1);
    private final Map<LeaseKey, Lease> model = new HashMap<>();
    private int version;

    private LeaseDatabase open(long floor) throws Exception {
        H2Dialect dialect = new H2Dialect(H2::at, directory, "file:", floor);
        LeaseDatabase database = new LeaseDatabase(
                dialect,
                new Migrator(LeaseSql.MIGRATIONS, InstantSource.system()),
                InstantSource.system(),
                System::nanoTime);
        database.open();
        return database;
    }

    private Change put(int number) {
        Lease lease = Leases.lease(number, ++version);
        model.put(lease.key(), lease);
        return new Change.Put(lease);
    }

    private static void commit(LeaseDatabase database, List<Change> changes) throws Exception {
        database.apply(List.of(changes));
        database.flush();
    }

    private long size() throws Exception {
        return Files.size(directory.resolve("leases.mv.db"));
    }

    /** One lease a commit, here and there. */
    private void renew(LeaseDatabase database) throws Exception {
        commit(database, List.of(put(random.nextInt(LEASES))));
    }

    private void fillAndRenewUntilTooLarge(LeaseDatabase database) throws Exception {
        List<Change> all = new ArrayList<>();
        for (int number = 0; number < LEASES; number++) {
            all.add(put(number));
        }
        commit(database, all);
        while (size() <= TOLERATED) {
            renew(database);
        }
    }

    @Test
    void makes_room_for_what_comes() throws Exception {
        LeaseDatabase database = open(0);
        fillAndRenewUntilTooLarge(database);
        int steps = 0;
        long largest = 0;
        while (database.maintain(true) > 0) {
            largest = Math.max(largest, size());
            if (++steps % 3 == 0) {
                renew(database);
            }
        }
        assertThat(steps).as("enough for one sweep at least").isGreaterThan(LEASES / 512);
        for (int more = 0; more < MORE; more++) {
            renew(database);
        }
        assertThat(size()).isLessThanOrEqualTo(largest);
        assertThat(contents(database)).isEqualTo(model);
        database.close();
    }

    @Test
    void without_it_the_file_grows() throws Exception {
        LeaseDatabase database = open(Long.MAX_VALUE);
        fillAndRenewUntilTooLarge(database);
        assertThat(database.maintain(true)).isZero();
        long before = size();
        for (int more = 0; more < MORE; more++) {
            renew(database);
        }
        assertThat(size()).isGreaterThan(before + before / 10);
        database.close();
    }

    @Test
    void leaves_a_small_file_alone() throws Exception {
        LeaseDatabase database = open(TOLERATED);
        commit(database, List.of(put(1)));
        long before = size();
        assertThat(database.maintain(true)).isZero();
        assertThat(size()).isEqualTo(before);
        database.close();
    }

    @Test
    void an_empty_store_is_swept_without_harm() throws Exception {
        LeaseDatabase database = open(0);
        for (int guard = 0; database.maintain(true) > 0; guard++) {
            assertThat(guard).isLessThan(100);
        }
        assertThat(contents(database)).isEmpty();
        database.close();
    }

    /** With another holder each time, so that the history grows by an entry a commit. */
    private void lend(LeaseDatabase database) throws Exception {
        Lease lease = Leases.lease(random.nextInt(LEASES), ++version);
        Lease next = new Lease(
                lease.key(),
                lease.client(),
                lease.tunnelSource(),
                lease.tunnelAddress(),
                lease.pool(),
                lease.state(),
                Instant.ofEpochSecond(Leases.EPOCH + version),
                Instant.ofEpochSecond(Leases.EPOCH + 1_000_000_000));
        model.put(next.key(), next);
        commit(database, List.of(new Change.Put(next)));
    }

    private long entries(LeaseDatabase database) throws Exception {
        return database.with("Counting", connection -> {
            try (var statement = connection.createStatement();
                    var row = statement.executeQuery("SELECT COUNT(*) FROM lease_history")) {
                row.next();
                return row.getLong(1);
            }
        });
    }

    @Test
    void a_sweep_goes_through_the_history_too_and_loses_nothing() throws Exception {
        LeaseDatabase database = open(0);
        database.keepHistory(new HistorySettings(Duration.ofDays(3650), 1_000_000));
        List<Change> all = new ArrayList<>();
        for (int number = 0; number < LEASES; number++) {
            all.add(put(number));
        }
        commit(database, all);
        int lent = 0;
        while (size() <= TOLERATED + lent * 8L * 256) {
            lend(database);
            lent++;
        }
        int steps = 0;
        // A sweep asks for its next step within milliseconds; the history looks for what is too old twice a minute.
        while (database.maintain(true) < 1_000) {
            if (++steps % 3 == 0) {
                lend(database);
                lent++;
            }
        }
        assertThat(steps).as("enough for one sweep at least").isGreaterThan(LEASES / 512);
        assertThat(entries(database)).isEqualTo(lent);
        assertThat(contents(database)).isEqualTo(model);
        database.close();
    }

    private static Map<LeaseKey, Lease> contents(LeaseDatabase database) throws Exception {
        Map<LeaseKey, Lease> contents = new HashMap<>();
        database.page(-1, 2 * LEASES).forEach(lease -> contents.put(lease.key(), lease));
        return contents;
    }
}
