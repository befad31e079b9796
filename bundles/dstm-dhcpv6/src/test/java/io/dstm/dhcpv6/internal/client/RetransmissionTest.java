package io.dstm.dhcpv6.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.dhcpv6.internal.client.Retransmission.Parameters;
import java.time.Duration;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RetransmissionTest {

    /** A generator that always gives {@code value}, so RAND = 0.2 * value - 0.1. */
    private static RandomGenerator always(double value) {
        return new Random() {
            @Override
            public double nextDouble() {
                return value;
            }
        };
    }

    private static Duration millis(long millis) {
        return Duration.ofMillis(millis);
    }

    @Test
    void solicit_doubles_up_to_an_hour() {
        Retransmission solicit = new Retransmission(Parameters.SOLICIT, always(0.5), true);

        assertThat(solicit.next()).isEqualTo(millis(1050));
        assertThat(solicit.next()).isEqualTo(millis(2100));
        assertThat(solicit.next()).isEqualTo(millis(4200));
        for (int i = 0; i < 8; i++) {
            solicit.next();
        }
        assertThat(solicit.next()).isEqualTo(millis(1050 << 11));
        assertThat(solicit.next()).isEqualTo(Duration.ofHours(1));
        assertThat(solicit.next()).isEqualTo(Duration.ofHours(1));
        assertThat(solicit.exhausted()).isFalse();
    }

    /** "the first RT MUST be selected to be strictly greater than IRT" (RFC 8415 section 18.2.1). */
    @Test
    void first_solicit_time_is_always_longer_than_irt() {
        Random random = new Random(1);
        for (int i = 0; i < 1000; i++) {
            assertThat(new Retransmission(Parameters.SOLICIT, random, true).next())
                    .isGreaterThan(millis(1000))
                    .isLessThanOrEqualTo(millis(1100));
        }
        assertThat(new Retransmission(Parameters.SOLICIT, always(0), true).next())
                .isGreaterThan(millis(1000));
        assertThat(new Retransmission(Parameters.SOLICIT, always(Math.nextDown(1.0)), true).next())
                .isGreaterThanOrEqualTo(millis(1000));
    }

    @Test
    void times_spread_by_a_tenth_both_ways() {
        assertThat(new Retransmission(Parameters.RENEW, always(0), false).next())
                .isEqualTo(millis(9000));
        assertThat(new Retransmission(Parameters.RENEW, always(Math.nextDown(1.0)), false).next())
                .isBetween(millis(10999), millis(11000));

        Retransmission low = new Retransmission(Parameters.RENEW, always(0), false);
        low.next();
        assertThat(low.next()).isEqualTo(millis(17100));
    }

    @Test
    void renew_is_capped_at_ten_minutes_with_its_spread() {
        Retransmission renew = new Retransmission(Parameters.RENEW, always(0), false);
        Duration last = Duration.ZERO;
        for (int i = 0; i < 20; i++) {
            last = renew.next();
        }
        assertThat(last).isEqualTo(Duration.ofSeconds(540));
    }

    @Test
    void request_is_sent_ten_times() {
        Retransmission request = new Retransmission(Parameters.REQUEST, always(0.5), false);
        for (int i = 0; i < 10; i++) {
            assertThat(request.exhausted()).isFalse();
            assertThat(request.next()).isLessThanOrEqualTo(Duration.ofSeconds(30));
        }
        assertThat(request.exhausted()).isTrue();
    }

    @Test
    void release_is_sent_four_times_without_a_cap() {
        Retransmission release = new Retransmission(Parameters.RELEASE, always(0.5), false);

        assertThat(release.next()).isEqualTo(millis(1000));
        assertThat(release.next()).isEqualTo(millis(2000));
        assertThat(release.next()).isEqualTo(millis(4000));
        assertThat(release.exhausted()).isFalse();
        assertThat(release.next()).isEqualTo(millis(8000));
        assertThat(release.exhausted()).isTrue();
    }
}
