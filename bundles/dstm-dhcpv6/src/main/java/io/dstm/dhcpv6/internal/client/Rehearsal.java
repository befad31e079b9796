package io.dstm.dhcpv6.internal.client;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Decoded;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Options;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;

/**
 * Plays an exchange with itself before there is a need. The first exchange of a JVM loads some eighty classes, which takes half a
 * second on a small machine; a program's first connection should not wait for that.
 */
final class Rehearsal implements Timers, ClientWire {

    private static final Octets SERVER = Octets.of((byte) 0, (byte) 0, (byte) 0);

    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final ClientSettings settings;
    private final Dhcpv6LeaseSource source;

    private Rehearsal(ClientSettings settings, Octets duid, Link link, RandomGenerator random) {
        this.settings = settings;
        this.source = new Dhcpv6LeaseSource(
                this, this, () -> new LinkState.Ready(link), () -> Optional.of(settings), () -> duid, random);
    }

    /** Plays; whether it ended with a lease. */
    static boolean play(ClientSettings settings, Octets duid, Link link, RandomGenerator random) {
        Rehearsal rehearsal = new Rehearsal(settings, duid, link, random);
        CompletableFuture<?> lease = rehearsal.source.acquire();
        while (!rehearsal.tasks.isEmpty()) {
            rehearsal.tasks.remove().run();
        }
        return lease.isDone() && !lease.isCompletedExceptionally();
    }

    @Override
    public CompletionStage<Void> send(Link link, byte[] message) {
        if (settings.codec().decode(message) instanceof Decoded.Good good
                && good.message() instanceof Message.Direct question) {
            Ipv6Address address = Ipv6Address.mapped(Ipv4Address.PLACEHOLDER);
            Options answer = Options.of(
                    new Option.ServerId(SERVER),
                    new Option.Preference(255),
                    new Option.RapidCommit(),
                    new Option.IaDstm(
                            Dhcpv6LeaseSource.IAID,
                            0,
                            0,
                            Options.of(
                                    new Option.IaAddress(address, 1, 1, Options.NONE),
                                    new Option.DstmTep(link.source()))));
            boolean offer = question.type().equals(MessageType.SOLICIT) && !settings.rapidCommit();
            Message reply = new Message.Direct(
                    offer ? MessageType.ADVERTISE : MessageType.REPLY,
                    question.transactionId(),
                    answer.and(question.options().list().get(0)));
            source.receive(settings.codec().encode(reply));
        }
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> send(Link link, Ipv6Address server, byte[] message) {
        return send(link, message);
    }

    @Override
    public Instant now() {
        return Instant.EPOCH;
    }

    @Override
    public long nanoTime() {
        return 0;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
        return () -> {};
    }
}
