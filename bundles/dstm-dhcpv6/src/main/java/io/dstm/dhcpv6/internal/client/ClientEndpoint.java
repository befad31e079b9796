package io.dstm.dhcpv6.internal.client;

import io.dstm.api.net.Ipv6Address;
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

    /** These belong to the event loop. */
    private @Nullable Channel channel;

    private @Nullable Ipv6Address boundTo;

    /** An endpoint with its own event loop. */
    public ClientEndpoint(
            NettyTransport transport,
            Supplier<LinkState> links,
            Supplier<Optional<ClientSettings>> settings,
            ClientIdentity identity) {
        this.transport = transport;
        this.loop = transport.newLoop("dstm-dhcpv6-client");
        this.source = new Dhcpv6LeaseSource(
                new LoopTimers(loop.next(), InstantSource.system()),
                this,
                links,
                settings,
                identity,
                new SecureRandom());
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
        Channel open = channel;
        if (open != null && open.isActive() && link.source().equals(boundTo)) {
            send(open, link, message, sent);
            return sent;
        }
        if (open != null) {
            var unused = open.close();
            channel = null;
        }
        ChannelFuture binding =
                Datagrams.bind(transport, loop, Addresses.socket(link.source(), 0, CLIENT_PORT), true, new Receiver());
        binding.addListener(done -> {
            if (!done.isSuccess()) {
                sent.completeExceptionally(done.cause());
                return;
            }
            Channel replaced = channel;
            if (replaced != null) {
                // Another message was faster.
                var unused = replaced.close();
            }
            channel = binding.channel();
            boundTo = link.source();
            send(binding.channel(), link, message, sent);
        });
        return sent;
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
