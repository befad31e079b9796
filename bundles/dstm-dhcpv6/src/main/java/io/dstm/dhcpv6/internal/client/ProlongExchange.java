package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseRefusedException;
import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Status;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Asks for more time: the lending server (Renew, RFC 8415 section 18.2.4) or any (Rebind, section 18.2.5). */
final class ProlongExchange extends Dhcpv6Exchange {

    private final Conversation conversation;
    private final ClientLease lease;
    private final Optional<Octets> server;

    /**
     * A Renew or Rebind.
     *
     * @param server who gave the lease, for a Renew; empty for a Rebind
     */
    ProlongExchange(ClientCore core, Conversation conversation, ClientLease lease, Optional<Octets> server) {
        super(core, server.isPresent() ? MessageType.RENEW : MessageType.REBIND);
        this.conversation = conversation;
        this.lease = lease;
        this.server = server;
    }

    @Override
    Schedule schedule() {
        return new Retransmission(
                server.isPresent() ? Retransmission.Parameters.RENEW : Retransmission.Parameters.REBIND,
                core().random(),
                false);
    }

    @Override
    List<Option> content(Ready now) {
        List<Option> content = new ArrayList<>();
        server.ifPresent(duid -> content.add(new Option.ServerId(duid)));
        content.add(core().optionRequest());
        content.add(core().dialect().ask(Optional.of(lease.key())));
        return content;
    }

    @Override
    ClientCounter receive(Message.Direct message, Octets from) {
        if (!message.type().equals(MessageType.REPLY)) {
            return ClientCounter.DROP_MESSAGE_TYPE;
        }
        if (server.isPresent() && !from.equals(server.get())) {
            return ClientCounter.DROP_OTHER_SERVER;
        }
        Verdict verdict = core().dialect()
                .read(
                        message,
                        lease.key(),
                        sentAs().link().source(),
                        core().timers().now());
        if (verdict instanceof Verdict.Lent lent) {
            core().lentBy(lent.lease().key(), from);
            core().fine();
            conversation.result().complete(lent.lease());
        } else if (verdict instanceof Verdict.Refused refused) {
            refuse(refused);
        } else if (verdict instanceof Verdict.Later later) {
            core().putOff(later.reason());
        }
        // An answer without the IA is waited out "as if the Reply message had not been received" (RFC 8415 section
        // 18.2.10.1).
        return ClientCounter.RECEIVED_ANSWER;
    }

    private void refuse(Verdict.Refused refused) {
        // NoBinding asks for a Request, which a fresh Solicit with Rapid Commit amounts to. A server that leaves the
        // address out or
        // has none lets the client keep what it has to its end.
        boolean gone =
                refused.status().equals(Status.NO_BINDING) || refused.status().equals(Status.NOT_ON_LINK);
        core().fine();
        conversation.result().completeExceptionally(new LeaseRefusedException(refused.reason(), gone));
    }

    /** MRD: a Renew ends at T2, a Rebind at the end of the valid lifetime (RFC 8415 sections 18.2.4 and 18.2.5). */
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
        // A Renew just falls silent: its caller cancels it and rebinds.
    }
}
