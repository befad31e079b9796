package io.dstm.store.journal.internal;

import io.dstm.store.common.DurableStore;
import io.dstm.store.contract.DurableStoreContract;
import java.nio.file.Path;

class JournalLeaseStoreTest extends DurableStoreContract {

    @Override
    protected DurableStore open(Path where) throws Exception {
        return Journals.open(where);
    }

    @Override
    protected String[] files() {
        return new String[] {"leases-1.log", "lock"};
    }
}
