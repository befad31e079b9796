package io.dstm.dhcpv6.internal.client;

import io.dstm.api.net.Ipv6Address;
import java.util.concurrent.CompletionStage;

/** Sends a client's messages from port 546. What comes back goes to the lease source's {@code receive}. */
public interface ClientWire {

    /**
     * Sends to ff02::1:2 port 547 out of {@code link}'s interface. Completes on the client's thread when the kernel has it;
     * exceptionally with the reason.
     */
    CompletionStage<Void> send(Link link, byte[] message);

    /** Sends from {@code link}'s source to port 547 of {@code server}; completes alike. */
    CompletionStage<Void> send(Link link, Ipv6Address server, byte[] message);

    /** Nothing is asked any more, until something is sent again. */
    default void idle() {}
}
