package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseSource;
import io.dstm.api.net.Ipv4Address;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Leases over DHCPv4 inside DHCPv6 (RFC 7341), whole or shared (RFC 7618), with the tunnel's ends told both ways (RFC 8539). The
 * identity is that of {@link Dhcpv6LeaseSource}: a node that changes from one to the other keeps its address.
 */
public final class Dhcp4o6LeaseSource implements LeaseSource {

    private final ClientCore core;
    private final Dhcp4Core dhcp4;
    private final Timers timers;

    /**
     * A source that is idle until it has settings, identity and link.
     *
     * @param addresses where the node's tunnel can end
     */
    public Dhcp4o6LeaseSource(
            Timers timers,
            ClientWire wire,
            Supplier<LinkState> links,
            LocalAddresses addresses,
            Supplier<Optional<ClientSettings>> settings,
            ClientIdentity identity,
            RandomGenerator random) {
        this.timers = timers;
        this.core =
                new ClientCore(timers, wire, () -> local(links.get()), settings, identity, random, new DstmDialect());
        this.dhcp4 = new Dhcp4Core(core, addresses);
    }

    /** Multicast questions "MUST use a link-local address as the source address" (RFC 7341 section 9). */
    private static LinkState local(LinkState state) {
        return state instanceof LinkState.Ready ready && ready.link().local() == null
                ? new LinkState.Waiting("interface " + ready.link().device() + " has no link-local address yet")
                : state;
    }

    @Override
    public String name() {
        return "dhcp4o6";
    }

    @Override
    public CompletableFuture<ClientLease> acquire() {
        return converse(
                conversation -> dhcp4.allowed(conversation, () -> new DiscoverExchange(dhcp4, conversation, 0)));
    }

    /** Asks the server that gave the lease, or any if that is not known here. */
    @Override
    public CompletableFuture<ClientLease> renew(ClientLease lease) {
        return prolong(lease, true);
    }

    @Override
    public CompletableFuture<ClientLease> rebind(ClientLease lease) {
        return prolong(lease, false);
    }

    private CompletableFuture<ClientLease> prolong(ClientLease lease, boolean sameServer) {
        return converse(conversation -> dhcp4.allowed(
                conversation,
                () -> new ExtendExchange(dhcp4, conversation, lease, sameServer ? serverOf(lease) : Optional.empty())));
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

    /** What a server calls itself. */
    static Octets octets(Ipv4Address server) {
        int value = server.value();
        return Octets.of((byte) (value >>> 24), (byte) (value >>> 16), (byte) (value >>> 8), (byte) value);
    }

    private Optional<Ipv4Address> serverOf(ClientLease lease) {
        return core.serverOf(lease.key()).map(octets -> {
            byte[] bytes = octets.toBytes();
            return new Ipv4Address(
                    (bytes[0] & 0xFF) << 24 | (bytes[1] & 0xFF) << 16 | (bytes[2] & 0xFF) << 8 | bytes[3] & 0xFF);
        });
    }

    private CompletableFuture<ClientLease> converse(Function<Conversation, Exchange> first) {
        Conversation conversation = new Conversation(timers);
        timers.execute(() -> conversation.goOn(first.apply(conversation)));
        return conversation.result();
    }

    private CompletionStage<Void> giveBack(MessageType type, ClientLease lease) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        timers.execute(() -> {
            Optional<Ipv4Address> server = serverOf(lease);
            if (server.isEmpty()) {
                // Nobody to tell: the lease is not from this process, and runs out by itself.
                done.complete(null);
                return;
            }
            new GiveBackExchange(dhcp4, type, server.get(), lease.key(), () -> done.complete(null)).begin();
        });
        return done;
    }
}
