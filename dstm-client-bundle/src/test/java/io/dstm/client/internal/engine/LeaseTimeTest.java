package io.dstm.client.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LeaseTimeTest {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    private static final long SECOND = 1_000_000_000L;

    private static LeaseTime time(Duration t1, Duration t2, Duration valid, Instant now) {
        ClientLease lease = new ClientLease(
                new LeaseKey(Ipv4Address.parse("198.51.100.7"), PortSet.FULL),
                Ipv6Address.parse("2001:db8::1"),
                Ipv6Address.parse("2001:db8::2"),
                NOON,
                t1,
                t2,
                valid);
        return new LeaseTime(lease, now, 0);
    }

    @Test
    void counts_from_when_the_lease_was_given_not_from_when_it_was_taken() {
        LeaseTime time =
                time(Duration.ofSeconds(50), Duration.ofSeconds(80), Duration.ofSeconds(100), NOON.plusSeconds(30));

        assertThat(time.endNanos()).isEqualTo(70 * SECOND);
        assertThat(time.nanosUntilNext(NOON.plusSeconds(30), 0)).isEqualTo(20 * SECOND);
        assertThat(time.wantsRenewal(NOON.plusSeconds(50), 20 * SECOND)).isTrue();
    }

    @Test
    void finds_times_of_its_own_when_the_server_leaves_them_to_the_client() {
        LeaseTime time = time(Duration.ZERO, Duration.ZERO, Duration.ofSeconds(100), NOON);

        assertThat(time.wantsRenewal(NOON, 0)).isFalse();
        assertThat(time.wantsRenewal(NOON, 50 * SECOND)).isTrue();
        assertThat(time.wantsRebinding(NOON, 79 * SECOND)).isFalse();
        assertThat(time.wantsRebinding(NOON, 80 * SECOND)).isTrue();
    }

    @Test
    void lasts_practically_for_ever_when_it_never_ends() {
        Duration infinite = Duration.ofSeconds(0xFFFF_FFFFL);
        LeaseTime time = time(infinite, infinite, infinite, NOON);

        assertThat(time.isOver(NOON, 50L * 365 * 86400 * SECOND)).isFalse();
        assertThat(time.wantsRenewal(NOON, 50L * 365 * 86400 * SECOND)).isFalse();
    }
}
