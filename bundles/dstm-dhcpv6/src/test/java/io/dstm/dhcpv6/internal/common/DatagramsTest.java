package io.dstm.dhcpv6.internal.common;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv6Address;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatagramsTest {

    private static final Ipv6Address LOOPBACK = Ipv6Address.parse("::1");

    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private EventLoopGroup loop;

    private final Datagrams.Receiver receiver = new Datagrams.Receiver() {
        @Override
        public void received(byte[] payload, Ipv6Address source, int scope, int port) {
            if (payload.length == 0) {
                throw new IllegalStateException("broken on purpose");
            }
            events.add(payload.length + " from " + source + " scope " + scope);
        }

        @Override
        public void tooLong() {
            events.add("too long");
        }
    };

    @AfterEach
    void stop() {
        if (loop != null) {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    private Channel open(NettyTransport transport) {
        loop = transport.newLoop("test");
        return Datagrams.bind(transport, loop, Addresses.socket(LOOPBACK, 0, 0), false, receiver)
                .syncUninterruptibly()
                .channel();
    }

    private String next() throws InterruptedException {
        return events.poll(60, TimeUnit.SECONDS);
    }

    @Test
    void native_epoll_is_there_on_linux() {
        assertThat(NettyTransport.best().name()).isEqualTo("epoll");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_socket_takes_what_fits_counts_what_does_not_and_survives_its_receiver(boolean nio) throws Exception {
        Channel channel = open(nio ? NettyTransport.nio() : NettyTransport.best());
        InetSocketAddress self = (InetSocketAddress) channel.localAddress();

        Datagrams.send(channel, new byte[5], self).syncUninterruptibly();
        assertThat(next()).isEqualTo("5 from ::1 scope 0");

        Datagrams.send(channel, new byte[Datagrams.LONGEST], self).syncUninterruptibly();
        assertThat(next()).isEqualTo("8192 from ::1 scope 0");

        Datagrams.send(channel, new byte[Datagrams.LONGEST + 1], self).syncUninterruptibly();
        assertThat(next()).isEqualTo("too long");

        Datagrams.send(channel, new byte[20000], self).syncUninterruptibly();
        assertThat(next()).isEqualTo("too long");

        Datagrams.send(channel, new byte[0], self).syncUninterruptibly();
        Datagrams.send(channel, new byte[7], self).syncUninterruptibly();
        assertThat(next()).isEqualTo("7 from ::1 scope 0");
    }

    /** A receiver that fails on one must not cost the others that came with it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_busy_socket_takes_each_of_those_that_come_together(boolean nio) throws Exception {
        NettyTransport transport = nio ? NettyTransport.nio() : NettyTransport.best();
        loop = transport.newLoop("test");
        Channel channel = Datagrams.bindBusy(transport, loop, Addresses.socket(LOOPBACK, 0, 0), receiver)
                .syncUninterruptibly()
                .channel();
        InetSocketAddress self = (InetSocketAddress) channel.localAddress();
        List<String> expected = new ArrayList<>();
        loop.submit(() -> {
                    for (int i = 1; i <= 100; i++) {
                        boolean whole = i % 10 > 0;
                        Datagrams.write(channel, new byte[whole ? i : Datagrams.LONGEST + i], self);
                        Datagrams.write(channel, new byte[0], self);
                        expected.add(whole ? i + " from ::1 scope 0" : "too long");
                    }
                    channel.flush();
                })
                .syncUninterruptibly();
        for (String event : expected) {
            assertThat(next()).isEqualTo(event);
        }
    }
}
