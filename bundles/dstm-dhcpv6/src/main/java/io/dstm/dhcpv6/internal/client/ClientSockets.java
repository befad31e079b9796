package io.dstm.dhcpv6.internal.client;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.common.Addresses;
import io.dstm.dhcpv6.internal.common.Datagrams;
import io.dstm.dhcpv6.internal.common.NettyTransport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoopGroup;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A client's sockets, [source]:546 each. One is opened when there is something to send from its address. All belong to the event
 * loop.
 */
final class ClientSockets {

    private static final int CLIENT_PORT = 546;
    private static final int SERVER_PORT = 547;

    private final NettyTransport transport;
    private final EventLoopGroup loop;
    private final Datagrams.Receiver receiver;
    private final Map<Source, CompletionStage<Channel>> open = new HashMap<>();

    ClientSockets(NettyTransport transport, EventLoopGroup loop, Datagrams.Receiver receiver) {
        this.transport = transport;
        this.loop = loop;
        this.receiver = receiver;
    }

    /**
     * What a socket is bound to.
     *
     * @param index the interface's index where the address is link-local, else 0
     */
    private record Source(Ipv6Address address, int index) {}

    /** Sends; completes on the event loop when the kernel has it. */
    CompletionStage<Void> send(Ipv6Address source, int index, Ipv6Address destination, byte[] message) {
        CompletableFuture<Void> sent = new CompletableFuture<>();
        open(source, index).whenComplete((channel, problem) -> {
            if (problem == null) {
                send(channel, destination, index, message, sent);
            } else {
                sent.completeExceptionally(problem);
            }
        });
        return sent;
    }

    private static void send(
            Channel channel, Ipv6Address destination, int index, byte[] message, CompletableFuture<Void> sent) {
        Datagrams.send(
                        channel,
                        message,
                        Addresses.socket(destination, destination.isMulticast() ? index : 0, SERVER_PORT))
                .addListener(done -> {
                    if (done.isSuccess()) {
                        sent.complete(null);
                    } else {
                        sent.completeExceptionally(done.cause());
                    }
                });
    }

    /** The socket that is bound to {@code address}; a new one if need be. */
    CompletionStage<Channel> open(Ipv6Address address, int index) {
        Source source = new Source(address, address.isLinkLocal() ? index : 0);
        CompletionStage<Channel> before = open.get(source);
        if (before != null && isUsable(before)) {
            return before;
        }
        CompletableFuture<Channel> channel = new CompletableFuture<>();
        Datagrams.bind(transport, loop, Addresses.socket(address, source.index(), CLIENT_PORT), true, receiver)
                .addListener((ChannelFuture bound) -> {
                    if (bound.isSuccess()) {
                        channel.complete(bound.channel());
                    } else {
                        channel.completeExceptionally(bound.cause());
                    }
                });
        open.put(source, channel);
        return channel;
    }

    private static boolean isUsable(CompletionStage<Channel> stage) {
        CompletableFuture<Channel> channel = stage.toCompletableFuture();
        return !channel.isDone()
                || !channel.isCompletedExceptionally() && channel.join().isActive();
    }

    /** Closes all but those bound to {@code address}: what comes to another is not for this client any more. */
    void closeBut(Ipv6Address address) {
        open.entrySet().removeIf(socket -> {
            if (socket.getKey().address().equals(address)) {
                return false;
            }
            close(socket.getValue());
            return true;
        });
    }

    /** Closes all: an interface's link-local address belongs to other DHCPv6 clients too, whose answers would come here. */
    void close() {
        open.values().forEach(ClientSockets::close);
        open.clear();
    }

    private static void close(CompletionStage<Channel> socket) {
        socket.thenAccept(channel -> {
            var unused = channel.close();
        });
    }
}
