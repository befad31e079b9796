package io.dstm.tep.internal.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RateLimitTest {

    private static final long SECOND = 1_000_000_000L;

    private static int taken(RateLimit limit, int tries, long nanos) {
        int taken = 0;
        for (int i = 0; i < tries; i++) {
            taken += limit.tryTake(nanos) ? 1 : 0;
        }
        return taken;
    }

    @Test
    void gives_a_burst_and_then_what_comes_in() {
        RateLimit limit = new RateLimit(1000);

        assertThat(taken(limit, 500, 0)).isEqualTo(100);
        assertThat(taken(limit, 500, SECOND / 100)).isEqualTo(10);
        assertThat(taken(limit, 500, 100 * SECOND))
                .as("never more than a full bucket")
                .isEqualTo(100);
    }

    @Test
    void keeps_the_rate_in_the_long_run() {
        RateLimit limit = new RateLimit(50);
        int taken = 0;
        for (int millis = 0; millis < 10_000; millis++) {
            taken += limit.tryTake(millis * SECOND / 1000) ? 1 : 0;
        }
        assertThat(taken).isBetween(500, 510);
    }

    @Test
    void a_rate_of_zero_gives_nothing() {
        assertThat(taken(new RateLimit(0), 10, 5)).isZero();
    }

    @Test
    void does_not_mind_a_clock_that_wraps() {
        RateLimit limit = new RateLimit(10);
        assertThat(taken(limit, 20, Long.MAX_VALUE - SECOND)).isEqualTo(10);
        assertThat(taken(limit, 20, Long.MIN_VALUE + 4 * SECOND)).isEqualTo(10);
    }

    @Test
    void fragment_identifications_repeat_neither_in_a_lane_nor_across_lanes() {
        FragmentIds first = new FragmentIds(0x1234_5678_9ABC_DEF0L, 0);
        FragmentIds second = new FragmentIds(0x1234_5678_9ABC_DEF0L, 1);
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < 100_000; i++) {
            assertThat(seen.add(first.next()) && seen.add(second.next())).isTrue();
        }
    }
}
