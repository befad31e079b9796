package io.dstm.dhcpv6.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TokenBucketTest {

    private static final long SECOND = 1_000_000_000L;

    private final TokenBucket bucket = new TokenBucket(0);

    private int taken(long now) {
        int taken = 0;
        while (bucket.take(now).isZero()) {
            taken++;
        }
        return taken;
    }

    @Test
    void twenty_at_once_and_one_a_second_after_that() {
        assertThat(taken(0)).isEqualTo(20);
        assertThat(bucket.take(SECOND / 4)).isEqualTo(Duration.ofMillis(750));
        assertThat(taken(SECOND)).isEqualTo(1);
        assertThat(taken(3 * SECOND + SECOND / 2)).isEqualTo(2);
        assertThat(bucket.take(3 * SECOND + SECOND / 2)).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void a_long_rest_earns_no_more_than_twenty() {
        assertThat(taken(1000 * SECOND)).isEqualTo(20);
    }
}
