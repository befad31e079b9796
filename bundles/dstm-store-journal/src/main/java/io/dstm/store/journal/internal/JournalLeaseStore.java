package io.dstm.store.journal.internal;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseStore;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.store.common.DurableStore;
import io.dstm.store.common.GroupWriter;
import io.dstm.store.common.HistorySettings;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store of leases in a journal. A commit that fails because of the disk may or may not be found after a restart; the next commit
 * for the same key settles it.
 */
public final class JournalLeaseStore implements DurableStore {

    /** So that a block stays far below the largest there can be. */
    private static final int MOST_CHANGES = 100_000;

    /** Slots of the index that are looked at between two groups. */
    private static final int SLOTS = 1 << 16;

    private static final String OTHER_ENGINE_FILE = "leases.mv.db";

    private static final Logger log = LoggerFactory.getLogger(JournalLeaseStore.class);

    private final JournalBackend backend;
    private final GroupWriter<Commit> writer;
    private final HistoryReader reader;
    private final String place;
    private final Ipv6LeaseStore ipv6 = new Ipv6Leases();

    private JournalLeaseStore(JournalBackend backend, int limit, InstantSource clock, String place) {
        this.backend = backend;
        this.writer = new GroupWriter<>(backend, limit, "dstm-store");
        this.reader = new HistoryReader(backend.history(), this::holders, clock);
        this.place = place;
    }

    /**
     * Reads what is on {@code disk} and starts the writer; closes the disk at the end or if that fails.
     *
     * @param limit how many changes may wait at most
     * @param history how much of the past is kept
     * @param clock for the ends of leases
     */
    public static JournalLeaseStore open(
            Disk disk, JournalSizes sizes, int limit, HistorySettings history, InstantSource clock)
            throws LeaseStoreException {
        JournalBackend backend = new JournalBackend(disk, sizes, clock, System::nanoTime);
        JournalLeaseStore store = new JournalLeaseStore(backend, limit, clock, disk.place());
        try {
            // By the writer: an interrupted caller would close the files.
            int count = GroupWriter.await(store.writer.call(() -> {
                refuseOtherEngine(disk);
                backend.keepHistory(history);
                return backend.open();
            }));
            log.info("DSTM-7001 The lease store {} is open with {} leases", store.place, count);
            return store;
        } catch (LeaseStoreException | RuntimeException failed) {
            store.reader.close();
            store.writer.close();
            throw failed;
        }
    }

    private static void refuseOtherEngine(Disk disk) throws StoreProblem {
        try {
            List<String> names = disk.list();
            if (names.contains(OTHER_ENGINE_FILE)
                    && names.stream().noneMatch(name -> Segment.number(name).isPresent())) {
                throw new StoreProblem(
                        StoreFailure.OTHER_ENGINE,
                        "The leases in " + disk.place() + " are in " + OTHER_ENGINE_FILE + ", a file of the engine h2",
                        null);
            }
        } catch (java.io.IOException failed) {
            throw new StoreProblem(
                    StoreFailure.NOT_WRITABLE, disk.place() + " cannot be read (" + failed + ")", failed);
        }
    }

    @Override
    public void load(Consumer<Lease> visitor) throws LeaseStoreException {
        show(GroupWriter.await(writer.call(backend::leases)), visitor);
    }

    private <T> void show(Scan<T> scan, Consumer<T> visitor) throws LeaseStoreException {
        CompletableFuture<List<T>> coming = writer.call(scan::next);
        while (true) {
            List<T> page = GroupWriter.await(coming);
            if (page.isEmpty()) {
                return;
            }
            // Read while the visitor is busy with the one before.
            coming = writer.call(scan::next);
            page.forEach(visitor);
        }
    }

    @Override
    public CompletionStage<@Nullable Void> commit(List<Change> changes) {
        List<Change> copy = List.copyOf(changes);
        for (Change change : copy) {
            if (change instanceof Change.Put put && isTooLong(put.lease().pool())) {
                return refused();
            }
        }
        return commit(new Commit.Leases(copy), copy.size());
    }

    private CompletionStage<@Nullable Void> commit(Commit commit, int changes) {
        if (changes > MOST_CHANGES) {
            return CompletableFuture.failedStage(new StoreProblem(
                    StoreFailure.REFUSED_CHANGE, "More than " + MOST_CHANGES + " changes in one commit", null));
        }
        return writer.commit(commit, changes).minimalCompletionStage();
    }

    private static boolean isTooLong(String pool) {
        return pool.length() > Entries.LONGEST_POOL;
    }

    private static CompletionStage<@Nullable Void> refused() {
        return CompletableFuture.failedStage(new StoreProblem(
                StoreFailure.REFUSED_CHANGE,
                "The name of a pool has more than " + Entries.LONGEST_POOL + " characters",
                null));
    }

    @Override
    public Ipv6LeaseStore ipv6() {
        return ipv6;
    }

    @Override
    public void setLimit(int changes) {
        writer.setLimit(changes);
    }

    @Override
    public Answer find(Question question) throws LeaseStoreException {
        return GroupWriter.await(reader.find(question));
    }

    /** Looks at a part of the index at a time, so that no group waits long. */
    private HistoryReader.Holders holders(long firstKey, long behindKey, long clientHash) throws StoreProblem {
        try {
            while (true) {
                JournalBackend.IndexState index = GroupWriter.await(writer.call(backend::index));
                List<Entry> found = new ArrayList<>();
                boolean good = true;
                for (int from = 0; good && from < index.slots(); from += SLOTS) {
                    int start = from;
                    Optional<List<Entry>> part = GroupWriter.await(writer.call(
                            () -> backend.holders(start, SLOTS, index.renewals(), firstKey, behindKey, clientHash)));
                    good = part.isPresent();
                    part.ifPresent(found::addAll);
                    if (found.size() > MOST_MATCHES) {
                        throw new StoreProblem(
                                StoreFailure.TOO_MUCH, "More than " + MOST_MATCHES + " leases match", null);
                    }
                }
                if (good) {
                    return new HistoryReader.Holders(found, index.nextHistory());
                }
            }
        } catch (StoreProblem known) {
            throw known;
        } catch (LeaseStoreException other) {
            throw new StoreProblem(StoreFailure.BROKEN, "Reading failed (" + other.getMessage() + ")", other);
        }
    }

    @Override
    public Duration keep() {
        return backend.history().settings().keep();
    }

    @Override
    public void keepHistory(HistorySettings settings) {
        CompletableFuture<?> taken = writer.call(() -> {
            backend.keepHistory(settings);
            return settings;
        });
        log.debug("The history is kept for {} from now on ({})", settings.keep(), taken);
    }

    @Override
    public void close() {
        reader.close();
        writer.close();
        log.info("DSTM-7004 The lease store {} is closed", place);
    }

    /** The IPv6 leases, by the same thread in the same groups. */
    private final class Ipv6Leases implements Ipv6LeaseStore {

        @Override
        public void load(Consumer<Ipv6Lease> visitor) throws LeaseStoreException {
            show(GroupWriter.await(writer.call(backend::ipv6Leases)), visitor);
        }

        @Override
        public CompletionStage<@Nullable Void> commit(List<Ipv6LeaseStore.Change> changes) {
            List<Ipv6LeaseStore.Change> copy = List.copyOf(changes);
            for (Ipv6LeaseStore.Change change : copy) {
                if (change instanceof Ipv6LeaseStore.Change.Put put
                        && isTooLong(put.lease().pool())) {
                    return refused();
                }
            }
            return JournalLeaseStore.this.commit(new Commit.Ipv6Leases(copy), copy.size());
        }
    }
}
