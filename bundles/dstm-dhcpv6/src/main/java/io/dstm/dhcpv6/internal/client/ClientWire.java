package io.dstm.dhcpv6.internal.client;

import java.util.concurrent.CompletionStage;

/** Sends a client's messages. What comes back goes to {@link Dhcpv6LeaseSource#receive}. */
public interface ClientWire {

    /**
     * Sends from {@code link}'s source address, port 546, to ff02::1:2 port 547 out of its interface. Completes on the client's
     * thread when the kernel has it; exceptionally with the reason.
     */
    CompletionStage<Void> send(Link link, byte[] message);
}
