package io.dstm.dhcpv6.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.testing.FakeIpv6LeaseService;
import io.dstm.dhcpv6.internal.testing.FakeLeaseService;
import io.dstm.dhcpv6.internal.testing.Wire;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The lw4o6 client and the server that lends IPv6 addresses too, joined by a wire in memory. */
class Lw4o6ClientAndServerTest {

    private final Wire wire = new Wire(1);

    Lw4o6ClientAndServerTest() {
        wire.server.lendIpv6With(new FakeIpv6LeaseService());
    }

    private ClientLease after(CompletableFuture<ClientLease> lease) {
        wire.time.pass(Duration.ofSeconds(3));
        assertThat(lease).isCompleted();
        return lease.join();
    }

    @ParameterizedTest
    @CsvSource({"0,0", "6,0", "8,2", "4,12"})
    void a_lease_arrives_as_it_was_lent_is_renewed_and_given_back(int length, int offset) {
        wire.leases.psidLength = length;
        wire.leases.psidOffset = offset;

        ClientLease lease = after(wire.lw4o6.acquire());
        ClientLease renewed = after(wire.lw4o6.renew(lease));
        wire.lw4o6.release(renewed);
        wire.time.pass(Duration.ofSeconds(1));

        assertThat(lease.key().ports()).isEqualTo(length == 0 ? PortSet.FULL : new PortSet(offset, length, 5));
        assertThat(lease.tunnelSource()).isEqualTo(Wire.NODE);
        assertThat(lease.tunnelAddress()).isEqualTo(FakeLeaseService.TEP);
        assertThat(renewed.key()).isEqualTo(lease.key());
        assertThat(wire.leases.leases).isEmpty();
    }

    @Test
    void who_asks_three_times_in_three_ways_has_one_lease() {
        ClientLease dstm = after(wire.client.acquire());
        ClientLease dhcp4o6 = after(wire.client4o6.acquire());
        ClientLease lw4o6 = after(wire.lw4o6.acquire());

        assertThat(dhcp4o6.key()).isEqualTo(dstm.key());
        assertThat(lw4o6.key()).isEqualTo(dstm.key());
        assertThat(wire.leases.leases).hasSize(1).containsKey(ClientId.ofDuid(Wire.CLIENT_DUID.toBytes(), 1));
    }

    @Test
    void a_server_without_addresses_for_the_link_refuses() {
        wire.server.lendIpv6With(null);

        CompletableFuture<ClientLease> lease = wire.lw4o6.acquire();
        wire.time.pass(Duration.ofSeconds(3));

        assertThat(lease)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(LeaseRefusedException.class);
    }
}
