package io.dstm.store.journal.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.store.contract.Leases;
import java.time.InstantSource;
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

/** The machine loses power while leases are written, and old segments are taken away. */
class PowerCutTest {

    private static final int CUTS = 40;
    private static final int KEYS = 1_000;

    /** Small groups make many blocks. */
    private static final int AT_ONCE = 4;

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
        SimulatedDisk disk = new SimulatedDisk();
        Map<LeaseKey, Long> acknowledged = new ConcurrentHashMap<>();
        List<String> losses = new ArrayList<>();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger done = new AtomicInteger();
        CountDownLatch warm = new CountDownLatch(2_000);
        try (JournalLeaseStore store = open(disk)) {
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
                compare("cut " + cut, disk.cutPower(random), promised, losses);
            }
            stop.set(true);
            load.join();
        }
        if (!ignoreFlush) {
            assertThat(disk.list()).as("old segments went").doesNotContain("leases-1.log");
        }
        return losses;
    }

    private static JournalLeaseStore open(Disk disk) throws LeaseStoreException {
        return Journals.open(disk, Journals.KEEP, InstantSource.system());
    }

    private static void write(
            JournalLeaseStore store,
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

    private static void compare(String cut, Disk left, Map<LeaseKey, Long> promised, List<String> losses) {
        try (JournalLeaseStore store = open(left)) {
            Map<LeaseKey, Lease> found = Leases.contents(store);
            promised.forEach((key, version) -> {
                Lease lease = found.get(key);
                if (lease == null || Leases.version(lease) < version) {
                    losses.add(cut + ": " + key + " version " + version + " became " + lease);
                }
            });
        } catch (LeaseStoreException unreadable) {
            losses.add(cut + ": " + unreadable.getMessage());
        }
    }
}
