package io.dstm.dhcpv6.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.testing.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RateLimitsTest {

    private static final Ipv6Address NODE = Ipv6Address.parse("2001:db8::10");
    private static final RateLimits.Door HERE = new RateLimits.Door(NODE, Octets.NONE, "eth0");

    private final VirtualTime time = new VirtualTime();
    private final RateLimits limits = new RateLimits(time);

    private static RateLimits.Sender sender(int number) {
        return new RateLimits.Sender(NODE, Octets.parse("00030001%08x".formatted(number)));
    }

    private static OperationSettings rates(int client, int link) {
        return new OperationSettings(true, client, link);
    }

    private int admitted(OperationSettings rates, int sender, int messages) {
        int admitted = 0;
        for (int i = 0; i < messages; i++) {
            admitted += limits.admit(rates, sender(sender), HERE).isEmpty() ? 1 : 0;
        }
        return admitted;
    }

    @Test
    void a_client_has_two_seconds_worth_at_once_and_its_rate_in_the_long_run() {
        assertThat(admitted(rates(10, 0), 1, 100)).isEqualTo(20);
        int later = 0;
        for (int second = 0; second < 100; second++) {
            time.pass(Duration.ofSeconds(1));
            later += admitted(rates(10, 0), 1, 100);
        }
        assertThat(later).isEqualTo(1000);
    }

    @Test
    void one_client_takes_nothing_from_another_nor_from_its_link() {
        assertThat(admitted(rates(1, 10), 1, 1000)).isEqualTo(2);
        assertThat(admitted(rates(1, 10), 2, 1000)).isEqualTo(2);
        assertThat(limits.admit(rates(1, 10), sender(1), HERE)).contains(ServerCounter.DROP_RATE_CLIENT);
    }

    @Test
    void identities_that_are_made_up_are_held_by_the_link() {
        int admitted = 0;
        for (int stranger = 0; stranger < 10_000; stranger++) {
            admitted += admitted(rates(10, 100), stranger, 1);
        }
        assertThat(admitted).isEqualTo(200);
        assertThat(limits.admit(rates(10, 100), sender(-1), HERE)).contains(ServerCounter.DROP_RATE_LINK);
        RateLimits.Door there = new RateLimits.Door(NODE, Octets.parse("02"), "eth0");
        assertThat(limits.admit(rates(10, 100), sender(-2), there))
                .as("another port of the same relay")
                .isEmpty();
    }

    @Test
    void what_is_remembered_is_bounded() {
        for (int stranger = 0; stranger < 3 * RateLimits.MOST_CLIENTS; stranger++) {
            RateLimits.Door door = new RateLimits.Door(NODE, Octets.parse("%08x".formatted(stranger)), "");
            Optional<ServerCounter> ignored = limits.admit(rates(10, 100), sender(stranger), door);
            assertThat(ignored).isEmpty();
        }
        assertThat(limits.size()).isEqualTo(RateLimits.MOST_CLIENTS + RateLimits.MOST_LINKS);
    }

    @Test
    void without_limits_everything_passes_and_nothing_is_remembered() {
        assertThat(admitted(rates(0, 0), 1, 100_000)).isEqualTo(100_000);
        assertThat(limits.size()).isZero();
    }

    @Test
    void a_clock_that_is_set_back_neither_opens_nor_closes() {
        long[] millis = {Instant.parse("2026-11-21T00:00:00Z").toEpochMilli()};
        RateLimits set = new RateLimits(() -> Instant.ofEpochMilli(millis[0]));
        OperationSettings one = rates(1, 0);
        assertThat(set.admit(one, sender(1), HERE)).isEmpty();
        assertThat(set.admit(one, sender(1), HERE)).isEmpty();
        millis[0] -= 86_400_000;
        assertThat(set.admit(one, sender(1), HERE)).isPresent();
        millis[0] += 1000;
        assertThat(set.admit(one, sender(1), HERE)).isEmpty();
    }
}
