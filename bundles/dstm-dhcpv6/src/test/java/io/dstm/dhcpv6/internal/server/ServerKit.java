package io.dstm.dhcpv6.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Decoded;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageCodec;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.testing.FakeLeaseService;
import io.dstm.dhcpv6.internal.testing.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A server with a fake lease service, asked with real octets. */
final class ServerKit {

    static final Octets CLIENT = Octets.parse("000300010200c0ffee01");
    static final Octets SERVER = Octets.parse("0004f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    static final Ipv6Address NODE = Ipv6Address.parse("2001:db8:2::10");
    static final Ipv6Address LINK_LOCAL = Ipv6Address.parse("fe80::10");
    static final Ipv6Address LINK = Ipv6Address.parse("2001:db8:2::1");

    final VirtualTime time = new VirtualTime();
    final FakeLeaseService leases = new FakeLeaseService(time);
    final ServerEngine engine;
    final MessageCodec codec = new MessageCodec(DstmCodes.DEFAULT);
    Ipv6Address source = NODE;

    private int transaction;

    ServerKit() {
        this(Duration.ofMinutes(10));
    }

    ServerKit(Duration patience) {
        engine = new ServerEngine(leases, time, patience);
        configure(true, 0);
    }

    void configure(boolean rapidCommit, int preference) {
        engine.use(ServerContext.of(
                new ServerSettings(
                        List.of("eth0"),
                        rapidCommit,
                        preference,
                        DstmCodes.DEFAULT,
                        true,
                        ServerSettings.DEFAULT_DHCP4_SERVER_ID),
                SERVER));
    }

    /** Switches DHCPv4 inside DHCPv6 off. */
    void withoutDhcp4o6() {
        engine.use(ServerContext.of(
                new ServerSettings(
                        List.of("eth0"), true, 0, DstmCodes.DEFAULT, false, ServerSettings.DEFAULT_DHCP4_SERVER_ID),
                SERVER));
    }

    /** A message of the usual client, with its Client Identifier. */
    Message.Direct message(MessageType type, Option... options) {
        List<Option> all = new ArrayList<>();
        all.add(new Option.ClientId(CLIENT));
        all.addAll(List.of(options));
        return new Message.Direct(type, ++transaction, new Options(all));
    }

    CompletableFuture<Optional<Outgoing>> send(byte[] datagram) {
        return engine.receive(datagram, source, 546, LINK).toCompletableFuture();
    }

    CompletableFuture<Optional<Outgoing>> send(Message message) {
        return send(codec.encode(message));
    }

    /** What the server answers once the lease service has answered; empty for silence. */
    Optional<Message> answer(Message message) {
        CompletableFuture<Optional<Outgoing>> answer = send(message);
        time.pass(Duration.ofMinutes(1));
        assertThat(answer).isCompleted();
        return answer.join().map(this::decode);
    }

    /** The answer there must be. */
    Message.Direct answered(MessageType expected, Message.Direct question) {
        Message.Direct answer = (Message.Direct) answer(question).orElseThrow();
        assertThat(answer.type()).isEqualTo(expected);
        assertThat(answer.transactionId()).isEqualTo(question.transactionId());
        assertThat(answer.options().all(Option.ServerId.class)).containsExactly(new Option.ServerId(SERVER));
        assertThat(answer.options().first(Option.ClientId.class))
                .isEqualTo(question.options().first(Option.ClientId.class));
        return answer;
    }

    Message decode(Outgoing outgoing) {
        return ((Decoded.Good) codec.decode(outgoing.octets())).message();
    }

    /** The counters that moved. */
    Map<String, Long> counters() {
        Map<String, Long> moved = new TreeMap<>();
        engine.counters().forEach((counter, value) -> {
            if (value != 0) {
                moved.put(counter.label(), value);
            }
        });
        return moved;
    }

    static Option.ServerId toThisServer() {
        return new Option.ServerId(SERVER);
    }

    static Option.OptionRequest request(OptionCode... codes) {
        return new Option.OptionRequest(List.of(codes));
    }

    static Option.IaDstm ia(int iaid, Option... content) {
        return new Option.IaDstm(iaid, 0, 0, Options.of(content));
    }

    static Option.IaNa iaNa(int iaid) {
        return new Option.IaNa(iaid, 0, 0, Options.NONE);
    }

    static Option.IaAddress address(String ipv4, long valid) {
        return new Option.IaAddress(Ipv6Address.mapped(Ipv4Address.parse(ipv4)), valid, valid, Options.NONE);
    }

    static Option.IaDstm leased(int iaid, long t1, long t2, Option... content) {
        return new Option.IaDstm(iaid, t1, t2, Options.of(content));
    }

    static Options status(io.dstm.dhcpv6.internal.codec.Status status, @Nullable String text) {
        return Options.of(new Option.StatusCode(status, text == null ? "" : text));
    }

    static Option.DstmTep tep() {
        return new Option.DstmTep(FakeLeaseService.TEP);
    }

    static Option.DstmPorts ports(int first, int last) {
        return new Option.DstmPorts(new io.dstm.api.net.PortSet.PortRange(first, last));
    }
}
