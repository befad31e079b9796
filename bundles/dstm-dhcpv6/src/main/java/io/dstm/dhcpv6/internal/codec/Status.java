package io.dstm.dhcpv6.internal.codec;

/**
 * A status code of RFC 8415 section 21.13. Open: a number without a name here survives.
 *
 * @param code the number on the wire, 0 to 65535
 */
public record Status(int code) {

    /** Done. */
    public static final Status SUCCESS = new Status(0);

    /** Failed for a reason without a code of its own; the client may try again later. */
    public static final Status UNSPEC_FAIL = new Status(1);

    /** The server has no address for the IA. */
    public static final Status NO_ADDRS_AVAIL = new Status(2);

    /** The server has no record of the binding. */
    public static final Status NO_BINDING = new Status(3);

    /** The address is not right for the client's link. */
    public static final Status NOT_ON_LINK = new Status(4);

    /** The server has no prefix for the IA_PD. */
    public static final Status NO_PREFIX_AVAIL = new Status(6);

    /** A query of a type that the server does not answer (RFC 5007 section 4.1.3). */
    public static final Status UNKNOWN_QUERY_TYPE = new Status(7);

    /** A query that lacks what it is about (RFC 5007 section 4.1.3). */
    public static final Status MALFORMED_QUERY = new Status(8);

    /** A query about an address or link that is none of the server's (RFC 5007 section 4.1.3). */
    public static final Status NOT_CONFIGURED = new Status(9);

    /** The asker may not ask (RFC 5007 section 4.1.3). */
    public static final Status NOT_ALLOWED = new Status(10);

    /** The answer to a query is not complete (RFC 5460 section 5.3). */
    public static final Status QUERY_TERMINATED = new Status(11);

    private static final String[] NAMES = {
        "Success",
        "UnspecFail",
        "NoAddrsAvail",
        "NoBinding",
        "NotOnLink",
        "UseMulticast",
        "NoPrefixAvail",
        "UnknownQueryType",
        "MalformedQuery",
        "NotConfigured",
        "NotAllowed",
        "QueryTerminated"
    };

    /** Checks the range. */
    public Status {
        if (code < 0 || code > 0xFFFF) {
            throw new IllegalArgumentException("status code " + code + " is not within 0 to 65535");
        }
    }

    /** The name in the RFC, or the number. */
    @Override
    public String toString() {
        return code < NAMES.length ? NAMES[code] : "status " + code;
    }
}
