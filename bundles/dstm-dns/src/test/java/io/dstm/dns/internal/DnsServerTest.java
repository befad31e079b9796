package io.dstm.dns.internal;

import static io.dstm.dns.internal.StubResolverTest.address;
import static io.dstm.dns.internal.StubResolverTest.lease;
import static io.dstm.dns.internal.StubResolverTest.name;
import static io.dstm.dns.internal.StubResolverTest.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

class DnsServerTest {

    private final InetAddress loopback = InetAddress.getLoopbackAddress();
    private final StubResolverTest.Zone zone = new StubResolverTest.Zone();
    private final StubResolverTest.Need need = new StubResolverTest.Need();
    private final Loops loops = Loops.open();
    private FakeUpstream upstream;
    private DnsServer server;
    private int port;

    @BeforeEach
    void start() throws IOException {
        zone.add("www.example.test.", new ARecord(name("www.example.test."), DClass.IN, 60, address("198.51.100.80")));
        upstream = new FakeUpstream(zone);
        open(Duration.ofSeconds(30));
    }

    /** Gives up an upstream after {@code timeout}, which a test that needs its answer makes long for slow machines. */
    private void open(Duration timeout) throws IOException {
        // Another each time: Java's own transport gives a port back only a moment after it was closed.
        try (DatagramSocket free = new DatagramSocket(0, loopback)) {
            port = free.getLocalPort();
        }
        StubConfig config = new StubConfig(
                List.of(loopback), port, List.of(loopback), upstream.port(), timeout, Duration.ofSeconds(60));
        StubResolver resolver = new StubResolver(
                new UpstreamChannels(loops, config), () -> Optional.of(need), config.holdTimeout(), new DnsCounters());
        server = DnsServer.open(loops, config.listen(), port, resolver);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        upstream.close();
        loops.group().shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    @Test
    void holds_over_udp_until_the_lease_is_there() throws Exception {
        try (DatagramSocket program = new DatagramSocket(0, loopback)) {
            send(program, query("www.example.test.", Type.A));
            program.setSoTimeout(300);
            byte[] buffer = new byte[512];
            assertThatThrownBy(() -> program.receive(new DatagramPacket(buffer, buffer.length)))
                    .isInstanceOf(SocketTimeoutException.class);
            need.lease.complete(lease());
            assertThat(receive(program).getSection(Section.ANSWER)).hasSize(1);
        }
    }

    @Test
    void answers_over_tcp_what_is_truncated_over_udp() throws Exception {
        need.lease.complete(lease());
        zone.truncate = true;
        try (DatagramSocket program = new DatagramSocket(0, loopback);
                Socket connection = new Socket(loopback, port)) {
            send(program, query("www.example.test.", Type.A));
            assertThat(receive(program).getHeader().getFlag(org.xbill.DNS.Flags.TC))
                    .isTrue();
            connection.setSoTimeout(60_000);
            DataOutputStream out = new DataOutputStream(connection.getOutputStream());
            byte[] query = query("www.example.test.", Type.A);
            for (int i = 0; i < 2; i++) {
                out.writeShort(query.length);
                out.write(query);
                DataInputStream in = new DataInputStream(connection.getInputStream());
                byte[] answer = in.readNBytes(in.readUnsignedShort());
                assertThat(new Message(answer).getSection(Section.ANSWER)).hasSize(1);
            }
        }
    }

    @Test
    void ignores_forged_answers_and_waits_for_the_right_one() throws Exception {
        need.lease.complete(lease());
        upstream.forgeFirst = true;
        try (DatagramSocket program = new DatagramSocket(0, loopback)) {
            send(program, query("www.example.test.", Type.A));
            Message answer = receive(program);
            assertThat(answer.getRcode()).isEqualTo(Rcode.NOERROR);
            assertThat(answer.getHeader().getID()).isEqualTo(4711);
            assertThat(answer.getSection(Section.ANSWER)).hasSize(1);
        }
    }

    @Test
    void survives_garbage_and_silence() throws Exception {
        need.lease.complete(lease());
        try (DatagramSocket program = new DatagramSocket(0, loopback)) {
            for (int length = 0; length < 40; length++) {
                byte[] garbage = new byte[length];
                java.util.Arrays.fill(garbage, (byte) 0xFF);
                send(program, garbage);
            }
            upstream.mute = true;
            server.close();
            open(Duration.ofSeconds(1));
            send(program, query("www.example.test.", Type.AAAA));
            assertThat(receive(program).getRcode()).isEqualTo(Rcode.SERVFAIL);
            upstream.mute = false;
            server.close();
            open(Duration.ofSeconds(30));
            send(program, query("www.example.test.", Type.A));
            assertThat(receive(program).getRcode()).isEqualTo(Rcode.NOERROR);
        }
    }

    @Test
    void names_the_address_it_cannot_listen_on() {
        assertThatThrownBy(() -> DnsServer.open(loops, List.of(loopback), port, null))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot listen on UDP 127.0.0.1 port " + port);
    }

    private void send(DatagramSocket program, byte[] octets) throws IOException {
        program.send(new DatagramPacket(octets, octets.length, loopback, port));
    }

    private static Message receive(DatagramSocket program) throws IOException {
        program.setSoTimeout(60_000);
        DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
        program.receive(packet);
        return new Message(java.util.Arrays.copyOf(packet.getData(), packet.getLength()));
    }

    /** The zone on the loopback, UDP and TCP on one port. */
    private final class FakeUpstream implements AutoCloseable {
        private final DatagramSocket udp;
        private final ServerSocket tcp;
        volatile boolean forgeFirst;
        volatile boolean mute;

        FakeUpstream(StubResolverTest.Zone answers) throws IOException {
            tcp = new ServerSocket(0, 8, loopback);
            udp = new DatagramSocket(tcp.getLocalPort(), loopback);
            daemon(() -> {
                DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
                udp.receive(packet);
                byte[] query = java.util.Arrays.copyOf(packet.getData(), packet.getLength());
                if (mute) {
                    return;
                }
                byte[] answer = answers.ask(query, false).join().octets();
                if (forgeFirst) {
                    byte[] wrongId = Wire.withId(answer, (query[0] << 8 | query[1] & 0xFF) + 1);
                    byte[] wrongQuestion = answer.clone();
                    wrongQuestion[13] ^= 1;
                    for (byte[] forged : List.of(wrongId, wrongQuestion, new byte[3])) {
                        udp.send(new DatagramPacket(forged, forged.length, packet.getSocketAddress()));
                    }
                }
                udp.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            });
            daemon(() -> {
                try (Socket connection = tcp.accept()) {
                    DataInputStream in = new DataInputStream(connection.getInputStream());
                    byte[] answer = answers.ask(in.readNBytes(in.readUnsignedShort()), true)
                            .join()
                            .octets();
                    DataOutputStream out = new DataOutputStream(connection.getOutputStream());
                    out.writeShort(answer.length);
                    out.write(answer);
                    out.flush();
                    in.read();
                }
            });
        }

        int port() {
            return udp.getLocalPort();
        }

        private void daemon(Step step) {
            Thread thread = new Thread(() -> {
                while (!tcp.isClosed()) {
                    try {
                        step.run();
                    } catch (IOException | RuntimeException ended) {
                        // The socket was closed under the test's end, or a program left.
                    }
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        public void close() throws IOException {
            tcp.close();
            udp.close();
        }
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }
}
