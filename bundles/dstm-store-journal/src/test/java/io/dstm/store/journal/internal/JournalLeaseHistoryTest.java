package io.dstm.store.journal.internal;

import io.dstm.store.common.DurableStore;
import io.dstm.store.common.HistorySettings;
import io.dstm.store.contract.DurableHistoryContract;
import java.nio.file.Path;
import java.time.InstantSource;

class JournalLeaseHistoryTest extends DurableHistoryContract {

    @Override
    protected DurableStore open(Path where, HistorySettings settings, InstantSource time) throws Exception {
        return Journals.open(DirectoryDisk.lock(where), settings, time);
    }

    /** What is too old is not shown, though its file is still there. */
    @Override
    protected int shownUntilDropped(int stored, int due) {
        return due;
    }
}
