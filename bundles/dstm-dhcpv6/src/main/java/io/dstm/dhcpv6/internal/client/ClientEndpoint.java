package io.dstm.dhcpv6.internal.client;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.common.Datagrams;
import io.dstm.dhcpv6.internal.common.NettyTransport;
import io.netty.channel.EventLoopGroup;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * The client's socket, [source]:546, and the lease source that speaks through it. The socket is opened when there is something to
 * send and again when the source has changed: only what is sent from the address of the tunnel tells the server where that ends.
 */
public final class ClientEndpoint implements ClientWire, AutoCloseable {

    private final NettyTransport transport;
    private final EventLoopGroup loop;
    private final Dhcpv6LeaseSource source;

    private final Supplier<LinkState> links;
    private final Supplier<Optional<ClientSettings>> settings;
    private final RandomGenerator random = new SecureRandom();

    private final ClientSockets sockets;

    /** An endpoint with its own event loop. */
    public ClientEndpoint(
            NettyTransport transport,
            Supplier<LinkState> links,
            Supplier<Optional<ClientSettings>> settings,
            ClientIdentity identity) {
        this.transport = transport;
        this.loop = transport.newLoop("dstm-dhcpv6-client");
        this.sockets = new ClientSockets(transport, loop, new Receiver());
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
                var unused = sockets.open(ready.link().source(), ready.link().index());
            }
        });
    }

    /** Tells servers from now on, unasked, that the client is here and may be called. */
    public void introduce() {
        source.introduce();
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
        return send(link, Ipv6Address.ALL_DHCP_RELAY_AGENTS_AND_SERVERS, message);
    }

    @Override
    public CompletionStage<Void> send(Link link, Ipv6Address server, byte[] message) {
        sockets.closeBut(link.source());
        return sockets.send(link.source(), link.index(), server, message);
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
