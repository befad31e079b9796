package io.dstm.dhcpv6.internal.server;

import static io.dstm.dhcpv6.internal.server.ServerKit.CLIENT;
import static io.dstm.dhcpv6.internal.server.ServerKit.LINK;
import static io.dstm.dhcpv6.internal.server.ServerKit.LINK_LOCAL;
import static io.dstm.dhcpv6.internal.server.ServerKit.SERVER;
import static io.dstm.dhcpv6.internal.server.ServerKit.ia;
import static io.dstm.dhcpv6.internal.server.ServerKit.toThisServer;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.ClientCaller.Outcome;
import io.dstm.api.lease.ClientCaller.Purpose;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.common.Rkap;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReconfigurationTest {

    private static final ClientId NODE = ClientId.ofDuid(CLIENT.toBytes(), 1);
    private static final Option.ReconfAccept ACCEPT = new Option.ReconfAccept();

    @TempDir
    Path directory;

    private final ServerKit kit = new ServerKit();
    private final List<Sent> sent = new ArrayList<>();

    /** A datagram that answers none. */
    private record Sent(Instant when, Outgoing outgoing, String device) {}

    @BeforeEach
    void start() throws IOException {
        ReconfigureKeys keys = ReconfigureKeys.open(directory.resolve("keys"), kit.time, Runnable::run);
        kit.engine.callWith(new Reconfiguration(
                ContactBook.open(directory.resolve("contacts"), Runnable::run),
                keys,
                kit.time::after,
                (outgoing, device) -> sent.add(new Sent(kit.time.instant(), outgoing, device)),
                kit.engine::calls));
    }

    private Message.Direct leased() {
        return kit.answered(
                MessageType.REPLY, kit.message(MessageType.SOLICIT, new Option.RapidCommit(), ACCEPT, ia(1)));
    }

    private Message.Direct renewed() {
        return kit.answered(MessageType.REPLY, kit.message(MessageType.RENEW, toThisServer(), ACCEPT, ia(1)));
    }

    private static Octets keyIn(Message.Direct reply) {
        return Rkap.key(reply.options().first(Option.Auth.class).orElseThrow()).orElseThrow();
    }

    private CompletableFuture<Outcome> call(Purpose purpose) {
        return kit.engine.call(NODE, purpose).toCompletableFuture();
    }

    @Test
    void a_client_that_agrees_gets_its_key_in_the_first_reply() {
        Message.Direct advertise = kit.answered(MessageType.ADVERTISE, kit.message(MessageType.SOLICIT, ACCEPT, ia(1)));
        assertThat(advertise.options().has(Option.ReconfAccept.class)).isTrue();
        assertThat(advertise.options().has(Option.Auth.class))
                .as("\"used in the Reply message\" only (RFC 8415 section 20.4.1)")
                .isFalse();

        Message.Direct reply =
                kit.answered(MessageType.REPLY, kit.message(MessageType.REQUEST, toThisServer(), ACCEPT, ia(1)));
        assertThat(reply.options().has(Option.ReconfAccept.class)).isTrue();
        Option.Auth auth = reply.options().first(Option.Auth.class).orElseThrow();
        assertThat(auth.protocol()).isEqualTo(3);
        assertThat(auth.algorithm()).isEqualTo(1);
        assertThat(auth.replayMethod()).isZero();
        assertThat(auth.information().length()).isEqualTo(17);
        assertThat(auth.information().toString()).startsWith("01");
        assertThat(kit.engine.isCallable(NODE)).isTrue();
    }

    @Test
    void renewals_agree_again_without_another_key() {
        leased();
        Message.Direct reply = renewed();
        assertThat(reply.options().has(Option.ReconfAccept.class)).isTrue();
        assertThat(reply.options().has(Option.Auth.class)).isFalse();
    }

    @Test
    void who_does_not_agree_gets_no_key_and_is_not_called() {
        Message.Direct reply =
                kit.answered(MessageType.REPLY, kit.message(MessageType.SOLICIT, new Option.RapidCommit(), ia(1)));
        assertThat(reply.options().has(Option.ReconfAccept.class)).isFalse();
        assertThat(reply.options().has(Option.Auth.class)).isFalse();
        assertThat(call(Purpose.RENEW)).isCompletedWithValue(Outcome.NOT_CALLABLE);
        assertThat(sent).isEmpty();
    }

    @Test
    void who_no_longer_agrees_is_not_called() {
        leased();
        kit.answered(MessageType.REPLY, kit.message(MessageType.REQUEST, toThisServer(), ia(1)));
        assertThat(call(Purpose.RENEW)).isCompletedWithValue(Outcome.NOT_CALLABLE);
    }

    @Test
    void who_agreed_need_not_say_so_again_when_it_renews() {
        leased();
        Message.Direct reply = kit.answered(MessageType.REPLY, kit.message(MessageType.RENEW, toThisServer(), ia(1)));
        assertThat(reply.options().has(Option.ReconfAccept.class)).isFalse();
        call(Purpose.RENEW);
        assertThat(sent).hasSize(1);
    }

    @Test
    void the_call_is_what_the_rfc_says_and_signed_with_the_clients_key() {
        Octets key = keyIn(leased());

        call(Purpose.RENEW);

        assertThat(sent).hasSize(1);
        Outgoing outgoing = sent.get(0).outgoing();
        assertThat(outgoing.destination()).isEqualTo(ServerKit.NODE);
        assertThat(outgoing.port()).isEqualTo(546);
        Message.Direct call = (Message.Direct) kit.decode(outgoing);
        assertThat(call.type()).isEqualTo(MessageType.RECONFIGURE);
        assertThat(call.transactionId()).isZero();
        assertThat(call.options().list().subList(0, 3))
                .containsExactly(
                        new Option.ServerId(SERVER),
                        new Option.ClientId(CLIENT),
                        new Option.ReconfMsg(MessageType.RENEW));
        assertThat(call.options().list()).as("no others").hasSize(4);
        assertThat(Rkap.hasDigest(call.options().first(Option.Auth.class).orElseThrow()))
                .isTrue();
        assertThat(Rkap.verify(outgoing.octets(), key)).isTrue();
        byte[] other = outgoing.octets().clone();
        other[other.length - 1] ^= 1;
        assertThat(Rkap.verify(other, key)).isFalse();
        assertThat(Rkap.verify(outgoing.octets(), Octets.of(new byte[16]))).isFalse();
    }

    @Test
    void replay_values_rise_from_the_key_to_each_call() {
        Message.Direct reply = leased();
        call(Purpose.RENEW);
        kit.time.pass(Duration.ofSeconds(10));

        List<Long> values = new ArrayList<>();
        values.add(reply.options().first(Option.Auth.class).orElseThrow().replay());
        for (Sent call : sent) {
            values.add(kit.decode(call.outgoing())
                    .options()
                    .first(Option.Auth.class)
                    .orElseThrow()
                    .replay());
        }
        assertThat(values).hasSize(4).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void calls_eight_times_in_doubling_intervals_and_gives_up() {
        leased();
        Instant start = kit.time.instant();
        CompletableFuture<Outcome> outcome = call(Purpose.RENEW);

        kit.time.pass(Duration.ofMinutes(20));

        assertThat(sent.stream()
                        .map(call -> Duration.between(start, call.when()).toSeconds()))
                .containsExactly(0L, 2L, 6L, 14L, 30L, 62L, 126L, 254L);
        assertThat(outcome).isCompletedWithValue(Outcome.NO_ANSWER);
        assertThat(kit.counters()).containsEntry("sent-reconfigure", 8L);
        assertThat(kit.time.pending()).as("nothing is left to do").isZero();
    }

    @Test
    void stops_when_the_client_comes() {
        leased();
        CompletableFuture<Outcome> outcome = call(Purpose.RENEW);
        kit.time.pass(Duration.ofSeconds(3));
        assertThat(outcome).isNotDone();

        renewed();

        assertThat(outcome).isCompletedWithValue(Outcome.ANSWERED);
        kit.time.pass(Duration.ofMinutes(20));
        assertThat(sent).hasSize(2);
    }

    @Test
    void another_message_than_the_one_that_was_asked_for_does_not_satisfy_it() {
        leased();
        CompletableFuture<Outcome> outcome = call(Purpose.INFORM);
        renewed();
        assertThat(outcome).isNotDone();
        kit.answered(MessageType.REPLY, kit.message(MessageType.INFORMATION_REQUEST, toThisServer(), ACCEPT));
        assertThat(outcome).isCompletedWithValue(Outcome.ANSWERED);
    }

    @Test
    void a_client_that_renews_where_it_was_to_rebind_has_come() {
        leased();
        CompletableFuture<Outcome> outcome = call(Purpose.REBIND);
        renewed();
        assertThat(outcome).isCompletedWithValue(Outcome.ANSWERED);
    }

    @Test
    void a_second_call_joins_the_first_or_waits_its_turn() {
        leased();
        CompletableFuture<Outcome> first = call(Purpose.RENEW);
        CompletableFuture<Outcome> same = call(Purpose.RENEW);
        assertThat(call(Purpose.REBIND)).isCompletedWithValue(Outcome.BUSY);
        assertThat(sent).hasSize(1);
        renewed();
        assertThat(first).isCompletedWithValue(Outcome.ANSWERED);
        assertThat(same).isCompletedWithValue(Outcome.ANSWERED);
    }

    @Test
    void a_client_without_a_lease_can_be_called_to_take_one() {
        Octets key = keyIn(kit.answered(MessageType.REPLY, kit.message(MessageType.INFORMATION_REQUEST, ACCEPT)));
        call(Purpose.RENEW);
        assertThat(sent).hasSize(1);
        assertThat(Rkap.verify(sent.get(0).outgoing().octets(), key)).isTrue();
    }

    @Test
    void a_link_local_client_is_called_on_its_interface() {
        kit.engine.receive(
                kit.codec.encode(kit.message(MessageType.SOLICIT, new Option.RapidCommit(), ACCEPT, ia(1))),
                new Arrival(LINK_LOCAL, 546, "eth7", LINK));
        kit.time.pass(Duration.ofSeconds(1));
        call(Purpose.REBIND);
        assertThat(sent).hasSize(1);
        assertThat(sent.get(0).outgoing().destination()).isEqualTo(LINK_LOCAL);
        assertThat(sent.get(0).device()).isEqualTo("eth7");
    }

    @Test
    void a_relayed_client_is_called_through_its_relays() {
        Ipv6Address relay = Ipv6Address.parse("2001:db8:9::1");
        Option.InterfaceId port = new Option.InterfaceId(Octets.parse("706f727431"));
        Message.Direct solicit = kit.message(MessageType.SOLICIT, new Option.RapidCommit(), ACCEPT, ia(1));
        Message inner = new Message.Relayed(
                MessageType.RELAY_FORW, 0, LINK, LINK_LOCAL, Options.of(port, new Option.RelayMsg(solicit)));
        Message outer = new Message.Relayed(
                MessageType.RELAY_FORW,
                1,
                Ipv6Address.UNSPECIFIED,
                relay,
                Options.of(new Option.RelayPort(0), new Option.RelayMsg(inner)));
        Ipv6Address next = Ipv6Address.parse("2001:db8:8::1");
        kit.engine.receive(kit.codec.encode(outer), new Arrival(next, 4711, "", null));
        kit.time.pass(Duration.ofSeconds(1));

        call(Purpose.RENEW);

        Outgoing outgoing = sent.get(0).outgoing();
        assertThat(outgoing.destination()).isEqualTo(next);
        assertThat(outgoing.port()).as("RFC 8357 section 5").isEqualTo(4711);
        Message.Relayed first = (Message.Relayed) kit.decode(outgoing);
        assertThat(first.type()).isEqualTo(MessageType.RELAY_REPL);
        assertThat(first.peer()).isEqualTo(relay);
        assertThat(first.options().has(Option.RelayPort.class)).isTrue();
        Message.Relayed second = (Message.Relayed)
                first.options().first(Option.RelayMsg.class).orElseThrow().message();
        assertThat(second.peer()).isEqualTo(LINK_LOCAL);
        assertThat(second.link()).isEqualTo(LINK);
        assertThat(second.options().first(Option.InterfaceId.class)).contains(port);
        assertThat(second.options()
                        .first(Option.RelayMsg.class)
                        .orElseThrow()
                        .message()
                        .type())
                .isEqualTo(MessageType.RECONFIGURE);
    }

    @Test
    void a_withdrawn_lease_is_unknown_to_the_renewal_that_the_call_brings() {
        leased();
        kit.leases.revoke(NODE, null);
        kit.time.pass(Duration.ofSeconds(1));
        CompletableFuture<Outcome> outcome = call(Purpose.RENEW);
        Message.Direct reply = renewed();
        assertThat(outcome).isCompletedWithValue(Outcome.ANSWERED);
        assertThat(reply.options()
                        .first(Option.IaDstm.class)
                        .orElseThrow()
                        .options()
                        .status())
                .isEqualTo(io.dstm.dhcpv6.internal.codec.Status.NO_BINDING);
    }

    @Test
    void survives_a_restart_of_the_server() throws IOException {
        Octets key = keyIn(leased());
        start();
        call(Purpose.RENEW);
        assertThat(sent).hasSize(1);
        assertThat(Rkap.verify(sent.get(0).outgoing().octets(), key)).isTrue();
    }

    @Test
    void switched_off_it_promises_nothing_and_calls_nobody() {
        leased();
        kit.engine.use(ServerContext.of(
                new ServerSettings(
                        List.of("eth0"),
                        true,
                        0,
                        DstmCodes.DEFAULT,
                        true,
                        ServerSettings.DEFAULT_DHCP4_SERVER_ID,
                        new OperationSettings(false, 0, 0)),
                SERVER));
        assertThat(call(Purpose.RENEW)).isCompletedWithValue(Outcome.UNAVAILABLE);
        assertThat(leased().options().has(Option.ReconfAccept.class)).isFalse();
    }

    @Test
    void who_is_no_dhcpv6_client_is_not_called() {
        assertThat(kit.engine
                        .call(new ClientId("tsp:somebody", 0), Purpose.RENEW)
                        .toCompletableFuture())
                .isCompletedWithValue(Outcome.NOT_CALLABLE);
        assertThat(kit.engine.call(new ClientId("duid:xyz", 0), Purpose.RENEW).toCompletableFuture())
                .isCompletedWithValue(Outcome.NOT_CALLABLE);
    }

    @Test
    void servers_discard_calls_themselves() {
        Optional<Message> answer = kit.answer(
                kit.message(MessageType.RECONFIGURE, toThisServer(), new Option.ReconfMsg(MessageType.RENEW)));
        assertThat(answer).isEmpty();
        assertThat(kit.counters()).containsEntry("drop-message-type", 1L);
    }
}
