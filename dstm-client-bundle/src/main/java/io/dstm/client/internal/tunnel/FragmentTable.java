package io.dstm.client.internal.tunnel;

/**
 * Which inside address the first fragment of a datagram went to, so that the later ones, which have no ports, can follow (RFC 6346
 * section 5.3.3). A small table of fixed size; when it is full the oldest entry of a bucket gives way. Callers hold the lock.
 */
final class FragmentTable {

    static final int NONE = -1;
    /** As long as Linux waits for fragments (net.ipv4.ipfrag_time). */
    static final int SECONDS = 30;

    private static final int BUCKETS = 64;
    private static final int WAYS = 4;

    private final long[] keys = new long[BUCKETS * WAYS];
    private final int[] seen = new int[BUCKETS * WAYS];
    private final byte[] insides = new byte[BUCKETS * WAYS];
    private final boolean[] used = new boolean[BUCKETS * WAYS];

    private static long key(int source, int identification, int protocol) {
        return (long) source << 32 | (identification & 0xFFFFL) << 8 | protocol & 0xFFL;
    }

    private static int bucket(long key) {
        return (int) ((key * 0x9E37_79B9_7F4A_7C15L) >>> 58) * WAYS;
    }

    void put(int source, int identification, int protocol, int inside, int now) {
        long key = key(source, identification, protocol);
        int first = bucket(key);
        int place = first;
        for (int i = first; i < first + WAYS; i++) {
            if (!used[i] || keys[i] == key) {
                place = i;
                break;
            }
            if (now - seen[i] > now - seen[place]) {
                place = i;
            }
        }
        keys[place] = key;
        seen[place] = now;
        insides[place] = (byte) inside;
        used[place] = true;
    }

    int find(int source, int identification, int protocol, int now) {
        long key = key(source, identification, protocol);
        int first = bucket(key);
        for (int i = first; i < first + WAYS; i++) {
            if (used[i] && keys[i] == key) {
                return now - seen[i] < SECONDS ? insides[i] : NONE;
            }
        }
        return NONE;
    }
}
