package io.dstm.dhcpv6.internal.server;

import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;

/** What a server does about a message. */
public sealed interface Answer {

    /**
     * Answers.
     *
     * @param counter how that is counted
     */
    record Send(Message.Direct message, ServerCounter counter) implements Answer {

        /** Answers with an Advertise or a Reply. */
        public Send(Message.Direct message) {
            this(
                    message,
                    message.type().equals(MessageType.ADVERTISE)
                            ? ServerCounter.SENT_ADVERTISE
                            : ServerCounter.SENT_REPLY);
        }
    }

    /** Keeps silent. */
    record Drop(ServerCounter reason) implements Answer {}
}
