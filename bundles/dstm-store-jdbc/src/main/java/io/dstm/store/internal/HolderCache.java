package io.dstm.store.internal;

import io.dstm.api.lease.Lease;
import io.dstm.api.net.Ipv6Address;

/**
 * Remembers of many keys who holds them with which tunnel, as a fingerprint, so that a renewal is known for one without reading
 * the stored lease. What is not remembered is read. Grows with use to at most 16 megabytes.
 */
final class HolderCache {

    private static final int SMALLEST = 1 << 10;
    private static final int LARGEST = 1 << 20;

    /** Never a packed key. */
    private static final long NONE = -1;

    private long[] keys = new long[0];
    private long[] prints = new long[0];
    private int used;

    HolderCache() {
        resize(SMALLEST);
    }

    private void resize(int size) {
        keys = new long[size];
        java.util.Arrays.fill(keys, NONE);
        prints = new long[size];
        used = 0;
    }

    /** Whether the holder of {@code packed} was last noted with this fingerprint. */
    boolean isHeldBy(long packed, long print) {
        int slot = slot(packed);
        return keys[slot] == packed && prints[slot] == print;
    }

    /** Notes a holder; may forget another. */
    void put(long packed, long print) {
        int slot = slot(packed);
        if (keys[slot] == NONE && ++used > keys.length / 2 && keys.length < LARGEST) {
            // What was noted is read again when it is needed.
            resize(4 * keys.length);
            slot = slot(packed);
            used = 1;
        }
        keys[slot] = packed;
        prints[slot] = print;
    }

    /** Forgets a holder. */
    void forget(long packed) {
        int slot = slot(packed);
        if (keys[slot] == packed) {
            keys[slot] = NONE;
            used--;
        }
    }

    /** Forgets everybody. */
    void clear() {
        resize(SMALLEST);
    }

    private int slot(long packed) {
        return (int) (mix(packed) >>> 32) & keys.length - 1;
    }

    /** 64 bits of what makes a holding the same: two that differ are taken for the same once in 2^64. */
    static long print(Lease lease) {
        long print = HistorySql.hash(lease.client().identity());
        print = mix(print ^ lease.client().association());
        print = mix(print ^ lease.since().getEpochSecond());
        print = with(print, lease.tunnelSource());
        return with(print, lease.tunnelAddress());
    }

    private static long with(long print, Ipv6Address address) {
        return mix(mix(print ^ address.high()) ^ address.low());
    }

    /** The finaliser of SplitMix64. */
    private static long mix(long value) {
        long mixed = (value ^ value >>> 30) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
        return mixed ^ mixed >>> 31;
    }
}
