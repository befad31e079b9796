package io.dstm.dhcpv6.internal.server;

import static io.dstm.dhcpv6.internal.server.ServerKit.ia;
import static io.dstm.dhcpv6.internal.server.ServerKit.iaNa;
import static io.dstm.dhcpv6.internal.server.ServerKit.toThisServer;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ServerEngineTest {

    private static final Ipv6Address RELAY = Ipv6Address.parse("2001:db8:9::1");
    private static final Option CLIENT_ID = new Option.ClientId(ServerKit.CLIENT);
    private static final Option OTHER_SERVER = new Option.ServerId(Octets.parse("00030001020000000000"));

    private final ServerKit server = new ServerKit();

    static Stream<Arguments> messages_that_must_be_discarded() {
        return Stream.of(
                Arguments.of(MessageType.SOLICIT, "drop-no-client-id", List.of(ia(1))),
                Arguments.of(
                        MessageType.SOLICIT, "drop-unexpected-server-id", List.of(CLIENT_ID, toThisServer(), ia(1))),
                Arguments.of(MessageType.CONFIRM, "drop-no-client-id", List.of(ia(1))),
                Arguments.of(
                        MessageType.CONFIRM, "drop-unexpected-server-id", List.of(CLIENT_ID, toThisServer(), ia(1))),
                Arguments.of(MessageType.REBIND, "drop-no-client-id", List.of(ia(1))),
                Arguments.of(
                        MessageType.REBIND, "drop-unexpected-server-id", List.of(CLIENT_ID, toThisServer(), ia(1))),
                Arguments.of(MessageType.REQUEST, "drop-no-client-id", List.of(toThisServer(), ia(1))),
                Arguments.of(MessageType.REQUEST, "drop-no-server-id", List.of(CLIENT_ID, ia(1))),
                Arguments.of(MessageType.REQUEST, "drop-other-server", List.of(CLIENT_ID, OTHER_SERVER, ia(1))),
                Arguments.of(MessageType.RENEW, "drop-no-client-id", List.of(toThisServer(), ia(1))),
                Arguments.of(MessageType.RENEW, "drop-no-server-id", List.of(CLIENT_ID, ia(1))),
                Arguments.of(MessageType.RENEW, "drop-other-server", List.of(CLIENT_ID, OTHER_SERVER, ia(1))),
                Arguments.of(MessageType.RELEASE, "drop-no-client-id", List.of(toThisServer(), ia(1))),
                Arguments.of(MessageType.RELEASE, "drop-no-server-id", List.of(CLIENT_ID, ia(1))),
                Arguments.of(MessageType.RELEASE, "drop-other-server", List.of(CLIENT_ID, OTHER_SERVER, ia(1))),
                Arguments.of(MessageType.DECLINE, "drop-no-client-id", List.of(toThisServer(), ia(1))),
                Arguments.of(MessageType.DECLINE, "drop-no-server-id", List.of(CLIENT_ID, ia(1))),
                Arguments.of(MessageType.DECLINE, "drop-other-server", List.of(CLIENT_ID, OTHER_SERVER, ia(1))),
                Arguments.of(MessageType.INFORMATION_REQUEST, "drop-other-server", List.of(CLIENT_ID, OTHER_SERVER)),
                Arguments.of(MessageType.INFORMATION_REQUEST, "drop-unexpected-ia", List.of(CLIENT_ID, iaNa(1))),
                Arguments.of(MessageType.INFORMATION_REQUEST, "drop-unexpected-ia", List.of(ia(1))),
                Arguments.of(MessageType.ADVERTISE, "drop-message-type", List.of(CLIENT_ID, toThisServer(), ia(1))),
                Arguments.of(MessageType.REPLY, "drop-message-type", List.of(CLIENT_ID, toThisServer(), ia(1))),
                Arguments.of(MessageType.RECONFIGURE, "drop-message-type", List.of(CLIENT_ID, toThisServer())),
                Arguments.of(new MessageType(21), "drop-message-type", List.of(CLIENT_ID)),
                Arguments.of(new MessageType(255), "drop-message-type", List.of()));
    }

    @ParameterizedTest
    @MethodSource
    void messages_that_must_be_discarded(MessageType type, String counter, List<Option> options) {
        assertThat(server.answer(new Message.Direct(type, 1, new Options(options))))
                .isEmpty();

        assertThat(server.counters()).containsExactly(Map.entry(counter, 1L));
        assertThat(server.leases.calls).isEmpty();
    }

    @Test
    void octets_that_are_no_message() {
        assertThat(server.send(new byte[] {1, 2, 3}).join()).isEmpty();
        assertThat(server.counters()).containsExactly(Map.entry("drop-truncated", 1L));
    }

    @Test
    void relay_reply_and_relay_without_a_message() {
        assertThat(server.answer(new Message.Relayed(MessageType.RELAY_REPL, 0, RELAY, ServerKit.NODE, Options.NONE)))
                .isEmpty();
        assertThat(server.answer(relayed(0, RELAY, ServerKit.NODE))).isEmpty();

        assertThat(server.counters())
                .containsOnly(Map.entry("drop-message-type", 1L), Map.entry("drop-relay-empty", 1L));
    }

    @Test
    void before_there_is_a_configuration() {
        server.engine.use(null);

        assertThat(server.answer(server.message(MessageType.SOLICIT, ia(1)))).isEmpty();

        assertThat(server.counters()).containsExactly(Map.entry("drop-not-ready", 1L));
    }

    @Test
    void answers_go_to_the_client_port() {
        CompletableFuture<Optional<Outgoing>> answer = server.engine
                .receive(
                        server.codec.encode(server.message(MessageType.SOLICIT, ia(1))),
                        ServerKit.LINK_LOCAL,
                        40000,
                        null)
                .toCompletableFuture();
        server.time.pass(Duration.ofSeconds(1));

        assertThat(answer.join().orElseThrow().port()).isEqualTo(546);
        assertThat(answer.join().orElseThrow().destination()).isEqualTo(ServerKit.LINK_LOCAL);
        assertThat(server.counters()).containsExactly(Map.entry("sent-advertise", 1L));
    }

    @Test
    void a_retransmission_is_dropped_while_the_first_is_being_answered() {
        Message question = server.message(MessageType.REQUEST, toThisServer(), ia(1));

        CompletableFuture<Optional<Outgoing>> first = server.send(question);
        CompletableFuture<Optional<Outgoing>> second = server.send(question);
        server.time.pass(Duration.ofSeconds(1));
        CompletableFuture<Optional<Outgoing>> third = server.send(question);
        server.time.pass(Duration.ofSeconds(1));

        assertThat(first.join()).isPresent();
        assertThat(second.join()).isEmpty();
        assertThat(third.join()).isPresent();
        assertThat(server.leases.calls).containsExactly("allocate", "allocate");
        assertThat(server.counters()).containsOnly(Map.entry("sent-reply", 2L), Map.entry("drop-retransmission", 1L));
    }

    @Test
    void one_source_has_only_so_many_messages_in_work() {
        List<CompletableFuture<Optional<Outgoing>>> answers = new ArrayList<>();
        for (int i = 0; i < InFlight.MOST_PER_SOURCE + 3; i++) {
            answers.add(server.send(server.message(MessageType.SOLICIT, ia(i))));
        }
        server.source = Ipv6Address.parse("2001:db8:2::11");
        CompletableFuture<Optional<Outgoing>> other = server.send(server.message(MessageType.SOLICIT, ia(1)));
        server.time.pass(Duration.ofSeconds(1));

        assertThat(answers.stream().filter(answer -> answer.join().isPresent())).hasSize(InFlight.MOST_PER_SOURCE);
        assertThat(other.join()).isPresent();
        assertThat(server.counters()).containsEntry("drop-source-busy", 3L);
        server.source = ServerKit.NODE;
        assertThat(server.answer(server.message(MessageType.SOLICIT, ia(1)))).isPresent();
    }

    @Test
    void all_sources_together_have_only_so_many_messages_in_work() {
        for (int i = 0; i < InFlight.MOST + 2; i++) {
            server.source = new Ipv6Address(0x20010db8L << 32, i);
            server.send(server.message(MessageType.SOLICIT, ia(1)));
        }

        assertThat(server.counters()).containsExactly(Map.entry("drop-server-busy", 2L));
        server.time.pass(Duration.ofSeconds(1));
        assertThat(server.counters()).containsEntry("sent-advertise", (long) InFlight.MOST);
    }

    @Test
    void a_lease_service_that_never_answers_does_not_hold_a_place_for_ever() throws Exception {
        ServerKit impatient = new ServerKit(Duration.ofMillis(20));
        impatient.leases.delay = Duration.ofDays(1);
        Message question = impatient.message(MessageType.REQUEST, toThisServer(), ia(1));

        assertThat(impatient.send(question).get(60, TimeUnit.SECONDS)).isEmpty();
        assertThat(impatient.send(question).get(60, TimeUnit.SECONDS)).isEmpty();

        assertThat(impatient.counters()).containsExactly(Map.entry("drop-timeout", 2L));
    }

    @Test
    void answer_that_fits_into_no_datagram() {
        byte[] id = new byte[65000];
        Message question = relayed(
                0,
                RELAY,
                ServerKit.NODE,
                new Option.InterfaceId(Octets.of(id)),
                new Option.RelayMsg(
                        server.message(MessageType.SOLICIT, ia(1), ia(2), ia(3), ia(4), ia(5), ia(6), ia(7), ia(8))));

        assertThat(server.answer(question)).isEmpty();

        assertThat(server.counters()).containsExactly(Map.entry("drop-answer-too-long", 1L));
    }

    @Test
    void message_through_a_relay_goes_back_through_it() {
        server.source = RELAY;
        Message.Direct question = server.message(MessageType.SOLICIT, ia(1));
        Option interfaceId = new Option.InterfaceId(Octets.parse("abcd"));

        Message.Relayed answer = (Message.Relayed) server.answer(relayed(
                        0,
                        Ipv6Address.parse("2001:db8:7::1"),
                        ServerKit.NODE,
                        interfaceId,
                        new Option.RelayMsg(question)))
                .orElseThrow();

        assertThat(answer.type()).isEqualTo(MessageType.RELAY_REPL);
        assertThat(answer.link()).isEqualTo(Ipv6Address.parse("2001:db8:7::1"));
        assertThat(answer.peer()).isEqualTo(ServerKit.NODE);
        assertThat(answer.options().first(Option.InterfaceId.class)).contains((Option.InterfaceId) interfaceId);
        assertThat(carried(answer).type()).isEqualTo(MessageType.ADVERTISE);
        assertThat(server.leases.requests.get(0).tunnelSource()).isEqualTo(ServerKit.NODE);
        assertThat(server.leases.requests.get(0).link()).isEqualTo(Ipv6Address.parse("2001:db8:7::1"));
    }

    @Test
    void message_through_two_relays_goes_back_the_same_way() {
        server.source = RELAY;
        Message.Relayed inner = relayed(
                0,
                Ipv6Address.UNSPECIFIED,
                ServerKit.NODE,
                new Option.InterfaceId(Octets.parse("01")),
                new Option.RelayMsg(server.message(MessageType.SOLICIT, ia(1))));
        Message.Relayed outer = relayed(
                1,
                Ipv6Address.parse("2001:db8:8::1"),
                Ipv6Address.parse("fe80::aa"),
                new Option.RelayPort(0),
                new Option.InterfaceId(Octets.parse("02")),
                new Option.RelayMsg(inner));

        Message.Relayed answer = (Message.Relayed) server.answer(outer).orElseThrow();

        assertThat(answer.hopCount()).isEqualTo(1);
        assertThat(answer.peer()).isEqualTo(Ipv6Address.parse("fe80::aa"));
        assertThat(answer.options().has(Option.RelayPort.class)).isTrue();
        Message.Relayed second = (Message.Relayed) carried(answer);
        assertThat(second.hopCount()).isZero();
        assertThat(second.peer()).isEqualTo(ServerKit.NODE);
        assertThat(second.options().first(Option.InterfaceId.class))
                .contains(new Option.InterfaceId(Octets.parse("01")));
        assertThat(second.options().has(Option.RelayPort.class)).isFalse();
        assertThat(carried(second).type()).isEqualTo(MessageType.ADVERTISE);
        // The inner relay has no address on the client's link (RFC 6221): the outer one's counts.
        assertThat(server.leases.requests.get(0).link()).isEqualTo(Ipv6Address.parse("2001:db8:8::1"));
    }

    @Test
    void relay_is_answered_on_its_port_or_the_one_it_names() {
        Message question =
                relayed(0, RELAY, ServerKit.NODE, new Option.RelayMsg(server.message(MessageType.INFORMATION_REQUEST)));
        Message fromOtherPort = relayed(
                0,
                RELAY,
                ServerKit.NODE,
                new Option.RelayPort(0),
                new Option.RelayMsg(server.message(MessageType.INFORMATION_REQUEST)));

        assertThat(sentFrom(40000, question).port()).isEqualTo(547);
        assertThat(sentFrom(40000, fromOtherPort).port()).isEqualTo(40000);
    }

    @Test
    void a_rehearsal_lends_nothing_and_is_not_counted() {
        server.engine.rehearse();
        server.time.pass(Duration.ofSeconds(1));

        assertThat(server.leases.calls).containsExactly("renew");
        assertThat(server.leases.leases).isEmpty();
        assertThat(server.counters()).isEmpty();
    }

    @Test
    void every_datagram_moves_one_counter() {
        List<byte[]> datagrams = new ArrayList<>();
        for (int type = 0; type < 256; type++) {
            byte[] datagram = server.codec.encode(
                    server.message(MessageType.SOLICIT, new Option.RapidCommit(), ia(1), toThisServer()));
            datagram[0] = (byte) type;
            datagrams.add(datagram);
            datagrams.add(Arrays.copyOf(datagram, type % datagram.length));
        }
        datagrams.add(server.codec.encode(
                server.message(MessageType.SOLICIT, ServerKit.request(OptionCode.S46_CONT_LW), ia(1))));

        for (byte[] datagram : datagrams) {
            CompletableFuture<Optional<Outgoing>> answer = server.send(datagram);
            server.time.pass(Duration.ofSeconds(1));
            assertThat(answer).isCompleted();
        }

        assertThat(server.counters().values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .isEqualTo(datagrams.size());
    }

    @Test
    void counters_have_names_of_their_own() {
        assertThat(Arrays.stream(ServerCounter.values()).map(ServerCounter::label))
                .doesNotHaveDuplicates()
                .allMatch(label -> label.matches("(sent|done|drop|fail)-[a-z0-9-]+"));
    }

    private Outgoing sentFrom(int port, Message message) {
        return server.engine
                .receive(server.codec.encode(message), RELAY, port, null)
                .toCompletableFuture()
                .join()
                .orElseThrow();
    }

    private static Message carried(Message message) {
        return message.options().first(Option.RelayMsg.class).orElseThrow().message();
    }

    private static Message.Relayed relayed(int hops, Ipv6Address link, Ipv6Address peer, Option... options) {
        return new Message.Relayed(MessageType.RELAY_FORW, hops, link, peer, Options.of(options));
    }
}
