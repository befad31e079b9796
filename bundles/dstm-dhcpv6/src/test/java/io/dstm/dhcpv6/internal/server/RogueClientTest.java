package io.dstm.dhcpv6.internal.server;

import static io.dstm.dhcpv6.internal.server.ServerKit.ia;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv6Address;
import io.dstm.api.testing.WrittenLog;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Options;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What somebody can do who wants to do harm: pools, store, heap and log each within their bounds. */
class RogueClientTest {

    private static final int MANY = 20_000;

    private final ServerKit server = new ServerKit();

    private void limit(int client, int link) {
        server.engine.use(ServerContext.of(
                new ServerSettings(
                        List.of("eth0"),
                        true,
                        0,
                        DstmCodes.DEFAULT,
                        true,
                        ServerSettings.DEFAULT_DHCP4_SERVER_ID,
                        new OperationSettings(true, client, link)),
                ServerKit.SERVER));
    }

    private static Octets stranger(int number) {
        return Octets.parse("00030001%012x".formatted(number));
    }

    private void solicit(int number, Option... more) {
        Options options =
                Options.of(new Option.ClientId(stranger(number)), ia(1)).and(more);
        var unused = server.send(new Message.Direct(MessageType.SOLICIT, number, options));
    }

    @Test
    void one_who_shouts_gets_its_rate_and_the_next_one_is_served() {
        limit(20, 0);
        server.leases.delay = Duration.ZERO;
        for (int i = 0; i < MANY; i++) {
            solicit(1);
        }
        assertThat(server.counters())
                .containsOnly(Map.entry("sent-advertise", 40L), Map.entry("drop-rate-client", MANY - 40L));
        solicit(2);
        assertThat(server.counters()).containsEntry("sent-advertise", 41L);
    }

    @Test
    void one_who_makes_identities_up_is_held_by_the_rate_of_the_link() {
        limit(20, 100);
        server.leases.delay = Duration.ZERO;
        for (int i = 0; i < MANY; i++) {
            solicit(i, new Option.RapidCommit());
        }
        assertThat(server.leases.leases)
                .as("what this can cost the pool in two seconds")
                .hasSize(200);
        assertThat(server.counters()).containsEntry("drop-rate-link", MANY - 200L);
    }

    @Test
    void offers_ask_for_nothing_durable() {
        server.leases.delay = Duration.ZERO;
        for (int i = 0; i < MANY; i++) {
            solicit(i);
        }
        assertThat(Set.copyOf(server.leases.calls)).containsExactly("offer");
        assertThat(server.leases.leases).isEmpty();
    }

    @Test
    void who_does_not_wait_for_answers_is_held_by_what_is_in_work() {
        limit(0, 0);
        for (int i = 0; i < MANY; i++) {
            solicit(i);
        }
        assertThat(server.leases.calls).hasSize(InFlight.MOST_PER_SOURCE);
        assertThat(server.counters()).containsEntry("drop-source-busy", (long) MANY - InFlight.MOST_PER_SOURCE);
    }

    private void solicitBehindRelay(int number, String port) {
        Message.Direct solicit = new Message.Direct(
                MessageType.SOLICIT, number, Options.of(new Option.ClientId(stranger(number)), ia(1)));
        var unused = server.send(new Message.Relayed(
                MessageType.RELAY_FORW,
                0,
                Ipv6Address.parse("2001:db8:7::1"),
                Ipv6Address.parse("fe80::7"),
                Options.of(new Option.InterfaceId(Octets.parse(port)), new Option.RelayMsg(solicit))));
    }

    @Test
    void clients_that_a_relay_shows_under_one_address_are_not_held_for_one() {
        limit(0, 0);
        for (int i = 0; i < 100; i++) {
            solicitBehindRelay(i, "01");
        }
        assertThat(server.leases.calls).hasSize(100);
    }

    @Test
    void one_interface_of_a_relay_has_no_more_than_its_share_in_work() {
        limit(0, 0);
        for (int i = 0; i < MANY; i++) {
            solicitBehindRelay(i, "01");
        }
        assertThat(server.leases.calls).hasSize(InFlight.MOST_PER_LINK);
        assertThat(server.counters()).containsEntry("drop-source-busy", (long) MANY - InFlight.MOST_PER_LINK);
        solicitBehindRelay(MANY, "02");
        assertThat(server.leases.calls).as("of another interface").hasSize(InFlight.MOST_PER_LINK + 1);
    }

    @Test
    void nothing_that_is_sent_writes_to_the_log() {
        try (WrittenLog log = new WrittenLog(ServerEngine.class)) {
            server.leases.broken = true;
            assertThat(server.send(server.message(MessageType.SOLICIT, ia(1)))).isNotNull();
            assertThat(log.lines()).as("a defect of this server is logged").isNotEmpty();
            int before = log.lines().size();
            server.leases.broken = false;
            Random random = new Random(1);
            for (int i = 0; i < MANY; i++) {
                byte[] noise = new byte[random.nextInt(200)];
                random.nextBytes(noise);
                if (noise.length > 0) {
                    noise[0] = (byte) random.nextInt(24);
                }
                assertThat(server.send(noise)).isNotNull();
            }
            assertThat(log.lines()).hasSize(before);
        }
        assertThat(server.counters().values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .isGreaterThanOrEqualTo(MANY);
    }

    private static byte[] octets(String hex) {
        return Octets.parse(hex.replace(" ", "")).toBytes();
    }

    /** A message type and a transaction id. */
    private static final String SOLICIT = "01 000001";

    private static byte[] deep(int levels) {
        String inner = "";
        for (int i = 0; i < levels; i++) {
            inner = "0003 %04x 00000001 00000000 00000000"
                            .formatted(12 + inner.length() / 2)
                            .replace(" ", "")
                    + inner;
        }
        return octets(SOLICIT + inner);
    }

    private static byte[] relays(int levels) {
        String inner = SOLICIT.replace(" ", "");
        for (int i = 0; i < levels; i++) {
            inner = "0c%02x".formatted(Math.min(i, 8))
                    + "00".repeat(32)
                    + "0009%04x".formatted(inner.length() / 2)
                    + inner;
        }
        return octets(inner);
    }

    static Stream<Arguments> broken_messages() {
        return Stream.of(
                Arguments.of("drop-truncated", octets("")),
                Arguments.of("drop-truncated", octets("01 0000")),
                Arguments.of("drop-truncated", octets("0c 00 2001")),
                Arguments.of("drop-truncated", octets(SOLICIT + "0001")),
                Arguments.of("drop-truncated", octets(SOLICIT + "0001 000a 0003")),
                Arguments.of("drop-truncated", octets(SOLICIT + "ff01 0010 00000001 00000000 00000000 0005 0018")),
                Arguments.of("drop-option-length", octets(SOLICIT + "0001 0002 0003")),
                Arguments.of("drop-option-length", octets(SOLICIT + "0006 0003 000000")),
                Arguments.of("drop-option-length", octets(SOLICIT + "0001 0083" + "00".repeat(131))),
                Arguments.of("drop-option-length", octets(SOLICIT + "000e 0001 00")),
                Arguments.of("drop-value", octets(SOLICIT + "001a 0019" + "00".repeat(8) + "81" + "00".repeat(16))),
                Arguments.of("drop-value", octets(SOLICIT + "ff03 0004 0002 0001")),
                Arguments.of("drop-too-many-options", octets(SOLICIT + "000e0000".repeat(1025))),
                Arguments.of("drop-too-deep", deep(7)),
                Arguments.of("drop-too-many-relays", relays(10)),
                Arguments.of("drop-hop-count", octets("0c 09" + "00".repeat(32) + "0009 0004" + SOLICIT)),
                Arguments.of("drop-message-type", octets("0d 00" + "00".repeat(32) + "0009 0004" + SOLICIT)),
                Arguments.of("drop-message-type", octets("63 000001")));
    }

    @ParameterizedTest
    @MethodSource
    void broken_messages(String counter, byte[] datagram) {
        assertThat(server.send(datagram).join()).isEmpty();
        assertThat(server.counters()).containsExactly(Map.entry(counter, 1L));
        assertThat(server.leases.calls).isEmpty();
    }

    @Test
    void nine_relays_are_as_many_as_there_can_be() {
        assertThat(server.send(relays(9)).join()).isEmpty();
        assertThat(server.counters()).containsExactly(Map.entry("drop-no-client-id", 1L));
    }

    @Test
    void each_reason_to_drop_has_a_name_of_its_own() {
        Set<String> labels =
                Stream.of(ServerCounter.values()).map(ServerCounter::label).collect(Collectors.toSet());
        assertThat(labels).hasSameSizeAs(ServerCounter.values());
    }

    @Test
    void a_relay_between_client_and_server_does_not_change_who_is_limited() {
        limit(1, 0);
        server.leases.delay = Duration.ZERO;
        Ipv6Address relay = Ipv6Address.parse("2001:db8:9::1");
        for (int i = 0; i < 10; i++) {
            for (int client = 0; client < 3; client++) {
                Message inner = new Message.Direct(
                        MessageType.SOLICIT, i, Options.of(new Option.ClientId(stranger(client)), ia(1)));
                server.source = relay;
                var unused = server.send(new Message.Relayed(
                        MessageType.RELAY_FORW,
                        0,
                        ServerKit.LINK,
                        ServerKit.NODE,
                        Options.of(new Option.RelayMsg(inner))));
            }
        }
        assertThat(server.counters()).containsOnly(Map.entry("sent-advertise", 6L), Map.entry("drop-rate-client", 24L));
    }
}
