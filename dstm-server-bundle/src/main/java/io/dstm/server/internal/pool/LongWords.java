package io.dstm.server.internal.pool;

/**
 * A map from non-negative {@code long} to {@code long} words that answers 0 for what it does not have: open addressing, 16 bytes a
 * place, no objects. A word that becomes 0 keeps its place until the next growth drops it.
 */
public final class LongWords {

    private static final int SMALLEST = 16;

    private long[] keys = new long[SMALLEST];
    private long[] words = new long[SMALLEST];
    /** Places in use, those with a zero word included. */
    private int used;

    /** Without any word. */
    public LongWords() {}

    /** The word of {@code key}, 0 if there is none. */
    public long get(long key) {
        return words[place(keys, key)];
    }

    /** Sets the word of {@code key}. */
    public void put(long key, long word) {
        int place = place(keys, key);
        if (keys[place] == 0) {
            if (word == 0) {
                return;
            }
            if (used >= keys.length >> 1) {
                rebuild();
                place = place(keys, key);
            }
            keys[place] = key + 1;
            used++;
        }
        words[place] = word;
    }

    /** Where {@code key} is or would be; keys are stored plus one, so that 0 marks an empty place. */
    private static int place(long[] keys, long key) {
        int mask = keys.length - 1;
        int place = (int) (key * 0x9E3779B97F4A7C15L >>> 32) & mask;
        while (keys[place] != 0 && keys[place] != key + 1) {
            place = place + 1 & mask;
        }
        return place;
    }

    private void rebuild() {
        int live = 0;
        for (long word : words) {
            live += word == 0 ? 0 : 1;
        }
        int size = SMALLEST;
        while (size < live * 4) {
            size <<= 1;
        }
        long[] newKeys = new long[size];
        long[] newWords = new long[size];
        for (int i = 0; i < keys.length; i++) {
            if (words[i] != 0) {
                int place = place(newKeys, keys[i] - 1);
                newKeys[place] = keys[i];
                newWords[place] = words[i];
            }
        }
        keys = newKeys;
        words = newWords;
        used = live;
    }
}
