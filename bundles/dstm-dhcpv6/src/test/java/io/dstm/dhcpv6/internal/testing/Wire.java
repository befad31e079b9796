package io.dstm.dhcpv6.internal.testing;

import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.dhcpv6.internal.client.ClientSettings;
import io.dstm.dhcpv6.internal.client.ClientWire;
import io.dstm.dhcpv6.internal.client.Dhcp4o6LeaseSource;
import io.dstm.dhcpv6.internal.client.Dhcpv6LeaseSource;
import io.dstm.dhcpv6.internal.client.Link;
import io.dstm.dhcpv6.internal.client.LinkState;
import io.dstm.dhcpv6.internal.client.LocalAddresses;
import io.dstm.dhcpv6.internal.client.Lw4o6LeaseSource;
import io.dstm.dhcpv6.internal.client.Timers;
import io.dstm.dhcpv6.internal.codec.Decoded;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageCodec;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.server.ServerContext;
import io.dstm.dhcpv6.internal.server.ServerEngine;
import io.dstm.dhcpv6.internal.server.ServerSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A client, a server and a wire between them that loses, doubles and reorders as it is told, all in virtual time. */
public final class Wire implements ClientWire, Timers {

    public static final Ipv6Address NODE = Ipv6Address.parse("2001:db8:2::10");
    public static final Ipv6Address LOCAL = Ipv6Address.parse("fe80::10");
    public static final Octets CLIENT_DUID = Octets.parse("0004000102030405060708090a0b0c0d0e0f");
    public static final Octets SERVER_DUID = Octets.parse("0004f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");

    public final VirtualTime time = new VirtualTime();
    public final FakeLeaseService leases = new FakeLeaseService(time);
    public final ServerEngine server = new ServerEngine(leases, time, Duration.ofSeconds(30));
    public final Dhcpv6LeaseSource client;

    /** The same node, if it is to speak DHCPv4 over DHCPv6. */
    public final Dhcp4o6LeaseSource client4o6;

    /** The same node, if it is to be served by lw4o6. */
    public final Lw4o6LeaseSource lw4o6;

    /** Every datagram the client sent. */
    public final List<byte[]> sent = new ArrayList<>();

    /** Where each was sent to. */
    public final List<Ipv6Address> sentTo = new ArrayList<>();

    /** Where each was sent from. */
    public final List<Link> sentFrom = new ArrayList<>();

    public LinkState link = new LinkState.Ready(new Link("eth0", 2, NODE));
    public Optional<ClientSettings> clientSettings = Optional.of(settings(true));
    /** Every address of the node. */
    public List<Ipv6Address> addresses = List.of(NODE);

    /** What the node was told to take as an address, how long that takes, and why it cannot, if so. */
    public final List<Ipv6Address> taking = new ArrayList<>();

    public Duration usableAfter = Duration.ofSeconds(1);
    public @Nullable String refusesAddresses;

    public boolean connected = true;
    public double loss;
    public double duplication;

    /** Longest time a datagram takes; with more than zero they overtake each other. */
    public Duration slowest = Duration.ofMillis(1);

    /** Answers in place of the server, if set. */
    public @Nullable Function<Message.Direct, List<Message>> script;

    /** What sending fails with, if set. */
    public @Nullable Exception broken;

    public final MessageCodec codec = new MessageCodec(DstmCodes.DEFAULT);

    private final Random chance;

    public Wire(long seed) {
        chance = new Random(seed);
        client = new Dhcpv6LeaseSource(
                this, this, () -> link, () -> clientSettings, () -> CLIENT_DUID, new Random(seed + 1));
        client4o6 = new Dhcp4o6LeaseSource(
                this,
                new Local(),
                () -> link instanceof LinkState.Ready ready ? local(ready.link()) : link,
                new Own(),
                () -> clientSettings,
                () -> CLIENT_DUID,
                new Random(seed + 2));
        lw4o6 = new Lw4o6LeaseSource(
                this, new Lw(), () -> link, new Own(), () -> clientSettings, () -> CLIENT_DUID, new Random(seed + 3));
        serve(true, 0);
    }

    private static LinkState local(Link global) {
        return new LinkState.Ready(new Link(global.device(), global.index(), global.source(), LOCAL));
    }

    /** The node's addresses; what it is given can be used at once. */
    private final class Own implements LocalAddresses {

        @Override
        public Optional<Ipv6Address> in(Ipv6Prefix prefix) {
            return addresses.stream().filter(prefix::contains).findFirst();
        }

        @Override
        public Optional<String> take(Ipv6Address address) {
            taking.add(address);
            if (refusesAddresses == null && !addresses.contains(address)) {
                time.after(
                        usableAfter,
                        () -> addresses = Stream.concat(addresses.stream(), Stream.of(address))
                                .toList());
            }
            return Optional.ofNullable(refusesAddresses);
        }

        @Override
        public void drop(Ipv6Address address) {
            addresses = addresses.stream().filter(each -> !each.equals(address)).toList();
        }
    }

    /** Sends from the node's link-local address, and what comes back is for the client of DHCPv4. */
    private final class Local implements ClientWire {

        @Override
        public CompletionStage<Void> send(Link from, byte[] message) {
            return Wire.this.send(
                    LOCAL, from, Ipv6Address.ALL_DHCP_RELAY_AGENTS_AND_SERVERS, message, client4o6::receive);
        }

        @Override
        public CompletionStage<Void> send(Link from, Ipv6Address server, byte[] message) {
            return Wire.this.send(from.source(), from, server, message, client4o6::receive);
        }
    }

    public static ClientSettings settings(boolean rapidCommit) {
        return new ClientSettings("eth0", rapidCommit, null, DstmCodes.DEFAULT, new MessageCodec(DstmCodes.DEFAULT));
    }

    public void serve(boolean rapidCommit, int preference) {
        server.use(ServerContext.of(
                new ServerSettings(
                        List.of("eth0"),
                        rapidCommit,
                        preference,
                        DstmCodes.DEFAULT,
                        true,
                        ServerSettings.DEFAULT_DHCP4_SERVER_ID),
                SERVER_DUID));
    }

    @Override
    public CompletionStage<Void> send(Link from, byte[] message) {
        return send(from, Ipv6Address.ALL_DHCP_RELAY_AGENTS_AND_SERVERS, message);
    }

    @Override
    public CompletionStage<Void> send(Link from, Ipv6Address server, byte[] message) {
        return send(from.source(), from, server, message, client::receive);
    }

    /** What comes back is for the client of lw4o6. */
    private final class Lw implements ClientWire {

        @Override
        public CompletionStage<Void> send(Link from, byte[] message) {
            return send(from, Ipv6Address.ALL_DHCP_RELAY_AGENTS_AND_SERVERS, message);
        }

        @Override
        public CompletionStage<Void> send(Link from, Ipv6Address server, byte[] message) {
            return Wire.this.send(from.source(), from, server, message, lw4o6::receive);
        }
    }

    private CompletionStage<Void> send(
            Ipv6Address source, Link from, Ipv6Address to, byte[] message, Consumer<byte[]> receiver) {
        sent.add(message);
        sentFrom.add(from);
        sentTo.add(to);
        if (broken != null) {
            return CompletableFuture.failedFuture(broken);
        }
        Function<Message.Direct, List<Message>> instead = script;
        if (instead != null) {
            carry(() -> instead.apply(read(message)).forEach(answer -> {
                byte[] octets = codec.encode(answer);
                carry(() -> receiver.accept(octets));
            }));
            return CompletableFuture.completedFuture(null);
        }
        carry(() -> server.receive(message, source, 546, null)
                .thenAccept(answer -> answer.ifPresent(back -> carry(() -> receiver.accept(back.octets())))));
        return CompletableFuture.completedFuture(null);
    }

    /** Brings a message to the client. */
    public void deliver(Message message) {
        byte[] octets = codec.encode(message);
        carry(() -> client.receive(octets));
    }

    /** Everything the client sent. */
    public List<Message.Direct> messages() {
        return sent.stream().map(this::read).toList();
    }

    private Message.Direct read(byte[] octets) {
        return (Message.Direct) ((Decoded.Good) codec.decode(octets)).message();
    }

    private void carry(Runnable delivery) {
        int copies = chance.nextDouble() < duplication ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            if (connected && chance.nextDouble() >= loss) {
                long most = Math.max(1, slowest.toNanos());
                time.after(Duration.ofNanos(chance.nextLong(most)), delivery);
            }
        }
    }

    @Override
    public Instant now() {
        return time.instant();
    }

    @Override
    public long nanoTime() {
        return time.nanoTime();
    }

    @Override
    public void execute(Runnable task) {
        time.after(Duration.ZERO, task);
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
        return time.after(delay, task)::run;
    }
}
