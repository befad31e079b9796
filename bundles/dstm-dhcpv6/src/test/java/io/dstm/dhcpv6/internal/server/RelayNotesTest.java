package io.dstm.dhcpv6.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.testing.VirtualTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RelayNotesTest {

    private static final Ipv6Address RELAY = Ipv6Address.parse("2001:db8:9::1");
    private static final Ipv6Address LINK = Ipv6Address.parse("2001:db8:2::1");
    private static final Ipv6Address CLIENT = Ipv6Address.parse("fe80::10");
    private static final Octets INNER = Octets.parse("00030001aa");
    private static final Octets OUTER = Octets.parse("00030001bb");
    private static final RelayPath DIRECT = new RelayPath(List.of());

    @TempDir
    private Path directory;

    private final VirtualTime time = new VirtualTime();

    private Path file() {
        return directory.resolve("dhcpv6-relays");
    }

    private RelayNotes open(int most) {
        return RelayNotes.open(file(), Runnable::run, time, most);
    }

    private static Octets duid(int number) {
        return Octets.parse("00030001020000%06x".formatted(number));
    }

    private static RelayPath path(String port) {
        return new RelayPath(List.of(
                new Message.Relayed(
                        MessageType.RELAY_FORW,
                        1,
                        Ipv6Address.UNSPECIFIED,
                        RELAY,
                        Options.of(new Option.RelayId(OUTER))),
                new Message.Relayed(
                        MessageType.RELAY_FORW,
                        0,
                        LINK,
                        CLIENT,
                        Options.of(
                                new Option.InterfaceId(
                                        Octets.of(port.getBytes(java.nio.charset.StandardCharsets.UTF_8))),
                                new Option.RelayId(INNER),
                                new Option.Unknown(OptionCode.REMOTE_ID, Octets.parse("0000000a01")),
                                new Option.RelayMsg(new Message.Direct(MessageType.RENEW, 7, Options.NONE))))));
    }

    @Test
    void what_every_relay_said_survives_a_restart() {
        open(10).answered(duid(1), RELAY, path("port1"), true);
        RelayNotes.Note note = open(10).of(duid(1)).orElseThrow();
        assertThat(note.peer()).isEqualTo(RELAY);
        assertThat(note.link()).contains(LINK);
        assertThat(note.hasRelay(INNER)).isTrue();
        assertThat(note.hasRelay(OUTER)).isTrue();
        assertThat(note.hasRelay(duid(1))).isFalse();
        assertThat(note.hasRemoteId(Octets.parse("0000000a01"))).isTrue();
        assertThat(note.hasRemoteId(Octets.parse("0000000b01")))
                .as("another enterprise")
                .isFalse();
    }

    @Test
    void a_client_that_was_heard_itself_has_a_time_and_no_relay() throws IOException {
        RelayNotes notes = open(10);
        notes.answered(duid(1), CLIENT, DIRECT, true);
        Instant first = time.instant();
        time.pass(Duration.ofSeconds(100));
        notes.answered(duid(1), CLIENT, DIRECT, true);
        RelayNotes.Note note = notes.of(duid(1)).orElseThrow();
        assertThat(RelayNotes.heard(note)).isEqualTo(Instant.ofEpochSecond(first.getEpochSecond() + 100));
        assertThat(note.peer()).isNull();
        assertThat(note.link()).isEmpty();
        assertThat(note.hasRelay(INNER)).isFalse();
        assertThat(Files.exists(file())).as("nothing to keep").isFalse();
    }

    @Test
    void a_client_that_came_nearer_has_no_relay_any_more() {
        RelayNotes notes = open(10);
        notes.answered(duid(1), RELAY, path("port1"), true);
        notes.answered(duid(1), CLIENT, DIRECT, true);
        assertThat(open(10).of(duid(1)).orElseThrow().peer()).isNull();
    }

    @Test
    void who_holds_nothing_is_not_noted() {
        RelayNotes notes = open(10);
        notes.answered(duid(1), RELAY, path("port1"), false);
        assertThat(notes.size()).isZero();
    }

    @Test
    void only_a_change_of_the_way_is_written() throws IOException {
        RelayNotes notes = open(10);
        for (int i = 0; i < 50; i++) {
            notes.answered(duid(1), RELAY, path("port1"), true);
            time.pass(Duration.ofSeconds(1));
        }
        assertThat(Files.readAllLines(file())).hasSize(1);
        notes.answered(duid(1), RELAY, path("port2"), true);
        assertThat(Files.readAllLines(file())).hasSize(2);
    }

    @Test
    void memory_and_file_have_a_bound() throws IOException {
        RelayNotes notes = open(5);
        for (int i = 0; i < 20_000; i++) {
            notes.answered(duid(i), RELAY, path("port" + i), true);
        }
        assertThat(notes.size()).isEqualTo(5);
        assertThat(notes.of(duid(0))).isEmpty();
        assertThat(notes.of(duid(19_999))).isPresent();
        assertThat(Files.readAllLines(file()).size()).isLessThan(1100);
        assertThat(open(5).of(duid(19_995))).isPresent();
    }

    @Test
    void an_absurd_chain_is_not_noted() {
        RelayNotes notes = open(5);
        notes.answered(duid(1), RELAY, path("x".repeat(2000)), true);
        assertThat(notes.size()).isZero();
    }

    @Test
    void nonsense_in_the_file_costs_nothing_but_itself() throws IOException {
        open(10).answered(duid(1), RELAY, path("port1"), true);
        Files.writeString(
                file(),
                "nonsense\nzz 5 fe80::1 0c\n00030001 x fe80::1 0c\n00030002 5 fe80::1 07\n0003000102",
                StandardOpenOption.APPEND);
        RelayNotes notes = open(10);
        assertThat(notes.of(duid(1)).orElseThrow().link()).contains(LINK);
        assertThat(notes.of(Octets.parse("00030002")).orElseThrow().link()).isEmpty();
        notes.answered(duid(2), RELAY, path("port2"), true);
        assertThat(open(10).of(duid(2))).isPresent();
    }
}
