package io.dstm.store.contract;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Leases for tests. */
public final class Leases {

    /** Where {@link #lease} starts to count. */
    public static final long EPOCH = 1_700_000_000L;

    private static final Ipv4Address FIRST = Ipv4Address.parse("198.18.0.0");

    private Leases() {}

    /** The key of a whole address, by number. */
    public static LeaseKey key(int number) {
        return new LeaseKey(FIRST.plus(number), PortSet.FULL);
    }

    /** A lease that ends at {@link #EPOCH} + {@code version}, so that versions of it can be told apart. */
    public static Lease lease(int number, long version) {
        return lease(key(number), version);
    }

    /** The same for any key. */
    public static Lease lease(LeaseKey key, long version) {
        return new Lease(
                key,
                new ClientId("duid:00030001" + Integer.toHexString(key.address().value()), 1),
                new Ipv6Address(0x20010DB800000000L, key.address().toUnsignedLong()),
                Ipv6Address.parse("2001:db8:ffff::1"),
                "default",
                LeaseState.ACTIVE,
                Instant.ofEpochSecond(EPOCH),
                Instant.ofEpochSecond(EPOCH + version));
    }

    /** Which version {@link #lease} made. */
    public static long version(Lease lease) {
        return lease.until().getEpochSecond() - EPOCH;
    }

    /** A commit of one lease. */
    public static List<Change> put(Lease lease) {
        return List.of(new Change.Put(lease));
    }

    /** A commit that forgets one key. */
    public static List<Change> remove(LeaseKey key) {
        return List.of(new Change.Remove(key));
    }

    /** Everything a store holds; fails if it shows a key twice. */
    public static Map<LeaseKey, Lease> contents(LeaseStore store) throws LeaseStoreException {
        Map<LeaseKey, Lease> contents = new HashMap<>();
        store.load(lease -> {
            if (contents.put(lease.key(), lease) != null) {
                throw new AssertionError(lease.key() + " was shown twice");
            }
        });
        return contents;
    }
}
