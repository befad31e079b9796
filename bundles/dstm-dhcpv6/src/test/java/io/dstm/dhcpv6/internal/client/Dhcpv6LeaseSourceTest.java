package io.dstm.dhcpv6.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.ElapsedTime;
import io.dstm.dhcpv6.internal.codec.Option.IaDstm;
import io.dstm.dhcpv6.internal.codec.Option.RapidCommit;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.Status;
import io.dstm.dhcpv6.internal.testing.FakeLeaseService;
import io.dstm.dhcpv6.internal.testing.Wire;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The client against scripted servers, in virtual time. */
class Dhcpv6LeaseSourceTest {

    private static final Octets OTHER_SERVER = Octets.parse("000300010200000000aa");
    private static final LeaseKey ADDRESS = new LeaseKey(Ipv4Address.parse("192.0.2.1"), PortSet.FULL);

    private final Wire wire = new Wire(1);

    private static IaDstm lease(String address, long valid) {
        return new IaDstm(
                1,
                valid / 2,
                valid * 4 / 5,
                Options.of(
                        new Option.IaAddress(
                                Ipv6Address.mapped(Ipv4Address.parse(address)), valid, valid, Options.NONE),
                        new Option.DstmTep(FakeLeaseService.TEP)));
    }

    private static IaDstm refusal(Status status) {
        return new IaDstm(1, 0, 0, Options.of(new Option.StatusCode(status, "on purpose")));
    }

    private static Message answer(Message.Direct question, MessageType type, Octets server, Option... options) {
        return new Message.Direct(
                type,
                question.transactionId(),
                Options.of(new Option.ServerId(server), new Option.ClientId(Wire.CLIENT_DUID))
                        .and(options));
    }

    private static Message reply(Message.Direct question, Option... options) {
        return answer(question, MessageType.REPLY, Wire.SERVER_DUID, options);
    }

    private static Message advertise(Message.Direct question, Octets server, Option... options) {
        return answer(question, MessageType.ADVERTISE, server, options);
    }

    private ClientLease held() {
        return new ClientLease(
                ADDRESS,
                Wire.NODE,
                FakeLeaseService.TEP,
                wire.now(),
                Duration.ofMinutes(30),
                Duration.ofMinutes(48),
                Duration.ofHours(1));
    }

    private List<MessageType> types() {
        return wire.messages().stream().map(Message.Direct::type).toList();
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

    /** Gets a lease from a server that answers with rapid commit. */
    private ClientLease acquired(String address) {
        wire.script = question -> List.of(reply(question, new RapidCommit(), lease(address, 3600)));
        CompletableFuture<ClientLease> lease = wire.client.acquire();
        wire.time.pass(Duration.ofMillis(10));
        wire.sent.clear();
        wire.sentFrom.clear();
        return lease.join();
    }

    @Nested
    class Acquire {

        @Test
        void sends_its_first_message_at_once() {
            wire.connected = false;
            wire.client.acquire();

            wire.time.settle();

            Message.Direct solicit = wire.messages().get(0);
            assertThat(solicit.type()).isEqualTo(MessageType.SOLICIT);
            assertThat(solicit.options())
                    .isEqualTo(Options.of(
                            new Option.ClientId(Wire.CLIENT_DUID),
                            new ElapsedTime(0),
                            new Option.ReconfAccept(),
                            new Option.OptionRequest(List.of(OptionCode.SOL_MAX_RT)),
                            new RapidCommit(),
                            new IaDstm(1, 0, 0, Options.of(LeaseReader.ANY_PORTS))));
            assertThat(wire.sentFrom).containsExactly(new Link("eth0", 2, Wire.NODE));
        }

        @Test
        void waits_with_its_first_message_where_that_is_configured_and_only_then() {
            wire.connected = false;
            wire.clientSettings = wire.clientSettings.map(settings -> new ClientSettings(
                    settings.device(),
                    settings.rapidCommit(),
                    settings.tunnelSource(),
                    settings.reconfigure(),
                    Duration.ofSeconds(1),
                    settings.codes(),
                    settings.codec()));
            CompletableFuture<ClientLease> first = wire.client.acquire();
            wire.time.settle();
            assertThat(wire.sent).isEmpty();
            wire.time.pass(Duration.ofSeconds(1));
            assertThat(wire.messages()).isNotEmpty().first().matches(message -> message.options()
                    .first(ElapsedTime.class)
                    .equals(Optional.of(new ElapsedTime(0))));
            first.cancel(false);
            wire.time.pass(Duration.ofMinutes(1));
            wire.sent.clear();

            wire.client.acquire();
            wire.time.settle();
            assertThat(wire.sent).as("the second need").isNotEmpty();
        }

        @Test
        void repeats_itself_with_the_same_transaction_and_a_growing_elapsed_time() {
            wire.connected = false;
            wire.client.acquire();

            wire.time.pass(Duration.ofSeconds(20));

            List<Message.Direct> sent = wire.messages();
            assertThat(sent).hasSize(5);
            assertThat(sent)
                    .extracting(Message.Direct::transactionId)
                    .containsOnly(sent.get(0).transactionId());
            List<Integer> elapsed = sent.stream()
                    .map(message -> message.options()
                            .first(ElapsedTime.class)
                            .orElseThrow()
                            .hundredths())
                    .toList();
            assertThat(elapsed).isSorted().doesNotHaveDuplicates();
            assertThat(elapsed.get(1)).isBetween(100, 110);
        }

        @Test
        void says_when_nobody_answers_and_goes_on() {
            wire.connected = false;
            CompletableFuture<ClientLease> lease = wire.client.acquire();

            wire.time.pass(Duration.ofSeconds(10));
            assertThat(wire.client.detail()).contains("no DHCPv6 server on eth0 has answered a Solicit");
            wire.connected = true;
            wire.time.pass(Duration.ofMinutes(1));

            assertThat(lease).isCompleted();
            assertThat(wire.client.detail()).isEmpty();
        }

        @Test
        void fills_the_elapsed_time_to_its_end() {
            wire.connected = false;
            wire.client.acquire();

            wire.time.pass(Duration.ofHours(3));

            List<Message.Direct> sent = wire.messages();
            assertThat(sent.get(sent.size() - 1).options().first(ElapsedTime.class))
                    .contains(new ElapsedTime(65535));
        }

        @Test
        void takes_the_best_offer_at_the_end_of_the_first_time() {
            wire.script = question -> question.type().equals(MessageType.SOLICIT)
                    ? List.of(
                            advertise(question, OTHER_SERVER, lease("192.0.2.7", 60)),
                            advertise(question, Wire.SERVER_DUID, new Option.Preference(5), lease("192.0.2.1", 60)))
                    : List.of(reply(question, lease("192.0.2.1", 3600)));
            CompletableFuture<ClientLease> lease = wire.client.acquire();

            wire.time.pass(Duration.ofMillis(990));
            assertThat(types()).containsExactly(MessageType.SOLICIT);
            wire.time.pass(Duration.ofMillis(200));

            assertThat(lease.join().key()).isEqualTo(ADDRESS);
            assertThat(types()).containsExactly(MessageType.SOLICIT, MessageType.REQUEST);
            Message.Direct request = wire.messages().get(1);
            assertThat(request.transactionId())
                    .isNotEqualTo(wire.messages().get(0).transactionId());
            assertThat(request.options().first(Option.ServerId.class)).contains(new Option.ServerId(Wire.SERVER_DUID));
            assertThat(request.options().first(IaDstm.class).orElseThrow().options())
                    .isEqualTo(LeaseReader.describe(ADDRESS));
            assertThat(request.options().has(RapidCommit.class)).isFalse();
        }

        @Test
        void takes_an_offer_of_preference_255_at_once() {
            wire.script = question -> question.type().equals(MessageType.SOLICIT)
                    ? List.of(advertise(question, Wire.SERVER_DUID, new Option.Preference(255), lease("192.0.2.1", 60)))
                    : List.of(reply(question, lease("192.0.2.1", 3600)));
            CompletableFuture<ClientLease> lease = wire.client.acquire();

            wire.time.pass(Duration.ofMillis(100));

            assertThat(lease).isCompleted();
        }

        @Test
        void takes_the_first_offer_after_the_first_time() {
            List<Message.Direct> questions = new ArrayList<>();
            wire.script = question -> {
                questions.add(question);
                return question.type().equals(MessageType.REQUEST)
                        ? List.of(reply(question, lease("192.0.2.1", 3600)))
                        : List.of();
            };
            CompletableFuture<ClientLease> lease = wire.client.acquire();
            wire.time.pass(Duration.ofSeconds(2));

            wire.deliver(advertise(questions.get(0), Wire.SERVER_DUID, lease("192.0.2.1", 60)));
            wire.time.pass(Duration.ofMillis(10));

            assertThat(lease).isCompleted();
        }

        @Test
        void asks_without_rapid_commit_where_that_is_switched_off() {
            wire.clientSettings = Optional.of(Wire.settings(false));
            wire.script = question -> List.of(reply(question, new RapidCommit(), lease("192.0.2.1", 3600)));
            CompletableFuture<ClientLease> lease = wire.client.acquire();

            wire.time.pass(Duration.ofMillis(100));

            assertThat(wire.messages().get(0).options().has(RapidCommit.class)).isFalse();
            assertThat(lease).isNotDone();
        }

        @Test
        void ignores_a_reply_without_rapid_commit() {
            wire.script = question -> List.of(reply(question, lease("192.0.2.1", 3600)));
            CompletableFuture<ClientLease> lease = wire.client.acquire();

            wire.time.pass(Duration.ofMillis(100));

            assertThat(lease).isNotDone();
            assertThat(wire.client.counters()).containsEntry(ClientCounter.DROP_MESSAGE_TYPE, 1L);
        }

        @Test
        void is_refused_where_all_servers_have_nothing() {
            wire.script = question -> List.of(advertise(question, Wire.SERVER_DUID, refusal(Status.NO_ADDRS_AVAIL)));
            CompletableFuture<ClientLease> lease = wire.client.acquire();

            wire.time.pass(Duration.ofMillis(500));
            assertThat(lease).isNotDone();
            wire.time.pass(Duration.ofSeconds(1));

            assertThat(refused(lease)).hasMessage("NoAddrsAvail: on purpose");
            assertThat(refused(lease).leaseGone()).isFalse();
            assertThat(types()).containsExactly(MessageType.SOLICIT);
            assertThat(wire.time.pending()).isZero();
        }

        @Test
        void takes_an_offer_although_another_server_has_nothing() {
            wire.script = question -> question.type().equals(MessageType.SOLICIT)
                    ? List.of(
                            advertise(question, OTHER_SERVER, refusal(Status.NO_ADDRS_AVAIL)),
                            advertise(question, Wire.SERVER_DUID, lease("192.0.2.1", 60)))
                    : List.of(reply(question, lease("192.0.2.1", 3600)));
            CompletableFuture<ClientLease> lease = wire.client.acquire();

            wire.time.pass(Duration.ofSeconds(2));

            assertThat(lease).isCompleted();
            assertThat(lease).isNotCompletedExceptionally();
        }

        @Test
        void waits_where_the_server_says_later() {
            List<Boolean> ready = new ArrayList<>();
            wire.script = question -> List.of(reply(
                    question,
                    new RapidCommit(),
                    ready.isEmpty() ? refusal(Status.UNSPEC_FAIL) : lease("192.0.2.1", 3600)));
            CompletableFuture<ClientLease> lease = wire.client.acquire();

            wire.time.pass(Duration.ofSeconds(2));
            assertThat(lease).isNotDone();
            assertThat(wire.client.detail()).isEqualTo("the server says UnspecFail: on purpose");
            ready.add(true);
            wire.time.pass(Duration.ofSeconds(5));

            assertThat(lease).isCompleted();
            assertThat(wire.client.detail()).isEmpty();
        }

        @Test
        void starts_over_when_the_chosen_server_falls_silent() {
            wire.script = question -> question.type().equals(MessageType.SOLICIT)
                    ? List.of(advertise(question, Wire.SERVER_DUID, lease("192.0.2.1", 60)))
                    : List.of();
            wire.client.acquire();

            wire.time.pass(Duration.ofMinutes(10));

            assertThat(types().subList(0, 12)).startsWith(MessageType.SOLICIT).endsWith(MessageType.SOLICIT);
            assertThat(types().subList(1, 11)).containsOnly(MessageType.REQUEST);
        }

        @Test
        void is_refused_by_the_chosen_server() {
            wire.script = question -> question.type().equals(MessageType.SOLICIT)
                    ? List.of(advertise(question, Wire.SERVER_DUID, lease("192.0.2.1", 60)))
                    : List.of(reply(question, refusal(Status.NO_ADDRS_AVAIL)));
            CompletableFuture<ClientLease> lease = wire.client.acquire();

            wire.time.pass(Duration.ofSeconds(3));

            assertThat(refused(lease)).hasMessageContaining("NoAddrsAvail");
        }

        @Test
        void looks_for_a_server_again_when_the_address_is_not_right_and_within_the_rate() {
            wire.script = question -> question.type().equals(MessageType.SOLICIT)
                    ? List.of(advertise(question, Wire.SERVER_DUID, new Option.Preference(255), lease("192.0.2.1", 60)))
                    : List.of(reply(question, refusal(Status.NOT_ON_LINK)));
            wire.client.acquire();

            wire.time.pass(Duration.ofSeconds(20));

            // RFC 8415 section 14.1: 20 packets in 20 seconds, after the 20 a rested client may send at once.
            assertThat(types().size()).isBetween(35, 41);
            assertThat(types().subList(0, 3))
                    .containsExactly(MessageType.SOLICIT, MessageType.REQUEST, MessageType.SOLICIT);
        }

        @Test
        void heeds_the_servers_longest_time_between_solicits() {
            wire.script = question -> List.of(
                    advertise(question, Wire.SERVER_DUID, new Option.SolMaxRt(60), refusal(Status.UNSPEC_FAIL)));
            CompletableFuture<ClientLease> first = wire.client.acquire();
            wire.time.pass(Duration.ofSeconds(1));
            first.cancel(false);
            wire.time.settle();
            wire.sent.clear();
            wire.script = question -> List.of();

            wire.client.acquire();
            wire.time.pass(Duration.ofHours(1));

            assertThat(wire.sent.size()).isGreaterThan(55);
        }

        @Test
        void ignores_a_time_between_solicits_that_no_server_may_set() {
            wire.script = question -> List.of(
                    advertise(question, Wire.SERVER_DUID, new Option.SolMaxRt(59), refusal(Status.UNSPEC_FAIL)));
            wire.client.acquire();

            wire.time.pass(Duration.ofHours(1));

            assertThat(wire.sent.size()).isLessThan(15);
        }

        @Test
        void ends_when_it_is_cancelled() {
            wire.connected = false;
            CompletableFuture<ClientLease> lease = wire.client.acquire();
            wire.time.pass(Duration.ofSeconds(2));
            int sent = wire.sent.size();

            lease.cancel(false);
            wire.time.pass(Duration.ofHours(1));

            assertThat(wire.sent).hasSize(sent);
            assertThat(wire.time.pending()).isZero();
        }

        @Test
        void cancelled_before_it_began_sends_nothing() {
            wire.client.acquire().cancel(false);

            wire.time.pass(Duration.ofHours(1));

            assertThat(wire.sent).isEmpty();
            assertThat(wire.time.pending()).isZero();
        }

        @Test
        void wishes_for_the_address_it_had() {
            acquired("192.0.2.9");
            wire.client.acquire();

            wire.time.settle();

            assertThat(wire.messages()
                            .get(0)
                            .options()
                            .first(IaDstm.class)
                            .orElseThrow()
                            .options())
                    .isEqualTo(LeaseReader.describe(new LeaseKey(Ipv4Address.parse("192.0.2.9"), PortSet.FULL)));
        }
    }

    @Nested
    class LinkOfTheClient {

        @Test
        void waits_for_an_address_and_says_so() {
            wire.link = new LinkState.Waiting("interface eth0 has no global IPv6 address yet");
            CompletableFuture<ClientLease> lease = wire.client.acquire();

            wire.time.pass(Duration.ofMinutes(5));
            assertThat(wire.sent).isEmpty();
            assertThat(wire.client.detail()).isEqualTo("interface eth0 has no global IPv6 address yet");
            wire.link = new LinkState.Ready(new Link("eth0", 2, Wire.NODE));
            wire.time.pass(Duration.ofSeconds(2));

            assertThat(lease).isCompleted();
            assertThat(wire.client.detail()).isEmpty();
        }

        @Test
        void waits_for_a_configuration_and_says_so() {
            wire.clientSettings = Optional.empty();
            CompletableFuture<ClientLease> lease = wire.client.acquire();
            wire.time.pass(Duration.ofSeconds(5));
            assertThat(wire.client.detail()).contains("no valid configuration");

            wire.clientSettings = Optional.of(Wire.settings(true));
            wire.time.pass(Duration.ofSeconds(2));

            assertThat(lease).isCompleted();
        }

        @Test
        void asks_anew_from_another_address_when_its_own_vanishes() {
            wire.connected = false;
            CompletableFuture<ClientLease> lease = wire.client.acquire();
            wire.time.pass(Duration.ofMillis(500));
            Link next = new Link("eth0", 2, Ipv6Address.parse("2001:db8:2::11"));
            wire.link = new LinkState.Ready(next);
            wire.connected = true;
            wire.time.pass(Duration.ofSeconds(1));

            assertThat(lease.join().tunnelSource()).isEqualTo(next.source());
            assertThat(wire.sentFrom).containsExactly(new Link("eth0", 2, Wire.NODE), next);
            List<Message.Direct> sent = wire.messages();
            assertThat(sent.get(1).transactionId()).isNotEqualTo(sent.get(0).transactionId());
            assertThat(sent.get(1).options().first(ElapsedTime.class)).contains(new ElapsedTime(0));
        }

        @Test
        void renews_from_another_address_and_moves_the_tunnel_with_it() {
            CompletableFuture<ClientLease> lease = wire.client.acquire();
            wire.time.pass(Duration.ofMillis(100));
            wire.link = new LinkState.Ready(new Link("eth0", 2, Ipv6Address.parse("2001:db8:2::11")));

            CompletableFuture<ClientLease> renewed = wire.client.renew(lease.join());
            wire.time.pass(Duration.ofMillis(100));

            assertThat(renewed.join().tunnelSource()).isEqualTo(Ipv6Address.parse("2001:db8:2::11"));
            assertThat(renewed.join().key()).isEqualTo(lease.join().key());
        }

        @Test
        void that_cannot_send_is_told_and_tried_again() {
            wire.broken = new SocketException("Cannot assign requested address");
            CompletableFuture<ClientLease> lease = wire.client.acquire();
            wire.time.pass(Duration.ofSeconds(2));
            assertThat(wire.client.detail())
                    .isEqualTo("cannot send from 2001:db8:2::10 port 546 on eth0: Cannot assign requested address");

            wire.broken = null;
            wire.time.pass(Duration.ofSeconds(5));

            assertThat(lease).isCompleted();
            assertThat(wire.client.detail()).isEmpty();
        }
    }

    @Nested
    class AnswersOfOthers {

        private final CompletableFuture<ClientLease> lease = wire.client.acquire();
        private Message.Direct question;

        private void asked() {
            wire.script = asked -> List.of();
            wire.time.settle();
            question = wire.messages().get(0);
        }

        private long counted(Message message, ClientCounter counter) {
            wire.deliver(message);
            wire.time.pass(Duration.ofMillis(10));
            assertThat(lease).isNotDone();
            return wire.client.counters().get(counter);
        }

        @Test
        void are_dropped_and_counted() {
            asked();
            Option good = lease("192.0.2.1", 60);
            Option server = new Option.ServerId(Wire.SERVER_DUID);
            Option client = new Option.ClientId(Wire.CLIENT_DUID);
            int id = question.transactionId();

            assertThat(counted(
                            new Message.Direct(
                                    MessageType.REPLY, id ^ 1, Options.of(server, client, new RapidCommit(), good)),
                            ClientCounter.DROP_NO_EXCHANGE))
                    .isEqualTo(1);
            assertThat(counted(
                            new Message.Direct(
                                    MessageType.REPLY,
                                    id,
                                    Options.of(server, new Option.ClientId(OTHER_SERVER), new RapidCommit(), good)),
                            ClientCounter.DROP_OTHER_CLIENT))
                    .isEqualTo(1);
            assertThat(counted(
                            new Message.Direct(MessageType.REPLY, id, Options.of(server, new RapidCommit(), good)),
                            ClientCounter.DROP_OTHER_CLIENT))
                    .isEqualTo(2);
            assertThat(counted(
                            new Message.Direct(MessageType.REPLY, id, Options.of(client, new RapidCommit(), good)),
                            ClientCounter.DROP_OTHER_SERVER))
                    .isEqualTo(1);
            for (int type : new int[] {1, 3, 4, 5, 6, 8, 9, 11, 14, 15, 255}) {
                counted(
                        new Message.Direct(
                                new MessageType(type), id, Options.of(server, client, new RapidCommit(), good)),
                        ClientCounter.DROP_MESSAGE_TYPE);
            }
            assertThat(counted(
                            new Message.Relayed(
                                    MessageType.RELAY_REPL,
                                    0,
                                    Wire.NODE,
                                    Wire.NODE,
                                    Options.of(new Option.RelayMsg(reply(question, new RapidCommit(), good)))),
                            ClientCounter.DROP_MESSAGE_TYPE))
                    .isEqualTo(12);
            wire.client.receive(new byte[] {7, 1});
            wire.time.settle();

            assertThat(wire.client.counters()).containsEntry(ClientCounter.DROP_MALFORMED, 1L);
            assertThat(wire.client.counters().values().stream()
                            .mapToLong(Long::longValue)
                            .sum())
                    .isEqualTo(17);
        }

        @Test
        void that_come_too_late_are_dropped() {
            asked();
            wire.deliver(reply(question, new RapidCommit(), lease("192.0.2.1", 60)));
            wire.deliver(reply(question, new RapidCommit(), lease("192.0.2.2", 60)));

            wire.time.pass(Duration.ofMillis(10));

            assertThat(lease).isCompleted();
            assertThat(wire.client.counters())
                    .containsEntry(ClientCounter.RECEIVED_ANSWER, 1L)
                    .containsEntry(ClientCounter.DROP_NO_EXCHANGE, 1L);
        }

        @Test
        void counters_have_names_of_their_own() {
            assertThat(Arrays.stream(ClientCounter.values())
                            .map(ClientCounter::label)
                            .collect(Collectors.toSet()))
                    .hasSameSizeAs(ClientCounter.values())
                    .allMatch(label -> label.matches("(received|drop)-[a-z-]+"));
        }
    }

    @Nested
    class RenewAndRebind {

        @Test
        void renew_asks_the_lending_server() {
            ClientLease lease = acquired("192.0.2.1");
            wire.script = question -> List.of(reply(question, lease("192.0.2.1", 7200)));

            CompletableFuture<ClientLease> renewed = wire.client.renew(lease);
            wire.time.pass(Duration.ofMillis(100));

            assertThat(renewed.join().valid()).isEqualTo(Duration.ofHours(2));
            Message.Direct renew = wire.messages().get(0);
            assertThat(renew.type()).isEqualTo(MessageType.RENEW);
            assertThat(renew.options().first(Option.ServerId.class)).contains(new Option.ServerId(Wire.SERVER_DUID));
            assertThat(renew.options().first(IaDstm.class).orElseThrow().options())
                    .isEqualTo(LeaseReader.describe(lease.key()));
        }

        @Test
        void renew_ignores_another_server() {
            ClientLease lease = acquired("192.0.2.1");
            wire.script =
                    question -> List.of(answer(question, MessageType.REPLY, OTHER_SERVER, lease("192.0.2.1", 7200)));

            CompletableFuture<ClientLease> renewed = wire.client.renew(lease);
            wire.time.pass(Duration.ofMillis(100));

            assertThat(renewed).isNotDone();
            assertThat(wire.client.counters()).containsEntry(ClientCounter.DROP_OTHER_SERVER, 1L);
        }

        @Test
        void renew_falls_silent_at_t2_and_waits_to_be_cancelled() {
            ClientLease lease = acquired("192.0.2.1");
            wire.script = question -> List.of();
            wire.time.pass(lease.renewAfter());

            CompletableFuture<ClientLease> renewed = wire.client.renew(lease);
            wire.time.pass(lease.rebindAfter().minus(lease.renewAfter()));
            int sent = wire.sent.size();
            wire.time.pass(Duration.ofHours(5));

            assertThat(sent).isBetween(4, 8);
            assertThat(wire.sent).hasSize(sent);
            assertThat(renewed).isNotDone();
            assertThat(wire.time.pending()).isZero();
        }

        @Test
        void renew_of_a_lease_the_server_lost() {
            ClientLease lease = acquired("192.0.2.1");
            wire.script = question -> List.of(reply(question, refusal(Status.NO_BINDING)));

            CompletableFuture<ClientLease> renewed = wire.client.renew(lease);
            wire.time.pass(Duration.ofMillis(100));

            assertThat(refused(renewed).leaseGone()).isTrue();
        }

        @Test
        void renew_of_a_lease_that_ends_as_it_is() {
            ClientLease lease = acquired("192.0.2.1");
            wire.script = question -> List.of(reply(question, new IaDstm(1, 0, 0, Options.NONE)));

            CompletableFuture<ClientLease> renewed = wire.client.renew(lease);
            wire.time.pass(Duration.ofMillis(100));

            assertThat(refused(renewed).leaseGone()).isFalse();
        }

        @Test
        void renew_waits_out_an_answer_without_its_association() {
            ClientLease lease = acquired("192.0.2.1");
            wire.script = question -> List.of(reply(question));

            CompletableFuture<ClientLease> renewed = wire.client.renew(lease);
            wire.time.pass(Duration.ofSeconds(9));
            assertThat(wire.sent).hasSize(1);
            wire.time.pass(Duration.ofSeconds(10));

            assertThat(wire.sent.size()).isEqualTo(2);
            assertThat(renewed).isNotDone();
        }

        @Test
        void renew_of_a_lease_whose_server_is_forgotten_asks_any() {
            wire.script = question -> List.of(reply(question, lease("192.0.2.1", 3600)));

            CompletableFuture<ClientLease> renewed = wire.client.renew(held());
            wire.time.pass(Duration.ofMillis(100));

            assertThat(types()).containsExactly(MessageType.REBIND);
            assertThat(renewed).isCompleted();
        }

        @Test
        void rebind_takes_any_server_and_remembers_it() {
            ClientLease lease = acquired("192.0.2.1");
            wire.script =
                    question -> List.of(answer(question, MessageType.REPLY, OTHER_SERVER, lease("192.0.2.1", 60)));

            CompletableFuture<ClientLease> rebound = wire.client.rebind(lease);
            wire.time.pass(Duration.ofMillis(100));
            wire.client.renew(rebound.join());
            wire.time.pass(Duration.ofMillis(100));

            assertThat(types()).containsExactly(MessageType.REBIND, MessageType.RENEW);
            assertThat(wire.messages().get(0).options().has(Option.ServerId.class))
                    .isFalse();
            assertThat(wire.messages().get(1).options().first(Option.ServerId.class))
                    .contains(new Option.ServerId(OTHER_SERVER));
        }

        @Test
        void rebind_ends_with_the_lease() {
            wire.script = question -> List.of();
            ClientLease lease = held();

            CompletableFuture<ClientLease> rebound = wire.client.rebind(lease);
            wire.time.pass(Duration.ofHours(1).minusMillis(1));
            assertThat(rebound).isNotDone();
            wire.time.pass(Duration.ofMillis(1));

            assertThat(refused(rebound).leaseGone()).isTrue();
            assertThat(wire.time.pending()).isZero();
        }

        @Test
        void rebind_without_an_address_ends_with_the_lease_too() {
            wire.link = new LinkState.Waiting("no address");

            CompletableFuture<ClientLease> rebound = wire.client.rebind(held());
            wire.time.pass(Duration.ofMinutes(61));

            assertThat(refused(rebound).leaseGone()).isTrue();
            assertThat(wire.time.pending()).isZero();
        }
    }

    @Nested
    class GiveBack {

        @Test
        void release_ends_with_any_answer_of_its_server() {
            ClientLease lease = acquired("192.0.2.1");
            wire.script = question -> List.of(reply(question, new Option.StatusCode(Status.NO_BINDING, "")));

            CompletableFuture<Void> released = wire.client.release(lease).toCompletableFuture();
            wire.time.pass(Duration.ofMillis(10));

            assertThat(released).isCompleted();
            assertThat(types()).containsExactly(MessageType.RELEASE);
            assertThat(wire.messages()
                            .get(0)
                            .options()
                            .first(IaDstm.class)
                            .orElseThrow()
                            .options())
                    .isEqualTo(LeaseReader.describe(lease.key()));
            assertThat(wire.time.pending()).isZero();
        }

        @Test
        void release_is_given_up_after_four_tries() {
            ClientLease lease = acquired("192.0.2.1");
            wire.script = question -> List.of();

            CompletableFuture<Void> released = wire.client.release(lease).toCompletableFuture();
            wire.time.pass(Duration.ofSeconds(12));
            assertThat(released).isNotDone();
            wire.time.pass(Duration.ofSeconds(8));

            assertThat(released).isCompleted();
            assertThat(wire.sent).hasSize(4);
            assertThat(wire.time.pending()).isZero();
        }

        @Test
        void decline_tells_the_server() {
            ClientLease lease = acquired("192.0.2.1");
            wire.script = question -> List.of(reply(question));

            CompletableFuture<Void> declined = wire.client.decline(lease).toCompletableFuture();
            wire.time.pass(Duration.ofMillis(10));

            assertThat(declined).isCompleted();
            assertThat(types()).containsExactly(MessageType.DECLINE);
        }

        @Test
        void of_a_lease_whose_server_is_forgotten_tells_nobody() {
            CompletableFuture<Void> released = wire.client.release(held()).toCompletableFuture();

            wire.time.pass(Duration.ofMillis(10));

            assertThat(released).isCompleted();
            assertThat(wire.sent).isEmpty();
        }
    }
}
