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
import io.dstm.dhcpv6.internal.testing.FakeLeaseService;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
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

/** Leasequery over UDP (RFC 5007) and TCP (RFC 5460). */
@Timeout(120)
class LeaseQueryTest {

    private static final Octets ASKER = Octets.parse("000300010200a5a5a5a5");
    private static final Octets HOLDER = Octets.parse("000300010200c0ffee01");
    private static final Octets OTHER = Octets.parse("000300010200c0ffee02");
    private static final Ipv6Address HOME = Ipv6Address.parse("2001:db8:2::10");
    private static final Ipv6Address AWAY = Ipv6Address.parse("2001:db8:3::10");

    private final ServerKit server = new ServerKit();

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

    @Nested
    class OverUdp {

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
            assertThat(asked(query(4, HOME)).status()).as("only over TCP").isEqualTo(Status.UNKNOWN_QUERY_TYPE);
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
                send(socket, query(3));
                assertThat(answers(socket.getInputStream()).get(0).options().status())
                        .isEqualTo(Status.UNKNOWN_QUERY_TYPE);
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
