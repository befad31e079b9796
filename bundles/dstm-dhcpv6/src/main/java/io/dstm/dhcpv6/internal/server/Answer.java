package io.dstm.dhcpv6.internal.server;

import io.dstm.dhcpv6.internal.codec.Message;

/** What a server does about a message. */
public sealed interface Answer {

    /** Answers. */
    record Send(Message.Direct message) implements Answer {}

    /** Keeps silent. */
    record Drop(ServerCounter reason) implements Answer {}
}
