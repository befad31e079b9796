package io.dstm.dns.internal;

/** What became of a query. */
enum DnsCounter {
    /** Answered as the upstream answered, at once. */
    PASSED,
    /** Answered after IPv4 was there. */
    HELD,
    /** Answered with SERVFAIL since IPv4 did not come. */
    FAILED_NO_IPV4,
    /** Answered with SERVFAIL since no upstream answered. */
    FAILED_NO_UPSTREAM,
    /** Answered with NOTIMP or FORMERR. */
    REFUSED,
    /** Dropped: not a DNS query at all. */
    DROPPED_MALFORMED,
    /** Dropped: the same query is being worked on. */
    DROPPED_DUPLICATE,
    /** Dropped: too many queries under way. */
    DROPPED_BUSY
}
