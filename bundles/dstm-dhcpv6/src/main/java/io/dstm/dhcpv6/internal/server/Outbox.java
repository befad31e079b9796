package io.dstm.dhcpv6.internal.server;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.common.Addresses;
import io.dstm.dhcpv6.internal.common.Datagrams;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers on their way to the socket. What gathers while the event loop is busy leaves together, so that many answers cost one
 * wake-up and one call of the system. For any thread.
 */
final class Outbox {

    private static final Logger log = LoggerFactory.getLogger(Outbox.class);

    /** Answers between two flushes; a socket's buffer holds some more. */
    private static final int MOST_AT_ONCE = 64;

    private final Executor loop;
    private final Runnable notSent;
    private final Queue<Letter> letters = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    /** Where the last one went, for the next one, which often goes through the same relay; the event loop's. */
    private Ipv6Address lastAddress = Ipv6Address.UNSPECIFIED;

    private int lastScope;
    private @Nullable InetSocketAddress lastSocket;

    private record Letter(Channel channel, Outgoing outgoing, int scope) {}

    /** An outbox for channels of {@code loop}; {@code notSent} hears of what the kernel did not take. */
    Outbox(Executor loop, Runnable notSent) {
        this.loop = loop;
        this.notSent = notSent;
    }

    /** Sends soon. */
    void add(Channel channel, Outgoing outgoing, int scope) {
        letters.add(new Letter(channel, outgoing, scope));
        schedule();
    }

    private void schedule() {
        if (scheduled.compareAndSet(false, true)) {
            try {
                loop.execute(this::send);
            } catch (RejectedExecutionException stopped) {
                log.debug("not sent, the server stops", stopped);
                letters.clear();
            }
        }
    }

    private void send() {
        scheduled.set(false);
        Letter letter = letters.poll();
        while (letter != null) {
            Channel channel = letter.channel;
            for (int i = 0; letter != null && letter.channel == channel && i < MOST_AT_ONCE; i++) {
                write(letter);
                letter = letters.poll();
            }
            channel.flush();
        }
    }

    private void write(Letter letter) {
        Outgoing outgoing = letter.outgoing;
        Datagrams.write(letter.channel, outgoing.octets(), socket(outgoing, letter.scope))
                .addListener(sent -> {
                    if (!sent.isSuccess()) {
                        notSent.run();
                        log.debug("message to {} not sent", outgoing.destination(), sent.cause());
                    }
                });
    }

    private InetSocketAddress socket(Outgoing outgoing, int scope) {
        InetSocketAddress known = lastSocket;
        if (known != null
                && known.getPort() == outgoing.port()
                && lastScope == scope
                && lastAddress.equals(outgoing.destination())) {
            return known;
        }
        InetSocketAddress socket = Addresses.socket(outgoing.destination(), scope, outgoing.port());
        lastAddress = outgoing.destination();
        lastScope = scope;
        lastSocket = socket;
        return socket;
    }
}
