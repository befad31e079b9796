package io.dstm.store.common;

import io.dstm.api.ipv6.Ipv6LeaseStore;
import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseStore;

/** An open store on disk. */
public interface DurableStore extends LeaseStore, LeaseHistory, AutoCloseable {

    /** The IPv6 leases in the same place. */
    Ipv6LeaseStore ipv6();

    /** How many changes may wait from now on. */
    void setLimit(int changes);

    /** How much of the past is kept from now on; what is too much goes step by step. */
    void keepHistory(HistorySettings settings);

    /** Completes every commit that was accepted, then closes what is open. */
    @Override
    void close();
}
