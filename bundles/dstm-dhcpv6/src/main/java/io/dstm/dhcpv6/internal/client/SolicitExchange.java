package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.LeaseRefusedException;
import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.Preference;
import io.dstm.dhcpv6.internal.codec.Option.RapidCommit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks for a server that lends (RFC 8415 sections 18.2.1 and 18.2.9). */
final class SolicitExchange extends Dhcpv6Exchange {

    private static final int CHOOSE_ME = 255;

    /** A server that would lend. */
    private record Offer(Octets server, int preference, Verdict.Lent lent) {}

    private final Conversation conversation;
    private boolean firstTimeIsOver;
    private @Nullable Offer best;
    private Verdict.@Nullable Refused refused;

    SolicitExchange(ClientCore core, Conversation conversation) {
        super(core, MessageType.SOLICIT);
        this.conversation = conversation;
    }

    @Override
    Schedule schedule() {
        firstTimeIsOver = false;
        best = null;
        refused = null;
        return new Retransmission(Retransmission.Parameters.SOLICIT.withMrt(core().solMaxRt()), core().random(), true);
    }

    @Override
    List<Option> content(Ready now) {
        List<Option> content = new ArrayList<>();
        content.add(core().optionRequest());
        if (now.settings().rapidCommit()) {
            content.add(new RapidCommit());
        }
        content.add(core().dialect().ask(core().lastKey()));
        return content;
    }

    @Override
    ClientCounter receive(Message.Direct message, Octets server) {
        Verdict verdict = core().dialect()
                .read(message, null, sentAs().link().source(), core().timers().now());
        if (message.type().equals(MessageType.REPLY)) {
            return replied(message, server, verdict);
        }
        if (verdict instanceof Verdict.Lent lent) {
            int preference = message.options()
                    .first(Preference.class)
                    .map(Preference::value)
                    .orElse(0);
            Offer offer = new Offer(server, preference, lent);
            if (best == null || preference > best.preference()) {
                best = offer;
            }
            // "If the client receives a valid Advertise message that includes a Preference option with a preference
            // value of 255,
            // the client immediately begins a client-initiated message exchange"; the same after the first RT.
            if (firstTimeIsOver || preference == CHOOSE_ME) {
                request(best);
            }
        } else if (verdict instanceof Verdict.Refused no) {
            refused = no;
            if (firstTimeIsOver) {
                refuse(no);
            }
        } else {
            put(verdict);
        }
        return ClientCounter.RECEIVED_ANSWER;
    }

    private ClientCounter replied(Message.Direct message, Octets server, Verdict verdict) {
        // "If the client [...] receives a Reply message that [does not include] a Rapid Commit option, it discards the
        // Reply".
        if (!sentAs().settings().rapidCommit() || !message.options().has(RapidCommit.class)) {
            return ClientCounter.DROP_MESSAGE_TYPE;
        }
        if (verdict instanceof Verdict.Lent lent) {
            core().lentBy(lent.lease().key(), server);
            core().fine();
            conversation.result().complete(lent.lease());
        } else if (verdict instanceof Verdict.Refused no) {
            refuse(no);
        } else {
            put(verdict);
        }
        return ClientCounter.RECEIVED_ANSWER;
    }

    @Override
    boolean timeIsOver() {
        firstTimeIsOver = true;
        Offer chosen = best;
        Verdict.Refused no = refused;
        if (chosen != null) {
            request(chosen);
            return true;
        }
        if (no != null) {
            refuse(no);
            return true;
        }
        return false;
    }

    private void request(Offer offer) {
        conversation.goOn(new RequestExchange(
                core(), conversation, offer.server(), offer.lent().lease().key()));
    }

    private void refuse(Verdict.Refused no) {
        core().fine();
        conversation.result().completeExceptionally(new LeaseRefusedException(no.reason(), false));
    }

    private void put(Verdict verdict) {
        if (verdict instanceof Verdict.Later later) {
            core().putOff(later.reason());
        } else if (verdict instanceof Verdict.Nothing nothing) {
            core().putOff("something of no use: " + nothing.reason());
        }
    }

    @Override
    void givenUp() {
        throw new IllegalStateException("a Solicit is never given up (MRC 0, MRD 0)");
    }
}
