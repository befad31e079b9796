package io.dstm.dhcpv6.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.dhcpv6.internal.testing.FakeLeaseService;
import io.dstm.dhcpv6.internal.testing.Wire;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Client engine and server engine, joined by a wire in memory. */
class ClientAndServerTest {

    private final Wire wire = new Wire(1);

    @Test
    void rapid_commit_gives_a_lease_in_one_round_trip() {
        CompletableFuture<ClientLease> lease = wire.client.acquire();

        wire.time.pass(Duration.ofMillis(10));

        assertThat(lease).isCompleted();
        assertThat(lease.join().key()).hasToString("192.0.2.1");
        assertThat(lease.join().tunnelSource()).isEqualTo(Wire.NODE);
        assertThat(lease.join().tunnelAddress()).isEqualTo(FakeLeaseService.TEP);
        assertThat(lease.join().renewAfter()).isEqualTo(Duration.ofMinutes(30));
        assertThat(lease.join().rebindAfter()).isEqualTo(Duration.ofMinutes(48));
        assertThat(lease.join().valid()).isEqualTo(Duration.ofHours(1));
        assertThat(wire.sent).hasSize(1);
        assertThat(wire.leases.calls).containsExactly("allocate");
    }
}
