package io.dstm.store.journal.internal;

import io.dstm.api.lease.LeaseStoreException;
import io.dstm.store.common.HistorySettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/** Journals for tests: with small files, so that tests see many of them. */
final class Journals {

    static final int LIMIT = 100_000;

    static final HistorySettings KEEP = new HistorySettings(Duration.ofDays(7), 5_000_000);

    static final JournalSizes SMALL = new JournalSizes(16 << 10, 50);

    private Journals() {}

    static JournalLeaseStore open(Path directory) throws LeaseStoreException {
        return open(DirectoryDisk.lock(directory), KEEP, InstantSource.system());
    }

    static JournalLeaseStore open(Disk disk, HistorySettings history, InstantSource clock) throws LeaseStoreException {
        return JournalLeaseStore.open(disk, SMALL, LIMIT, history, clock);
    }
}
