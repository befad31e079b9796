package io.dstm.dhcpv6.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.testing.FakeLeaseService;
import io.dstm.dhcpv6.internal.testing.Wire;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Client engine and server engine, joined by a wire in memory. */
class ClientAndServerTest {

    private final Wire wire = new Wire(1);

    private ClientLease lease() {
        CompletableFuture<ClientLease> lease = wire.client.acquire();
        wire.time.pass(Duration.ofMillis(10));
        return lease.join();
    }

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

    @Test
    void four_messages_give_a_lease_where_the_server_has_no_rapid_commit() {
        wire.serve(false, 0);

        CompletableFuture<ClientLease> lease = wire.client.acquire();
        wire.time.pass(Duration.ofSeconds(2));

        assertThat(lease.join().key()).hasToString("192.0.2.1");
        assertThat(wire.leases.calls).containsExactly("offer", "allocate");
    }

    @Test
    void four_messages_give_a_lease_where_the_client_has_no_rapid_commit() {
        wire.clientSettings = Optional.of(Wire.settings(false));
        wire.serve(true, 255);

        CompletableFuture<ClientLease> lease = wire.client.acquire();
        wire.time.pass(Duration.ofMillis(50));

        assertThat(lease).isCompleted();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 6})
    void a_port_set_arrives_as_it_was_lent(int offset) {
        wire.leases.psidLength = 8;
        wire.leases.psidOffset = offset;

        ClientLease lease = lease();
        CompletableFuture<ClientLease> renewed = wire.client.renew(lease);
        wire.time.pass(Duration.ofMillis(50));

        assertThat(lease.key().ports()).isEqualTo(new PortSet(offset, 8, 5));
        assertThat(renewed.join().key()).isEqualTo(lease.key());
    }

    /** With a = 1 there is one block, which reads like a = 0: other words for the same ports, and the server sees through it. */
    @Test
    void a_port_set_that_can_be_read_two_ways_is_renewed_all_the_same() {
        wire.leases.psidLength = 8;
        wire.leases.psidOffset = 1;

        ClientLease lease = lease();
        CompletableFuture<ClientLease> renewed = wire.client.renew(lease);
        wire.time.pass(Duration.ofMillis(50));

        assertThat(lease.key().ports().ranges()).isEqualTo(new PortSet(1, 8, 5).ranges());
        assertThat(renewed).isCompleted();
        assertThat(renewed).isNotCompletedExceptionally();
    }

    @Test
    void renew_rebind_release() {
        ClientLease lease = lease();
        wire.time.pass(lease.renewAfter());

        CompletableFuture<ClientLease> renewed = wire.client.renew(lease);
        wire.time.pass(Duration.ofMillis(50));
        CompletableFuture<ClientLease> rebound = wire.client.rebind(renewed.join());
        wire.time.pass(Duration.ofMillis(50));
        CompletableFuture<Void> released = wire.client.release(rebound.join()).toCompletableFuture();
        wire.time.pass(Duration.ofMillis(50));

        assertThat(renewed.join().key()).isEqualTo(lease.key());
        assertThat(renewed.join().obtained()).isAfter(lease.obtained());
        assertThat(released).isCompleted();
        assertThat(wire.leases.calls).containsExactly("allocate", "renew", "renew", "release");
        assertThat(wire.leases.leases).isEmpty();
    }

    @Test
    void lease_that_is_not_prolonged_lives_out_its_time() {
        wire.leases.renewable = false;
        ClientLease lease = lease();
        assertThat(lease.renewable()).isFalse();
        wire.time.pass(Duration.ofMinutes(20));

        CompletableFuture<ClientLease> renewed = wire.client.renew(lease);
        wire.time.pass(Duration.ofMillis(50));

        assertThat(renewed.join().renewable()).isFalse();
        assertThat(renewed.join().expires()).isBeforeOrEqualTo(lease.expires());
    }

    @Test
    void server_that_lost_its_leases_tells_the_client_to_ask_anew() {
        ClientLease lease = lease();
        wire.leases.leases.clear();

        CompletableFuture<ClientLease> renewed = wire.client.renew(lease);
        wire.time.pass(Duration.ofMillis(50));

        assertThat(renewed).isCompletedExceptionally();
        assertThat(renewed)
                .failsWithin(Duration.ofSeconds(1))
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(LeaseRefusedException.class, refused -> assertThat(refused.leaseGone())
                        .isTrue());
    }

    @Test
    void exhausted_pool_refuses_the_client() {
        wire.leases.refusal = Reason.POOL_EXHAUSTED;

        CompletableFuture<ClientLease> lease = wire.client.acquire();
        wire.time.pass(Duration.ofSeconds(2));

        assertThat(lease).isCompletedExceptionally();
    }

    @Test
    void client_outlasts_a_tep_that_is_not_there_yet() {
        wire.leases.refusal = Reason.TEP_UNAVAILABLE;
        CompletableFuture<ClientLease> lease = wire.client.acquire();
        wire.time.pass(Duration.ofSeconds(3));
        assertThat(lease).isNotDone();

        wire.leases.refusal = null;
        wire.time.pass(Duration.ofSeconds(6));

        assertThat(lease).isCompleted();
        assertThat(lease).isNotCompletedExceptionally();
    }

    @Test
    void slow_server_is_not_asked_twice_for_one_message() {
        wire.leases.delay = Duration.ofSeconds(5);

        CompletableFuture<ClientLease> lease = wire.client.acquire();
        wire.time.pass(Duration.ofSeconds(30));

        assertThat(lease).isCompleted();
        assertThat(wire.leases.calls).containsExactly("allocate");
    }

    /** A third lost, a third doubled, up to three seconds on the way so that everything overtakes everything. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_wire_that_loses_doubles_and_reorders_delays_but_never_confuses(boolean rapidCommit) {
        for (int seed = 0; seed < 200; seed++) {
            Wire bad = new Wire(seed);
            bad.serve(rapidCommit, 0);
            bad.loss = 0.33;
            bad.duplication = 0.33;
            bad.slowest = Duration.ofSeconds(3);

            CompletableFuture<ClientLease> lease = bad.client.acquire();
            bad.time.pass(Duration.ofMinutes(30));
            assertThat(lease).as("acquire, seed %d", seed).isCompleted();
            assertThat(bad.leases.leases).hasSize(1);
            assertThat(bad.leases.leases.values().iterator().next().key())
                    .isEqualTo(lease.join().key());

            CompletableFuture<ClientLease> renewed = bad.client.rebind(lease.join());
            bad.time.pass(Duration.ofMinutes(20));
            assertThat(renewed).as("rebind, seed %d", seed).isCompleted();
            assertThat(renewed.join().key()).isEqualTo(lease.join().key());

            CompletableFuture<Void> released =
                    bad.client.release(renewed.join()).toCompletableFuture();
            bad.time.pass(Duration.ofMinutes(1));
            assertThat(released).as("release, seed %d", seed).isCompleted();
            assertThat(bad.time.pending())
                    .as("nothing is left to do, seed %d", seed)
                    .isZero();
        }
    }
}
