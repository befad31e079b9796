package io.dstm.dns.internal;

import io.netty.bootstrap.Bootstrap;
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
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.xbill.DNS.Message;

/**
 * Asks over the network. Every try has a socket of its own, so a port the kernel draws, and a transaction number of its own: who
 * wants to forge an answer must guess both (RFC 5452 section 4).
 */
@SuppressWarnings("FutureReturnValueIgnored") // Listeners see what matters; a close that fails has nobody to be told.
final class UpstreamChannels implements Upstream {

    private static final int LARGEST = 65535;

    private final Loops loops;
    private final List<InetAddress> resolvers;
    private final int port;
    private final Duration timeout;
    private final SecureRandom random = new SecureRandom();

    UpstreamChannels(Loops loops, StubConfig config) {
        this.loops = loops;
        this.resolvers = config.upstream();
        this.port = config.upstreamPort();
        this.timeout = config.timeout();
    }

    @Override
    public CompletableFuture<Answer> ask(byte[] query, boolean overTcp) {
        return ask(query, overTcp, 0);
    }

    private CompletableFuture<Answer> ask(byte[] query, boolean overTcp, int resolver) {
        CompletableFuture<Answer> answer = attempt(query, overTcp, resolvers.get(resolver));
        return resolver + 1 == resolvers.size()
                ? answer
                : answer.exceptionallyCompose(silent -> ask(query, overTcp, resolver + 1));
    }

    private CompletableFuture<Answer> attempt(byte[] query, boolean overTcp, InetAddress resolver) {
        int askedId = (query[0] & 0xFF) << 8 | query[1] & 0xFF;
        byte[] sent = Wire.withId(query, random.nextInt(1 << 16));
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        Optional<Message> parsed = Wire.parse(sent);
        if (parsed.isEmpty()) {
            answer.completeExceptionally(new IOException("not a query"));
            return answer;
        }
        Expecting expecting = new Expecting(parsed.get(), askedId, answer);
        ChannelFuture connecting = overTcp ? connectTcp(resolver, expecting) : connectUdp(resolver, expecting);
        Channel channel = connecting.channel();
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                answer.completeExceptionally(done.cause());
                return;
            }
            ByteBuf octets = Unpooled.wrappedBuffer(sent);
            Object message = overTcp ? octets : new DatagramPacket(octets, new InetSocketAddress(resolver, port));
            channel.writeAndFlush(message).addListener(written -> {
                if (!written.isSuccess()) {
                    answer.completeExceptionally(written.cause());
                }
            });
        });
        return answer.orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((got, failed) -> channel.close());
    }

    private ChannelFuture connectUdp(InetAddress resolver, Expecting expecting) {
        return new Bootstrap()
                .group(loops.group())
                .channel(loops.datagram())
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(LARGEST))
                .handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
                        expecting.received(ByteBufUtil.getBytes(packet.content()));
                    }

                    @Override
                    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                        expecting.answer().completeExceptionally(cause);
                    }
                })
                .connect(new InetSocketAddress(resolver, port));
    }

    private ChannelFuture connectTcp(InetAddress resolver, Expecting expecting) {
        return new Bootstrap()
                .group(loops.group())
                .channel(loops.stream())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) timeout.toMillis())
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new LengthFieldPrepender(2))
                                .addLast(new LengthFieldBasedFrameDecoder(LARGEST + 2, 0, 2, 0, 2))
                                .addLast(new SimpleChannelInboundHandler<ByteBuf>() {
                                    @Override
                                    protected void channelRead0(ChannelHandlerContext context, ByteBuf octets) {
                                        expecting.received(ByteBufUtil.getBytes(octets));
                                    }

                                    @Override
                                    public void channelInactive(ChannelHandlerContext context) {
                                        expecting.answer().completeExceptionally(new IOException("closed"));
                                    }

                                    @Override
                                    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                                        expecting.answer().completeExceptionally(cause);
                                    }
                                });
                    }
                })
                .connect(new InetSocketAddress(resolver, port));
    }

    /** What a try waits for; anything else that arrives is ignored, not taken for the answer. */
    private record Expecting(Message query, int askedId, CompletableFuture<Answer> answer) {

        void received(byte[] octets) {
            Wire.parse(octets)
                    .filter(message -> Wire.answers(message, query))
                    .ifPresent(message -> answer.complete(new Answer(Wire.withId(octets, askedId), message)));
        }
    }
}
