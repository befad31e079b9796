package io.dstm.server.internal.config;

/** What the server says to a client that wants its lease prolonged. */
public enum RenewalPolicy {
    /** Prolongs by the lease time. */
    ACCEPT,
    /** Lets the lease run out at the time it was first given for. */
    REFUSE
}
