package io.dstm.dns.internal;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/** The event loop and the kinds of channel that go with it: epoll where the native library is, NIO elsewhere. */
record Loops(
        EventLoopGroup group,
        Class<? extends DatagramChannel> datagram,
        Class<? extends SocketChannel> stream,
        Class<? extends ServerChannel> server) {

    static Loops open() {
        DefaultThreadFactory threads = new DefaultThreadFactory("dstm-dns", true);
        return Epoll.isAvailable()
                ? new Loops(
                        new MultiThreadIoEventLoopGroup(1, threads, EpollIoHandler.newFactory()),
                        EpollDatagramChannel.class,
                        EpollSocketChannel.class,
                        EpollServerSocketChannel.class)
                : new Loops(
                        new MultiThreadIoEventLoopGroup(1, threads, NioIoHandler.newFactory()),
                        NioDatagramChannel.class,
                        NioSocketChannel.class,
                        NioServerSocketChannel.class);
    }
}
