package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.client.LeaseSource;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Leases of any DHCPv6 server that speaks lw4o6 (RFC 7596, RFC 7598): {@link Lw4o6Dialect}, and the address that the tunnel is to
 * end at, which the node takes before it has the lease.
 */
public final class Lw4o6LeaseSource implements LeaseSource {

    /** How often to look whether the kernel is done with duplicate address detection, which takes a second or two. */
    private static final Duration POLL = Duration.ofMillis(100);

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Timers timers;
    private final Dhcpv6LeaseSource asking;
    private final LocalAddresses addresses;

    /**
     * A source that is idle until it has settings, identity and link.
     *
     * @param addresses the node's own, to which it adds the tunnel's end
     */
    public Lw4o6LeaseSource(
            Timers timers,
            ClientWire wire,
            Supplier<LinkState> links,
            LocalAddresses addresses,
            Supplier<Optional<ClientSettings>> settings,
            ClientIdentity identity,
            RandomGenerator random) {
        this.timers = timers;
        this.addresses = addresses;
        this.asking = new Dhcpv6LeaseSource(timers, wire, links, settings, identity, random, new Lw4o6Dialect());
    }

    @Override
    public String name() {
        return asking.name();
    }

    @Override
    public String detail() {
        return asking.detail();
    }

    @Override
    public CompletableFuture<ClientLease> acquire() {
        return settled(asking.acquire());
    }

    @Override
    public CompletableFuture<ClientLease> renew(ClientLease lease) {
        return settled(asking.renew(lease));
    }

    @Override
    public CompletableFuture<ClientLease> rebind(ClientLease lease) {
        return settled(asking.rebind(lease));
    }

    @Override
    public CompletionStage<Void> release(ClientLease lease) {
        addresses.drop(lease.tunnelSource());
        return asking.release(lease);
    }

    @Override
    public CompletionStage<Void> decline(ClientLease lease) {
        addresses.drop(lease.tunnelSource());
        return asking.decline(lease);
    }

    /** How received datagrams ended. */
    public Map<ClientCounter, Long> counters() {
        return asking.counters();
    }

    /** Takes a datagram from the wire, on any thread. */
    public void receive(byte[] datagram) {
        asking.receive(datagram);
    }

    /** Notes a datagram that the wire could not take whole. */
    void tooLong() {
        asking.tooLong();
    }

    /** The lease, once the node has the address that its tunnel ends at. */
    private CompletableFuture<ClientLease> settled(CompletableFuture<ClientLease> asked) {
        CompletableFuture<ClientLease> result = new CompletableFuture<>();
        CompletionStage<ClientLease> end = result;
        end.whenComplete((lease, problem) -> asked.cancel(false));
        CompletionStage<ClientLease> answer = asked;
        answer.whenComplete((lease, problem) -> {
            if (lease != null) {
                timers.execute(() -> settle(lease, result));
            } else {
                result.completeExceptionally(
                        problem instanceof CompletionException wrapped && wrapped.getCause() != null
                                ? wrapped.getCause()
                                : problem);
            }
        });
        return result;
    }

    private void settle(ClientLease lease, CompletableFuture<ClientLease> result) {
        Optional<String> problem = addresses.take(lease.tunnelSource());
        if (problem.isPresent()) {
            giveUp(lease, result, problem.get());
        } else {
            await(lease, result, timers.nanoTime());
        }
    }

    private void await(ClientLease lease, CompletableFuture<ClientLease> result, long since) {
        Ipv6Address end = lease.tunnelSource();
        if (addresses.in(new Ipv6Prefix(end, 128)).isPresent()) {
            result.complete(lease);
        } else if (timers.nanoTime() - since > PATIENCE.toNanos()) {
            // RFC 4862 section 5.4.5: somebody else of the link has it.
            giveUp(lease, result, "the kernel does not let " + end + " be used; does another host have it?");
        } else if (!result.isDone()) {
            timers.schedule(POLL, () -> await(lease, result, since));
        }
    }

    private void giveUp(ClientLease lease, CompletableFuture<ClientLease> result, String why) {
        var unused = decline(lease);
        result.completeExceptionally(new LeaseRefusedException(why, true));
    }
}
