package io.dstm.dhcpv6.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.testing.FakeLeaseService;
import io.dstm.dhcpv6.internal.testing.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SoftwireSourcesTest {

    private static final Ipv6Address SOURCE = Ipv6Address.parse("2001:db8::10");

    private final VirtualTime time = new VirtualTime();
    private final SoftwireSources sources = new SoftwireSources(new LeaseDesk(new FakeLeaseService(time), time), time);

    private static ClientId client(int iaid) {
        return ClientId.ofDuid(new byte[] {0, 3, 0}, iaid);
    }

    @Test
    void a_claim_holds_until_it_is_settled() {
        assertThat(sources.claim(SOURCE, client(1))).isTrue();
        assertThat(sources.claim(SOURCE, client(1))).isTrue();
        assertThat(sources.claim(SOURCE, client(2))).isFalse();

        sources.settle(SOURCE, client(2));
        assertThat(sources.claim(SOURCE, client(2))).isFalse();
        sources.settle(SOURCE, client(1));
        assertThat(sources.claim(SOURCE, client(2))).isTrue();
    }

    @Test
    void a_client_moves_once_a_minute() {
        assertThat(sources.move(client(1))).isTrue();
        time.pass(Duration.ofSeconds(59));
        assertThat(sources.move(client(1))).isFalse();
        assertThat(sources.move(client(2))).isTrue();
        time.pass(Duration.ofSeconds(1));
        assertThat(sources.move(client(1))).isTrue();
    }

    @Test
    void only_so_many_clients_move_within_a_minute() {
        for (int i = 0; i < SoftwireSources.MOST_MOVES; i++) {
            assertThat(sources.move(client(i))).isTrue();
        }
        assertThat(sources.move(client(-1))).isFalse();

        time.pass(SoftwireSources.LEAST_BETWEEN_MOVES);
        assertThat(sources.move(client(-1))).isTrue();
    }
}
