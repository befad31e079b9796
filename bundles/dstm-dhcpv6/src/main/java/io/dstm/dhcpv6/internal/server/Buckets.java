package io.dstm.dhcpv6.internal.server;

import io.dstm.api.net.Ipv6Address;

/**
 * A bounded number of token buckets without an object for each, since with every message one comes and one goes. Each has one of a
 * few places, where it takes that of the one that was used longest ago. Who is who is told by 64 bits that strangers cannot
 * foresee; that two of them are the same is not to be expected in the life of a server. For any thread.
 */
final class Buckets {

    private static final long BURST_SECONDS = 2;
    private static final long MILLIS = 1000;

    /** Places of one bucket: two lines of a processor's cache. */
    private static final int WAYS = 16;

    private static final int SMALLEST = 8 * WAYS;

    private final int most;

    /**
     * By set of {@link #WAYS} places first their keys, then their fillings, so that a set is in one piece of memory. A filling is
     * thousandths of a message, so that slow rates work too, and behind them when it was looked at, in milliseconds.
     */
    private long[] table = new long[0];

    private int used;

    /** As many as {@code most}, a power of two, at most. */
    Buckets(int most) {
        this.most = most;
    }

    /** Takes a message out of somebody's bucket, which is full if it is not remembered; whether there was one in it. */
    synchronized boolean take(long fingerprint, Ipv6Address address, int more, int rate, long now) {
        if (4 * used >= table.length && table.length < 2 * most) {
            grow();
        }
        long key = key(fingerprint, address, more);
        int place = place(key, (int) now);
        long full = BURST_SECONDS * MILLIS * rate;
        long left = full;
        if (table[place] == key) {
            long before = table[place + WAYS];
            // A clock that was set back must not stop the filling; nor must its 32 bits that go round after 49 days.
            long passed = Math.max(0, (int) now - (int) before);
            left = Math.min(full, (before >>> Integer.SIZE) + Math.min(passed, BURST_SECONDS * MILLIS) * rate);
        } else {
            used += table[place] == 0 ? 1 : 0;
            table[place] = key;
        }
        boolean taken = left >= MILLIS;
        table[place + WAYS] = (taken ? left - MILLIS : left) << Integer.SIZE | now & 0xFFFF_FFFFL;
        return taken;
    }

    private void grow() {
        long[] old = table;
        table = new long[Math.max(SMALLEST, 2 * old.length)];
        used = 0;
        for (int set = 0; set < old.length; set += 2 * WAYS) {
            for (int i = set; i < set + WAYS; i++) {
                if (old[i] != 0) {
                    int place = place(old[i], (int) old[i + WAYS]);
                    used += table[place] == 0 ? 1 : 0;
                    table[place] = old[i];
                    table[place + WAYS] = old[i + WAYS];
                }
            }
        }
    }

    /** Where a key is, or else is to be. */
    private int place(long key, int now) {
        int first = (int) (key >>> 40) * 2 & table.length - 2 * WAYS;
        int oldest = first;
        for (int place = first; place < first + WAYS; place++) {
            if (table[place] == key) {
                return place;
            }
            if (table[oldest] != 0 && (table[place] == 0 || age(place, now) > age(oldest, now))) {
                oldest = place;
            }
        }
        return oldest;
    }

    private int age(int place, int now) {
        return now - (int) table[place + WAYS];
    }

    private static long key(long fingerprint, Ipv6Address address, int more) {
        long mixed = mix(mix(mix(fingerprint ^ address.high()) ^ address.low()) ^ more);
        // 0 marks an empty place.
        return mixed == 0 ? 1 : mixed;
    }

    private static long mix(long bits) {
        long mixed = (bits ^ bits >>> 32) * 0xD6E8FEB86659FD93L;
        return mixed ^ mixed >>> 32;
    }

    /** How many are remembered. */
    synchronized int size() {
        return used;
    }
}
