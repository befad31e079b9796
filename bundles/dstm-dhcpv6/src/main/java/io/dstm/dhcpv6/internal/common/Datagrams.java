package io.dstm.dhcpv6.internal.common;

import io.dstm.api.net.Ipv6Address;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A UDP socket that hands datagrams over as plain values. */
public final class Datagrams {

    /** No client, and no chain of relays, comes near; a buffer of this size is held for each datagram being read. */
    public static final int LONGEST = 8192;

    private static final Logger log = LoggerFactory.getLogger(Datagrams.class);

    /** Takes datagrams on the event loop. Must not block. */
    public interface Receiver {

        /**
         * A datagram came.
         *
         * @param scope the index of the interface, if the source is link-local; else 0
         */
        void received(byte[] payload, Ipv6Address source, int scope, int port);

        /** A datagram came that is longer than {@link #LONGEST}. */
        void tooLong();
    }

    private Datagrams() {}

    /** Opens a socket and binds it; {@code reuse} shares the port with who shares it too. */
    public static ChannelFuture bind(
            NettyTransport transport,
            EventLoopGroup loop,
            InetSocketAddress address,
            boolean reuse,
            Receiver receiver) {
        return new Bootstrap()
                .group(loop)
                .channelFactory(transport::newChannel)
                .option(ChannelOption.SO_REUSEADDR, reuse)
                // One octet more shows that a datagram was cut.
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(LONGEST + 1))
                .handler(new Handler(receiver))
                .bind(address);
    }

    /** As {@link #bind}, for a socket that takes many datagrams a second: several with each call of the system where it can. */
    public static ChannelFuture bindBusy(
            NettyTransport transport, EventLoopGroup loop, InetSocketAddress address, Receiver receiver) {
        return new Bootstrap()
                .group(loop)
                .channelFactory(() -> transport.newBatchingChannel(LONGEST + 1))
                .option(ChannelOption.SO_REUSEADDR, false)
                .option(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(transport.batch() * (LONGEST + 1)))
                .handler(new Handler(receiver))
                .bind(address);
    }

    /** Has what is sent wait for {@link Channel#flush}; the future says whether the kernel took it. On the event loop. */
    public static ChannelFuture write(Channel channel, byte[] payload, InetSocketAddress destination) {
        return channel.write(new DatagramPacket(Unpooled.wrappedBuffer(payload), destination));
    }

    /** Sends; the future says whether the kernel took it. */
    public static ChannelFuture send(Channel channel, byte[] payload, InetSocketAddress destination) {
        return channel.writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(payload), destination));
    }

    private static final class Handler extends SimpleChannelInboundHandler<DatagramPacket> {

        private final Receiver receiver;
        private final DefectLog defects = new DefectLog(
                log,
                "DSTM-4001 A DHCPv6 socket failed on a datagram and goes on. Please report this if it is a defect.");

        Handler(Receiver receiver) {
            this.receiver = receiver;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            if (packet.content().readableBytes() > LONGEST) {
                receiver.tooLong();
            } else if (packet.sender().getAddress() instanceof Inet6Address source) {
                receiver.received(
                        ByteBufUtil.getBytes(packet.content()),
                        Ipv6Address.ofBytes(source.getAddress(), 0),
                        source.getScopeId(),
                        packet.sender().getPort());
            }
        }

        /** What a receiver throws must not close the socket, which is what the end of the pipeline would leave to chance. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            defects.report(cause);
        }
    }
}
