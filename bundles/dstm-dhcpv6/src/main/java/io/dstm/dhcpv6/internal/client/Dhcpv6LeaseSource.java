package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseSource;
import io.dstm.api.client.ServerCall;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Leases over DHCPv6: the options of a dialect in Solicit, Request, Renew, Rebind, Release and Decline. */
public final class Dhcpv6LeaseSource implements LeaseSource {

    /** A node has one 4over6 interface and with it one lease; its DUID is its own, so the number needs to be no other. */
    public static final int IAID = 1;

    private final ClientCore core;
    private final Timers timers;
    private final ServerCalls calls;

    /** A source that is idle until it has settings, identity and link. */
    public Dhcpv6LeaseSource(
            Timers timers,
            ClientWire wire,
            Supplier<LinkState> links,
            Supplier<Optional<ClientSettings>> settings,
            ClientIdentity identity,
            RandomGenerator random) {
        this(timers, wire, links, settings, identity, random, new DstmDialect());
    }

    Dhcpv6LeaseSource(
            Timers timers,
            ClientWire wire,
            Supplier<LinkState> links,
            Supplier<Optional<ClientSettings>> settings,
            ClientIdentity identity,
            RandomGenerator random,
            Dialect dialect) {
        this.timers = timers;
        this.core = new ClientCore(timers, wire, links, settings, identity, random, dialect);
        this.calls = new ServerCalls(core, identity);
        core.acceptCalls(calls);
    }

    @Override
    public String name() {
        return core.dialect().name();
    }

    @Override
    public CompletableFuture<ClientLease> acquire() {
        return converse(conversation -> new SolicitExchange(core, conversation));
    }

    /** Asks the server that gave the lease, or any if that is not known here. */
    @Override
    public CompletableFuture<ClientLease> renew(ClientLease lease) {
        return converse(conversation -> new ProlongExchange(core, conversation, lease, core.serverOf(lease.key())));
    }

    @Override
    public CompletableFuture<ClientLease> rebind(ClientLease lease) {
        return converse(conversation -> new ProlongExchange(core, conversation, lease, Optional.empty()));
    }

    @Override
    public CompletionStage<Void> release(ClientLease lease) {
        return giveBack(MessageType.RELEASE, lease);
    }

    @Override
    public CompletionStage<Void> decline(ClientLease lease) {
        return giveBack(MessageType.DECLINE, lease);
    }

    @Override
    public void onCall(Consumer<ServerCall> listener) {
        calls.tell(listener);
    }

    /** Tells servers from now on, unasked, that the client is here and may be called. */
    public void introduce() {
        timers.execute(() -> new Introduction(core).look());
    }

    @Override
    public String detail() {
        return core.detail();
    }

    /** How received datagrams ended. */
    public Map<ClientCounter, Long> counters() {
        return core.counters();
    }

    /** Takes a datagram from the wire, on any thread. */
    public void receive(byte[] datagram) {
        timers.execute(() -> core.receive(datagram));
    }

    /** Notes a datagram that the wire could not take whole. */
    void tooLong() {
        core.count(ClientCounter.DROP_TOO_LONG);
    }

    private interface FirstExchange {
        Exchange in(Conversation conversation);
    }

    private CompletableFuture<ClientLease> converse(FirstExchange first) {
        Conversation conversation = new Conversation(timers);
        timers.execute(() -> conversation.goOn(first.in(conversation)));
        return conversation.result();
    }

    private CompletionStage<Void> giveBack(MessageType type, ClientLease lease) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        timers.execute(() -> {
            Optional<Octets> server = core.serverOf(lease.key());
            if (server.isEmpty()) {
                // Nobody to tell: the lease is not from this process, and runs out by itself.
                done.complete(null);
                return;
            }
            new ReturnExchange(core, type, server.get(), lease.key(), () -> done.complete(null)).begin();
        });
        return done;
    }
}
