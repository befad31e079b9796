package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import io.dstm.dhcpv6.internal.codec.Dhcp4Message;
import io.dstm.dhcpv6.internal.codec.Dhcp4MessageType;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option;
import io.dstm.dhcpv6.internal.codec.Message;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Asks for more time (DHCPREQUEST in RENEWING or REBINDING state, RFC 2131 section 4.4.5), and moves the tunnel's end. */
final class ExtendExchange extends QueryExchange {

    private final Conversation conversation;
    private final ClientLease lease;
    private final Optional<Ipv4Address> server;

    /**
     * A DHCPREQUEST.
     *
     * @param server who gave the lease, in RENEWING state; empty for REBINDING
     */
    ExtendExchange(Dhcp4Core dhcp4, Conversation conversation, ClientLease lease, Optional<Ipv4Address> server) {
        super(dhcp4, Dhcp4MessageType.REQUEST, "DHCPREQUEST");
        this.conversation = conversation;
        this.lease = lease;
        this.server = server;
    }

    @Override
    Schedule schedule() {
        return Dhcp4Schedule.halving(() -> {
            Duration left = Duration.between(core().timers().now(), deadline());
            return left.isNegative() ? Duration.ZERO : left;
        });
    }

    @Override
    boolean unicast() {
        return server.isPresent();
    }

    @Override
    Ipv4Address ciaddr() {
        return lease.key().address();
    }

    private Ipv6Address source(Ready now) {
        return dhcp4().tunnelSource(now, lease.tunnelSource(), Optional.empty());
    }

    @Override
    List<Dhcp4Option> content(Ready now) {
        List<Dhcp4Option> content = new ArrayList<>();
        addPorts(content, lease.key());
        content.add(parameters());
        // "MUST be included" whenever the lease is extended (RFC 8539 section 7.2).
        content.add(new Dhcp4Option.SoftwireSource(source(now)));
        return content;
    }

    @Override
    ClientCounter receive(Message.Direct carrier, Dhcp4Message message) {
        Optional<Ipv4Address> from = message.first(Dhcp4Option.ServerId.class).map(Dhcp4Option.ServerId::address);
        if (from.isEmpty() || server.isPresent() && !from.equals(server)) {
            return ClientCounter.DROP_OTHER_SERVER;
        }
        Dhcp4MessageType type = message.type().orElseThrow();
        if (type.equals(Dhcp4MessageType.NAK)) {
            core().fine();
            conversation.result().completeExceptionally(new LeaseRefusedException(Dhcp4Terms.reason(message), true));
            return ClientCounter.RECEIVED_ANSWER;
        }
        if (!type.equals(Dhcp4MessageType.ACK)) {
            return ClientCounter.DROP_MESSAGE_TYPE;
        }
        Optional<Dhcp4Terms> terms =
                Dhcp4Terms.read(carrier, message).filter(read -> read.key().equals(lease.key()));
        if (terms.isEmpty()) {
            core().putOff("something of no use: it acknowledges another lease");
            return ClientCounter.DROP_UNUSABLE;
        }
        Ipv6Address source = source(sentAs());
        if (!terms.get().tunnelSource().equals(Optional.of(source))) {
            // The tunnel has not moved yet (RFC 8539 section 7.5); the next transmission is at least 60 s away.
            core().putOff("the tunnel stays where it was, not at " + source);
            return ClientCounter.RECEIVED_ANSWER;
        }
        core().lentBy(lease.key(), Dhcp4o6LeaseSource.octets(from.get()));
        core().fine();
        Ipv6Address tep = terms.get().tunnelAddress().orElse(lease.tunnelAddress());
        conversation.result().complete(terms.get().lease(source, tep, startedAt()));
        return ClientCounter.RECEIVED_ANSWER;
    }

    /** RENEWING ends at T2, REBINDING with the lease. */
    @Override
    Instant deadline() {
        return server.isPresent() ? lease.obtained().plus(lease.rebindAfter()) : lease.expires();
    }

    @Override
    void givenUp() {
        if (server.isEmpty()) {
            conversation
                    .result()
                    .completeExceptionally(
                            new LeaseRefusedException("no server prolonged the lease before its end", true));
        }
        // At T2 the caller cancels and rebinds.
    }
}
