package io.dstm.store.common;

import java.time.Duration;

/**
 * How much of the past is kept.
 *
 * @param keep how long an entry is kept after its end; zero for no entries at all
 * @param limit how many entries there may be; the oldest make room
 */
public record HistorySettings(Duration keep, long limit) {

    /** Keeps nothing. */
    public static final HistorySettings NONE = new HistorySettings(Duration.ZERO, 0);

    /** Whether anything is written. */
    public boolean on() {
        return !keep.isZero();
    }
}
