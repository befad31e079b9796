package io.dstm.dhcpv6.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.codec.Decoded;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.Status;
import io.dstm.dhcpv6.internal.testing.FakeIpv6LeaseService;
import io.dstm.dhcpv6.internal.testing.FakeLeaseService;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Leasequery over UDP (RFC 5007) and TCP (RFC 5460). */
@Timeout(120)
class LeaseQueryTest {

    private static final Octets ASKER = Octets.parse("000300010200a5a5a5a5");
    private static final Octets HOLDER = Octets.parse("000300010200c0ffee01");
    private static final Octets OTHER = Octets.parse("000300010200c0ffee02");
    private static final Ipv6Address HOME = Ipv6Address.parse("2001:db8:2::10");
    private static final Ipv6Address AWAY = Ipv6Address.parse("2001:db8:3::10");

    private static final Ipv6Address RELAY = Ipv6Address.parse("2001:db8:9::1");
    private static final Octets RELAY_ID = Octets.parse("00030001020000000099");
    private static final Octets REMOTE_ID = Octets.parse("0000000970656172");

    @TempDir
    private Path directory;

    private final ServerKit server = new ServerKit();
    private final FakeIpv6LeaseService ipv6 = new FakeIpv6LeaseService();

    private RelayNotes notes() {
        return RelayNotes.open(directory.resolve("dhcpv6-relays"), Runnable::run, server.time);
    }

    @BeforeEach
    void lend() {
        allow("2001:db8:2::/64", "::1/128");
        put(HOLDER, 1, "192.0.2.1", PortSet.FULL, HOME);
        put(OTHER, 1, "192.0.2.9", new PortSet(0, 6, 5), Ipv6Address.parse("2001:db8:2::11"));
        put(Octets.parse("00030001ee"), 1, "192.0.2.9", new PortSet(0, 6, 6), AWAY);
    }

    private void allow(String... prefixes) {
        server.engine.use(ServerContext.of(
                new ServerSettings(
                        List.of("eth0"),
                        true,
                        0,
                        DstmCodes.DEFAULT,
                        true,
                        ServerSettings.DEFAULT_DHCP4_SERVER_ID,
                        new OperationSettings(
                                true,
                                1,
                                1,
                                List.of(prefixes).stream()
                                        .map(Ipv6Prefix::parse)
                                        .toList(),
                                2)),
                ServerKit.SERVER));
    }

    private void put(Octets duid, int iaid, String address, PortSet ports, Ipv6Address source) {
        ClientId client = ClientId.ofDuid(duid.toBytes(), iaid);
        server.leases.leases.put(
                client,
                new Lease(
                        new LeaseKey(Ipv4Address.parse(address), ports),
                        client,
                        source,
                        FakeLeaseService.TEP,
                        "p",
                        LeaseState.ACTIVE,
                        server.time.instant().minusSeconds(100),
                        server.time.instant().plusSeconds(500)));
    }

    private static Option.IaAddress address(Ipv6Address address, Option... inside) {
        return new Option.IaAddress(address, 0, 0, Options.of(inside));
    }

    private static Option.IaAddress mapped(String address, Option... inside) {
        return address(Ipv6Address.mapped(Ipv4Address.parse(address)), inside);
    }

    private static Message.Direct query(int type, Ipv6Address link, Option... about) {
        return new Message.Direct(
                MessageType.LEASEQUERY,
                77,
                Options.of(new Option.ClientId(ASKER), new Option.LqQuery(type, link, Options.of(about))));
    }

    private static Message.Direct query(int type, Option... about) {
        return query(type, Ipv6Address.UNSPECIFIED, about);
    }

    private Optional<Options> ask(Message.Direct question) {
        Optional<Outgoing> answer =
                server.send(question).orTimeout(60, TimeUnit.SECONDS).join();
        return answer.map(outgoing -> {
            Message.Direct reply = (Message.Direct) server.decode(outgoing);
            assertThat(reply.type()).isEqualTo(MessageType.LEASEQUERY_REPLY);
            assertThat(reply.transactionId()).isEqualTo(77);
            assertThat(reply.options().list().subList(0, 2))
                    .containsExactly(new Option.ServerId(ServerKit.SERVER), new Option.ClientId(ASKER));
            return reply.options();
        });
    }

    private Options asked(Message.Direct question) {
        return ask(question).orElseThrow();
    }

    private static Option.ClientData holder(Option... more) {
        return new Option.ClientData(Options.of(
                        new Option.ClientId(HOLDER),
                        new Option.IaAddress(
                                Ipv6Address.mapped(Ipv4Address.parse("192.0.2.1")),
                                500,
                                500,
                                Options.of(new Option.DstmTep(FakeLeaseService.TEP))),
                        new Option.CltTime(100))
                .and(more));
    }

    private static Message relayed(Message message, String link) {
        return new Message.Relayed(
                MessageType.RELAY_FORW,
                0,
                Ipv6Address.parse(link),
                ServerKit.LINK_LOCAL,
                Options.of(
                        new Option.InterfaceId(Octets.parse("706f727431")),
                        new Option.RelayId(RELAY_ID),
                        new Option.Unknown(OptionCode.REMOTE_ID, REMOTE_ID),
                        new Option.RelayMsg(message)));
    }

    /** The holder gets an address and a prefix through a relay. */
    private void lendIpv6ThroughRelay() {
        server.engine.lendIpv6With(ipv6);
        server.engine.noteRelaysIn(notes());
        server.source = RELAY;
        assertThat(server.send(relayed(
                                server.message(
                                        MessageType.REQUEST,
                                        ServerKit.toThisServer(),
                                        ServerKit.iaNa(1),
                                        new Option.IaPd(1, 0, 0, Options.NONE)),
                                "2001:db8:2::1"))
                        .join())
                .isPresent();
        server.source = HOME;
    }

    private Option.IaAddress lentAddress() {
        long now = server.time.instant().getEpochSecond();
        return new Option.IaAddress(
                Ipv6Address.parse("2001:db8:2::1000"), Math.max(0, 2000 - now), Math.max(0, 3000 - now), Options.NONE);
    }

    private Option.IaPrefix lentPrefix() {
        long now = server.time.instant().getEpochSecond();
        return new Option.IaPrefix(
                Math.max(0, 2000 - now),
                Math.max(0, 3000 - now),
                Ipv6Prefix.parse("2001:db8:8000:100::/56"),
                Options.NONE);
    }

    @Nested
    class OverUdp {

        @Test
        void by_ipv6_address_with_everything_the_client_has_on_that_link() {
            lendIpv6ThroughRelay();
            server.time.pass(Duration.ofSeconds(7));
            Options data = asked(query(1, address(Ipv6Address.parse("2001:db8:2::1000"))))
                    .first(Option.ClientData.class)
                    .orElseThrow()
                    .options();
            assertThat(data.first(Option.ClientId.class)).contains(new Option.ClientId(HOLDER));
            assertThat(data.all(Option.IaAddress.class)).hasSize(2).contains(lentAddress());
            assertThat(data.all(Option.IaPrefix.class)).containsExactly(lentPrefix());
            assertThat(data.first(Option.CltTime.class)).contains(new Option.CltTime(7));
            assertThat(data.has(Option.LqRelayData.class)).isFalse();
        }

        @Test
        void by_an_address_of_a_delegated_prefix() {
            lendIpv6ThroughRelay();
            assertThat(asked(query(1, address(Ipv6Address.parse("2001:db8:8000:177::5"))))
                            .first(Option.ClientData.class)
                            .orElseThrow()
                            .options()
                            .all(Option.IaPrefix.class))
                    .containsExactly(lentPrefix());
        }

        @Test
        void whoever_tunnels_from_anothers_prefix_does_not_hide_that_one() {
            lendIpv6ThroughRelay();
            Ipv6Address inside = Ipv6Address.parse("2001:db8:8000:177::5");
            put(OTHER, 3, "192.0.2.3", PortSet.FULL, inside);
            assertThat(asked(query(1, address(inside)))
                            .first(Option.ClientData.class)
                            .orElseThrow()
                            .options()
                            .first(Option.ClientId.class))
                    .contains(new Option.ClientId(HOLDER));
        }

        @Test
        void by_client_with_addresses_and_prefixes() {
            lendIpv6ThroughRelay();
            Options data = asked(query(2, new Option.ClientId(HOLDER)))
                    .first(Option.ClientData.class)
                    .orElseThrow()
                    .options();
            assertThat(data.all(Option.IaAddress.class)).hasSize(2).contains(lentAddress());
            assertThat(data.all(Option.IaPrefix.class)).containsExactly(lentPrefix());
        }

        @Test
        void with_what_the_relay_said_if_that_is_asked_for() {
            lendIpv6ThroughRelay();
            Option.LqRelayData data = asked(query(
                            2,
                            new Option.ClientId(HOLDER),
                            new Option.OptionRequest(List.of(OptionCode.LQ_RELAY_DATA))))
                    .first(Option.ClientData.class)
                    .orElseThrow()
                    .options()
                    .first(Option.LqRelayData.class)
                    .orElseThrow();
            assertThat(data.peer()).isEqualTo(RELAY);
            Message.Relayed said = (Message.Relayed)
                    ((Decoded.Good) server.codec.decode(data.message().toBytes())).message();
            assertThat(said.link()).isEqualTo(Ipv6Address.parse("2001:db8:2::1"));
            assertThat(said.peer()).isEqualTo(ServerKit.LINK_LOCAL);
            assertThat(said.options().first(Option.RelayId.class)).contains(new Option.RelayId(RELAY_ID));
            assertThat(said.options().has(Option.RelayMsg.class)).isFalse();
        }

        @Test
        void of_an_address_or_a_link_that_is_not_this_servers() {
            lendIpv6ThroughRelay();
            ipv6.serves = false;
            assertThat(asked(query(1, mapped("203.0.113.1"))).status()).isEqualTo(Status.NOT_CONFIGURED);
            assertThat(asked(query(1, address(Ipv6Address.parse("2001:db8:77::1"))))
                            .status())
                    .isEqualTo(Status.NOT_CONFIGURED);
            assertThat(asked(query(2, Ipv6Address.parse("2001:db8:77::1"), new Option.ClientId(HOLDER)))
                            .status())
                    .isEqualTo(Status.NOT_CONFIGURED);
            assertThat(asked(query(2, HOME, new Option.ClientId(ASKER))).list())
                    .as("a link that is, and a client that has nothing there")
                    .hasSize(2);
        }

        @Test
        void by_tunnel_source() {
            assertThat(asked(query(1, address(HOME))).all(Option.ClientData.class))
                    .containsExactly(holder());
        }

        @Test
        void by_ipv4_address() {
            assertThat(asked(query(1, mapped("192.0.2.1"))).all(Option.ClientData.class))
                    .containsExactly(holder());
        }

        @Test
        void by_client() {
            assertThat(asked(query(2, new Option.ClientId(HOLDER))).all(Option.ClientData.class))
                    .containsExactly(holder());
        }

        @Test
        void with_the_container_if_that_is_asked_for() {
            Option.ClientData data = asked(query(
                            2, new Option.ClientId(HOLDER), new Option.OptionRequest(List.of(OptionCode.S46_CONT_LW))))
                    .first(Option.ClientData.class)
                    .orElseThrow();
            assertThat(data.options().first(Option.S46ContLw.class)).isPresent();
        }

        @Test
        void a_shared_address_has_a_client_for_each_port() {
            assertThat(asked(query(1, mapped("192.0.2.9"))).status()).isEqualTo(Status.UNSPEC_FAIL);

            int port = new PortSet(0, 6, 5).firstPort();
            Option.ClientData data = asked(query(1, mapped("192.0.2.9", ServerKit.ports(port, port))))
                    .first(Option.ClientData.class)
                    .orElseThrow();
            assertThat(data.options().first(Option.ClientId.class)).contains(new Option.ClientId(OTHER));
        }

        @Test
        void a_client_on_several_links_is_told_by_them() {
            put(HOLDER, 2, "192.0.2.2", PortSet.FULL, AWAY);
            Options answer = asked(query(2, new Option.ClientId(HOLDER)));
            assertThat(answer.has(Option.ClientData.class)).isFalse();
            assertThat(answer.first(Option.LqClientLink.class).orElseThrow().links())
                    .containsExactlyInAnyOrder(Ipv6Address.parse("2001:db8:2::"), Ipv6Address.parse("2001:db8:3::"));

            assertThat(asked(query(2, Ipv6Address.parse("2001:db8:2::1"), new Option.ClientId(HOLDER)))
                            .all(Option.ClientData.class))
                    .containsExactly(holder());
        }

        @Test
        void nobody_has_it() {
            assertThat(asked(query(1, mapped("192.0.2.77"))).list()).hasSize(2);
            assertThat(asked(query(2, new Option.ClientId(ASKER))).list()).hasSize(2);
        }

        @Test
        void a_query_that_lacks_what_it_is_about() {
            assertThat(asked(query(1)).status()).isEqualTo(Status.MALFORMED_QUERY);
            assertThat(asked(query(2)).status()).isEqualTo(Status.MALFORMED_QUERY);
        }

        @Test
        void a_query_of_another_type() {
            assertThat(asked(query(9)).status()).isEqualTo(Status.UNKNOWN_QUERY_TYPE);
            for (int bulk = 3; bulk <= 5; bulk++) {
                assertThat(asked(query(bulk, HOME)).status())
                        .as("only over TCP")
                        .isEqualTo(Status.UNKNOWN_QUERY_TYPE);
            }
        }

        @Test
        void who_is_not_on_the_list_hears_nothing() {
            server.source = AWAY;
            assertThat(ask(query(1, address(HOME)))).isEmpty();
            allow();
            server.source = HOME;
            assertThat(ask(query(1, address(HOME)))).isEmpty();
            assertThat(server.counters()).containsExactly(Map.entry("drop-leasequery-not-allowed", 2L));
        }

        @Test
        void a_stranger_who_poses_as_a_relay_of_somebody_on_the_list_hears_nothing() {
            server.source = AWAY;
            Message relayed = new Message.Relayed(
                    MessageType.RELAY_FORW, 0, HOME, HOME, Options.of(new Option.RelayMsg(query(1, address(HOME)))));
            assertThat(server.send(relayed).join()).isEmpty();
            assertThat(server.counters()).containsExactly(Map.entry("drop-leasequery-not-allowed", 1L));
        }

        @Test
        void queries_that_must_be_discarded() {
            Option.LqQuery about = new Option.LqQuery(1, Ipv6Address.UNSPECIFIED, Options.of(address(HOME)));
            Option.ClientId asker = new Option.ClientId(ASKER);
            assertThat(ask(new Message.Direct(MessageType.LEASEQUERY, 1, Options.of(about))))
                    .isEmpty();
            assertThat(ask(new Message.Direct(MessageType.LEASEQUERY, 1, Options.of(asker))))
                    .isEmpty();
            assertThat(ask(new Message.Direct(
                            MessageType.LEASEQUERY, 1, Options.of(asker, about, new Option.ServerId(ASKER)))))
                    .isEmpty();
            assertThat(server.counters())
                    .containsOnly(
                            Map.entry("drop-no-client-id", 1L),
                            Map.entry("drop-leasequery-no-query", 1L),
                            Map.entry("drop-other-server", 1L));
        }
    }

    @Nested
    class OverTcp {

        private BulkServer bulk;

        @BeforeEach
        void listen() {
            bulk = server.engine.bulkServer(0, Duration.ofSeconds(60));
            assertThat(bulk.look()).isEmpty();
        }

        @AfterEach
        void close() {
            bulk.close();
        }

        private Socket connect() throws IOException {
            Socket socket = new Socket(InetAddress.getByName("::1"), bulk.listensOn());
            socket.setSoTimeout(60_000);
            return socket;
        }

        private void send(Socket socket, Message message) throws IOException {
            BulkFraming.write(socket.getOutputStream(), server.codec.encode(message));
        }

        /** All messages up to the one that ends the answer. */
        private List<Message> answers(InputStream in) throws IOException {
            List<Message> answers = new ArrayList<>();
            while (true) {
                Message message =
                        ((Decoded.Good) server.codec.decode(BulkFraming.read(in).orElseThrow())).message();
                answers.add(message);
                boolean alone = message.type().equals(MessageType.LEASEQUERY_REPLY)
                        && !message.options().has(Option.ClientData.class);
                if (alone || message.type().equals(MessageType.LEASEQUERY_DONE)) {
                    return answers;
                }
            }
        }

        private void eventually(String counter) throws InterruptedException {
            for (int i = 0; i < 600 && !server.counters().containsKey(counter); i++) {
                Thread.sleep(100);
            }
            assertThat(server.counters()).containsKey(counter);
        }

        @Test
        void by_link_in_as_many_messages_as_there_are_leases() throws IOException {
            for (int i = 0; i < 5000; i++) {
                put(
                        Octets.parse("00030001%08x".formatted(i)),
                        1,
                        "198.18.%d.%d".formatted(i >> 8, i & 255),
                        PortSet.FULL,
                        Ipv6Address.parse("2001:db8:7::" + Integer.toHexString(i + 1)));
            }
            try (Socket socket = connect()) {
                InputStream in = new BufferedInputStream(socket.getInputStream());
                send(socket, query(4, Ipv6Address.parse("2001:db8:7::1")));
                List<Message> answers = answers(in);
                assertThat(answers).hasSize(5001);
                assertThat(answers.get(0).type()).isEqualTo(MessageType.LEASEQUERY_REPLY);
                assertThat(answers.get(0).options().has(Option.ServerId.class)).isTrue();
                assertThat(answers.get(1).type()).isEqualTo(MessageType.LEASEQUERY_DATA);
                assertThat(answers).allMatch(answer -> ((Message.Direct) answer).transactionId() == 77);

                send(socket, query(4, Ipv6Address.parse("2001:db8:99::1")));
                assertThat(answers(in))
                        .as("another query on the same connection")
                        .hasSize(1);
            }
        }

        /** On one connection, since there may be two, and the server may not have noticed yet that one is closed. */
        private List<Option> bindings(Socket socket, Message.Direct question) throws IOException {
            send(socket, question);
            return answers(socket.getInputStream()).stream()
                    .flatMap(answer -> answer.options().all(Option.ClientData.class))
                    .flatMap(data -> data.options().list().stream())
                    .filter(option -> option instanceof Option.IaAddress || option instanceof Option.IaPrefix)
                    .toList();
        }

        @Test
        void by_relay_and_by_remote_id_over_a_restart() throws IOException {
            lendIpv6ThroughRelay();
            try (Socket socket = connect()) {
                for (int restart = 0; restart < 2; restart++) {
                    assertThat(bindings(socket, query(3, new Option.RelayId(RELAY_ID))))
                            .hasSize(3)
                            .contains(lentAddress(), lentPrefix());
                    assertThat(bindings(socket, query(3, HOME, new Option.RelayId(RELAY_ID))))
                            .hasSize(3);
                    assertThat(bindings(socket, query(3, new Option.RelayId(ASKER))))
                            .isEmpty();
                    assertThat(bindings(socket, query(5, new Option.Unknown(OptionCode.REMOTE_ID, REMOTE_ID))))
                            .hasSize(3)
                            .contains(lentAddress(), lentPrefix());
                    assertThat(bindings(socket, query(5, new Option.Unknown(OptionCode.REMOTE_ID, ASKER))))
                            .isEmpty();
                    server.engine.noteRelaysIn(notes());
                }
            }
        }

        @Test
        void by_the_link_that_the_relay_named_with_the_prefixes_behind_it() throws IOException {
            lendIpv6ThroughRelay();
            try (Socket socket = connect()) {
                assertThat(bindings(socket, query(4, Ipv6Address.parse("2001:db8:2::ffff"))))
                        .contains(lentAddress(), lentPrefix());
                assertThat(bindings(socket, query(4, AWAY))).doesNotContain(lentAddress(), lentPrefix());
            }
        }

        @Test
        void everybody_who_shares_an_address() throws IOException {
            try (Socket socket = connect()) {
                send(socket, query(1, mapped("192.0.2.9")));
                assertThat(answers(socket.getInputStream())).hasSize(3);
            }
        }

        @Test
        void a_query_that_cannot_be_answered_is_told_why() throws IOException {
            try (Socket socket = connect()) {
                send(socket, query(4));
                assertThat(answers(socket.getInputStream()).get(0).options().status())
                        .isEqualTo(Status.MALFORMED_QUERY);
                for (int type : List.of(3, 5)) {
                    send(socket, query(type));
                    assertThat(answers(socket.getInputStream()).get(0).options().status())
                            .isEqualTo(Status.MALFORMED_QUERY);
                }
                send(socket, query(6));
                assertThat(answers(socket.getInputStream()).get(0).options().status())
                        .isEqualTo(Status.UNKNOWN_QUERY_TYPE);
                send(socket, query(4, Ipv6Address.parse("2001:db8:99::1")));
                assertThat(answers(socket.getInputStream()).get(0).options().status())
                        .isEqualTo(Status.NOT_CONFIGURED);
            }
        }

        @Test
        void who_is_not_on_the_list_is_hung_up_on() throws Exception {
            allow("2001:db8:2::/64");
            try (Socket socket = connect()) {
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
            eventually("drop-bulk-not-allowed");
        }

        @Test
        void only_so_many_may_ask_at_once() throws Exception {
            try (Socket first = connect();
                    Socket second = connect()) {
                send(first, query(1, mapped("192.0.2.1")));
                send(second, query(1, mapped("192.0.2.1")));
                answers(first.getInputStream());
                answers(second.getInputStream());
                try (Socket third = connect()) {
                    assertThat(third.getInputStream().read()).isEqualTo(-1);
                }
            }
            eventually("drop-bulk-connections");
        }

        @Test
        void what_is_no_query_ends_the_connection() throws Exception {
            try (Socket socket = connect()) {
                send(socket, server.message(MessageType.SOLICIT, ServerKit.ia(1)));
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
            try (Socket socket = connect()) {
                BulkFraming.write(socket.getOutputStream(), new byte[] {1, 2});
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
            eventually("drop-bulk-malformed");
        }

        @Test
        void who_says_nothing_is_hung_up_on() throws Exception {
            bulk.close();
            bulk = server.engine.bulkServer(0, Duration.ofMillis(200));
            assertThat(bulk.look()).isEmpty();
            try (Socket socket = connect()) {
                socket.getOutputStream().write(0);
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
            eventually("drop-bulk-stalled");
        }

        @Test
        void who_does_not_read_is_hung_up_on() throws Exception {
            for (int i = 0; i < 60_000; i++) {
                put(
                        Octets.parse("00030001%08x".formatted(i)),
                        1,
                        "198.18.%d.%d".formatted(i >> 8, i & 255),
                        PortSet.FULL,
                        Ipv6Address.parse("2001:db8:7::" + Integer.toHexString(i + 1)));
            }
            bulk.close();
            bulk = server.engine.bulkServer(0, Duration.ofMillis(200));
            assertThat(bulk.look()).isEmpty();
            try (Socket socket = new Socket()) {
                socket.setReceiveBufferSize(4096);
                socket.connect(new InetSocketAddress(InetAddress.getByName("::1"), bulk.listensOn()));
                send(socket, query(4, Ipv6Address.parse("2001:db8:7::1")));
                for (int i = 0; i < 600 && !server.counters().containsKey("drop-bulk-stalled"); i++) {
                    Thread.sleep(100);
                    assertThat(bulk.look()).isEmpty();
                }
            }
            assertThat(server.counters()).containsKey("drop-bulk-stalled");
        }

        @Test
        void without_a_list_nobody_listens() {
            allow();
            assertThat(bulk.look()).isEmpty();
            assertThat(bulk.listensOn()).isZero();
        }
    }
}
