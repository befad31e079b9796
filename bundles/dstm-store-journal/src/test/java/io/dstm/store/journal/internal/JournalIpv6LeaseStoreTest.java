package io.dstm.store.journal.internal;

import io.dstm.store.common.DurableStore;
import io.dstm.store.contract.Ipv6LeaseStoreContract;
import java.nio.file.Path;

class JournalIpv6LeaseStoreTest extends Ipv6LeaseStoreContract {

    @Override
    protected DurableStore open(Path where) throws Exception {
        return Journals.open(where);
    }
}
