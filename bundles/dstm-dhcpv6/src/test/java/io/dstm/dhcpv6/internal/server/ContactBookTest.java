package io.dstm.dhcpv6.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContactBookTest {

    private static final Ipv6Address LINK_LOCAL = Ipv6Address.parse("fe80::10");
    private static final Ipv6Address RELAY = Ipv6Address.parse("2001:db8:9::1");

    @TempDir
    Path directory;

    private Path file() {
        return directory.resolve("state").resolve("dhcpv6-contacts");
    }

    private ContactBook open(int holders, int others) {
        return ContactBook.open(file(), Runnable::run, holders, others);
    }

    private static Octets duid(int number) {
        return Octets.parse("00030001020000%06x".formatted(number));
    }

    private static Contact direct(int number) {
        return new Contact(duid(number), LINK_LOCAL, 546, "eth0", new RelayPath(List.of()));
    }

    private static Message.Relayed relay(int hop, Option... options) {
        return new Message.Relayed(MessageType.RELAY_FORW, hop, RELAY, LINK_LOCAL, Options.of(options));
    }

    @Test
    void survives_a_restart_with_the_relays_on_the_way() {
        RelayPath path = new RelayPath(List.of(
                relay(1, new Option.RelayPort(0)),
                relay(0, new Option.InterfaceId(Octets.parse("706f727431")), new Option.Preference(3))));
        Contact relayed = Contact.of(duid(2), RELAY, 4711, "", path).orElseThrow();
        ContactBook book = open(10, 10);
        book.heard(direct(1), true);
        book.heard(relayed, false);
        book.heard(direct(3), true);
        book.forget(duid(3));

        ContactBook again = open(10, 10);

        assertThat(again.of(duid(1))).contains(direct(1));
        assertThat(again.of(duid(2))).contains(relayed);
        assertThat(again.of(duid(3))).isEmpty();
        assertThat(relayed.path().relays().get(1).options().list())
                .as("what a Relay-reply repeats, and no more")
                .containsExactly(new Option.InterfaceId(Octets.parse("706f727431")));
    }

    @Test
    void strangers_push_out_nobody_who_holds_something() {
        ContactBook book = open(10, 5);
        book.heard(direct(1), true);
        for (int stranger = 100; stranger < 200; stranger++) {
            book.heard(direct(stranger), false);
        }
        assertThat(book.size()).isEqualTo(6);
        assertThat(book.of(duid(1))).isPresent();
        assertThat(book.of(duid(100))).isEmpty();
        assertThat(book.of(duid(199))).isPresent();
    }

    @Test
    void the_file_does_not_grow_for_ever() throws IOException {
        ContactBook book = open(10, 10);
        for (int i = 0; i < 20_000; i++) {
            book.heard(new Contact(duid(i % 5), LINK_LOCAL, 546, "eth" + i, new RelayPath(List.of())), true);
        }
        assertThat(Files.readAllLines(file()).size()).isLessThan(1100);
        assertThat(open(10, 10).of(duid(4)).orElseThrow().device()).isEqualTo("eth19999");
    }

    @Test
    void what_has_not_changed_is_not_written_again() throws IOException {
        ContactBook book = open(10, 10);
        for (int i = 0; i < 100; i++) {
            book.heard(direct(1), true);
        }
        assertThat(Files.readAllLines(file())).hasSize(1);
    }

    @Test
    void half_a_line_and_nonsense_cost_nothing_but_themselves() throws IOException {
        open(10, 10).heard(direct(1), true);
        Files.writeString(
                file(),
                "nonsense\n+zz fe80::1 546 eth0 -\n\n?\n!xy\n+00030001 fe80::1 546 eth0 07\n+000300010200",
                StandardOpenOption.APPEND);

        ContactBook book = open(10, 10);
        assertThat(book.size()).isEqualTo(1);
        book.heard(direct(2), true);

        assertThat(open(10, 10).of(duid(2))).contains(direct(2));
    }

    @Test
    void a_relay_with_an_absurd_interface_id_is_not_remembered() {
        RelayPath path = new RelayPath(List.of(relay(0, new Option.InterfaceId(Octets.of(new byte[2000])))));
        assertThat(Contact.of(duid(1), RELAY, 547, "", path)).isEmpty();
    }

    @Test
    void without_a_disk_it_works_until_the_restart() throws IOException {
        Files.writeString(directory.resolve("state"), "a file where the directory should be");
        ContactBook book = open(10, 10);
        book.heard(direct(1), true);
        assertThat(book.of(duid(1))).isPresent();
    }
}
