package io.dstm.dhcpv6.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.codec.Dhcp4Codec;
import io.dstm.dhcpv6.internal.codec.Dhcp4Decoded;
import io.dstm.dhcpv6.internal.codec.Dhcp4Message;
import io.dstm.dhcpv6.internal.codec.Dhcp4MessageType;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.testing.FakeLeaseService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class Dhcp4o6Test {

    private static final int IAID = 7;
    private static final ClientId CLIENT = ClientId.ofDuid(ServerKit.CLIENT.toBytes(), IAID);
    private static final Ipv4Address NONE = Ipv4Address.UNSPECIFIED;
    private static final Ipv4Address FIRST = Ipv4Address.parse("192.0.2.1");
    private static final Dhcp4Option.ServerId SERVER = serverId("192.0.0.1");
    private static final Dhcp4Option.ParameterRequest ASKS_PORTS =
            new Dhcp4Option.ParameterRequest(List.of(1, Dhcp4Option.V4_PORTPARAMS));
    private static final Octets CHADDR = Octets.parse("0200c0ffee0100000000000000000000");
    private static final Ipv6Address SOFTWIRE = Ipv6Address.parse("2001:db8:2::50f7");
    private static final Option.OptionRequest FOR_SOFTWIRE =
            ServerKit.request(OptionCode.S46_BR, OptionCode.S46_BIND_IPV6_PREFIX);

    private final ServerKit server = new ServerKit();
    private int xid = 0x1000;

    @BeforeEach
    void clients_ask_from_their_link_local_address() {
        server.source = ServerKit.LINK_LOCAL;
    }

    private Dhcp4Message message(Dhcp4MessageType type, Ipv4Address ciaddr, Dhcp4Option... options) {
        return message(ServerKit.CLIENT, type, ciaddr, options);
    }

    private Dhcp4Message message(Octets duid, Dhcp4MessageType type, Ipv4Address ciaddr, Dhcp4Option... options) {
        List<Dhcp4Option> all = new ArrayList<>();
        all.add(new Dhcp4Option.Kind(type));
        all.add(Dhcp4Option.ClientId.of(IAID, duid));
        all.addAll(Arrays.asList(options));
        return plain(ciaddr, all);
    }

    private Dhcp4Message plain(Ipv4Address ciaddr, List<Dhcp4Option> options) {
        return new Dhcp4Message(
                Dhcp4Message.REQUEST, 1, 6, 0, ++xid, 3, 0x8000, ciaddr, NONE, NONE, NONE, CHADDR, options);
    }

    private static Message.Direct query(Dhcp4Message message, Option... options) {
        return new Message.Direct(
                MessageType.DHCPV4_QUERY,
                0,
                Options.of(new Option.Dhcpv4Msg(Dhcp4Codec.encode(message))).and(options));
    }

    private Message.Direct response(Dhcp4Message question, Option... options) {
        Message.Direct response =
                (Message.Direct) server.answer(query(question, options)).orElseThrow();
        assertThat(response.type()).isEqualTo(MessageType.DHCPV4_RESPONSE);
        assertThat(response.transactionId()).as("flags").isZero();
        return response;
    }

    private static Dhcp4Message carried(Message.Direct response) {
        Octets octets =
                response.options().first(Option.Dhcpv4Msg.class).orElseThrow().message();
        return ((Dhcp4Decoded.Good) Dhcp4Codec.decode(octets)).message();
    }

    private Dhcp4Message answered(Dhcp4MessageType expected, Dhcp4Message question, Option... options) {
        Dhcp4Message answer = carried(response(question, options));
        assertThat(answer.type()).contains(expected);
        assertThat(answer.op()).isEqualTo(Dhcp4Message.REPLY);
        assertThat(answer.xid()).isEqualTo(question.xid());
        assertThat(answer.chaddr()).isEqualTo(CHADDR);
        assertThat(answer.flags()).isEqualTo(0x8000);
        assertThat(answer.secs()).isZero();
        assertThat(answer.first(Dhcp4Option.ServerId.class)).contains(SERVER);
        assertThat(answer.first(Dhcp4Option.ClientId.class)).isEqualTo(question.first(Dhcp4Option.ClientId.class));
        return answer;
    }

    /** Nothing is answered, and the last counter to move is this. */
    private void silent(String counter, Dhcp4Message question) {
        long before = server.counters().getOrDefault(counter, 0L);
        assertThat(server.answer(query(question))).isEmpty();
        assertThat(server.counters()).containsEntry(counter, before + 1);
    }

    private Dhcp4Message discover(Dhcp4Option... options) {
        return message(Dhcp4MessageType.DISCOVER, NONE, options);
    }

    private Dhcp4Message selecting(Dhcp4Option... options) {
        List<Dhcp4Option> all = new ArrayList<>(List.of(SERVER, new Dhcp4Option.RequestedAddress(FIRST)));
        all.addAll(Arrays.asList(options));
        return message(Dhcp4MessageType.REQUEST, NONE, all.toArray(Dhcp4Option[]::new));
    }

    private Dhcp4Message renewing(Dhcp4Option... options) {
        return message(Dhcp4MessageType.REQUEST, FIRST, options);
    }

    private static Dhcp4Option.ServerId serverId(String address) {
        return new Dhcp4Option.ServerId(Ipv4Address.parse(address));
    }

    private static Dhcp4Option.SoftwireSource from(Ipv6Address address) {
        return new Dhcp4Option.SoftwireSource(address);
    }

    private static Dhcp4Option.RequestedAddress requested(String address) {
        return new Dhcp4Option.RequestedAddress(Ipv4Address.parse(address));
    }

    private static void assertSoftwireSource(Dhcp4Message ack, Ipv6Address source) {
        assertThat(ack.first(Dhcp4Option.SoftwireSource.class)).contains(from(source));
    }

    private Lease lease() {
        return java.util.Objects.requireNonNull(server.leases.leases.get(CLIENT));
    }

    @Nested
    class Discover {

        @Test
        void is_answered_with_an_offer_and_the_tunnel_end_point() {
            Dhcp4Message question = discover();

            Message.Direct response = response(question);

            assertThat(response.options().list()).hasSize(2).contains(new Option.S46Br(FakeLeaseService.TEP));
            assertThat(carried(response))
                    .isEqualTo(new Dhcp4Message(
                            Dhcp4Message.REPLY,
                            1,
                            6,
                            0,
                            question.xid(),
                            0,
                            0x8000,
                            NONE,
                            FIRST,
                            NONE,
                            NONE,
                            CHADDR,
                            List.of(
                                    new Dhcp4Option.Kind(Dhcp4MessageType.OFFER),
                                    SERVER,
                                    Dhcp4Option.ClientId.of(IAID, ServerKit.CLIENT),
                                    new Dhcp4Option.LeaseTime(3600),
                                    new Dhcp4Option.RenewalTime(1800),
                                    new Dhcp4Option.RebindingTime(2880),
                                    new Dhcp4Option.SubnetMask(Ipv4Address.parse("255.255.255.255")))));
            assertThat(server.leases.calls).containsExactly("offer");
            assertThat(server.leases.leases).isEmpty();
            assertThat(server.counters()).containsExactly(Map.entry("sent-dhcp4-offer", 1L));
        }

        @Test
        void asks_the_lease_service_as_who_from_where_for_what() {
            answered(Dhcp4MessageType.OFFER, discover(requested("192.0.2.77")));

            var request = server.leases.requests.get(0);
            assertThat(request.client()).isEqualTo(CLIENT);
            assertThat(request.tunnelSource()).isNull();
            assertThat(request.wish()).isEqualTo(new LeaseKey(Ipv4Address.parse("192.0.2.77"), PortSet.FULL));
            assertThat(request.canRestrictPorts()).isFalse();
            assertThat(request.link()).isEqualTo(ServerKit.LINK);
            assertThat(request.transport()).isEqualTo("dhcp4o6");
        }

        @Test
        void from_a_routable_address_has_that_as_tunnel_source() {
            server.source = ServerKit.NODE;

            answered(Dhcp4MessageType.OFFER, discover());

            assertThat(server.leases.requests.get(0).tunnelSource()).isEqualTo(ServerKit.NODE);
        }

        @Test
        void of_a_client_that_asks_for_ports_can_be_offered_a_shared_address() {
            server.leases.psidLength = 6;

            Dhcp4Message offer = answered(Dhcp4MessageType.OFFER, discover(ASKS_PORTS));

            assertThat(offer.first(Dhcp4Option.PortParams.class))
                    .contains(new Dhcp4Option.PortParams(new PortSet(0, 6, 5)));
            assertThat(server.leases.requests.get(0).canRestrictPorts()).isTrue();
        }

        @Test
        void of_a_client_that_does_not_ask_for_ports_is_not_answered_with_a_shared_address() {
            server.leases.psidLength = 6;

            silent("drop-dhcp4-no-portparams", discover());
        }

        @Test
        void names_address_and_ports_it_had() {
            PortSet ports = new PortSet(0, 6, 5);

            answered(
                    Dhcp4MessageType.OFFER,
                    discover(ASKS_PORTS, requested("192.0.2.1"), new Dhcp4Option.PortParams(ports)));

            assertThat(server.leases.requests.get(0).wish()).isEqualTo(new LeaseKey(FIRST, ports));
        }

        @Test
        void shows_the_bind_prefix_to_who_asks_for_it() {
            assertThat(response(discover(), FOR_SOFTWIRE).options().first(Option.S46BindIpv6Prefix.class))
                    .contains(new Option.S46BindIpv6Prefix(FakeLeaseService.BIND_PREFIX));
            server.source = ServerKit.NODE;
            Dhcp4Message other = message(Octets.parse("00030001020000000099"), Dhcp4MessageType.DISCOVER, NONE);
            assertThat(response(other, FOR_SOFTWIRE).options().has(Option.S46BindIpv6Prefix.class))
                    .isFalse();
        }

        @Test
        void without_bind_prefix_of_a_client_that_will_name_its_softwire_source() {
            server.leases.hasBindPrefix = false;

            Message.Direct response = response(discover(), FOR_SOFTWIRE);

            assertThat(carried(response).type()).contains(Dhcp4MessageType.OFFER);
            assertThat(response.options().has(Option.S46Br.class)).isTrue();
            assertThat(response.options().has(Option.S46BindIpv6Prefix.class)).isFalse();
            Ipv6Address standIn = server.leases.requests.get(1).tunnelSource();
            assertThat(standIn).isNotNull();
            assertThat(Ipv6Prefix.of(ServerKit.LINK, 64).contains(standIn)).isTrue();
        }

        @Test
        void without_bind_prefix_of_a_client_that_names_no_softwire_source() {
            server.leases.hasBindPrefix = false;

            silent("drop-dhcp4-no-tunnel-source", discover());
        }

        @ParameterizedTest
        @CsvSource({
            "POOL_EXHAUSTED, drop-dhcp4-pool-exhausted",
            "LIMIT_REACHED, drop-dhcp4-limit-reached",
            "NO_POOL, drop-dhcp4-no-pool",
            "NO_TUNNEL_SOURCE, drop-dhcp4-no-tunnel-source",
            "TUNNEL_SOURCE_TAKEN, drop-dhcp4-tunnel-source-taken",
            "TEP_UNAVAILABLE, drop-dhcp4-not-now",
            "STORE_UNAVAILABLE, drop-dhcp4-not-now",
            "BUSY, drop-dhcp4-not-now"
        })
        void that_is_refused_is_not_answered(Reason reason, String counter) {
            server.leases.refusal = reason;

            silent(counter, discover());
        }
    }

    @Nested
    class Selecting {

        @Test
        void is_answered_with_a_lease() {
            answered(Dhcp4MessageType.OFFER, discover());

            Message.Direct response = response(selecting());

            Dhcp4Message ack = carried(response);
            assertThat(ack.type()).contains(Dhcp4MessageType.ACK);
            assertThat(ack.yiaddr()).isEqualTo(FIRST);
            assertThat(ack.first(Dhcp4Option.LeaseTime.class)).contains(new Dhcp4Option.LeaseTime(3600));
            assertThat(ack.first(Dhcp4Option.PortParams.class)).isEmpty();
            assertThat(response.options().first(Option.S46Br.class)).contains(new Option.S46Br(FakeLeaseService.TEP));
            assertSoftwireSource(ack, lease().tunnelSource());
            assertThat(lease().key()).isEqualTo(new LeaseKey(FIRST, PortSet.FULL));
            assertThat(lease().tunnelSource())
                    .isEqualTo(FakeLeaseService.BIND_PREFIX.tunnelAddress(FIRST, PortSet.FULL));
            assertThat(server.counters())
                    .containsOnly(Map.entry("sent-dhcp4-offer", 1L), Map.entry("sent-dhcp4-ack", 1L));
        }

        @Test
        void has_its_softwire_source_stored_and_shown() {
            answered(Dhcp4MessageType.OFFER, discover(), FOR_SOFTWIRE);

            Dhcp4Message ack = answered(Dhcp4MessageType.ACK, selecting(from(SOFTWIRE)));

            assertSoftwireSource(ack, SOFTWIRE);
            assertThat(lease().tunnelSource()).isEqualTo(SOFTWIRE);
        }

        @Test
        void of_a_shared_address_repeats_its_ports() {
            server.leases.psidLength = 6;
            Dhcp4Option.PortParams ports = new Dhcp4Option.PortParams(new PortSet(0, 6, 5));
            answered(Dhcp4MessageType.OFFER, discover(ASKS_PORTS));

            Dhcp4Message ack = answered(Dhcp4MessageType.ACK, selecting(ASKS_PORTS, ports));

            assertThat(ack.first(Dhcp4Option.PortParams.class)).contains(ports);
            assertThat(lease().ports()).isEqualTo(ports.ports());
        }

        @Test
        void of_what_is_no_longer_to_be_had_is_denied_and_nothing_is_kept() {
            Dhcp4Message nak = answered(
                    Dhcp4MessageType.NAK, message(Dhcp4MessageType.REQUEST, NONE, SERVER, requested("192.0.2.9")));

            assertThat(nak.yiaddr()).isEqualTo(NONE);
            assertThat(nak.first(Dhcp4Option.LeaseTime.class)).isEmpty();
            assertThat(nak.first(Dhcp4Option.Reason.class)).isPresent();
            assertThat(server.leases.leases).isEmpty();
        }

        @Test
        void of_other_ports_than_can_be_had_is_denied() {
            server.leases.psidLength = 6;

            answered(Dhcp4MessageType.NAK, selecting(ASKS_PORTS, new Dhcp4Option.PortParams(new PortSet(0, 6, 9))));

            assertThat(server.leases.leases).isEmpty();
        }

        @Test
        void while_it_has_another_lease_is_denied_and_that_is_kept() {
            answered(Dhcp4MessageType.ACK, selecting());

            answered(Dhcp4MessageType.NAK, message(Dhcp4MessageType.REQUEST, NONE, SERVER, requested("192.0.2.9")));

            assertThat(lease().address()).isEqualTo(FIRST);
        }

        @Test
        void again_is_answered_again() {
            answered(Dhcp4MessageType.ACK, selecting(from(SOFTWIRE)));
            answered(Dhcp4MessageType.ACK, selecting(from(SOFTWIRE)));

            assertThat(server.leases.calls).containsExactly("allocate", "renew");
        }

        @Test
        void of_another_servers_offer() {
            silent(
                    "drop-dhcp4-other-server",
                    message(Dhcp4MessageType.REQUEST, NONE, serverId("192.0.0.9"), requested("192.0.2.1")));
            assertThat(server.leases.calls).isEmpty();
        }

        @Test
        void without_an_address() {
            silent("drop-dhcp4-no-address", message(Dhcp4MessageType.REQUEST, NONE, SERVER));
            silent("drop-dhcp4-no-address", message(Dhcp4MessageType.REQUEST, NONE, SERVER, requested("0.0.0.0")));
        }

        @ParameterizedTest
        @EnumSource(
                value = Reason.class,
                names = {"POOL_EXHAUSTED", "LIMIT_REACHED", "NO_TUNNEL_SOURCE", "TUNNEL_SOURCE_TAKEN"})
        void that_is_refused_for_good_is_denied(Reason reason) {
            server.leases.refusal = reason;

            answered(Dhcp4MessageType.NAK, selecting());
        }

        @ParameterizedTest
        @CsvSource({
            "NO_POOL, drop-dhcp4-no-pool",
            "TEP_UNAVAILABLE, drop-dhcp4-not-now",
            "STORE_UNAVAILABLE, drop-dhcp4-not-now",
            "BUSY, drop-dhcp4-not-now"
        })
        void that_cannot_be_decided_is_not_answered(Reason reason, String counter) {
            server.leases.refusal = reason;

            silent(counter, selecting());
        }
    }

    @Nested
    class SoftwireSource {

        private final Octets other = Octets.parse("00030001020000000099");

        @Test
        void of_another_clients_lease_is_denied_to_who_has_none() {
            answered(Dhcp4MessageType.ACK, selecting(from(SOFTWIRE)));

            answered(
                    Dhcp4MessageType.NAK,
                    message(other, Dhcp4MessageType.REQUEST, NONE, SERVER, requested("192.0.2.2"), from(SOFTWIRE)));

            assertThat(server.leases.leases).containsOnlyKeys(CLIENT);
            assertThat(server.leases.calls).containsExactly("allocate");
        }

        @Test
        void that_another_client_is_just_being_given_is_denied() {
            server.leases.delay = Duration.ofSeconds(1);
            var first = server.send(query(selecting(from(SOFTWIRE))));
            var second = server.send(query(
                    message(other, Dhcp4MessageType.REQUEST, NONE, SERVER, requested("192.0.2.2"), from(SOFTWIRE))));
            server.time.pass(Duration.ofSeconds(2));

            assertThat(first.join()).isPresent();
            assertThat(second.join()).isPresent();
            assertThat(server.leases.leases).containsOnlyKeys(CLIENT);
            assertThat(server.counters())
                    .containsOnly(Map.entry("sent-dhcp4-ack", 1L), Map.entry("sent-dhcp4-nak", 1L));
        }

        @Test
        void of_another_clients_lease_does_not_replace_the_one_a_client_has() {
            answered(Dhcp4MessageType.ACK, selecting(from(SOFTWIRE)));
            Ipv6Address own = Ipv6Address.parse("2001:db8:2::99");
            answered(
                    Dhcp4MessageType.ACK,
                    message(other, Dhcp4MessageType.REQUEST, NONE, SERVER, requested("192.0.2.2"), from(own)));

            Dhcp4Message ack = answered(
                    Dhcp4MessageType.ACK,
                    message(other, Dhcp4MessageType.REQUEST, Ipv4Address.parse("192.0.2.2"), from(SOFTWIRE)));

            assertSoftwireSource(ack, own);
        }

        @ParameterizedTest
        @CsvSource({"fe80::1", "ff02::1", "::1", "::"})
        void that_no_tunnel_can_have(String address) {
            answered(Dhcp4MessageType.NAK, selecting(from(Ipv6Address.parse(address))));
            assertThat(server.leases.leases).isEmpty();
        }

        @Test
        void that_changes_is_moved_and_shown() {
            answered(Dhcp4MessageType.ACK, selecting(from(SOFTWIRE)));
            Ipv6Address next = Ipv6Address.parse("2001:db8:2::51");

            assertSoftwireSource(answered(Dhcp4MessageType.ACK, renewing(from(next))), next);
            assertThat(lease().tunnelSource()).isEqualTo(next);
        }

        @Test
        void that_changes_within_a_minute_stays_as_it_was() {
            answered(Dhcp4MessageType.ACK, selecting(from(SOFTWIRE)));
            Ipv6Address next = Ipv6Address.parse("2001:db8:2::51");
            Ipv6Address third = Ipv6Address.parse("2001:db8:2::52");
            Dhcp4Message moved = renewing(from(next));
            server.send(query(moved));
            server.time.pass(Duration.ofSeconds(1));
            assertThat(lease().tunnelSource()).isEqualTo(next);

            server.time.pass(Duration.ofSeconds(58));
            var early = server.send(query(renewing(from(third))));
            server.time.pass(Duration.ofMillis(500));

            assertThat(early).isCompleted();
            assertSoftwireSource(
                    carried((Message.Direct) server.decode(early.join().orElseThrow())), next);
            server.time.pass(Duration.ofSeconds(1));
            assertSoftwireSource(answered(Dhcp4MessageType.ACK, renewing(from(third))), third);
        }

        @Test
        void that_a_renewal_leaves_out_stays() {
            answered(Dhcp4MessageType.ACK, selecting(from(SOFTWIRE)));

            assertSoftwireSource(answered(Dhcp4MessageType.ACK, renewing()), SOFTWIRE);
        }
    }

    @Nested
    class Prolonging {

        @Test
        void a_lease() {
            answered(Dhcp4MessageType.ACK, selecting());

            Dhcp4Message ack = answered(Dhcp4MessageType.ACK, renewing());

            assertThat(ack.ciaddr()).isEqualTo(FIRST);
            assertThat(ack.yiaddr()).isEqualTo(FIRST);
            assertThat(server.leases.calls).containsExactly("allocate", "renew");
        }

        @Test
        void a_lease_that_policy_ends_shows_what_is_left() {
            answered(Dhcp4MessageType.ACK, selecting());
            server.leases.renewable = false;
            server.time.pass(Duration.ofMinutes(19));

            Dhcp4Message ack = answered(Dhcp4MessageType.ACK, renewing());

            long left = ack.first(Dhcp4Option.LeaseTime.class).orElseThrow().seconds();
            assertThat(left).isBetween(2300L, 2400L);
            assertThat(ack.first(Dhcp4Option.RenewalTime.class)).contains(new Dhcp4Option.RenewalTime(left));
        }

        @Test
        void a_lease_this_server_lost_is_denied() {
            answered(Dhcp4MessageType.NAK, renewing());
        }

        @Test
        void another_address_than_the_lease_has_is_denied() {
            answered(Dhcp4MessageType.ACK, selecting());

            answered(Dhcp4MessageType.NAK, message(Dhcp4MessageType.REQUEST, Ipv4Address.parse("192.0.2.9")));
        }

        @Test
        void a_lease_of_another_server() {
            silent("drop-dhcp4-unknown-lease", message(Dhcp4MessageType.REQUEST, Ipv4Address.parse("203.0.113.1")));
        }

        @Test
        void a_shared_lease_without_asking_for_ports() {
            server.leases.psidLength = 6;
            answered(Dhcp4MessageType.ACK, selecting(ASKS_PORTS));

            silent("drop-dhcp4-no-portparams", renewing());
        }

        @Test
        void while_the_store_is_away() {
            answered(Dhcp4MessageType.ACK, selecting());
            server.leases.refusal = Reason.STORE_UNAVAILABLE;

            silent("drop-dhcp4-not-now", renewing());
        }

        @Test
        void a_known_lease_after_a_reboot() {
            answered(Dhcp4MessageType.ACK, selecting());

            answered(Dhcp4MessageType.ACK, message(Dhcp4MessageType.REQUEST, NONE, requested("192.0.2.1")));
        }

        @Test
        void a_wrong_address_after_a_reboot_is_denied() {
            answered(Dhcp4MessageType.ACK, selecting());

            answered(Dhcp4MessageType.NAK, message(Dhcp4MessageType.REQUEST, NONE, requested("192.0.2.9")));
        }

        @Test
        void an_unknown_lease_after_a_reboot() {
            silent("drop-dhcp4-unknown-lease", message(Dhcp4MessageType.REQUEST, NONE, requested("192.0.2.1")));
        }
    }

    @Nested
    class GivingBack {

        @Test
        void a_lease() {
            answered(Dhcp4MessageType.ACK, selecting());

            silent("done-dhcp4-release", message(Dhcp4MessageType.RELEASE, FIRST, SERVER));

            assertThat(server.leases.leases).isEmpty();
        }

        @Test
        void an_address_in_use_by_somebody_else() {
            answered(Dhcp4MessageType.ACK, selecting());

            silent("done-dhcp4-decline", message(Dhcp4MessageType.DECLINE, NONE, SERVER, requested("192.0.2.1")));

            assertThat(server.leases.calls).endsWith("decline");
            assertThat(server.leases.leases).isEmpty();
        }

        @Test
        void what_the_client_does_not_have() {
            answered(Dhcp4MessageType.ACK, selecting());

            silent(
                    "drop-dhcp4-unknown-lease",
                    message(Dhcp4MessageType.RELEASE, Ipv4Address.parse("192.0.2.9"), SERVER));
            silent(
                    "drop-dhcp4-unknown-lease",
                    message(Dhcp4MessageType.RELEASE, FIRST, SERVER, new Dhcp4Option.PortParams(new PortSet(0, 6, 5))));
            silent("drop-dhcp4-no-address", message(Dhcp4MessageType.RELEASE, NONE, SERVER));
            silent("drop-dhcp4-no-address", message(Dhcp4MessageType.DECLINE, NONE, SERVER));
            silent("drop-dhcp4-other-server", message(Dhcp4MessageType.RELEASE, FIRST, serverId("192.0.0.9")));
            assertThat(lease().address()).isEqualTo(FIRST);
        }
    }

    @Nested
    class Inform {

        @Test
        void is_answered_without_a_lease() {
            Ipv4Address own = Ipv4Address.parse("198.51.100.7");

            Message.Direct response = response(message(Dhcp4MessageType.INFORM, own));

            Dhcp4Message ack = carried(response);
            assertThat(ack.type()).contains(Dhcp4MessageType.ACK);
            assertThat(ack.ciaddr()).isEqualTo(own);
            assertThat(ack.yiaddr()).isEqualTo(NONE);
            assertThat(ack.options()).hasSize(3);
            assertThat(response.options().first(Option.S46Br.class)).contains(new Option.S46Br(FakeLeaseService.TEP));
            assertThat(server.leases.calls).isEmpty();
        }

        @Test
        void of_who_has_a_lease_shows_its_softwire_source() {
            answered(Dhcp4MessageType.ACK, selecting(from(SOFTWIRE)));

            assertSoftwireSource(answered(Dhcp4MessageType.ACK, message(Dhcp4MessageType.INFORM, FIRST)), SOFTWIRE);
        }

        @Test
        void without_an_address() {
            silent("drop-dhcp4-no-address", message(Dhcp4MessageType.INFORM, NONE));
        }
    }

    @Nested
    class OneClient {

        @Test
        void that_asks_by_ia_dstm_and_by_dhcp4o6_has_one_lease() {
            server.source = ServerKit.NODE;
            server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.REQUEST, ServerKit.toThisServer(), ServerKit.ia(IAID)));

            assertThat(answered(Dhcp4MessageType.OFFER, discover()).yiaddr()).isEqualTo(FIRST);
            answered(Dhcp4MessageType.ACK, selecting());

            assertThat(server.leases.leases).containsOnlyKeys(CLIENT);
        }

        @Test
        void that_asks_for_the_container_under_an_ia_and_by_dhcp4o6_has_one_lease() {
            server.source = ServerKit.NODE;
            server.answered(
                    MessageType.REPLY,
                    server.message(
                            MessageType.REQUEST,
                            ServerKit.toThisServer(),
                            ServerKit.iaNa(IAID),
                            ServerKit.request(OptionCode.S46_CONT_LW)));

            answered(Dhcp4MessageType.ACK, selecting());

            assertThat(server.leases.leases).containsOnlyKeys(CLIENT);
        }
    }

    @Nested
    class Discarded {

        @Test
        void query_without_message_or_with_two() {
            Message.Direct none = new Message.Direct(MessageType.DHCPV4_QUERY, 0, Options.NONE);
            assertThat(server.answer(none)).isEmpty();
            Option.Dhcpv4Msg one = new Option.Dhcpv4Msg(Dhcp4Codec.encode(discover()));
            assertThat(server.answer(query(discover(), one))).isEmpty();

            assertThat(server.counters()).containsExactly(Map.entry("drop-dhcp4-no-message", 2L));
        }

        @Test
        void what_is_no_dhcpv4_message() {
            Option.Dhcpv4Msg broken = new Option.Dhcpv4Msg(Octets.parse("0102"));
            assertThat(server.answer(new Message.Direct(MessageType.DHCPV4_QUERY, 0, Options.of(broken))))
                    .isEmpty();

            assertThat(server.counters()).containsExactly(Map.entry("drop-dhcp4-malformed", 1L));
        }

        @ParameterizedTest
        @CsvSource({"2", "5", "6", "9", "0", "255"})
        void message_types_that_servers_do_not_get(int type) {
            silent("drop-dhcp4-message-type", message(new Dhcp4MessageType(type), FIRST));
        }

        @Test
        void plain_bootp_and_what_a_server_sent() {
            silent("drop-dhcp4-message-type", plain(NONE, List.of()));
            silent(
                    "drop-dhcp4-message-type",
                    discover().answer(NONE, NONE, discover().options()));
        }

        @Test
        void client_without_an_identifier_of_rfc_4361() {
            Dhcp4Option kind = new Dhcp4Option.Kind(Dhcp4MessageType.DISCOVER);
            silent("drop-dhcp4-client-id", plain(NONE, List.of(kind)));
            silent(
                    "drop-dhcp4-client-id",
                    plain(NONE, List.of(kind, new Dhcp4Option.ClientId(Octets.parse("010200c0ffee01")))));
        }

        @Test
        void everything_where_it_is_switched_off() {
            server.withoutDhcp4o6();

            silent("drop-dhcp4-off", discover());
            assertThat(server.leases.calls).isEmpty();
        }

        @Test
        void retransmission_while_the_first_is_being_answered() {
            Dhcp4Message first = discover();
            Dhcp4Message again = new Dhcp4Message(
                    first.op(),
                    first.htype(),
                    first.hlen(),
                    first.hops(),
                    first.xid(),
                    first.secs() + 4,
                    first.flags(),
                    first.ciaddr(),
                    first.yiaddr(),
                    first.siaddr(),
                    first.giaddr(),
                    first.chaddr(),
                    first.options());

            var answer = server.send(query(first));
            assertThat(server.send(query(again)).join()).isEmpty();
            var other = server.send(query(discover()));
            server.time.pass(Duration.ofSeconds(1));

            assertThat(answer.join()).isPresent();
            assertThat(other.join()).isPresent();
            assertThat(server.counters())
                    .containsOnly(Map.entry("sent-dhcp4-offer", 2L), Map.entry("drop-retransmission", 1L));
        }
    }

    @Nested
    class Told {

        private Message.Direct solicit() {
            return server.message(
                    MessageType.SOLICIT, ServerKit.iaNa(1), ServerKit.request(OptionCode.DHCP4_O_DHCP6_SERVER));
        }

        @Test
        void are_clients_that_ask_whether_there_is_a_server() {
            assertThat(server.answered(MessageType.ADVERTISE, solicit())
                            .options()
                            .all(Option.Dhcp4oDhcp6Server.class))
                    .containsExactly(new Option.Dhcp4oDhcp6Server(List.of()));
            Message.Direct anonymous = new Message.Direct(
                    MessageType.INFORMATION_REQUEST, 1, Options.of(ServerKit.request(OptionCode.DHCP4_O_DHCP6_SERVER)));
            Optional<Message> reply = server.answer(anonymous);
            assertThat(reply.orElseThrow().options().has(Option.Dhcp4oDhcp6Server.class))
                    .isTrue();
        }

        @Test
        void are_not_clients_that_do_not_ask() {
            assertThat(server.answered(MessageType.ADVERTISE, server.message(MessageType.SOLICIT, ServerKit.iaNa(1)))
                            .options()
                            .has(Option.Dhcp4oDhcp6Server.class))
                    .isFalse();
        }

        @Test
        void is_nobody_where_it_is_switched_off() {
            server.withoutDhcp4o6();

            assertThat(server.answered(MessageType.ADVERTISE, solicit())
                            .options()
                            .has(Option.Dhcp4oDhcp6Server.class))
                    .isFalse();
        }
    }

    @Test
    void through_a_relay_the_answer_goes_back_the_same_way() {
        Ipv6Address relay = Ipv6Address.parse("2001:db8:7::1");
        Message question = new Message.Relayed(
                MessageType.RELAY_FORW,
                0,
                relay,
                ServerKit.LINK_LOCAL,
                Options.of(new Option.InterfaceId(Octets.parse("abcd")), new Option.RelayMsg(query(discover()))));
        server.source = relay;

        Message.Relayed answer = (Message.Relayed) server.answer(question).orElseThrow();

        assertThat(answer.peer()).isEqualTo(ServerKit.LINK_LOCAL);
        assertThat(answer.options().has(Option.InterfaceId.class)).isTrue();
        Message.Direct response = (Message.Direct)
                answer.options().first(Option.RelayMsg.class).orElseThrow().message();
        assertThat(carried(response).type()).contains(Dhcp4MessageType.OFFER);
        assertThat(server.leases.requests.get(0).link()).isEqualTo(relay);
        assertThat(server.leases.requests.get(0).tunnelSource()).isNull();
    }
}
