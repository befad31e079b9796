package io.dstm.dhcpv6.internal.client;

import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.common.Datagrams;
import io.dstm.dhcpv6.internal.common.NettyTransport;
import io.netty.channel.EventLoopGroup;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** The socket of the lw4o6 source, open only while something is asked: the same address and port are {@link ClientEndpoint}'s too. */
final class Lw4o6Endpoint implements ClientWire, AutoCloseable {

    private final EventLoopGroup loop;
    private final ClientSockets sockets;
    private final InterfaceLinks links;
    private final Lw4o6LeaseSource source;

    /** An endpoint with its own event loop. */
    Lw4o6Endpoint(NettyTransport transport, NetworkControl network, ClientConfiguration configuration) {
        links = new InterfaceLinks(network, configuration::settings);
        loop = transport.newLoop("dstm-lw4o6-client");
        sockets = new ClientSockets(transport, loop, new Receiver());
        source = new Lw4o6LeaseSource(
                new LoopTimers(loop.next(), InstantSource.system()),
                this,
                links,
                links,
                configuration::settings,
                configuration.identity(),
                new SecureRandom());
    }

    Lw4o6LeaseSource source() {
        return source;
    }

    @Override
    public CompletionStage<Void> send(Link link, byte[] message) {
        return send(link, Ipv6Address.ALL_DHCP_RELAY_AGENTS_AND_SERVERS, message);
    }

    @Override
    public CompletionStage<Void> send(Link link, Ipv6Address server, byte[] message) {
        return sockets.send(link.source(), link.index(), server, message);
    }

    @Override
    public void idle() {
        sockets.close();
    }

    /** Stops; exchanges under way end without a result, and the tunnel's end is nobody's any more. */
    @Override
    public void close() {
        loop.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
        links.dropAll();
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
