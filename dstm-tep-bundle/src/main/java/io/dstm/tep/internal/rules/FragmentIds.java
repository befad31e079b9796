package io.dstm.tep.internal.rules;

/**
 * Identifications for fragments: no value comes twice within 2^32, and the next cannot be told from the last without the secret
 * (RFC 7739). One thread at a time; threads with different lanes never make the same value.
 */
final class FragmentIds {

    private static final int LANES = 64;

    private final int multiplier;
    private final int mask;
    private int next;

    FragmentIds(long secret, int lane) {
        this.multiplier = (int) secret | 1;
        this.mask = (int) (secret >>> 32);
        this.next = lane % LANES;
    }

    /** Each step can be undone, so different numbers stay different. */
    int next() {
        int value = next * multiplier;
        next += LANES;
        value ^= value >>> 15;
        value *= 0x2C1B3C6D;
        value ^= value >>> 12;
        return value * multiplier ^ mask;
    }
}
