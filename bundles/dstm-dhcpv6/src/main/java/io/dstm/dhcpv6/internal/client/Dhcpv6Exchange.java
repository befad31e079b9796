package io.dstm.dhcpv6.internal.client;

import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Options;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A message of DHCPv6, known again by its transaction id. */
abstract class Dhcpv6Exchange extends Exchange {

    private static final long MOST_HUNDREDTHS = 0xFFFF;

    /** Messages in which a client says whether it may be called (RFC 8415 sections 18.2.1 to 18.2.6). */
    private static final Set<MessageType> NEGOTIATING = Set.of(
            MessageType.SOLICIT,
            MessageType.REQUEST,
            MessageType.RENEW,
            MessageType.REBIND,
            MessageType.INFORMATION_REQUEST);

    private final MessageType type;

    Dhcpv6Exchange(ClientCore core, MessageType type) {
        super(core);
        this.type = type;
    }

    /** What stands in the message behind Client Identifier and Elapsed Time. */
    abstract List<Option> content(Ready now);

    /** Takes an answer that is for this client. */
    abstract ClientCounter receive(Message.Direct message, Octets server);

    @Override
    final int enroll() {
        return core().register(this);
    }

    @Override
    final void leave(int oldNumber) {
        core().unregister(oldNumber, this);
    }

    @Override
    final String question() {
        return type.toString();
    }

    @Override
    final void send(Ready sender, int ownNumber, Duration sinceStart) {
        List<Option> options = new ArrayList<>();
        options.add(new Option.ClientId(sender.duid()));
        options.add(new Option.ElapsedTime((int) Math.min(MOST_HUNDREDTHS, sinceStart.toMillis() / 10)));
        if (core().mayBeCalled(sender) && NEGOTIATING.contains(type)) {
            options.add(new Option.ReconfAccept());
        }
        options.addAll(content(sender));
        var unused = core().send(sender, new Message.Direct(type, ownNumber, new Options(options)));
    }
}
