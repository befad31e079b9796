package io.dstm.store.internal;

import io.dstm.store.common.DurableStore;
import io.dstm.store.common.HistorySettings;
import io.dstm.store.contract.DurableHistoryContract;
import java.nio.file.Path;
import java.time.InstantSource;

class JdbcLeaseHistoryTest extends DurableHistoryContract {

    @Override
    protected DurableStore open(Path where, HistorySettings settings, InstantSource time) throws Exception {
        return H2.open(H2.dialect(where), settings, time);
    }

    /** What is there is shown. */
    @Override
    protected int shownUntilDropped(int stored, int due) {
        return stored;
    }
}
