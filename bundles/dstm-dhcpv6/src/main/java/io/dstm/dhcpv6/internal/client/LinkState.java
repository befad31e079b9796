package io.dstm.dhcpv6.internal.client;

/** Whether a client can ask. */
public sealed interface LinkState {

    /** It can. */
    record Ready(Link link) implements LinkState {}

    /** It has to wait, for a reason that an operator understands. */
    record Waiting(String reason) implements LinkState {}
}
