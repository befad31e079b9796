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

    private static final int SMALLEST = 64;

    private final int most;

    /** Empty until there is something to remember. */
    private long[] keys = new long[0];

    /** Thousandths of a message, so that slow rates work too. */
    private long[] left = keys;

    private long[] filled = keys;
    private int used;

    /** As many as {@code most}, a power of two, at most. */
    Buckets(int most) {
        this.most = most;
    }

    /** Takes a message out of somebody's bucket, which is full if it is not remembered; whether there was one in it. */
    synchronized boolean take(long fingerprint, Ipv6Address address, int more, int rate, long now) {
        if (2 * used >= keys.length && keys.length < most) {
            grow();
        }
        long key = key(fingerprint, address, more);
        int place = place(key);
        long full = BURST_SECONDS * MILLIS * rate;
        long there;
        if (keys[place] == key) {
            // A clock that was set back must not stop the filling.
            long passed = Math.max(0, now - filled[place]);
            there = Math.min(full, left[place] + Math.min(passed, BURST_SECONDS * MILLIS) * rate);
        } else {
            used += keys[place] == 0 ? 1 : 0;
            keys[place] = key;
            there = full;
        }
        filled[place] = now;
        boolean taken = there >= MILLIS;
        left[place] = taken ? there - MILLIS : there;
        return taken;
    }

    private void grow() {
        long[] oldKeys = keys;
        long[] oldLeft = left;
        long[] oldFilled = filled;
        int size = Math.max(SMALLEST, 2 * oldKeys.length);
        keys = new long[size];
        left = new long[size];
        filled = new long[size];
        used = 0;
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != 0) {
                int place = place(oldKeys[i]);
                used += keys[place] == 0 ? 1 : 0;
                keys[place] = oldKeys[i];
                left[place] = oldLeft[i];
                filled[place] = oldFilled[i];
            }
        }
    }

    /** Where a key is, or else is to be. */
    private int place(long key) {
        int first = (int) (key >>> 40) & keys.length - WAYS;
        int oldest = first;
        for (int place = first; place < first + WAYS; place++) {
            if (keys[place] == key) {
                return place;
            }
            if (keys[oldest] != 0 && (keys[place] == 0 || filled[place] < filled[oldest])) {
                oldest = place;
            }
        }
        return oldest;
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
