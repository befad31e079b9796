package io.dstm.dhcpv6.internal.server;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.ClientId;
import io.dstm.dhcpv6.internal.codec.Option.LqQuery;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.Status;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Answers leasequeries: one by one over UDP (RFC 5007), as a stream over TCP (RFC 5460). A query looks at every lease, so those of
 * UDP have a thread of their own and wait in a short line; what is beyond is dropped, and the asker asks again.
 */
final class LeaseQueryDesk {

    /** Some seconds' worth with a million leases. */
    private static final int LONGEST_LINE = 32;

    /** No client has as many; what one answer over UDP can show. */
    private static final int MOST_LEASES = 64;

    private final LeaseService leases;
    private final InstantSource clock;
    private final ThreadPoolExecutor thread;

    LeaseQueryDesk(LeaseService leases, InstantSource clock) {
        this.leases = leases;
        this.clock = clock;
        this.thread =
                new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(LONGEST_LINE), task -> {
                    Thread worker = new Thread(task, "dstm-dhcpv6-leasequery");
                    worker.setDaemon(true);
                    return worker;
                });
        thread.allowCoreThreadTimeOut(true);
    }

    /** The answer to a query over UDP. */
    CompletionStage<Answer> answer(ServerContext server, Message.Direct message, Arrival arrival) {
        boolean allowed = server.settings().operation().leasequeryClients().stream()
                .anyMatch(prefix -> prefix.contains(arrival.source()));
        Optional<ServerCounter> invalid = allowed
                ? LeaseQuery.check(message, server.duid())
                : Optional.of(ServerCounter.DROP_LEASEQUERY_NOT_ALLOWED);
        if (invalid.isPresent()) {
            return CompletableFuture.completedStage(new Answer.Drop(invalid.get()));
        }
        LeaseQuery.Parsed parsed =
                LeaseQuery.parse(message.options().first(LqQuery.class).orElseThrow(), false);
        if (parsed.query().isEmpty()) {
            return CompletableFuture.completedStage(
                    send(reply(server, message, new Option.StatusCode(parsed.status(), parsed.text()))));
        }
        try {
            LeaseQuery query = parsed.query().get();
            return CompletableFuture.supplyAsync(() -> send(reply(server, message, found(query))), thread);
        } catch (RejectedExecutionException full) {
            return CompletableFuture.completedStage(new Answer.Drop(ServerCounter.DROP_LEASEQUERY_BUSY));
        }
    }

    private static Answer send(Message.Direct reply) {
        return new Answer.Send(reply, ServerCounter.SENT_LEASEQUERY_REPLY);
    }

    private static Message.Direct reply(ServerContext server, Message.Direct question, Option... more) {
        Options options = Options.of(
                        new Option.ServerId(server.duid()),
                        question.options().first(ClientId.class).orElseThrow())
                .and(more);
        return new Message.Direct(MessageType.LEASEQUERY_REPLY, question.transactionId(), options);
    }

    private Option[] found(LeaseQuery query) {
        List<Lease> matching = new ArrayList<>();
        leases.forEachLease(lease -> {
            if (matching.size() <= MOST_LEASES && query.matches().test(lease)) {
                matching.add(lease);
            }
        });
        if (matching.isEmpty()) {
            return new Option[0];
        }
        List<Ipv6Address> links = LeaseQuery.links(matching);
        if (query.byClient() && query.anywhere() && links.size() > 1) {
            return new Option[] {new Option.LqClientLink(links)};
        }
        boolean oneClient = matching.stream()
                        .map(lease -> lease.client().identity())
                        .distinct()
                        .count()
                == 1;
        if (!oneClient || matching.size() > MOST_LEASES) {
            return new Option[] {
                new Option.StatusCode(
                        Status.UNSPEC_FAIL,
                        "several clients match: name a port (DSTM_PORTS in the IA Address), or ask over TCP")
            };
        }
        return new Option[] {query.show(matching, clock.instant())};
    }

    /** Takes the answers to a query over TCP, one after another; may throw to end them. */
    interface Stream {

        /** Another message. */
        void send(Message.Direct message);
    }

    /**
     * Answers a query over TCP, on the caller's thread, as fast as {@code stream} takes it.
     *
     * @return how it ended; nothing was sent if that is a drop
     */
    ServerCounter stream(ServerContext server, Message.Direct message, Stream stream) {
        if (!message.type().equals(MessageType.LEASEQUERY)) {
            return ServerCounter.DROP_BULK_MALFORMED;
        }
        Optional<ServerCounter> invalid = LeaseQuery.check(message, server.duid());
        if (invalid.isPresent()) {
            return ServerCounter.DROP_BULK_MALFORMED;
        }
        LeaseQuery.Parsed parsed =
                LeaseQuery.parse(message.options().first(LqQuery.class).orElseThrow(), true);
        if (parsed.query().isEmpty()) {
            stream.send(reply(server, message, new Option.StatusCode(parsed.status(), parsed.text())));
            return ServerCounter.DONE_BULK_QUERY;
        }
        LeaseQuery query = parsed.query().get();
        boolean[] any = {false};
        leases.forEachLease(lease -> {
            if (query.matches().test(lease)) {
                Option data = query.show(List.of(lease), clock.instant());
                stream.send(
                        any[0]
                                ? new Message.Direct(
                                        MessageType.LEASEQUERY_DATA, message.transactionId(), Options.of(data))
                                : reply(server, message, data));
                any[0] = true;
            }
        });
        stream.send(
                any[0]
                        ? new Message.Direct(MessageType.LEASEQUERY_DONE, message.transactionId(), Options.NONE)
                        : reply(server, message));
        return ServerCounter.DONE_BULK_QUERY;
    }
}
