package io.dstm.tep.internal.rules;

/** By which port the client of a shared address is found that an echo request from outside is for, and its reply judged. */
public enum EchoLookup {
    /** By the identifier of the request (RFC 7596 section 8.1). */
    IDENTIFIER,
    /** By port 0, since an identifier that somebody outside chose says nothing: one client answers for all. */
    PORT_ZERO
}
