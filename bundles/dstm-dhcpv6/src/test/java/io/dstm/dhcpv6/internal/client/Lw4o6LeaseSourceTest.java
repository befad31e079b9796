package io.dstm.dhcpv6.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.IaNa;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.Status;
import io.dstm.dhcpv6.internal.testing.FakeLeaseService;
import io.dstm.dhcpv6.internal.testing.Wire;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lw4o6 client against scripted servers, in virtual time. */
class Lw4o6LeaseSourceTest {

    private static final Ipv4Address ADDRESS = Ipv4Address.parse("192.0.2.1");
    private static final Ipv6Prefix PREFIX = Ipv6Prefix.parse("2001:db8:1::/64");
    private static final Option PORTS = new Option.S46PortParams(new PortSet(0, 6, 5));
    private static final Option BR = new Option.S46Br(FakeLeaseService.TEP);
    private static final Option BINDING = new Option.S46V4V6Bind(ADDRESS, PREFIX, Options.of(PORTS));
    private static final Ipv6Address TUNNEL_END = Ipv6Address.parse("2001:db8:1::c000:201:5");
    private static final Option.IaAddress NA =
            new Option.IaAddress(Ipv6Address.parse("2001:db8:3::7"), 600, 900, Options.NONE);

    private final Wire wire = new Wire(1);

    private static Message answer(Message.Direct question, Option... options) {
        boolean solicit = question.type().equals(MessageType.SOLICIT);
        boolean commit = solicit && question.options().has(Option.RapidCommit.class);
        return new Message.Direct(
                solicit && !commit ? MessageType.ADVERTISE : MessageType.REPLY,
                question.transactionId(),
                Options.of(new Option.ServerId(Wire.SERVER_DUID), new Option.ClientId(Wire.CLIENT_DUID))
                        .and(commit ? new Option[] {new Option.RapidCommit()} : new Option[0])
                        .and(options));
    }

    private static IaNa ia(Option... content) {
        return new IaNa(1, 300, 480, Options.of(content));
    }

    private static Option container(Option... content) {
        return new Option.S46ContLw(Options.of(content));
    }

    private CompletableFuture<ClientLease> answered(Option... options) {
        wire.script = question -> List.of(answer(question, options));
        CompletableFuture<ClientLease> lease = wire.lw4o6.acquire();
        wire.time.pass(Duration.ofSeconds(4));
        return lease;
    }

    private ClientLease leased() {
        return answered(ia(NA), container(BINDING, BR)).join();
    }

    private static LeaseRefusedException refused(CompletableFuture<ClientLease> lease) {
        assertThat(lease).isCompletedExceptionally();
        try {
            throw new AssertionError("lent: " + lease.join());
        } catch (CompletionException wrapped) {
            assertThat(wrapped.getCause()).isInstanceOf(LeaseRefusedException.class);
            return (LeaseRefusedException) wrapped.getCause();
        }
    }

    @Test
    void asks_for_the_container_beside_an_address() {
        leased();

        Message.Direct solicit = wire.messages().get(0);
        assertThat(solicit.options().requests(OptionCode.S46_CONT_LW)).isTrue();
        assertThat(solicit.options().requests(OptionCode.SOL_MAX_RT)).isTrue();
        assertThat(solicit.options().first(IaNa.class)).contains(new IaNa(1, 0, 0, Options.NONE));
        assertThat(solicit.options().has(Option.IaDstm.class)).isFalse();
    }

    @Test
    void the_lease_lasts_as_long_as_the_address_beside_it() {
        ClientLease lease = leased();

        assertThat(lease.key()).hasToString("192.0.2.1:5120-6143");
        assertThat(lease.tunnelAddress()).isEqualTo(FakeLeaseService.TEP);
        assertThat(lease.renewAfter()).isEqualTo(Duration.ofSeconds(300));
        assertThat(lease.rebindAfter()).isEqualTo(Duration.ofSeconds(480));
        assertThat(lease.valid()).isEqualTo(Duration.ofSeconds(900));
    }

    @Test
    void the_node_takes_the_address_that_the_tunnel_ends_at_before_it_has_the_lease() {
        wire.script = question -> List.of(answer(question, ia(NA), container(BINDING, BR)));
        CompletableFuture<ClientLease> lease = wire.lw4o6.acquire();
        wire.time.pass(Duration.ofMillis(900));
        assertThat(wire.taking).containsExactly(TUNNEL_END);
        assertThat(lease).isNotDone();

        wire.time.pass(Duration.ofMillis(300));

        assertThat(lease.join().tunnelSource()).isEqualTo(TUNNEL_END);
        wire.lw4o6.release(lease.join());
        wire.time.pass(Duration.ofSeconds(1));
        assertThat(wire.addresses).containsExactly(Wire.NODE);
    }

    @Test
    void a_prefix_of_128_bits_is_the_whole_address() {
        ClientLease lease = answered(
                        ia(NA),
                        container(
                                new Option.S46V4V6Bind(ADDRESS, new Ipv6Prefix(Wire.NODE, 128), Options.of(PORTS)), BR))
                .join();

        assertThat(lease.tunnelSource()).isEqualTo(Wire.NODE);
    }

    @Test
    void an_address_that_another_host_has_is_declined() {
        wire.usableAfter = Duration.ofHours(1);
        wire.script = question -> List.of(answer(question, ia(NA), container(BINDING, BR)));
        CompletableFuture<ClientLease> lease = wire.lw4o6.acquire();
        wire.time.pass(Duration.ofSeconds(15));

        assertThat(refused(lease)).hasMessageContaining("does another host have it?");
        assertThat(wire.messages()).extracting(Message.Direct::type).contains(MessageType.DECLINE);
    }

    @Test
    void an_address_that_the_kernel_refuses_is_declined() {
        wire.refusesAddresses = "no room";

        assertThat(refused(answered(ia(NA), container(BINDING, BR)))).hasMessage("no room");
    }

    @Test
    void renew_and_release_name_the_address_beside_the_container() {
        ClientLease lease = leased();
        wire.sent.clear();

        CompletableFuture<ClientLease> renewed = wire.lw4o6.renew(lease);
        wire.time.pass(Duration.ofSeconds(1));
        wire.lw4o6.release(renewed.join());
        wire.time.pass(Duration.ofSeconds(1));

        assertThat(wire.messages())
                .extracting(Message.Direct::type)
                .containsExactly(MessageType.RENEW, MessageType.RELEASE);
        Option named = new IaNa(
                1, 0, 0, Options.of(new Option.IaAddress(Ipv6Address.parse("2001:db8:3::7"), 0, 0, Options.NONE)));
        assertThat(wire.messages())
                .allSatisfy(message -> assertThat(message.options().list()).contains(named));
        assertThat(wire.messages().get(0).options().requests(OptionCode.S46_CONT_LW))
                .isTrue();
    }

    @Test
    void a_renewal_with_another_lease_or_none_ends_this_one() {
        ClientLease lease = leased();
        Option other = new Option.S46V4V6Bind(Ipv4Address.parse("192.0.2.2"), PREFIX, Options.of(PORTS));
        for (Option[] answer : new Option[][] {{ia(NA), container(other, BR)}, {ia(NA)}}) {
            wire.script = question -> List.of(answer(question, answer));
            CompletableFuture<ClientLease> renewed = wire.lw4o6.renew(lease);
            wire.time.pass(Duration.ofSeconds(1));
            assertThat(refused(renewed).leaseGone()).isTrue();
        }
    }

    @Test
    void no_address_for_the_client_is_a_refusal() {
        assertThat(refused(answered(ia(new Option.StatusCode(Status.NO_ADDRS_AVAIL, "none")), container(BINDING, BR))))
                .hasMessageContaining("none");
    }

    /** RFC 7598 table 1: each of these breaks it, and "MUST silently ignore such container options". */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
    void a_container_that_breaks_a_rule_is_as_none(int which) {
        Option[] bad = {
            container(BINDING),
            container(BR),
            container(BINDING, BINDING, BR),
            container(BINDING, BR, PORTS),
            container(new Option.S46V4V6Bind(ADDRESS, PREFIX, Options.of(PORTS, PORTS)), BR),
            container(BINDING, new Option.S46Br(Ipv6Address.parse("ff02::1"))),
            container(new Option.S46V4V6Bind(Ipv4Address.parse("127.0.0.1"), PREFIX, Options.of(PORTS)), BR)
        };

        CompletableFuture<ClientLease> lease = answered(ia(NA), bad[which]);

        assertThat(lease).isNotDone();
        assertThat(wire.taking).isEmpty();
    }

    @Test
    void softwire_options_outside_their_container_are_ignored() {
        assertThat(answered(ia(NA), BR, BINDING, PORTS)).isNotDone();
    }

    @Test
    void who_gives_up_asking_gets_no_address() {
        wire.script = question -> List.of(answer(question, ia(NA), container(BINDING, BR)));
        CompletableFuture<ClientLease> lease = wire.lw4o6.acquire();
        lease.cancel(true);
        wire.time.pass(Duration.ofMinutes(1));

        assertThat(wire.time.pending()).isZero();
        assertThat(wire.taking).isEmpty();
    }
}
