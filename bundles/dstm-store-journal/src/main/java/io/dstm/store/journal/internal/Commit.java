package io.dstm.store.journal.internal;

import io.dstm.api.ipv6.Ipv6LeaseStore;
import io.dstm.api.lease.LeaseStore;
import java.util.List;

/** What one caller has written at once. */
sealed interface Commit {

    /** Of leases. */
    record Leases(List<LeaseStore.Change> changes) implements Commit {}

    /** Of IPv6 leases. */
    record Ipv6Leases(List<Ipv6LeaseStore.Change> changes) implements Commit {}
}
