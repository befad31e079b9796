package io.dstm.store.contract;

import io.dstm.api.lease.LeaseStore;
import java.time.Duration;
import java.time.InstantSource;

class MemoryLeaseHistoryTest extends LeaseHistoryContract {

    @Override
    protected LeaseStore create(InstantSource time, Duration keep) {
        return new MemoryLeaseStore(time, keep);
    }

    @Override
    protected void close(LeaseStore open) {
        ((MemoryLeaseStore) open).close();
    }

    @Override
    protected LeaseStore reopen(LeaseStore closed, InstantSource time, Duration keep) {
        return ((MemoryLeaseStore) closed).restarted(time, keep);
    }
}
