package io.dstm.dhcpv6.internal.server;

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
import java.util.function.Predicate;

/**
 * Answers leasequeries: one by one over UDP (RFC 5007), as a stream over TCP (RFC 5460). A query looks at every lease, so those of
 * UDP have a thread of their own and wait in a short line; what is beyond is dropped, and the asker asks again.
 */
final class LeaseQueryDesk {

    /** Some seconds' worth with a million leases. */
    private static final int LONGEST_LINE = 32;

    /** No client has as many; what one answer over UDP can show. */
    private static final int MOST_LEASES = 64;

    private final LeaseView view;
    private final InstantSource clock;
    private final ThreadPoolExecutor thread;

    LeaseQueryDesk(LeaseView view, InstantSource clock) {
        this.view = view;
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
                LeaseQuery.parse(message.options().first(LqQuery.class).orElseThrow(), view, false);
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
        List<Held> matching = matching(query.matches());
        if (matching.isEmpty()) {
            return nothing(query);
        }
        // Who names an address of somebody else's prefix as the end of its tunnel does not hide that one.
        String identity = matching.stream()
                .filter(held -> held.ipv6() != null)
                .findFirst()
                .orElse(matching.get(0))
                .client()
                .identity();
        boolean lent = matching.stream().anyMatch(held -> held.ipv6() != null);
        boolean oneClient = lent
                || matching.stream().allMatch(held -> held.client().identity().equals(identity));
        if (!oneClient || matching.size() > MOST_LEASES) {
            return new Option[] {
                new Option.StatusCode(
                        Status.UNSPEC_FAIL,
                        "several clients match: name a port (DSTM_PORTS in the IA Address), or ask over TCP")
            };
        }
        if (query.byClient()) {
            List<Ipv6Address> links = links(matching);
            return query.link().isUnspecified() && links.size() > 1
                    ? new Option[] {new Option.LqClientLink(links)}
                    : new Option[] {query.show(matching, view, clock.instant())};
        }
        // "both may be present": whatever else the client has on that link (RFC 5007 section 4.4.2).
        Optional<Ipv6Address> link = query.link().isUnspecified()
                ? matching.stream()
                        .filter(held -> held.client().identity().equals(identity))
                        .findFirst()
                        .flatMap(view::linkOf)
                : Optional.of(query.link());
        List<Held> whole = matching(held -> held.client().identity().equals(identity)
                && (query.matches().test(held)
                        || link.filter(at -> view.isOn(held, at)).isPresent()));
        return whole.isEmpty() ? nothing(query) : new Option[] {query.show(whole, view, clock.instant())};
    }

    private List<Held> matching(Predicate<Held> wanted) {
        List<Held> matching = new ArrayList<>();
        view.forEach(held -> {
            if (matching.size() <= MOST_LEASES && wanted.test(held)) {
                matching.add(held);
            }
        });
        return matching;
    }

    private List<Ipv6Address> links(List<Held> leases) {
        return leases.stream()
                .flatMap(held -> view.linkOf(held).stream())
                .distinct()
                .toList();
    }

    private static Option[] nothing(LeaseQuery query) {
        return query.known().getAsBoolean()
                ? new Option[0]
                : new Option[] {new Option.StatusCode(Status.NOT_CONFIGURED, "this server has no such address or link")
                };
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
                LeaseQuery.parse(message.options().first(LqQuery.class).orElseThrow(), view, true);
        if (parsed.query().isEmpty()) {
            stream.send(reply(server, message, new Option.StatusCode(parsed.status(), parsed.text())));
            return ServerCounter.DONE_BULK_QUERY;
        }
        LeaseQuery query = parsed.query().get();
        boolean[] any = {false};
        view.forEach(held -> {
            if (query.matches().test(held)) {
                Option data = query.show(List.of(held), view, clock.instant());
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
                        : reply(server, message, nothing(query)));
        return ServerCounter.DONE_BULK_QUERY;
    }
}
