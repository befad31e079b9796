package io.dstm.dns.internal;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.timeout.IdleStateHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Listens on the node's addresses, UDP and TCP (RFC 7766), and hands queries to the resolver. */
@SuppressWarnings("FutureReturnValueIgnored") // An answer that cannot be written has nobody left to be told.
final class DnsServer implements AutoCloseable {

    private static final int LARGEST = 65535;
    private static final int MOST_CONNECTIONS = 256;
    /** RFC 7766 section 6.2.3 asks for seconds; a held answer must fit. */
    private static final int IDLE_SECONDS = 30;

    private final List<Channel> channels = new ArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final StubResolver resolver;

    private DnsServer(StubResolver resolver) {
        this.resolver = resolver;
    }

    /**
     * Opens every socket.
     *
     * @throws IOException if one cannot be opened, naming it; none stays open then
     */
    static DnsServer open(Loops loops, List<InetAddress> addresses, int port, StubResolver resolver)
            throws IOException {
        DnsServer server = new DnsServer(resolver);
        try {
            for (InetAddress address : addresses) {
                InetSocketAddress place = new InetSocketAddress(address, port);
                server.channels.add(opened(server.udp(loops).bind(place), "UDP", place));
                server.channels.add(opened(server.tcp(loops).bind(place), "TCP", place));
            }
            return server;
        } catch (IOException cannot) {
            server.close();
            throw cannot;
        }
    }

    private static Channel opened(ChannelFuture binding, String protocol, InetSocketAddress place) throws IOException {
        if (!binding.awaitUninterruptibly().isSuccess()) {
            throw new IOException(
                    "cannot listen on " + protocol + " " + place.getAddress().getHostAddress() + " port "
                            + place.getPort() + ": " + binding.cause().getMessage(),
                    binding.cause());
        }
        return binding.channel();
    }

    private Bootstrap udp(Loops loops) {
        return new Bootstrap()
                .group(loops.group())
                .channel(loops.datagram())
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(4096))
                .handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
                        InetSocketAddress asker = packet.sender();
                        resolver.answer(asker, ByteBufUtil.getBytes(packet.content()), false)
                                .thenAccept(reply -> reply.ifPresent(octets -> context.writeAndFlush(
                                        new DatagramPacket(Unpooled.wrappedBuffer(octets), asker))));
                    }

                    @Override
                    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                        // A late "port unreachable" for an asker that has gone; the socket lives on.
                    }
                });
    }

    private ServerBootstrap tcp(Loops loops) {
        return new ServerBootstrap()
                .group(loops.group())
                .channel(loops.server())
                .option(ChannelOption.SO_REUSEADDR, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new IdleStateHandler(0, 0, IDLE_SECONDS))
                                .addLast(new LengthFieldPrepender(2))
                                .addLast(new LengthFieldBasedFrameDecoder(LARGEST + 2, 0, 2, 0, 2))
                                .addLast(new Connection());
                    }
                });
    }

    @Override
    public void close() {
        channels.forEach(channel -> channel.close().awaitUninterruptibly());
        channels.clear();
    }

    /** A program's connection; several queries may be under way on it. */
    private final class Connection extends SimpleChannelInboundHandler<ByteBuf> {

        @Override
        public void channelActive(ChannelHandlerContext context) {
            if (connections.incrementAndGet() > MOST_CONNECTIONS) {
                context.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            connections.decrementAndGet();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf query) {
            resolver.answer(context.channel().id(), ByteBufUtil.getBytes(query), true)
                    .thenAccept(reply -> reply.ifPresentOrElse(
                            octets -> context.writeAndFlush(Unpooled.wrappedBuffer(octets)), context::close));
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object idle) {
            context.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
