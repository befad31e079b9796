package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import io.dstm.dhcpv6.internal.codec.Dhcp4Message;
import io.dstm.dhcpv6.internal.codec.Dhcp4MessageType;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Takes an offer (DHCPREQUEST in SELECTING state, RFC 2131 section 4.3.2) and names the node's end of the tunnel. */
final class TakeExchange extends QueryExchange {

    /**
     * "retransmits [...] four times, for a total delay of 60 seconds" (RFC 2131 section 3.1), which is also how long a server may
     * insist on another tunnel source (RFC 8539 section 7.5).
     */
    private static final int TRANSMISSIONS = 4;

    /** An offer that is not kept may have gone to somebody else; twice is a refusal. */
    private static final int MOST_REFUSALS = 2;

    private final Conversation conversation;
    private final Offered offered;
    private final int refusals;
    private boolean insists;

    /**
     * What is taken.
     *
     * @param terms what was offered
     * @param prefix where the server would like the tunnel to end
     * @param xid of the offer, and so of the request (RFC 2131 table 5)
     * @param seconds of the DHCPDISCOVER, and so of the request (RFC 2131 section 3.1)
     */
    record Offered(Dhcp4Terms terms, Optional<Ipv6Prefix> prefix, int xid, int seconds) {}

    TakeExchange(Dhcp4Core dhcp4, Conversation conversation, Offered offered, int refusals) {
        super(dhcp4, Dhcp4MessageType.REQUEST, "DHCPREQUEST");
        this.conversation = conversation;
        this.offered = offered;
        this.refusals = refusals;
    }

    @Override
    Schedule schedule() {
        insists = false;
        return Dhcp4Schedule.backingOff(core().random(), TRANSMISSIONS);
    }

    @Override
    int enroll() {
        core().register(offered.xid(), this);
        return offered.xid();
    }

    @Override
    int seconds(Duration sinceStart) {
        return offered.seconds();
    }

    @Override
    boolean unicast() {
        return false;
    }

    private Ipv6Address source(Ready now) {
        return dhcp4().tunnelSource(now, null, offered.prefix());
    }

    @Override
    List<Dhcp4Option> content(Ready now) {
        List<Dhcp4Option> content = new ArrayList<>();
        content.add(new Dhcp4Option.ServerId(offered.terms().server()));
        content.add(new Dhcp4Option.RequestedAddress(offered.terms().key().address()));
        addPorts(content, offered.terms().key());
        content.add(parameters());
        content.add(new Dhcp4Option.SoftwireSource(source(now)));
        return content;
    }

    @Override
    ClientCounter receive(Message.Direct carrier, Dhcp4Message message) {
        boolean ours = message.first(Dhcp4Option.ServerId.class)
                .filter(server -> server.address().equals(offered.terms().server()))
                .isPresent();
        if (!ours) {
            return ClientCounter.DROP_OTHER_SERVER;
        }
        Dhcp4MessageType type = message.type().orElseThrow();
        if (type.equals(Dhcp4MessageType.NAK)) {
            refused(Dhcp4Terms.reason(message));
            return ClientCounter.RECEIVED_ANSWER;
        }
        if (!type.equals(Dhcp4MessageType.ACK)) {
            return ClientCounter.DROP_MESSAGE_TYPE;
        }
        Optional<Dhcp4Terms> terms = Dhcp4Terms.read(carrier, message)
                .filter(read -> read.key().equals(offered.terms().key()));
        if (terms.isEmpty()) {
            core().putOff("something of no use: it acknowledges what was not asked for");
            return ClientCounter.DROP_UNUSABLE;
        }
        Ipv6Address source = source(sentAs());
        if (!terms.get().tunnelSource().equals(Optional.of(source))) {
            // RFC 8539 section 7.5: wait, and ask again with the right one.
            insists = true;
            core().putOff("the tunnel ends at "
                    + terms.get().tunnelSource().map(Ipv6Address::toString).orElse("an unknown address") + ", not at "
                    + source);
            return ClientCounter.RECEIVED_ANSWER;
        }
        Ipv6Address tep =
                terms.get().tunnelAddress().or(offered.terms()::tunnelAddress).orElseThrow();
        core().lentBy(terms.get().key(), Dhcp4o6LeaseSource.octets(terms.get().server()));
        core().fine();
        conversation.result().complete(terms.get().lease(source, tep, startedAt()));
        return ClientCounter.RECEIVED_ANSWER;
    }

    private void refused(String reason) {
        if (refusals + 1 >= MOST_REFUSALS) {
            core().fine();
            conversation.result().completeExceptionally(new LeaseRefusedException(reason, false));
        } else {
            core().putOff(reason);
            startOver(refusals + 1);
        }
    }

    @Override
    void givenUp() {
        if (insists) {
            // "client MAY send a DHCPRELEASE message and restart the process" (RFC 8539 section 7.5).
            new GiveBackExchange(
                            dhcp4(),
                            MessageType.RELEASE,
                            offered.terms().server(),
                            offered.terms().key(),
                            () -> {})
                    .begin();
        }
        startOver(refusals);
    }

    private void startOver(int newRefusals) {
        conversation.goOn(new DiscoverExchange(dhcp4(), conversation, newRefusals));
    }
}
