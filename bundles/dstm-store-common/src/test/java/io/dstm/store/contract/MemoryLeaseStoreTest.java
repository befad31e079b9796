package io.dstm.store.contract;

import io.dstm.api.lease.LeaseStore;

class MemoryLeaseStoreTest extends LeaseStoreContract {

    @Override
    protected LeaseStore create() {
        return new MemoryLeaseStore();
    }

    @Override
    protected void close(LeaseStore open) {
        ((MemoryLeaseStore) open).close();
    }

    @Override
    protected LeaseStore reopen(LeaseStore closed) {
        return ((MemoryLeaseStore) closed).restarted();
    }
}
