package io.dstm.store.journal.internal;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseHistory.End;
import io.dstm.api.lease.LeaseHistory.Entry;
import io.dstm.store.common.GroupWriter;
import io.dstm.store.common.HistorySettings;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import io.dstm.store.journal.internal.Journal.Holding;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal and the history, as the thread of the store works on them. After a failure of the disk what was not flushed is taken
 * from it, at most once a second, before anything is written again.
 */
final class JournalBackend implements GroupWriter.Backend<Commit> {

    private static final long REPAIR_NANOS = 1_000_000_000L;
    private static final long PATIENCE_MILLIS = 30_000;
    private static final long CLOSING_SECONDS = 60;

    private static final Logger log = LoggerFactory.getLogger(JournalBackend.class);

    private final Disk disk;
    private final Journal journal;
    private final HistoryFiles history;
    private final Cleaner cleaner;
    private final ChangeWriter writer;
    private final LongSupplier nanos;
    private final ExecutorService background = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "dstm-store-files");
        thread.setDaemon(true);
        return thread;
    });

    private @Nullable Output written;
    private @Nullable StoreProblem broken;
    private long brokenSince;
    private long nextUpkeep;

    /** Takes over {@code disk}, which is closed with it. */
    JournalBackend(Disk disk, JournalSizes sizes, InstantSource clock, LongSupplier nanos) {
        this.disk = disk;
        this.nanos = nanos;
        journal = new Journal(disk, new LiveSet(), sizes.segment(), background);
        history = new HistoryFiles(disk, background, sizes.historyEntries(), clock);
        cleaner = new Cleaner(journal, 2 * sizes.segment(), background);
        writer = new ChangeWriter(journal, history, clock);
    }

    /** The history's files. */
    HistoryFiles history() {
        return history;
    }

    /** Reads what is there; answers how many leases that are. */
    int open() throws StoreProblem {
        Thread.interrupted();
        try {
            history.open();
            Recovery recovery = new Recovery(disk, journal.live(), (id, in, at) -> {
                if (id > history.next()) {
                    throw Recovery.damaged(disk, "entries of the history before " + id + " are missing", null);
                }
                if (id >= history.next()) {
                    history.append(in, at);
                }
            });
            long next = recovery.open(journal);
            if (next > history.next()) {
                throw Recovery.damaged(disk, "entries of the history before " + next + " are missing", null);
            }
            history.write();
            return journal.live().leases().size();
        } catch (IOException failed) {
            throw explain("Opening", failed);
        }
    }

    /** Says how much of the past is kept from now on. */
    void keepHistory(HistorySettings settings) {
        history.keep(settings);
        nextUpkeep = nanos.getAsLong();
    }

    @Override
    public void apply(List<Commit> commits) throws StoreProblem {
        if (written != null) {
            flush();
        }
        repair();
        // Somebody's action on an answer may have left it, and it would close the file.
        Thread.interrupted();
        Output out = journal.begin();
        writer.begin();
        try {
            for (Commit commit : commits) {
                writer.append(out, commit);
            }
            if (journal.isEmpty()) {
                return;
            }
            cleaner.step(out, history.flushed(), writer.nextHistory());
            journal.write(writer.nextHistory());
            written = out;
        } catch (IOException failed) {
            throw fail("Writing", failed);
        } catch (StoreProblem | RuntimeException | Error failed) {
            rollBack();
            throw failed;
        }
    }

    @Override
    public void flush() throws StoreProblem {
        Output out = written;
        if (out == null) {
            return;
        }
        written = null;
        Segment segment = journal.active();
        try {
            journal.flush();
        } catch (IOException failed) {
            throw fail("Flushing", failed);
        }
        writer.flushed(out, segment);
        cleaner.flushed();
        if (cleaner.waitsForHistory()) {
            history.flushSoon();
        }
    }

    private void rollBack() {
        written = null;
        cleaner.rollBack();
        journal.rollBack();
    }

    private StoreProblem fail(String attempt, IOException failed) {
        rollBack();
        StoreProblem problem = explain(attempt, failed);
        if (broken == null) {
            log.error("{}; no lease is stored until then, tried again every second", problem.getMessage());
            log.debug("What the disk said", failed);
        }
        broken = problem;
        brokenSince = nanos.getAsLong();
        return problem;
    }

    private void repair() throws StoreProblem {
        StoreProblem reason = broken;
        if (reason == null) {
            return;
        }
        if (nanos.getAsLong() - brokenSince < REPAIR_NANOS) {
            throw reason;
        }
        try {
            journal.repair();
        } catch (IOException again) {
            broken = explain("Repairing", again);
            brokenSince = nanos.getAsLong();
            throw broken;
        }
        broken = null;
        log.info("DSTM-7005 {} is written to again; leases are stored again", disk.place());
    }

    private StoreProblem explain(String attempt, IOException failed) {
        String text = String.valueOf(failed.getMessage()).toLowerCase(Locale.ROOT);
        if (text.contains("no space left") || text.contains("quota exceeded")) {
            return new StoreProblem(
                    StoreFailure.DISK_FULL, attempt + " failed: no space left in " + disk.place(), failed);
        }
        boolean refused = failed instanceof AccessDeniedException || text.contains("read-only file system");
        return new StoreProblem(
                refused ? StoreFailure.NOT_WRITABLE : StoreFailure.BROKEN,
                attempt + " failed in " + disk.place() + " (" + failed + ")",
                failed);
    }

    @Override
    public long maintain(boolean idle) {
        long wait = nextUpkeep - nanos.getAsLong();
        if (wait > 0) {
            return wait / 1_000_000 + 1;
        }
        history.write();
        history.upkeep();
        history.flushSoon();
        nextUpkeep = nanos.getAsLong() + PATIENCE_MILLIS * 1_000_000;
        return PATIENCE_MILLIS;
    }

    /** The leases, page by page. */
    Scan<Lease> leases() {
        return new Scan<>(journal, Entries.PUT, journal.live()::isLive, new EntryReader()::lease);
    }

    /** The IPv6 leases, page by page. */
    Scan<Ipv6Lease> ipv6Leases() {
        return new Scan<>(journal, Entries.PUT_IPV6, journal.live()::isLiveIpv6, new EntryReader()::ipv6Lease);
    }

    /**
     * Present holders in some slots of the index.
     *
     * @param renewals what {@link PlaceIndex#renewals} was when the first slots were looked at
     * @return nothing if slots have changed their meaning since
     */
    Optional<List<Entry>> holders(int from, int count, int renewals, long firstKey, long behindKey, long clientHash)
            throws StoreProblem {
        PlaceIndex index = journal.live().leases();
        if (index.renewals() != renewals) {
            return Optional.empty();
        }
        List<Entry> found = new ArrayList<>();
        try {
            for (int slot = from; slot < Math.min(index.slots(), from + count); slot++) {
                long place = index.place(slot);
                long key = index.first(slot);
                if (place != PlaceIndex.NONE
                        && index.second(slot) != 0
                        && key >= firstKey
                        && key < behindKey
                        && (clientHash == HistoryReader.ANYBODY
                                || Place.tag(place) == (clientHash & PlaceIndex.TAG_MASK))) {
                    found.add(holder(journal.read(place)));
                }
            }
        } catch (IOException failed) {
            throw explain("Reading", failed);
        }
        return Optional.of(found);
    }

    private static Entry holder(Holding holding) {
        Lease lease = holding.lease();
        return new Entry(
                lease.key(),
                lease.client(),
                lease.tunnelSource(),
                lease.tunnelAddress(),
                lease.pool(),
                Instant.ofEpochSecond(holding.from()),
                lease.until(),
                End.HELD);
    }

    /**
     * What who looks for holders must know first.
     *
     * @param slots how many slots the index has
     * @param renewals its {@link PlaceIndex#renewals}
     * @param nextHistory the number of the next entry of the history
     */
    record IndexState(int slots, int renewals, long nextHistory) {}

    /** What who looks for holders must know first. */
    IndexState index() {
        PlaceIndex index = journal.live().leases();
        return new IndexState(index.slots(), index.renewals(), history.next());
    }

    @Override
    public void close() {
        background.shutdown();
        try {
            if (!background.awaitTermination(CLOSING_SECONDS, TimeUnit.SECONDS)) {
                log.warn("DSTM-7025 Files in {} are still being tidied up", disk.place());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        history.close();
        journal.close();
        disk.close();
    }
}
