package io.dstm.dhcpv6.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseRefusedException;
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
import io.dstm.dhcpv6.internal.testing.Wire;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client of DHCPv4 over DHCPv6 against scripted servers, in virtual time. */
class Dhcp4o6LeaseSourceTest {

    private static final Ipv4Address ADDRESS = Ipv4Address.parse("192.0.2.1");
    private static final Ipv4Address SERVER = Ipv4Address.parse("192.0.0.1");
    private static final Ipv4Address OTHER_SERVER = Ipv4Address.parse("192.0.0.2");
    private static final PortSet PORTS = new PortSet(0, 6, 5);
    private static final Dhcp4Option HOUR = new Dhcp4Option.LeaseTime(3600);
    private static final Dhcp4Option FROM_NODE = new Dhcp4Option.SoftwireSource(Wire.NODE);
    private static final Option BR = new Option.S46Br(FakeLeaseService.TEP);
    private static final Option SERVERS = new Option.Dhcp4oDhcp6Server(List.of());

    private final Wire wire = new Wire(1);

    /** What servers answer to each kind of question. */
    private Function<Message.Direct, List<Message>> informed = question -> List.of(reply(question, SERVERS));

    private Function<Message.Direct, List<Message>> offered = question -> List.of(offer(question, HOUR));
    private Function<Message.Direct, List<Message>> requested = question -> List.of(ack(question, HOUR, FROM_NODE));

    Dhcp4o6LeaseSourceTest() {
        wire.script = question -> {
            if (question.type().equals(MessageType.INFORMATION_REQUEST)) {
                return informed.apply(question);
            }
            Dhcp4MessageType type = carried(question).type().orElseThrow();
            return type.equals(Dhcp4MessageType.DISCOVER)
                    ? offered.apply(question)
                    : type.equals(Dhcp4MessageType.REQUEST) ? requested.apply(question) : List.of();
        };
    }

    private static Message reply(Message.Direct question, Option... options) {
        return new Message.Direct(
                MessageType.REPLY,
                question.transactionId(),
                Options.of(new Option.ServerId(Wire.SERVER_DUID), new Option.ClientId(Wire.CLIENT_DUID))
                        .and(options));
    }

    private static Dhcp4Message carried(Message.Direct query) {
        Octets octets =
                query.options().first(Option.Dhcpv4Msg.class).orElseThrow().message();
        return ((Dhcp4Decoded.Good) Dhcp4Codec.decode(octets)).message();
    }

    private static Dhcp4Message answer(
            Message.Direct question,
            Dhcp4MessageType type,
            Ipv4Address server,
            Ipv4Address yiaddr,
            Dhcp4Option... options) {
        List<Dhcp4Option> all = new ArrayList<>();
        all.add(new Dhcp4Option.Kind(type));
        all.add(new Dhcp4Option.ServerId(server));
        carried(question).first(Dhcp4Option.ClientId.class).ifPresent(all::add);
        all.addAll(Arrays.asList(options));
        return carried(question).answer(Ipv4Address.UNSPECIFIED, yiaddr, all);
    }

    private static Message response(Dhcp4Message message, Option... options) {
        return new Message.Direct(
                MessageType.DHCPV4_RESPONSE,
                0,
                Options.of(options).and(new Option.Dhcpv4Msg(Dhcp4Codec.encode(message))));
    }

    private static Message offer(Message.Direct question, Dhcp4Option... options) {
        return response(answer(question, Dhcp4MessageType.OFFER, SERVER, ADDRESS, options), BR);
    }

    private static Message ack(Message.Direct question, Dhcp4Option... options) {
        return response(answer(question, Dhcp4MessageType.ACK, SERVER, ADDRESS, options), BR);
    }

    private static Message nak(Message.Direct question) {
        return response(answer(
                question,
                Dhcp4MessageType.NAK,
                SERVER,
                Ipv4Address.UNSPECIFIED,
                new Dhcp4Option.Reason("on\npurpose")));
    }

    private ClientLease held() {
        return new ClientLease(
                new LeaseKey(ADDRESS, PORTS),
                Wire.NODE,
                FakeLeaseService.TEP,
                wire.now(),
                Duration.ofMinutes(30),
                Duration.ofMinutes(52),
                Duration.ofHours(1));
    }

    private CompletableFuture<ClientLease> after(Duration time, CompletableFuture<ClientLease> lease) {
        wire.time.pass(time);
        return lease;
    }

    private CompletableFuture<ClientLease> acquired() {
        return after(Duration.ofSeconds(2), wire.client4o6.acquire());
    }

    private List<Dhcp4Message> queries(Dhcp4MessageType type) {
        return wire.messages().stream()
                .filter(message -> message.type().equals(MessageType.DHCPV4_QUERY))
                .map(Dhcp4o6LeaseSourceTest::carried)
                .filter(message -> message.type().orElseThrow().equals(type))
                .toList();
    }

    private long count(ClientCounter counter) {
        return wire.client4o6.counters().getOrDefault(counter, 0L);
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

    @Nested
    class WhetherToAsk {

        @Test
        void asks_for_option_88_and_for_how_long_that_holds() {
            acquired();

            assertThat(wire.messages().get(0))
                    .isEqualTo(new Message.Direct(
                            MessageType.INFORMATION_REQUEST,
                            wire.messages().get(0).transactionId(),
                            Options.of(
                                    new Option.ClientId(Wire.CLIENT_DUID),
                                    new Option.ElapsedTime(0),
                                    new Option.OptionRequest(List.of(
                                            OptionCode.DHCP4_O_DHCP6_SERVER,
                                            OptionCode.INFORMATION_REFRESH_TIME,
                                            OptionCode.INF_MAX_RT)))));
        }

        @Test
        void without_option_88_no_dhcpv4_is_spoken() {
            informed = question -> List.of(reply(question));

            assertThat(refused(acquired())).hasMessageContaining("no option 88");
            assertThat(queries(Dhcp4MessageType.DISCOVER)).isEmpty();
        }

        @Test
        void one_server_without_option_88_does_not_speak_for_the_other() {
            informed = question -> List.of(reply(question), reply(question, SERVERS));

            assertThat(acquired())
                    .isCompletedWithValueMatching(lease -> lease.key().address().equals(ADDRESS));
        }

        @Test
        void asks_again_when_the_refresh_time_is_over_and_stops_if_option_88_is_gone() {
            informed = question -> List.of(reply(question, SERVERS, new Option.InformationRefreshTime(900)));
            ClientLease lease = acquired().join();
            wire.time.pass(Duration.ofMinutes(14));
            wire.sent.clear();
            ClientLease renewed =
                    after(Duration.ofSeconds(1), wire.client4o6.renew(lease)).join();
            assertThat(wire.messages()).extracting(Message.Direct::type).containsOnly(MessageType.DHCPV4_QUERY);

            wire.time.pass(Duration.ofMinutes(2));
            informed = question -> List.of(reply(question));
            CompletableFuture<ClientLease> denied = after(Duration.ofSeconds(2), wire.client4o6.renew(renewed));

            assertThat(refused(denied).leaseGone()).as("it is used to its end").isFalse();
        }

        @Test
        void a_refresh_time_below_ten_minutes_counts_as_ten() {
            informed = question -> List.of(reply(question, SERVERS, new Option.InformationRefreshTime(1)));
            ClientLease lease = acquired().join();
            wire.time.pass(Duration.ofMinutes(9));
            wire.sent.clear();

            after(Duration.ofSeconds(1), wire.client4o6.renew(lease));

            assertThat(wire.messages()).extracting(Message.Direct::type).containsOnly(MessageType.DHCPV4_QUERY);
        }

        @Test
        void heeds_the_longest_time_between_information_requests() {
            wire.connected = false;
            wire.client4o6.acquire();
            wire.time.pass(Duration.ofHours(1));
            int doubling = wire.sent.size();
            wire.connected = true;
            informed = question -> List.of(reply(question, SERVERS, new Option.InfMaxRt(60)));
            wire.time.pass(Duration.ofHours(2));
            wire.connected = false;
            wire.link = new LinkState.Ready(new Link("eth0", 2, Ipv6Address.parse("2001:db8:2::11")));
            wire.sent.clear();

            wire.client4o6.acquire();
            wire.time.pass(Duration.ofHours(1));

            assertThat(doubling).isLessThan(15);
            assertThat(wire.sent).hasSizeGreaterThan(50);
        }
    }

    @Nested
    class Whom {

        private final Ipv6Address first = Ipv6Address.parse("2001:db8:f::1");
        private final Ipv6Address second = Ipv6Address.parse("2001:db8:f::2");

        @Test
        void all_by_multicast_if_option_88_is_empty() {
            acquired();

            assertThat(wire.sentTo).containsOnly(Ipv6Address.ALL_DHCP_RELAY_AGENTS_AND_SERVERS);
            assertThat(wire.sentFrom)
                    .allSatisfy(link -> assertThat(link.local()).isEqualTo(Wire.LOCAL));
        }

        @Test
        void each_server_once_however_often_option_88_names_it() {
            informed = question ->
                    List.of(reply(question, new Option.Dhcp4oDhcp6Server(List.of(first, second, first, first))));

            acquired();

            assertThat(wire.sentTo.subList(1, 3)).containsExactly(first, second);
            assertThat(queries(Dhcp4MessageType.DISCOVER)).hasSize(2);
        }

        @Test
        void no_more_than_four_servers() {
            List<Ipv6Address> many = Stream.iterate(1, i -> i + 1)
                    .limit(500)
                    .map(i -> Ipv6Address.parse("2001:db8:f::" + Integer.toHexString(i)))
                    .toList();
            informed = question -> List.of(reply(question, new Option.Dhcp4oDhcp6Server(many)));
            offered = question -> List.of();

            acquired();

            assertThat(wire.sent).hasSize(5);
        }

        @Test
        void nobody_if_option_88_names_what_cannot_be_a_server() {
            informed = question -> List.of(reply(
                    question,
                    new Option.Dhcp4oDhcp6Server(List.of(Ipv6Address.parse("ff0e::1"), Ipv6Address.parse("fe80::1")))));

            assertThat(acquired()).isNotDone();
            assertThat(queries(Dhcp4MessageType.DISCOVER)).isEmpty();
            assertThat(wire.client4o6.detail()).contains("cannot be reached");
        }
    }

    @Nested
    class Acquire {

        @Test
        void says_who_it_is_what_it_can_and_what_it_needs() {
            acquired();

            Message.Direct query = wire.messages().get(1);
            assertThat(query.transactionId()).as("flags").isZero();
            assertThat(query.options().all(Option.Dhcpv4Msg.class)).hasSize(1);
            assertThat(query.options().requests(OptionCode.S46_BR)).isTrue();
            assertThat(query.options().requests(OptionCode.S46_BIND_IPV6_PREFIX))
                    .isTrue();
            assertThat(query.options().requests(OptionCode.DHCP4_O_DHCP6_SERVER))
                    .isFalse();
            Dhcp4Message discover = carried(query);
            assertThat(discover.first(Dhcp4Option.ClientId.class))
                    .contains(Dhcp4Option.ClientId.of(Dhcpv6LeaseSource.IAID, Wire.CLIENT_DUID));
            assertThat(discover.requests(Dhcp4Option.V4_PORTPARAMS)).isTrue();
            assertThat(discover.first(Dhcp4Option.SoftwireSource.class)).isEmpty();
        }

        @Test
        void takes_the_offer_and_names_its_end_of_the_tunnel() {
            ClientLease lease = acquired().join();

            assertThat(lease.key()).isEqualTo(new LeaseKey(ADDRESS, PortSet.FULL));
            assertThat(lease.tunnelSource()).isEqualTo(Wire.NODE);
            assertThat(lease.tunnelAddress()).isEqualTo(FakeLeaseService.TEP);
            Dhcp4Message discover = queries(Dhcp4MessageType.DISCOVER).get(0);
            Dhcp4Message request = queries(Dhcp4MessageType.REQUEST).get(0);
            assertThat(request.xid()).isEqualTo(discover.xid());
            assertThat(request.secs()).isEqualTo(discover.secs());
            assertThat(request.ciaddr()).isEqualTo(Ipv4Address.UNSPECIFIED);
            assertThat(request.first(Dhcp4Option.ServerId.class)).contains(new Dhcp4Option.ServerId(SERVER));
            assertThat(request.first(Dhcp4Option.RequestedAddress.class))
                    .contains(new Dhcp4Option.RequestedAddress(ADDRESS));
            assertThat(request.first(Dhcp4Option.SoftwireSource.class))
                    .contains(new Dhcp4Option.SoftwireSource(Wire.NODE));
            assertThat(request.first(Dhcp4Option.ParameterRequest.class))
                    .isEqualTo(discover.first(Dhcp4Option.ParameterRequest.class));
        }

        @Test
        void a_whole_address_is_better_than_a_shared_one_that_was_offered_first() {
            offered = question -> List.of(
                    response(
                            answer(
                                    question,
                                    Dhcp4MessageType.OFFER,
                                    OTHER_SERVER,
                                    Ipv4Address.parse("192.0.2.9"),
                                    HOUR,
                                    new Dhcp4Option.PortParams(PORTS)),
                            BR),
                    offer(question, HOUR));

            assertThat(acquired().join().key()).isEqualTo(new LeaseKey(ADDRESS, PortSet.FULL));
        }

        @Test
        void a_shared_address_is_taken_when_no_whole_one_follows() {
            offered = question -> List.of(offer(question, HOUR, new Dhcp4Option.PortParams(PORTS)));
            requested = question -> List.of(ack(question, HOUR, FROM_NODE, new Dhcp4Option.PortParams(PORTS)));

            assertThat(acquired().join().key()).isEqualTo(new LeaseKey(ADDRESS, PORTS));
            assertThat(queries(Dhcp4MessageType.REQUEST).get(0).first(Dhcp4Option.PortParams.class))
                    .contains(new Dhcp4Option.PortParams(PORTS));
        }

        @Test
        void a_psid_length_of_zero_is_the_whole_address() {
            Dhcp4Option all = new Dhcp4Option.PortParams(new PortSet(4, 0, 0));
            offered = question -> List.of(offer(question, HOUR, all));
            requested = question -> List.of(ack(question, HOUR, FROM_NODE, all));

            assertThat(acquired().join().key().ports()).isEqualTo(PortSet.FULL);
        }

        @Test
        void times_are_the_servers() {
            requested = question -> List.of(ack(
                    question, HOUR, FROM_NODE, new Dhcp4Option.RenewalTime(100), new Dhcp4Option.RebindingTime(200)));

            ClientLease lease = acquired().join();

            assertThat(lease.renewAfter()).isEqualTo(Duration.ofSeconds(100));
            assertThat(lease.rebindAfter()).isEqualTo(Duration.ofSeconds(200));
        }

        @ParameterizedTest
        @CsvSource({"200, 100", "100, 4000"})
        void times_that_are_out_of_order_are_the_clients_own(long t1, long t2) {
            requested = question -> List.of(
                    ack(question, HOUR, FROM_NODE, new Dhcp4Option.RenewalTime(t1), new Dhcp4Option.RebindingTime(t2)));

            ClientLease lease = acquired().join();

            assertThat(lease.renewAfter()).isEqualTo(Duration.ofMinutes(30));
            assertThat(lease.rebindAfter()).isEqualTo(Duration.ofSeconds(3150));
        }

        @Test
        void a_lease_lasts_from_when_it_was_asked_for() {
            Instant begin = wire.now();
            requested = question ->
                    queries(Dhcp4MessageType.REQUEST).size() < 3 ? List.of() : List.of(ack(question, HOUR, FROM_NODE));

            ClientLease lease =
                    after(Duration.ofSeconds(60), wire.client4o6.acquire()).join();

            assertThat(Duration.between(begin, lease.obtained())).isLessThan(Duration.ofSeconds(1));
        }

        @Test
        void asks_for_what_it_had() {
            offered = question -> List.of(offer(question, HOUR, new Dhcp4Option.PortParams(PORTS)));
            requested = question -> List.of(ack(question, HOUR, FROM_NODE, new Dhcp4Option.PortParams(PORTS)));
            wire.client4o6.release(acquired().join());
            acquired();

            Dhcp4Message again = queries(Dhcp4MessageType.DISCOVER).get(1);
            assertThat(again.first(Dhcp4Option.RequestedAddress.class))
                    .contains(new Dhcp4Option.RequestedAddress(ADDRESS));
            assertThat(again.first(Dhcp4Option.PortParams.class)).contains(new Dhcp4Option.PortParams(PORTS));
        }

        @Test
        void repeats_a_discover_after_4_8_16_32_and_64_seconds_give_or_take_one() {
            offered = question -> List.of();
            List<Long> at = new ArrayList<>();
            Function<Message.Direct, List<Message>> silence = question -> {
                at.add(wire.nanoTime() / 1_000_000);
                return List.of();
            };
            offered = silence;

            after(Duration.ofMinutes(5), wire.client4o6.acquire());

            assertThat(at).hasSizeGreaterThan(5);
            long[] waits = {4000, 8000, 16000, 32000, 64000, 64000};
            for (int i = 1; i < at.size() && i <= waits.length; i++) {
                assertThat(at.get(i) - at.get(i - 1)).isBetween(waits[i - 1] - 1010, waits[i - 1] + 1010);
            }
            assertThat(queries(Dhcp4MessageType.DISCOVER))
                    .extracting(Dhcp4Message::xid)
                    .containsOnly(queries(Dhcp4MessageType.DISCOVER).get(0).xid());
            assertThat(queries(Dhcp4MessageType.DISCOVER))
                    .extracting(Dhcp4Message::secs)
                    .isSorted();
        }

        @Test
        void a_request_that_nobody_answers_within_a_minute_starts_over() {
            requested = question -> List.of();

            after(Duration.ofSeconds(70), wire.client4o6.acquire());

            assertThat(queries(Dhcp4MessageType.REQUEST).subList(0, 4))
                    .extracting(Dhcp4Message::xid)
                    .containsOnly(queries(Dhcp4MessageType.DISCOVER).get(0).xid());
            assertThat(queries(Dhcp4MessageType.DISCOVER)).hasSize(2);
        }

        @Test
        void one_nak_starts_over_a_second_is_a_refusal() {
            requested = question -> List.of(nak(question));

            LeaseRefusedException refusal = refused(acquired());

            assertThat(refusal).hasMessage("DHCPNAK: on purpose");
            assertThat(refusal.leaseGone()).isFalse();
            assertThat(queries(Dhcp4MessageType.DISCOVER)).hasSize(2);
        }

        @Test
        void a_server_that_insists_on_another_tunnel_source_is_asked_for_a_minute_then_left() {
            requested = question ->
                    List.of(ack(question, HOUR, new Dhcp4Option.SoftwireSource(Ipv6Address.parse("2001:db8:2::ff"))));

            CompletableFuture<ClientLease> lease = after(Duration.ofSeconds(50), wire.client4o6.acquire());
            assertThat(lease).isNotDone();
            assertThat(queries(Dhcp4MessageType.REQUEST)).hasSize(4);
            assertThat(queries(Dhcp4MessageType.RELEASE)).isEmpty();
            assertThat(wire.client4o6.detail()).contains("2001:db8:2::ff");
            requested = question -> List.of(ack(question, HOUR, FROM_NODE));
            wire.time.pass(Duration.ofSeconds(20));

            assertThat(queries(Dhcp4MessageType.RELEASE)).hasSize(1);
            assertThat(lease).isCompleted();
        }

        @Test
        void the_operators_tunnel_source_outweighs_the_servers_wish() {
            Ipv6Address liked = Ipv6Address.parse("2001:db8:1::77");
            wire.addresses = List.of(Wire.NODE, liked);
            wire.clientSettings = wire.clientSettings.map(settings -> new ClientSettings(
                    settings.device(), settings.rapidCommit(), Wire.NODE, settings.codes(), settings.codec()));
            offered = question -> List.of(response(
                    answer(question, Dhcp4MessageType.OFFER, SERVER, ADDRESS, HOUR),
                    BR,
                    new Option.S46BindIpv6Prefix(Ipv6Prefix.parse("2001:db8:1::/64"))));

            assertThat(acquired().join().tunnelSource()).isEqualTo(Wire.NODE);
        }

        @Test
        void a_prefix_the_node_has_no_address_in_is_no_obstacle() {
            offered = question -> List.of(response(
                    answer(question, Dhcp4MessageType.OFFER, SERVER, ADDRESS, HOUR),
                    BR,
                    new Option.S46BindIpv6Prefix(Ipv6Prefix.parse("2001:db8:77::/48"))));

            assertThat(acquired().join().tunnelSource()).isEqualTo(Wire.NODE);
        }

        /** RFC 8539 section 7.4: prefix length 129, and octets missing or left over. */
        @ParameterizedTest
        @CsvSource({"8120010db8", "4020010db8", "2020010db8000100", "''"})
        void a_broken_prefix_counts_as_none(String data) {
            offered = question -> List.of(response(
                    answer(question, Dhcp4MessageType.OFFER, SERVER, ADDRESS, HOUR),
                    BR,
                    new Option.Unknown(OptionCode.S46_BIND_IPV6_PREFIX, Octets.parse(data))));

            assertThat(acquired()).isCompleted();
        }

        @Test
        void waits_for_a_link_local_address() {
            wire.link = new LinkState.Waiting("interface eth0 is down");
            CompletableFuture<ClientLease> lease = acquired();
            assertThat(lease).isNotDone();
            assertThat(wire.client4o6.detail()).isEqualTo("interface eth0 is down");

            wire.link = new LinkState.Ready(new Link("eth0", 2, Wire.NODE));
            wire.time.pass(Duration.ofSeconds(2));

            assertThat(lease).isCompleted();
        }
    }

    @Nested
    class Hostile {

        private void unusable(Function<Message.Direct, Message> bad, ClientCounter counter) {
            offered = question -> List.of(bad.apply(question));
            assertThat(acquired()).isNotDone();
            assertThat(queries(Dhcp4MessageType.REQUEST)).isEmpty();
            assertThat(count(counter)).isEqualTo(1);
        }

        private Message with(
                Message.Direct question, Ipv4Address yiaddr, @Nullable Ipv4Address server, Dhcp4Option... o) {
            List<Dhcp4Option> options = new ArrayList<>(List.of(new Dhcp4Option.Kind(Dhcp4MessageType.OFFER)));
            if (server != null) {
                options.add(new Dhcp4Option.ServerId(server));
            }
            options.addAll(Arrays.asList(o));
            return response(carried(question).answer(Ipv4Address.UNSPECIFIED, yiaddr, options), BR);
        }

        @Test
        void an_offer_without_tep_is_discarded() {
            unusable(
                    question -> response(answer(question, Dhcp4MessageType.OFFER, SERVER, ADDRESS, HOUR)),
                    ClientCounter.DROP_UNUSABLE);
        }

        @ParameterizedTest
        @CsvSource({"::1", "fe80::1", "ff02::1", "::"})
        void an_offer_with_a_tep_nobody_can_reach_is_discarded(String tep) {
            unusable(
                    question -> response(
                            answer(question, Dhcp4MessageType.OFFER, SERVER, ADDRESS, HOUR),
                            new Option.S46Br(Ipv6Address.parse(tep))),
                    ClientCounter.DROP_UNUSABLE);
        }

        @ParameterizedTest
        @CsvSource({"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"})
        void an_offer_of_an_address_that_is_none_is_discarded(String address) {
            unusable(question -> with(question, Ipv4Address.parse(address), SERVER, HOUR), ClientCounter.DROP_UNUSABLE);
        }

        @Test
        void an_offer_without_lease_time_is_discarded() {
            unusable(question -> with(question, ADDRESS, SERVER), ClientCounter.DROP_UNUSABLE);
        }

        @Test
        void an_offer_without_server_is_discarded() {
            unusable(question -> with(question, ADDRESS, null, HOUR), ClientCounter.DROP_UNUSABLE);
        }

        @Test
        void a_response_without_or_with_two_dhcpv4_messages_is_discarded() {
            offered = question -> {
                Option carried = new Option.Dhcpv4Msg(
                        Dhcp4Codec.encode(answer(question, Dhcp4MessageType.OFFER, SERVER, ADDRESS, HOUR)));
                return List.of(
                        new Message.Direct(MessageType.DHCPV4_RESPONSE, 0, Options.of(BR)),
                        new Message.Direct(MessageType.DHCPV4_RESPONSE, 0, Options.of(BR, carried, carried)));
            };

            assertThat(acquired()).isNotDone();
            assertThat(count(ClientCounter.DROP_NO_MESSAGE)).isEqualTo(2);
        }

        @Test
        void a_response_with_what_is_no_dhcpv4_message_is_discarded() {
            unusable(
                    question -> new Message.Direct(
                            MessageType.DHCPV4_RESPONSE,
                            0,
                            Options.of(BR, new Option.Dhcpv4Msg(Octets.parse("0201060000")))),
                    ClientCounter.DROP_MALFORMED);
        }

        @Test
        void a_question_that_comes_back_is_discarded() {
            unusable(question -> response(carried(question), BR), ClientCounter.DROP_MESSAGE_TYPE);
        }

        @Test
        void an_offer_for_another_client_is_discarded() {
            unusable(
                    question -> with(
                            question,
                            ADDRESS,
                            SERVER,
                            HOUR,
                            Dhcp4Option.ClientId.of(2, Octets.parse("00030001020304050607"))),
                    ClientCounter.DROP_OTHER_CLIENT);
        }

        @Test
        void an_offer_to_another_question_is_discarded() {
            unusable(
                    question -> {
                        Dhcp4Message asked = carried(question);
                        Dhcp4Message other = new Dhcp4Message(
                                asked.op(),
                                asked.htype(),
                                asked.hlen(),
                                0,
                                asked.xid() + 1,
                                0,
                                0,
                                ADDRESS,
                                ADDRESS,
                                ADDRESS,
                                ADDRESS,
                                asked.chaddr(),
                                asked.options());
                        return response(other.answer(Ipv4Address.UNSPECIFIED, ADDRESS, asked.options()), BR);
                    },
                    ClientCounter.DROP_NO_EXCHANGE);
        }

        @Test
        void flags_of_a_response_mean_nothing() {
            offered = question -> List.of(new Message.Direct(
                    MessageType.DHCPV4_RESPONSE,
                    0xFFFFFF,
                    Options.of(
                            BR,
                            new Option.Dhcpv4Msg(Dhcp4Codec.encode(
                                    answer(question, Dhcp4MessageType.OFFER, SERVER, ADDRESS, HOUR))))));

            assertThat(acquired()).isCompleted();
        }

        @Test
        void an_ack_of_another_server_is_discarded() {
            requested = question -> List.of(
                    response(answer(question, Dhcp4MessageType.ACK, OTHER_SERVER, ADDRESS, HOUR, FROM_NODE), BR));

            assertThat(acquired()).isNotDone();
            assertThat(count(ClientCounter.DROP_OTHER_SERVER)).isEqualTo(1);
        }

        @Test
        void an_ack_of_another_address_or_other_ports_is_discarded() {
            requested = question -> List.of(
                    response(
                            answer(
                                    question,
                                    Dhcp4MessageType.ACK,
                                    SERVER,
                                    Ipv4Address.parse("192.0.2.2"),
                                    HOUR,
                                    FROM_NODE),
                            BR),
                    ack(question, HOUR, FROM_NODE, new Dhcp4Option.PortParams(PORTS)));

            assertThat(acquired()).isNotDone();
            assertThat(count(ClientCounter.DROP_UNUSABLE)).isEqualTo(2);
        }

        @Test
        void an_ack_that_does_not_say_where_the_tunnel_ends_is_no_lease() {
            requested = question -> List.of(ack(question, HOUR));

            assertThat(acquired()).isNotDone();
            assertThat(wire.client4o6.detail()).contains("an unknown address");
        }

        @Test
        void an_answer_that_comes_twice_is_taken_once() {
            requested = question -> List.of(ack(question, HOUR, FROM_NODE), ack(question, HOUR, FROM_NODE));

            assertThat(acquired()).isCompleted();
            assertThat(count(ClientCounter.DROP_NO_EXCHANGE)).isEqualTo(1);
        }
    }

    @Nested
    class Keep {

        @Test
        void renewing_would_be_unicast_and_names_ports_and_tunnel_but_no_server() {
            requested = question -> List.of(ack(question, HOUR, FROM_NODE, new Dhcp4Option.PortParams(PORTS)));
            offered = question -> List.of(offer(question, HOUR, new Dhcp4Option.PortParams(PORTS)));
            ClientLease lease = acquired().join();
            wire.sent.clear();

            ClientLease renewed =
                    after(Duration.ofSeconds(1), wire.client4o6.renew(lease)).join();

            assertThat(renewed.key()).isEqualTo(lease.key());
            Message.Direct query = wire.messages().get(0);
            assertThat(query.transactionId()).isEqualTo(Message.Direct.UNICAST);
            Dhcp4Message request = carried(query);
            assertThat(request.ciaddr()).isEqualTo(ADDRESS);
            assertThat(request.first(Dhcp4Option.ServerId.class)).isEmpty();
            assertThat(request.first(Dhcp4Option.RequestedAddress.class)).isEmpty();
            assertThat(request.first(Dhcp4Option.PortParams.class)).contains(new Dhcp4Option.PortParams(PORTS));
            assertThat(request.first(Dhcp4Option.SoftwireSource.class))
                    .contains(new Dhcp4Option.SoftwireSource(Wire.NODE));
        }

        @Test
        void rebinding_would_be_broadcast() {
            requested = question -> List.of(ack(question, HOUR, FROM_NODE, new Dhcp4Option.PortParams(PORTS)));

            assertThat(after(Duration.ofSeconds(1), wire.client4o6.rebind(held())))
                    .isCompleted();
            assertThat(wire.messages().get(1).transactionId()).as("flags").isZero();
        }

        @Test
        void a_tep_that_moved_is_followed_and_one_that_is_not_said_stays() {
            Ipv6Address moved = Ipv6Address.parse("2001:db8::2");
            requested = question -> List.of(response(
                    answer(
                            question,
                            Dhcp4MessageType.ACK,
                            SERVER,
                            ADDRESS,
                            HOUR,
                            FROM_NODE,
                            new Dhcp4Option.PortParams(PORTS)),
                    new Option.S46Br(moved)));
            ClientLease lease =
                    after(Duration.ofSeconds(1), wire.client4o6.rebind(held())).join();
            requested = question -> List.of(response(answer(
                    question,
                    Dhcp4MessageType.ACK,
                    SERVER,
                    ADDRESS,
                    HOUR,
                    FROM_NODE,
                    new Dhcp4Option.PortParams(PORTS))));

            assertThat(lease.tunnelAddress()).isEqualTo(moved);
            assertThat(after(Duration.ofSeconds(1), wire.client4o6.rebind(lease))
                            .join()
                            .tunnelAddress())
                    .isEqualTo(moved);
        }

        @Test
        void a_nak_ends_the_lease() {
            requested = question -> List.of(nak(question));

            assertThat(refused(after(Duration.ofSeconds(1), wire.client4o6.rebind(held())))
                            .leaseGone())
                    .isTrue();
        }

        /** 52 minutes are left: half, half of the rest, ..., never below a minute. */
        @Test
        void asks_ever_more_often_but_not_more_than_once_a_minute() {
            requested = question -> List.of();
            List<Duration> at = new ArrayList<>();
            Instant begin = wire.now();
            requested = question -> {
                at.add(Duration.between(begin, wire.now()));
                return List.of();
            };

            CompletableFuture<ClientLease> rebound = wire.client4o6.rebind(held());
            wire.time.pass(Duration.ofMinutes(61));

            assertThat(at.size()).isBetween(6, 8);
            assertThat(at.get(1)).isBetween(Duration.ofMinutes(29), Duration.ofMinutes(31));
            for (int i = 1; i < at.size(); i++) {
                assertThat(at.get(i).minus(at.get(i - 1))).isGreaterThan(Duration.ofSeconds(55));
            }
            assertThat(refused(rebound).leaseGone()).isTrue();
        }

        @Test
        void release_says_all_that_table_5_wants_and_no_more() {
            requested = question -> List.of(ack(question, HOUR, FROM_NODE, new Dhcp4Option.PortParams(PORTS)));
            ClientLease lease =
                    after(Duration.ofSeconds(1), wire.client4o6.rebind(held())).join();

            CompletableFuture<Void> released = wire.client4o6.release(lease).toCompletableFuture();
            wire.time.pass(Duration.ofMinutes(5));

            assertThat(released).isCompleted();
            assertThat(queries(Dhcp4MessageType.RELEASE)).singleElement().satisfies(release -> {
                assertThat(release.ciaddr()).isEqualTo(ADDRESS);
                assertThat(release.options())
                        .containsExactly(
                                new Dhcp4Option.Kind(Dhcp4MessageType.RELEASE),
                                Dhcp4Option.ClientId.of(Dhcpv6LeaseSource.IAID, Wire.CLIENT_DUID),
                                new Dhcp4Option.ServerId(SERVER),
                                new Dhcp4Option.PortParams(PORTS));
            });
        }

        @Test
        void decline_names_the_address_as_requested() {
            ClientLease lease = acquired().join();

            wire.client4o6.decline(lease);
            wire.time.pass(Duration.ofSeconds(1));

            assertThat(queries(Dhcp4MessageType.DECLINE)).singleElement().satisfies(decline -> {
                assertThat(decline.ciaddr()).isEqualTo(Ipv4Address.UNSPECIFIED);
                assertThat(decline.first(Dhcp4Option.RequestedAddress.class))
                        .contains(new Dhcp4Option.RequestedAddress(ADDRESS));
                assertThat(decline.first(Dhcp4Option.ServerId.class)).contains(new Dhcp4Option.ServerId(SERVER));
            });
        }

        @Test
        void a_lease_of_an_unknown_server_is_just_dropped() {
            CompletableFuture<Void> released = wire.client4o6.release(held()).toCompletableFuture();
            wire.time.pass(Duration.ofSeconds(1));

            assertThat(released).isCompleted();
            assertThat(wire.sent).isEmpty();
        }
    }
}
