package io.dstm.dhcpv6.internal.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.client.ServerCall;
import io.dstm.api.lease.ClientCaller.Outcome;
import io.dstm.api.lease.ClientCaller.Purpose;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.client.ClientCounter;
import io.dstm.dhcpv6.internal.client.ClientSettings;
import io.dstm.dhcpv6.internal.client.Dhcpv6LeaseSource;
import io.dstm.dhcpv6.internal.client.Link;
import io.dstm.dhcpv6.internal.client.LinkState;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageCodec;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.common.Rkap;
import io.dstm.dhcpv6.internal.testing.Wire;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our client, called by our server and by who is not its server. */
class CalledClientTest {

    private static final ClientId NODE = ClientId.ofDuid(Wire.CLIENT_DUID.toBytes(), Dhcpv6LeaseSource.IAID);

    @TempDir
    Path directory;

    private final Wire wire = new Wire(1);
    private final List<byte[]> calls = new ArrayList<>();
    private final List<ServerCall> heard = new ArrayList<>();
    private ReconfigureKeys keys;

    @BeforeEach
    void start() throws IOException {
        keys = ReconfigureKeys.open(directory.resolve("keys"), wire.time, Runnable::run);
        wire.server.callWith(new Reconfiguration(
                ContactBook.open(directory.resolve("contacts"), Runnable::run),
                keys,
                wire.time::after,
                (outgoing, device) -> {
                    assertThat(outgoing.destination()).isEqualTo(Wire.NODE);
                    calls.add(outgoing.octets());
                    wire.client.receive(outgoing.octets());
                },
                () -> {}));
        wire.client.onCall(heard::add);
    }

    private ClientLease leased() {
        CompletableFuture<ClientLease> lease = wire.client.acquire();
        wire.time.pass(Duration.ofSeconds(5));
        assertThat(lease).isCompleted();
        return lease.join();
    }

    private CompletableFuture<Outcome> call(Purpose purpose) {
        CompletableFuture<Outcome> outcome = wire.server.call(NODE, purpose).toCompletableFuture();
        wire.time.pass(Duration.ofMillis(100));
        return outcome;
    }

    private long count(ClientCounter counter) {
        return wire.client.counters().getOrDefault(counter, 0L);
    }

    /** A Reconfigure with this key and replay value, as a stranger or an old server could send it. */
    private Message.Direct reconfigure(Octets key, long replay, Option... options) {
        return Rkap.sign(wire.codec, new Message.Direct(MessageType.RECONFIGURE, 0, Options.of(options)), replay, key);
    }

    private Message.Direct usual(Octets key, long replay, MessageType wanted) {
        return reconfigure(
                key,
                replay,
                new Option.ServerId(Wire.SERVER_DUID),
                new Option.ClientId(Wire.CLIENT_DUID),
                new Option.ReconfMsg(wanted));
    }

    private void deliver(Message message) {
        wire.deliver(message);
        wire.time.pass(Duration.ofMillis(100));
    }

    private Octets key() {
        return keys.keyOf(Wire.CLIENT_DUID);
    }

    private long fresh() {
        return keys.next().orElseThrow();
    }

    @Test
    void a_call_makes_the_client_renew_at_once() {
        ClientLease lease = leased();
        CompletableFuture<Outcome> outcome = call(Purpose.RENEW);
        assertThat(heard).containsExactly(ServerCall.RENEW);

        CompletableFuture<ClientLease> renewed = wire.client.renew(lease);
        wire.time.pass(Duration.ofSeconds(1));

        assertThat(renewed).isCompleted();
        assertThat(outcome).isCompletedWithValue(Outcome.ANSWERED);
        assertThat(calls).hasSize(1);
        assertThat(count(ClientCounter.RECEIVED_CALL)).isEqualTo(1);
    }

    @Test
    void a_call_to_rebind_is_told_as_such() {
        leased();
        call(Purpose.REBIND);
        assertThat(heard).containsExactly(ServerCall.REBIND);
    }

    @Test
    void a_call_for_information_is_answered_by_the_source_itself() {
        leased();
        CompletableFuture<Outcome> outcome = call(Purpose.INFORM);
        assertThat(outcome).isCompletedWithValue(Outcome.ANSWERED);
        assertThat(heard).isEmpty();
        assertThat(wire.messages().get(wire.messages().size() - 1).type()).isEqualTo(MessageType.INFORMATION_REQUEST);
        wire.time.pass(Duration.ofMinutes(10));
        assertThat(wire.time.pending()).as("nothing is left to do").isZero();
    }

    @Test
    void a_withdrawn_lease_is_gone_at_the_renewal() {
        ClientLease lease = leased();
        wire.leases.revoke(NODE, null);
        call(Purpose.RENEW);
        CompletableFuture<ClientLease> renewed = wire.client.renew(lease);
        wire.time.pass(Duration.ofSeconds(1));
        assertThat(renewed).isCompletedExceptionally();
        assertThatThrownBy(renewed::join)
                .cause()
                .isInstanceOfSatisfying(LeaseRefusedException.class, refused -> assertThat(refused.leaseGone())
                        .isTrue());
    }

    @Test
    void a_client_without_a_lease_is_known_and_takes_one_when_called() {
        wire.client.onCall(call -> {
            heard.add(call);
            var unused = wire.client.acquire();
        });
        wire.client.introduce();
        wire.time.pass(Duration.ofSeconds(2));
        assertThat(wire.leases.leases).isEmpty();
        assertThat(wire.server.isCallable(NODE)).isTrue();

        CompletableFuture<Outcome> outcome = call(Purpose.RENEW);

        assertThat(outcome).isCompletedWithValue(Outcome.ANSWERED);
        assertThat(wire.leases.leases).containsKey(NODE);
    }

    @Test
    void what_the_client_sends_says_that_it_may_be_called() {
        leased();
        assertThat(wire.messages()).isNotEmpty().allMatch(message -> message.options()
                .has(Option.ReconfAccept.class));
    }

    @Test
    void who_does_not_want_to_be_called_says_so_and_hears_nothing() {
        wire.clientSettings = Optional.of(new ClientSettings(
                "eth0", true, null, false, Duration.ZERO, DstmCodes.DEFAULT, new MessageCodec(DstmCodes.DEFAULT)));
        leased();
        assertThat(wire.messages()).noneMatch(message -> message.options().has(Option.ReconfAccept.class));
        assertThat(call(Purpose.RENEW)).isCompletedWithValue(Outcome.NOT_CALLABLE);

        deliver(usual(key(), fresh(), MessageType.RENEW));
        assertThat(heard).isEmpty();
        assertThat(count(ClientCounter.DROP_MESSAGE_TYPE)).isEqualTo(1);
    }

    @Test
    void the_same_call_again_is_dropped() {
        leased();
        Message.Direct call = usual(key(), fresh(), MessageType.RENEW);
        deliver(call);
        deliver(call);
        assertThat(heard).hasSize(1);
        assertThat(count(ClientCounter.DROP_CALL_REPLAYED)).isEqualTo(1);
    }

    @Test
    void a_call_without_or_with_a_wrong_digest_is_dropped() {
        leased();
        deliver(usual(Octets.of(new byte[Rkap.KEY_LENGTH]), fresh(), MessageType.RENEW));
        deliver(new Message.Direct(
                MessageType.RECONFIGURE,
                0,
                Options.of(
                        new Option.ServerId(Wire.SERVER_DUID),
                        new Option.ClientId(Wire.CLIENT_DUID),
                        new Option.ReconfMsg(MessageType.RENEW))));
        deliver(new Message.Direct(
                MessageType.RECONFIGURE,
                0,
                Options.of(
                        new Option.ServerId(Wire.SERVER_DUID),
                        new Option.ClientId(Wire.CLIENT_DUID),
                        new Option.ReconfMsg(MessageType.RENEW),
                        Rkap.keyOption(fresh(), key()))));
        assertThat(heard).isEmpty();
        assertThat(count(ClientCounter.DROP_CALL_UNSIGNED)).isEqualTo(3);
    }

    @Test
    void a_call_of_a_server_that_gave_no_key_is_dropped() {
        deliver(usual(key(), fresh(), MessageType.RENEW));
        assertThat(count(ClientCounter.DROP_CALL_UNSIGNED)).isEqualTo(1);
    }

    @Test
    void a_call_that_names_no_server_or_another_client_is_dropped() {
        leased();
        deliver(reconfigure(
                key(), fresh(), new Option.ClientId(Wire.CLIENT_DUID), new Option.ReconfMsg(MessageType.RENEW)));
        deliver(reconfigure(
                key(), fresh(), new Option.ServerId(Wire.SERVER_DUID), new Option.ReconfMsg(MessageType.RENEW)));
        deliver(reconfigure(
                key(),
                fresh(),
                new Option.ServerId(Wire.SERVER_DUID),
                new Option.ClientId(Wire.SERVER_DUID),
                new Option.ReconfMsg(MessageType.RENEW)));
        assertThat(heard).isEmpty();
        assertThat(count(ClientCounter.DROP_OTHER_SERVER)).isEqualTo(1);
        assertThat(count(ClientCounter.DROP_OTHER_CLIENT)).isEqualTo(2);
    }

    @Test
    void a_call_for_nothing_or_for_a_release_is_dropped() {
        leased();
        deliver(usual(key(), fresh(), MessageType.RELEASE));
        deliver(reconfigure(
                key(), fresh(), new Option.ServerId(Wire.SERVER_DUID), new Option.ClientId(Wire.CLIENT_DUID)));
        assertThat(heard).isEmpty();
        assertThat(count(ClientCounter.DROP_CALL_TYPE)).isEqualTo(2);
    }

    @Test
    void a_call_while_the_client_is_asking_is_dropped() {
        ClientLease lease = leased();
        wire.connected = false;
        CompletableFuture<ClientLease> renewal = wire.client.renew(lease);
        wire.time.pass(Duration.ofSeconds(1));
        wire.connected = true;
        deliver(usual(key(), fresh(), MessageType.RENEW));
        assertThat(heard).isEmpty();
        assertThat(count(ClientCounter.DROP_CALL_BUSY)).isEqualTo(1);
        renewal.cancel(true);
    }

    @Test
    void a_reply_with_an_old_replay_value_changes_nothing() {
        leased();
        Option.Auth old = Rkap.keyOption(1, Octets.of(new byte[Rkap.KEY_LENGTH]));
        wire.script = question -> List.of(new Message.Direct(
                MessageType.REPLY,
                question.transactionId(),
                Options.of(
                        new Option.ServerId(Wire.SERVER_DUID),
                        new Option.ClientId(Wire.CLIENT_DUID),
                        new Option.ReconfAccept(),
                        old)));
        deliver(usual(key(), fresh(), MessageType.INFORMATION_REQUEST));
        assertThat(count(ClientCounter.DROP_CALL_REPLAYED)).isEqualTo(1);

        wire.script = null;
        wire.time.pass(Duration.ofMinutes(1));
        deliver(usual(key(), fresh(), MessageType.RENEW));
        assertThat(heard).as("the key is still the old one").hasSize(1);
    }

    @Test
    void nodes_that_boot_together_do_not_introduce_themselves_together() {
        int early = 0;
        for (int seed = 1; seed <= 40; seed++) {
            Wire each = new Wire(seed);
            each.client.introduce();
            each.time.pass(Duration.ofMillis(500));
            early += each.sent.size();
            each.time.pass(Duration.ofMillis(501));
            assertThat(each.messages()).as("within INF_MAX_DELAY").hasSize(1).allMatch(message -> message.options()
                    .all(Option.ElapsedTime.class)
                    .allMatch(elapsed -> elapsed.hundredths() == 0));
        }
        assertThat(early).isBetween(5, 35);
    }

    @Test
    void the_server_hears_where_the_client_is_now() {
        wire.client.introduce();
        wire.time.pass(Duration.ofSeconds(2));
        assertThat(wire.sent).hasSize(1);
        wire.time.pass(Duration.ofMinutes(5));
        assertThat(wire.sent).as("once is enough").hasSize(1);

        wire.link = new LinkState.Ready(new Link("eth0", 2, Ipv6Address.parse("2001:db8:2::11")));
        wire.time.pass(Duration.ofSeconds(6));
        assertThat(wire.sent).hasSize(2);
        wire.time.pass(Duration.ofDays(1).plusSeconds(10));
        assertThat(wire.sent).as("again after the refresh time").hasSize(3);
    }
}
