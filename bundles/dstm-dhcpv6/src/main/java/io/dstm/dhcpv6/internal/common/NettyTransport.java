package io.dstm.dhcpv6.internal.common;

import io.netty.channel.ChannelOption;
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
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** How Netty does its I/O here: native epoll, or NIO where the native library is missing. */
public final class NettyTransport {

    /** What the kernel keeps while a busy reader does something else: some thousand datagrams. */
    private static final int RECEIVE_BUFFER = 4 << 20;

    private final String name;
    private final IoHandlerFactory handlers;
    private final Supplier<DatagramChannel> channels;
    private final IntFunction<DatagramChannel> batching;
    private final int batch;

    private final Consumer<DatagramChannel> strictGroups;

    private NettyTransport(
            String name,
            IoHandlerFactory handlers,
            Supplier<DatagramChannel> channels,
            IntFunction<DatagramChannel> batching,
            int batch,
            Consumer<DatagramChannel> strictGroups) {
        this.name = name;
        this.handlers = handlers;
        this.channels = channels;
        this.batching = batching;
        this.batch = batch;
        this.strictGroups = strictGroups;
    }

    /** The best there is. */
    public static NettyTransport best() {
        return epollIsThere() ? Native.transport() : nio();
    }

    /** NIO, which is always there. */
    public static NettyTransport nio() {
        return new NettyTransport(
                "nio",
                NioIoHandler.newFactory(),
                () -> new NioDatagramChannel(SocketProtocolFamily.INET6),
                longest -> {
                    DatagramChannel channel = new NioDatagramChannel(SocketProtocolFamily.INET6);
                    channel.config().setReceiveBufferSize(RECEIVE_BUFFER);
                    return channel;
                },
                1,
                channel -> {});
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

        /** IPV6_MULTICAST_ALL of IPPROTO_IPV6 in linux/in6.h. */
        private static final ChannelOption<Integer> MULTICAST_ALL =
                new IntegerUnixChannelOption("IPV6_MULTICAST_ALL", 41, 29);

        /** Datagrams that one call of the system takes at most: half a megabyte for as long as they are looked at. */
        private static final int BATCH = 64;

        private Native() {}

        /** SO_RCVBUFFORCE of SOL_SOCKET in asm-generic/socket.h: as SO_RCVBUF, beyond net.core.rmem_max. */
        private static final ChannelOption<Integer> RECEIVE_BUFFER_FORCE =
                new IntegerUnixChannelOption("SO_RCVBUFFORCE", 1, 33);

        private static DatagramChannel batching(int longest) {
            EpollDatagramChannel channel = new EpollDatagramChannel(SocketProtocolFamily.INET6);
            channel.config().setMaxDatagramPayloadSize(longest);
            try {
                channel.config().setOption(RECEIVE_BUFFER_FORCE, RECEIVE_BUFFER);
            } catch (RuntimeException notAllowed) {
                // It takes CAP_NET_ADMIN. Linux's own limit is some 280 datagrams: a pause of 14 ms at twenty thousand
                // a second.
                channel.config().setReceiveBufferSize(RECEIVE_BUFFER);
            }
            return channel;
        }

        static NettyTransport transport() {
            return new NettyTransport(
                    "epoll",
                    EpollIoHandler.newFactory(),
                    () -> new EpollDatagramChannel(SocketProtocolFamily.INET6),
                    Native::batching,
                    BATCH,
                    channel -> channel.config().setOption(MULTICAST_ALL, 0));
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

    /**
     * Keeps multicast away that the socket did not ask for: Linux hands a socket bound to :: every group that anybody on the host
     * has joined, unless told not to. NIO has no way to tell it.
     */
    public void onlyJoinedGroups(DatagramChannel channel) {
        strictGroups.accept(channel);
    }

    /** How many datagrams a channel of {@link #newBatchingChannel} reads at once. */
    int batch() {
        return batch;
    }

    /**
     * An IPv6 UDP channel that reads several datagrams at once into one buffer, if it can, {@code longest} octets for each, and has
     * the kernel keep many.
     */
    DatagramChannel newBatchingChannel(int longest) {
        return batching.apply(longest);
    }

    /** An IPv6 UDP channel. */
    public DatagramChannel newChannel() {
        return channels.get();
    }
}
