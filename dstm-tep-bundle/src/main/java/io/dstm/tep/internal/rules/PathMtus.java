package io.dstm.tep.internal.rules;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * How long an IPv6 packet to a client may be where some link on the way is narrower than the tunnel should be (RFC 8201). Shared by
 * all packet threads of a TEP; packets only read, ICMPv6 errors write. Bounded: a path that loses its place is learned again from
 * the next packet that is too big for it.
 */
final class PathMtus {

    /** What every IPv6 link carries: an estimate never falls below (RFC 8201 section 4). */
    static final int SMALLEST = 1280;
    /** No estimate. */
    static final int UNKNOWN = Integer.MAX_VALUE;

    /** RFC 8201 section 4: an estimate may rise again after 5 minutes, better 10. */
    private static final long LIFETIME = 600L * 1_000_000_000L;

    private static final int SETS = 4096;
    private static final int WAYS = 4;
    private static final int WORDS = 4;

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    /**
     * Client's address in two longs, the moment an estimate ends, the estimate (0 for none). A reader may see half an entry that is
     * being written: then it uses another client's estimate for one packet, which is a sound one as well.
     */
    private volatile long @Nullable [] entries;

    private volatile int smallest = UNKNOWN;
    private volatile long lastEnd;

    /** No estimate is below this; {@link #UNKNOWN} while there is none. */
    int smallest(long nanos) {
        int least = smallest;
        return least == UNKNOWN || lastEnd - nanos <= 0 ? UNKNOWN : least;
    }

    /** The estimate for a client, or {@link #UNKNOWN}. */
    int of(long high, long low, long nanos) {
        long[] table = entries;
        if (table == null) {
            return UNKNOWN;
        }
        int set = home(high, low);
        for (int at = set; at < set + WAYS * WORDS; at += WORDS) {
            if (get(table, at + 1) == low && get(table, at) == high && get(table, at + 2) - nanos > 0) {
                int mtu = (int) get(table, at + 3);
                return mtu == 0 ? UNKNOWN : mtu;
            }
        }
        return UNKNOWN;
    }

    /** Notes what an error said; false if that is no news, or none that a node may believe. */
    synchronized boolean learn(long high, long low, long reported, int tunnelMtu, long nanos) {
        if (reported < SMALLEST || reported >= tunnelMtu) {
            return false;
        }
        int mtu = (int) reported;
        if (of(high, low, nanos) < mtu) {
            // RFC 8201 section 4: an error never raises an estimate.
            return false;
        }
        long[] table = entries;
        if (table == null) {
            table = new long[SETS * WAYS * WORDS];
        }
        int at = place(table, high, low, nanos);
        long end = nanos + LIFETIME;
        set(table, at + 3, 0);
        set(table, at, high);
        set(table, at + 1, low);
        set(table, at + 2, end);
        set(table, at + 3, mtu);
        entries = table;
        smallest = Math.min(smallest(nanos), mtu);
        lastEnd = end;
        return true;
    }

    /** The client's own place, else one that is free, else the one that ends first. */
    private static int place(long[] table, long high, long low, long nanos) {
        int set = home(high, low);
        int best = set;
        long bestLeft = Long.MAX_VALUE;
        for (int at = set; at < set + WAYS * WORDS; at += WORDS) {
            if (table[at] == high && table[at + 1] == low) {
                return at;
            }
            long left = table[at + 3] == 0 ? Long.MIN_VALUE : table[at + 2] - nanos;
            if (left < bestLeft) {
                bestLeft = left;
                best = at;
            }
        }
        return best;
    }

    private static int home(long high, long low) {
        long hash = (high * 0x9E3779B97F4A7C15L ^ low) * 0xD6E8FEB86659FD93L;
        return (int) (hash >>> 40) % SETS * WAYS * WORDS;
    }

    private static long get(long[] table, int index) {
        return (long) LONGS.getOpaque(table, index);
    }

    private static void set(long[] table, int index, long value) {
        LONGS.setOpaque(table, index, value);
    }
}
