package io.dstm.dns.internal;

import io.dstm.api.client.Ipv4OnDemand;
import io.dstm.dns.internal.Upstream.Answer;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;

/**
 * Decides what happens to a query: forward it, and hold the answer back while the program that gets it would need IPv4 that is not
 * there yet (draft-ietf-ngtrans-dstm-08 section 4.1).
 */
final class StubResolver {

    /** How many queries may be under way; a node has few programs that look names up at once. */
    static final int MOST_PENDING = 1024;

    private final Upstream upstream;
    private final Supplier<Optional<Ipv4OnDemand>> ipv4;
    private final Duration holdTimeout;
    private final DnsCounters counters;
    private final Set<Pending> pending = ConcurrentHashMap.newKeySet();

    /** A query under way: programs repeat theirs while they wait, with the same number from the same place. */
    private record Pending(Object asker, int id, Record question) {}

    StubResolver(Upstream upstream, Supplier<Optional<Ipv4OnDemand>> ipv4, Duration holdTimeout, DnsCounters counters) {
        this.upstream = upstream;
        this.ipv4 = ipv4;
        this.holdTimeout = holdTimeout;
        this.counters = counters;
    }

    /**
     * Answers a query.
     *
     * @param asker who asks, to tell a repeated query from another's
     * @param octets what it sent
     * @param overTcp whether it asked over TCP
     * @return the octets to send back; empty when nothing is to be sent. Never fails.
     */
    CompletableFuture<Optional<byte[]>> answer(Object asker, byte[] octets, boolean overTcp) {
        Message query = Wire.parse(octets).orElse(null);
        if (query == null || Wire.isResponse(query)) {
            return drop(DnsCounter.DROPPED_MALFORMED);
        }
        Record question = query.getQuestion();
        if (!Wire.isPlainQuery(query) || question == null) {
            counters.count(DnsCounter.REFUSED);
            return CompletableFuture.completedFuture(
                    Optional.of(Wire.failure(query, Rcode.NOTIMP, "only plain queries are forwarded")));
        }
        if (pending.size() >= MOST_PENDING) {
            return drop(DnsCounter.DROPPED_BUSY);
        }
        Pending key = new Pending(asker, query.getHeader().getID(), question);
        if (!pending.add(key)) {
            return drop(DnsCounter.DROPPED_DUPLICATE);
        }
        CompletableFuture<byte[]> reply =
                Wire.asksForA(query) ? answerForA(query, octets, overTcp) : pass(upstream.ask(octets, overTcp));
        return reply.exceptionally(nobody -> noUpstream(query))
                .whenComplete((done, failed) -> pending.remove(key))
                .thenApply(Optional::of);
    }

    private CompletableFuture<Optional<byte[]>> drop(DnsCounter reason) {
        counters.count(reason);
        return CompletableFuture.completedFuture(Optional.empty());
    }

    private CompletableFuture<byte[]> pass(CompletableFuture<Answer> answer) {
        return answer.thenApply(this::passed);
    }

    private byte[] passed(Answer answer) {
        counters.count(DnsCounter.PASSED);
        return answer.octets();
    }

    private byte[] noUpstream(Message query) {
        counters.count(DnsCounter.FAILED_NO_UPSTREAM);
        return Wire.failure(query, Rcode.SERVFAIL, "no resolver of the network answered");
    }

    private CompletableFuture<byte[]> answerForA(Message query, byte[] octets, boolean overTcp) {
        Optional<Ipv4OnDemand> demand = ipv4.get();
        if (demand.isEmpty() || demand.get().status().lease() != null) {
            return pass(upstream.ask(octets, overTcp));
        }
        // Asked beside each other, so that a name with both addresses waits no longer than for the slower answer.
        CompletableFuture<Boolean> hasIpv6 = upstream.ask(Wire.ipv6Query(query).toWire(), false)
                .thenApply(answer -> Wire.hasIpv6(answer.message()))
                .exceptionally(unknown -> false);
        return upstream.ask(octets, overTcp)
                .thenCompose(answer -> Wire.needsIpv4(answer.message())
                        ? hasIpv6.thenCompose(both -> both
                                ? CompletableFuture.completedFuture(passed(answer))
                                : hold(query, answer, demand.get()))
                        : CompletableFuture.completedFuture(passed(answer)));
    }

    private CompletableFuture<byte[]> hold(Message query, Answer answer, Ipv4OnDemand demand) {
        String name = String.valueOf(query.getQuestion().getName());
        CompletableFuture<byte[]> held = new CompletableFuture<>();
        demand.demand("dns " + name).whenComplete((lease, failed) -> {
            if (failed == null) {
                held.complete(answer.octets());
            } else {
                held.completeExceptionally(failed);
            }
        });
        return held.orTimeout(holdTimeout.toMillis(), TimeUnit.MILLISECONDS).handle((octets, failed) -> {
            counters.count(failed == null ? DnsCounter.HELD : DnsCounter.FAILED_NO_IPV4);
            return failed == null ? octets : Wire.failure(query, Rcode.SERVFAIL, "no IPv4 lease for this node");
        });
    }
}
