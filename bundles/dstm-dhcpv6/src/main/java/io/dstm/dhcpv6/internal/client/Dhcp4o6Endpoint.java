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

/**
 * The sockets of DHCPv4 over DHCPv6, and the lease source that speaks through them. They are open only while something is asked:
 * what arrives at the link-local address, port 546, would be missed by another DHCPv6 client of the interface.
 */
final class Dhcp4o6Endpoint implements ClientWire, AutoCloseable {

    private final EventLoopGroup loop;
    private final ClientSockets sockets;
    private final Dhcp4o6LeaseSource source;

    /** An endpoint with its own event loop. */
    Dhcp4o6Endpoint(NettyTransport transport, NetworkControl network, ClientConfiguration configuration) {
        InterfaceLinks links = new InterfaceLinks(network, configuration::settings);
        loop = transport.newLoop("dstm-dhcp4o6-client");
        sockets = new ClientSockets(transport, loop, new Receiver());
        source = new Dhcp4o6LeaseSource(
                new LoopTimers(loop.next(), InstantSource.system()),
                this,
                links::getWithLocal,
                links,
                configuration::settings,
                configuration.identity(),
                new SecureRandom());
    }

    Dhcp4o6LeaseSource source() {
        return source;
    }

    @Override
    public CompletionStage<Void> send(Link link, byte[] message) {
        Ipv6Address local = link.local();
        return sockets.send(
                local == null ? link.source() : local,
                link.index(),
                Ipv6Address.ALL_DHCP_RELAY_AGENTS_AND_SERVERS,
                message);
    }

    @Override
    public CompletionStage<Void> send(Link link, Ipv6Address server, byte[] message) {
        return sockets.send(link.source(), link.index(), server, message);
    }

    @Override
    public void idle() {
        sockets.close();
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
