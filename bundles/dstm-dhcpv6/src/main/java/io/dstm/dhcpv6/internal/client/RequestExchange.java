package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.lease.LeaseKey;
import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Status;
import java.util.List;
import java.util.Optional;

/** Asks the server that was chosen (RFC 8415 section 18.2.2). */
final class RequestExchange extends Dhcpv6Exchange {

    private final Conversation conversation;
    private final Octets server;
    private final LeaseKey offered;

    RequestExchange(ClientCore core, Conversation conversation, Octets server, LeaseKey offered) {
        super(core, MessageType.REQUEST);
        this.conversation = conversation;
        this.server = server;
        this.offered = offered;
    }

    @Override
    Schedule schedule() {
        return new Retransmission(Retransmission.Parameters.REQUEST, core().random(), false);
    }

    @Override
    List<Option> content(Ready now) {
        return List.of(
                new Option.ServerId(server),
                core().optionRequest(),
                core().dialect().ask(Optional.of(offered)));
    }

    @Override
    ClientCounter receive(Message.Direct message, Octets from) {
        if (!message.type().equals(MessageType.REPLY)) {
            return ClientCounter.DROP_MESSAGE_TYPE;
        }
        if (!from.equals(server)) {
            return ClientCounter.DROP_OTHER_SERVER;
        }
        Verdict verdict = core().dialect()
                .read(message, null, sentAs().link().source(), core().timers().now());
        if (verdict instanceof Verdict.Lent lent) {
            core().lentBy(lent.lease().key(), server);
            core().fine();
            conversation.result().complete(lent.lease());
        } else if (verdict instanceof Verdict.Refused refused) {
            if (refused.status().equals(Status.NO_ADDRS_AVAIL)) {
                core().fine();
                conversation.result().completeExceptionally(new LeaseRefusedException(refused.reason(), false));
            } else {
                // NotOnLink: "restart the DHCP server discovery process" (RFC 8415 section 18.2.10.1).
                startOver();
            }
        } else if (verdict instanceof Verdict.Later later) {
            core().putOff(later.reason());
        } else if (verdict instanceof Verdict.Nothing nothing) {
            core().putOff("something of no use: " + nothing.reason());
        }
        return ClientCounter.RECEIVED_ANSWER;
    }

    @Override
    void givenUp() {
        startOver();
    }

    private void startOver() {
        conversation.goOn(new SolicitExchange(core(), conversation));
    }
}
