package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.ClientLease;
import io.dstm.dhcpv6.internal.codec.Status;

/** What a server's message says about the client's lease. */
sealed interface Verdict {

    /** There is one. */
    record Lent(ClientLease lease) implements Verdict {}

    /**
     * There is none, or none any more.
     *
     * @param status the server's code; Success where the server just left the address out
     * @param reason a sentence
     */
    record Refused(Status status, String reason) implements Verdict {}

    /** Not now. */
    record Later(String reason) implements Verdict {}

    /** Nothing that can be used. */
    record Nothing(String reason) implements Verdict {}
}
