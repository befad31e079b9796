package io.dstm.api.lease;

/**
 * Something happened to a lease.
 *
 * @param kind what
 * @param lease the lease after it
 */
public record LeaseEvent(Kind kind, Lease lease) {

    /** What happened. */
    public enum Kind {
        /** Given to a client that did not have it. */
        ALLOCATED,
        /** Prolonged. */
        RENEWED,
        /** The client's tunnel end moved. */
        MOVED,
        /** Given back. */
        RELEASED,
        /** Reported by its client as used by somebody else. */
        DECLINED,
        /** Taken back by the operator. */
        WITHDRAWN,
        /** Ran out. */
        EXPIRED,
        /** Out of quarantine: free again. */
        FREED
    }
}
