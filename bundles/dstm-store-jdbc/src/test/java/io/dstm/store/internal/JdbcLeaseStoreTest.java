package io.dstm.store.internal;

import io.dstm.store.common.DurableStore;
import io.dstm.store.contract.DurableStoreContract;
import java.nio.file.Path;

class JdbcLeaseStoreTest extends DurableStoreContract {

    @Override
    protected DurableStore open(Path where) throws Exception {
        return H2.open(where);
    }

    @Override
    protected String[] files() {
        return new String[] {"leases.mv.db"};
    }
}
