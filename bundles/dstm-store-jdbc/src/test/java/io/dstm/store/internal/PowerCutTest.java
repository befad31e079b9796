package io.dstm.store.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.store.contract.Leases;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The machine loses power while leases are written, freed space is used again and the file is compacted. */
class PowerCutTest {

    private static final int CUTS = 40;
    private static final int KEYS = 1_000;

    /** Small groups make many small chunks, each held by the one page in it that is alive. */
    private static final int AT_ONCE = 4;

    /** The file is too large at a megabyte, which it is after some hundred groups. */
    private static final long FLOOR = 64 << 10;

    @TempDir
    private Path directory;

    private final long seed = new Random().nextLong();

    @Test
    void nothing_acknowledged_is_lost() throws Exception {
        assertThat(losses(false)).as("seed " + seed).isEmpty();
    }

    @Test
    void this_test_notices_a_disk_that_does_not_flush() throws Exception {
        assertThat(losses(true)).isNotEmpty();
    }

    private List<String> losses(boolean ignoreFlush) throws Exception {
        Random random = new Random(seed);
        Path live = directory.resolve("live");
        CutFileSystem.Disk disk = CutFileSystem.disk(live.resolve("leases.mv.db"));
        Map<LeaseKey, Long> acknowledged = new ConcurrentHashMap<>();
        List<String> losses = new ArrayList<>();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger done = new AtomicInteger();
        CountDownLatch warm = new CountDownLatch(2_000);
        try (JdbcLeaseStore store = open(live)) {
            if (ignoreFlush) {
                disk.ignoreFlush();
            }
            Thread load = new Thread(() -> write(store, acknowledged, stop, warm, done));
            load.start();
            assertThat(warm.await(60, TimeUnit.SECONDS)).isTrue();
            for (int cut = 0; cut < CUTS && !(ignoreFlush && !losses.isEmpty()); cut++) {
                int until = done.get() + random.nextInt(400);
                while (done.get() < until && load.isAlive()) {
                    Thread.onSpinWait();
                }
                Map<LeaseKey, Long> promised = Map.copyOf(acknowledged);
                Path left = directory.resolve("cut-" + cut);
                disk.cutPower(left.resolve("leases.mv.db"), random);
                compare(left, promised, losses);
            }
            stop.set(true);
            load.join();
        }
        return losses;
    }

    private static JdbcLeaseStore open(Path directory) throws LeaseStoreException {
        H2Dialect dialect = new H2Dialect(H2::at, directory, CutFileSystem.SCHEME + ":", FLOOR);
        return H2.open(dialect);
    }

    private static void write(
            JdbcLeaseStore store,
            Map<LeaseKey, Long> acknowledged,
            AtomicBoolean stop,
            CountDownLatch warm,
            AtomicInteger done) {
        Random random = new Random();
        Semaphore window = new Semaphore(AT_ONCE);
        for (long version = 1; !stop.get(); version++) {
            window.acquireUninterruptibly();
            int number = random.nextInt(KEYS);
            Lease lease = Leases.lease(number, version);
            long written = version;
            store.commit(List.of(new Change.Put(lease))).whenComplete((nothing, failure) -> {
                if (failure == null) {
                    acknowledged.merge(lease.key(), written, Math::max);
                    done.incrementAndGet();
                    warm.countDown();
                }
                window.release();
            });
        }
        window.acquireUninterruptibly(AT_ONCE);
    }

    private static void compare(Path left, Map<LeaseKey, Long> promised, List<String> losses) {
        try (JdbcLeaseStore store = H2.open(left)) {
            Map<LeaseKey, Lease> found = Leases.contents(store);
            promised.forEach((key, version) -> {
                Lease lease = found.get(key);
                if (lease == null || Leases.version(lease) < version) {
                    losses.add(left.getFileName() + ": " + key + " version " + version + " became " + lease);
                }
            });
        } catch (LeaseStoreException unreadable) {
            losses.add(left.getFileName() + ": " + unreadable.getMessage());
        }
    }
}
