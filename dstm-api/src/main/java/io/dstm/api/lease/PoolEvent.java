package io.dstm.api.lease;

/**
 * A pool became full or is no longer.
 *
 * @param kind what
 * @param pool the pool at that moment
 */
public record PoolEvent(Kind kind, PoolStatus pool) {

    /** What happened. */
    public enum Kind {
        /** More of it is lent or rests than its upper threshold says. */
        HIGH,
        /** Again no more than its lower threshold says. */
        RELAXED,
        /** Nothing of it is free. */
        EXHAUSTED
    }
}
