package io.dstm.dhcpv6.internal.client;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import io.dstm.dhcpv6.internal.codec.Dhcp4Message;
import io.dstm.dhcpv6.internal.codec.Dhcp4MessageType;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.Option;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Looks for who lends (DHCPDISCOVER, RFC 2131 section 4.4.1). */
final class DiscoverExchange extends QueryExchange {

    /** How long an offer of a shared address waits for one of a whole address (RFC 7618 section 5). */
    private static final Duration PATIENCE = Duration.ofMillis(200);

    private final Conversation conversation;
    private final int refusals;
    private int xid;
    private int seconds;
    private @Nullable Offer shared;

    /** What a server would lend, and from where it would like it used. */
    private record Offer(Dhcp4Terms terms, Optional<Ipv6Prefix> prefix) {}

    /**
     * A DHCPDISCOVER.
     *
     * @param refusals how many times in this conversation an offer was not kept
     */
    DiscoverExchange(Dhcp4Core dhcp4, Conversation conversation, int refusals) {
        super(dhcp4, Dhcp4MessageType.DISCOVER, "DHCPDISCOVER");
        this.conversation = conversation;
        this.refusals = refusals;
    }

    @Override
    Schedule schedule() {
        shared = null;
        return Dhcp4Schedule.backingOff(core().random(), 0);
    }

    @Override
    int enroll() {
        xid = super.enroll();
        return xid;
    }

    @Override
    int seconds(Duration sinceStart) {
        seconds = super.seconds(sinceStart);
        return seconds;
    }

    @Override
    boolean unicast() {
        return false;
    }

    @Override
    List<Dhcp4Option> content(Ready now) {
        List<Dhcp4Option> content = new ArrayList<>();
        core().lastKey().ifPresent(last -> {
            content.add(new Dhcp4Option.RequestedAddress(last.address()));
            addPorts(content, last);
        });
        content.add(parameters());
        return content;
    }

    @Override
    ClientCounter receive(Message.Direct carrier, Dhcp4Message message) {
        if (!message.type().equals(Optional.of(Dhcp4MessageType.OFFER))) {
            return ClientCounter.DROP_MESSAGE_TYPE;
        }
        // "without the address of the BR the client cannot configure the softwire": "MUST discard" (RFC 8539 section
        // 7.1).
        Optional<Dhcp4Terms> terms = Dhcp4Terms.read(carrier, message)
                .filter(read -> read.tunnelAddress().isPresent());
        if (terms.isEmpty()) {
            core().putOff("something of no use: its offer has no usable address, server, time or TEP");
            return ClientCounter.DROP_UNUSABLE;
        }
        Offer offer = new Offer(
                terms.get(),
                carrier.options().first(Option.S46BindIpv6Prefix.class).map(Option.S46BindIpv6Prefix::prefix));
        LeaseKey key = terms.get().key();
        if (key.ports().isFull()) {
            take(offer);
        } else if (shared == null) {
            shared = offer;
            hurry(PATIENCE);
        }
        return ClientCounter.RECEIVED_ANSWER;
    }

    @Override
    boolean timeIsOver() {
        Offer offer = shared;
        if (offer != null) {
            take(offer);
        }
        return offer != null;
    }

    private void take(Offer offer) {
        conversation.goOn(new TakeExchange(
                dhcp4(),
                conversation,
                new TakeExchange.Offered(offer.terms(), offer.prefix(), xid, seconds),
                refusals));
    }

    @Override
    void givenUp() {
        throw new IllegalStateException("a DHCPDISCOVER is never given up");
    }
}
