package io.dstm.dhcpv6.internal.common;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.function.Supplier;

/** How Netty does its I/O here: native epoll, or NIO where the native library is missing. */
public final class NettyTransport {

    private final String name;
    private final IoHandlerFactory handlers;
    private final Supplier<DatagramChannel> channels;

    private NettyTransport(String name, IoHandlerFactory handlers, Supplier<DatagramChannel> channels) {
        this.name = name;
        this.handlers = handlers;
        this.channels = channels;
    }

    /** The best there is. */
    public static NettyTransport best() {
        return epollIsThere() ? Native.transport() : nio();
    }

    /** NIO, which is always there. */
    public static NettyTransport nio() {
        return new NettyTransport(
                "nio", NioIoHandler.newFactory(), () -> new NioDatagramChannel(SocketProtocolFamily.INET6));
    }

    private static boolean epollIsThere() {
        try {
            return Epoll.isAvailable();
        } catch (NoClassDefFoundError missing) {
            // The import is optional: an installation may leave the bundle out.
            return false;
        }
    }

    /** Apart, so that the JVM resolves epoll's classes only where they are. */
    private static final class Native {

        private Native() {}

        static NettyTransport transport() {
            return new NettyTransport(
                    "epoll", EpollIoHandler.newFactory(), () -> new EpollDatagramChannel(SocketProtocolFamily.INET6));
        }
    }

    /** {@code epoll} or {@code nio}. */
    public String name() {
        return name;
    }

    /** One event loop on a daemon thread named after {@code owner}. */
    public EventLoopGroup newLoop(String owner) {
        return new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(owner, true), handlers);
    }

    /** An IPv6 UDP channel. */
    public DatagramChannel newChannel() {
        return channels.get();
    }
}
