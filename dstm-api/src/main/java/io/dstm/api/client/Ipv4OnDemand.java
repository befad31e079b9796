package io.dstm.api.client;

import java.util.concurrent.CompletionStage;

/** The node's IPv4, for whoever notices that it is needed. Registered as a service by the client. */
public interface Ipv4OnDemand {

    /**
     * Says that IPv4 is needed. Completes when the 4over6 interface carries the leased address and the next packet can leave with
     * it, at once if it already does; completes exceptionally if there will be none soon.
     *
     * @param reason what noticed the need, such as {@code dns www.example.org}; for the log
     */
    CompletionStage<ClientLease> demand(String reason);

    /** What operators should know. */
    ClientStatus status();
}
