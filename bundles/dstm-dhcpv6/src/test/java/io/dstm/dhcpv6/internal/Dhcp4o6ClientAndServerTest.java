package io.dstm.dhcpv6.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.client.Link;
import io.dstm.dhcpv6.internal.client.LinkState;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.testing.FakeLeaseService;
import io.dstm.dhcpv6.internal.testing.Wire;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client of DHCPv4 over DHCPv6 and the server, joined by a wire in memory. */
class Dhcp4o6ClientAndServerTest {

    private static final Ipv6Address RENUMBERED = Ipv6Address.parse("2001:db8:9::10");

    private final Wire wire = new Wire(1);

    private ClientLease lease() {
        CompletableFuture<ClientLease> lease = wire.client4o6.acquire();
        wire.time.pass(Duration.ofSeconds(1));
        return lease.join();
    }

    private ClientLease after(CompletableFuture<ClientLease> lease) {
        wire.time.pass(Duration.ofMillis(50));
        assertThat(lease).isCompleted();
        return lease.join();
    }

    private List<MessageType> types() {
        return wire.messages().stream().map(Message.Direct::type).toList();
    }

    private void renumber() {
        wire.addresses = List.of(RENUMBERED);
        wire.link = new LinkState.Ready(new Link("eth0", 2, RENUMBERED));
    }

    @Test
    void a_whole_address_comes_in_three_round_trips() {
        CompletableFuture<ClientLease> lease = wire.client4o6.acquire();
        wire.time.pass(Duration.ofMillis(50));

        assertThat(lease).isCompleted();
        assertThat(lease.join().key()).hasToString("192.0.2.1");
        assertThat(lease.join().tunnelSource()).isEqualTo(Wire.NODE);
        assertThat(lease.join().tunnelAddress()).isEqualTo(FakeLeaseService.TEP);
        assertThat(lease.join().renewAfter()).isEqualTo(Duration.ofMinutes(30));
        assertThat(lease.join().rebindAfter()).isEqualTo(Duration.ofMinutes(48));
        assertThat(lease.join().valid()).isEqualTo(Duration.ofHours(1));
        assertThat(types())
                .containsExactly(MessageType.INFORMATION_REQUEST, MessageType.DHCPV4_QUERY, MessageType.DHCPV4_QUERY);
        assertThat(wire.client4o6.detail()).isEmpty();
    }

    @Test
    void the_server_is_not_asked_again_whether_it_speaks_dhcpv4() {
        ClientLease first = lease();
        wire.client4o6.release(first);
        wire.time.pass(Duration.ofSeconds(1));
        wire.sent.clear();

        assertThat(lease().key()).isEqualTo(first.key());
        assertThat(types()).containsExactly(MessageType.DHCPV4_QUERY, MessageType.DHCPV4_QUERY);
    }

    @ParameterizedTest
    @CsvSource({"6,0", "8,0", "8,2", "4,12"})
    void a_shared_address_arrives_as_it_was_lent_and_is_renewed(int length, int offset) {
        wire.leases.psidLength = length;
        wire.leases.psidOffset = offset;

        ClientLease lease = lease();
        ClientLease renewed = after(wire.client4o6.renew(lease));

        assertThat(lease.key().ports()).isEqualTo(new PortSet(offset, length, 5));
        assertThat(renewed.key()).isEqualTo(lease.key());
    }

    @Test
    void renew_rebind_release() {
        ClientLease lease = lease();
        wire.time.pass(lease.renewAfter());

        ClientLease renewed = after(wire.client4o6.renew(lease));
        ClientLease rebound = after(wire.client4o6.rebind(renewed));
        CompletableFuture<Void> released = wire.client4o6.release(rebound).toCompletableFuture();
        wire.time.pass(Duration.ofMillis(50));

        assertThat(renewed.obtained()).isAfter(lease.obtained());
        assertThat(released).isCompleted();
        assertThat(wire.leases.calls).containsExactly("offer", "allocate", "renew", "renew", "release");
        assertThat(wire.leases.leases).isEmpty();
    }

    @Test
    void a_declined_lease_is_gone() {
        wire.client4o6.decline(lease());
        wire.time.pass(Duration.ofMillis(50));

        assertThat(wire.leases.calls).endsWith("decline");
        assertThat(wire.leases.leases).isEmpty();
    }

    /** RFC 8539 section 7.1: the client names its end of the tunnel, although it asks from another address. */
    @Test
    void the_tunnel_ends_at_the_global_address_although_the_client_asks_from_its_link_local_one() {
        lease();

        assertThat(wire.leases.leases.values()).singleElement().satisfies(lease -> assertThat(lease.tunnelSource())
                .isEqualTo(Wire.NODE));
    }

    @Test
    void the_tunnel_ends_where_the_server_would_like_it_if_the_node_has_an_address_there() {
        Ipv6Address liked = Ipv6Address.parse("2001:db8:1::77");
        wire.addresses = List.of(Wire.NODE, liked);

        ClientLease lease = lease();
        ClientLease renewed = after(wire.client4o6.renew(lease));

        assertThat(lease.tunnelSource()).isEqualTo(liked);
        assertThat(renewed.tunnelSource()).isEqualTo(liked);
    }

    @Test
    void who_asks_twice_in_two_ways_has_one_lease() {
        ClientLease first = after(wire.client.acquire());
        ClientLease second = lease();
        ClientLease third = after(wire.client.acquire());

        assertThat(second.key()).isEqualTo(first.key());
        assertThat(third.key()).isEqualTo(first.key());
        assertThat(wire.leases.leases).hasSize(1).containsKey(ClientId.ofDuid(Wire.CLIENT_DUID.toBytes(), 1));
    }

    @Test
    void what_was_got_one_way_is_given_back_the_other() {
        after(wire.client.acquire());
        wire.client4o6.release(lease());
        wire.time.pass(Duration.ofSeconds(1));

        assertThat(wire.leases.leases).isEmpty();
    }

    @Test
    void a_renumbered_node_moves_its_tunnel() {
        ClientLease lease = lease();
        renumber();

        ClientLease moved = after(wire.client4o6.renew(lease));

        assertThat(moved.tunnelSource()).isEqualTo(RENUMBERED);
        assertThat(moved.key()).isEqualTo(lease.key());
    }

    /** RFC 8539 sections 7.5 and 8.1: the server keeps the tunnel where it is for a minute, the client asks again. */
    @Test
    void a_node_renumbered_twice_within_a_minute_waits_until_the_server_lets_it_move() {
        ClientLease first = lease();
        renumber();
        ClientLease second = after(wire.client4o6.renew(first));
        Ipv6Address again = Ipv6Address.parse("2001:db8:9::11");
        wire.addresses = List.of(again);
        wire.link = new LinkState.Ready(new Link("eth0", 2, again));

        CompletableFuture<ClientLease> third = wire.client4o6.renew(second);
        wire.time.pass(Duration.ofSeconds(5));
        assertThat(third).isNotDone();
        assertThat(wire.client4o6.detail()).contains("the tunnel stays where it was");
        wire.time.pass(Duration.ofMinutes(30));

        assertThat(third).isCompleted();
        assertThat(third.join().tunnelSource()).isEqualTo(again);
    }

    @Test
    void a_server_that_lost_its_leases_tells_the_client_to_ask_anew() {
        ClientLease lease = lease();
        wire.leases.leases.clear();

        CompletableFuture<ClientLease> renewed = wire.client4o6.renew(lease);
        wire.time.pass(Duration.ofMillis(50));

        assertThat(renewed)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(LeaseRefusedException.class, refused -> assertThat(refused.leaseGone())
                        .isTrue());
    }

    @Test
    void an_empty_pool_is_silent_and_the_client_goes_on() {
        wire.leases.refusal = Reason.POOL_EXHAUSTED;
        CompletableFuture<ClientLease> lease = wire.client4o6.acquire();
        wire.time.pass(Duration.ofSeconds(60));
        assertThat(lease).isNotDone();
        assertThat(wire.client4o6.detail()).contains("DHCPDISCOVER");

        wire.leases.refusal = null;
        wire.time.pass(Duration.ofSeconds(70));

        assertThat(lease).isCompleted();
    }

    /** A third lost, a third doubled, up to three seconds on the way so that everything overtakes everything. */
    @ParameterizedTest
    @CsvSource({"0", "8"})
    void a_wire_that_loses_doubles_and_reorders_delays_but_never_confuses(int psidLength) {
        for (int seed = 0; seed < 200; seed++) {
            Wire bad = new Wire(seed);
            bad.leases.psidLength = psidLength;
            // Who has a lease asks ever more often towards its end, so a long one has many transmissions.
            bad.leases.valid = Duration.ofDays(3);
            bad.loss = 0.33;
            bad.duplication = 0.33;
            bad.slowest = Duration.ofSeconds(3);

            CompletableFuture<ClientLease> lease = bad.client4o6.acquire();
            bad.time.pass(Duration.ofMinutes(20));
            assertThat(lease).as("acquire, seed %d", seed).isCompleted();
            assertThat(bad.leases.leases).hasSize(1);
            assertThat(bad.leases.leases.values().iterator().next().key())
                    .isEqualTo(lease.join().key());

            CompletableFuture<ClientLease> renewed = bad.client4o6.rebind(lease.join());
            bad.time.pass(Duration.ofDays(3));
            assertThat(renewed).as("rebind, seed %d", seed).isCompleted();
            assertThat(renewed.join().key()).isEqualTo(lease.join().key());

            CompletableFuture<Void> released =
                    bad.client4o6.release(renewed.join()).toCompletableFuture();
            bad.time.pass(Duration.ofMinutes(1));
            assertThat(released).as("release, seed %d", seed).isCompleted();
            assertThat(bad.time.pending())
                    .as("nothing is left to do, seed %d", seed)
                    .isZero();
        }
    }
}
