package io.dstm.api.lease;

import java.time.Duration;

/** What the server says to a request. A refusal is an answer, not an error. */
public sealed interface LeaseDecision {

    /**
     * The lease is given or prolonged: durable, and installed in the TEP (an offer is neither).
     *
     * @param lease the lease as it is now
     * @param valid how long it lasts from now
     * @param renewAfter T1, when the client should ask again; equal to {@code valid} when the server will not prolong it
     * @param rebindAfter T2, when it should ask any server; never below {@code renewAfter}
     */
    record Granted(Lease lease, Duration valid, Duration renewAfter, Duration rebindAfter) implements LeaseDecision {}

    /**
     * Nothing is given.
     *
     * @param reason why
     * @param message one sentence for the client's log
     */
    record Refused(Reason reason, String message) implements LeaseDecision {}

    /** Why a request was refused. */
    enum Reason {
        /** Every address the client may have is lent or quarantined. */
        POOL_EXHAUSTED,
        /** The client, or its prefix, has as many leases as it may. */
        LIMIT_REACHED,
        /** No pool serves this client. */
        NO_POOL,
        /** The client gave no usable tunnel source, and the pool has no bind prefix. */
        NO_TUNNEL_SOURCE,
        /** The tunnel source belongs to another client's lease. */
        TUNNEL_SOURCE_TAKEN,
        /** The client has no such lease. */
        NO_LEASE,
        /** Policy does not prolong this lease; the client keeps it to its end. */
        NOT_RENEWABLE,
        /** The TEP did not take the binding, or there is none. */
        TEP_UNAVAILABLE,
        /** The lease could not be made durable. */
        STORE_UNAVAILABLE,
        /** The server starts, stops or is overloaded. */
        BUSY
    }
}
