package io.dstm.api.lease;

import java.util.concurrent.CompletionStage;

/**
 * Has clients ask without waiting for their own time: after a lease was withdrawn, before a pool is renumbered, or so that a client
 * takes a lease it did not ask for. Registered as a service by each protocol whose server can call (DHCPv6: Reconfigure, RFC 8415
 * section 18.3.11). Only clients that agreed to be called, in an earlier message, can be.
 */
public interface ClientCaller {

    /** What the client is to do. */
    enum Purpose {
        /** Ask this server again for what it has (or is to have). */
        RENEW,
        /** Ask any server. */
        REBIND,
        /** Ask for what comes without a lease. */
        INFORM
    }

    /** What became of a call. */
    enum Outcome {
        /** The client came. */
        ANSWERED,
        /** The client did not come to any of the calls, which took some minutes. */
        NO_ANSWER,
        /** The client never agreed to be called, or the server does not remember it. */
        NOT_CALLABLE,
        /** The client is being called for another purpose, or too many clients are. */
        BUSY,
        /** The server cannot call: it is switched off, not ready, or stopped meanwhile. */
        UNAVAILABLE
    }

    /** The protocol, such as {@code dhcpv6}. */
    String name();

    /** Whether the client agreed to be called. */
    boolean isCallable(ClientId client);

    /**
     * Calls a client until it comes or the server gives up, which takes minutes. A second call for the same purpose joins the
     * first.
     *
     * @param client whom; the number of its association does not matter
     * @return what became of it; never completes exceptionally
     */
    CompletionStage<Outcome> call(ClientId client, Purpose purpose);
}
