package io.dstm.dhcpv6.internal.client;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.common.Addresses;
import io.dstm.dhcpv6.internal.common.Datagrams;
import io.dstm.dhcpv6.internal.common.NettyTransport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoopGroup;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The client's socket, [source]:546, and the lease source that speaks through it. The socket is opened when there is something to
 * send and again when the source has changed: only what is sent from the address of the tunnel tells the server where that ends.
 */
public final class ClientEndpoint implements ClientWire, AutoCloseable {

    private static final int CLIENT_PORT = 546;
    private static final int SERVER_PORT = 547;

    private final NettyTransport transport;
    private final EventLoopGroup loop;
    private final Dhcpv6LeaseSource source;

    private final Supplier<LinkState> links;
    private final Supplier<Optional<ClientSettings>> settings;
    private final RandomGenerator random = new SecureRandom();

    /** Belongs to the event loop. */
    private @Nullable Socket socket;

    /** An endpoint with its own event loop. */
    public ClientEndpoint(
            NettyTransport transport,
            Supplier<LinkState> links,
            Supplier<Optional<ClientSettings>> settings,
            ClientIdentity identity) {
        this.transport = transport;
        this.loop = transport.newLoop("dstm-dhcpv6-client");
        this.links = links;
        this.settings = settings;
        this.source = new Dhcpv6LeaseSource(
                new LoopTimers(loop.next(), InstantSource.system()), this, links, settings, identity, random);
    }

    /** Does beforehand what would make the first exchange slow; nothing is sent. */
    public void warmUp() {
        loop.execute(() -> {
            if (links.get() instanceof LinkState.Ready ready && settings.get().isPresent()) {
                Octets nobody = Octets.of((byte) 0, (byte) 0, (byte) 0);
                Rehearsal.play(settings.get().get(), nobody, ready.link(), random);
                var unused = open(ready.link());
            }
        });
    }

    /** Where leases come from. */
    public Dhcpv6LeaseSource source() {
        return source;
    }

    /** {@code epoll} or {@code nio}. */
    public String transport() {
        return transport.name();
    }

    @Override
    public CompletionStage<Void> send(Link link, byte[] message) {
        CompletableFuture<Void> sent = new CompletableFuture<>();
        open(link).whenComplete((open, problem) -> {
            if (problem == null) {
                send(open, link, message, sent);
            } else {
                sent.completeExceptionally(problem);
            }
        });
        return sent;
    }

    /** The socket that is bound to the link's source; a new one if need be. */
    private CompletionStage<Channel> open(Link link) {
        Socket before = socket;
        if (before != null && before.source().equals(link.source()) && before.isUsable()) {
            return before.channel();
        }
        if (before != null) {
            before.close();
        }
        CompletableFuture<Channel> channel = new CompletableFuture<>();
        Datagrams.bind(transport, loop, Addresses.socket(link.source(), 0, CLIENT_PORT), true, new Receiver())
                .addListener((ChannelFuture bound) -> {
                    if (bound.isSuccess()) {
                        channel.complete(bound.channel());
                    } else {
                        channel.completeExceptionally(bound.cause());
                    }
                });
        socket = new Socket(link.source(), channel);
        return channel;
    }

    /**
     * A socket.
     *
     * @param source what it is bound to
     * @param channel it, once it is bound
     */
    private record Socket(Ipv6Address source, CompletionStage<Channel> channel) {

        boolean isUsable() {
            CompletableFuture<Channel> known = channel.toCompletableFuture();
            return !known.isDone()
                    || !known.isCompletedExceptionally() && known.join().isActive();
        }

        void close() {
            channel.thenAccept(open -> {
                var unused = open.close();
            });
        }
    }

    private static void send(Channel open, Link link, byte[] message, CompletableFuture<Void> sent) {
        Datagrams.send(
                        open,
                        message,
                        Addresses.socket(Ipv6Address.ALL_DHCP_RELAY_AGENTS_AND_SERVERS, link.index(), SERVER_PORT))
                .addListener(done -> {
                    if (done.isSuccess()) {
                        sent.complete(null);
                    } else {
                        sent.completeExceptionally(done.cause());
                    }
                });
    }

    /** Stops; exchanges under way end without a result. */
    @Override
    public void close() {
        loop.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }

    private final class Receiver implements Datagrams.Receiver {

        @Override
        public void received(byte[] payload, Ipv6Address from, int scope, int port) {
            source.receive(payload);
        }

        @Override
        public void tooLong() {
            source.tooLong();
        }
    }
}
