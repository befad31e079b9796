package io.dstm.api.client;

/** What a server that calls its client wants of it, unasked. */
public enum ServerCall {
    /** Ask this server again for the lease, or for one. */
    RENEW,
    /** Ask any server. */
    REBIND
}
