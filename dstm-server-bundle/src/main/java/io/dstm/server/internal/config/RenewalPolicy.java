package io.dstm.server.internal.config;

/** What the server says to a client that wants its lease prolonged. */
public enum RenewalPolicy {
    /** Prolongs by the lease time. */
    ACCEPT,
    /** Prolongs while less of the pool is used than {@code renewal.threshold} says. */
    THRESHOLD,
    /** Lets the lease run out at the time it was first given for. */
    REFUSE
}
