package io.dstm.api.ipv6;

/** What is lent; each kind has its own number space of IAIDs (RFC 8415 section 12). */
public enum Ipv6LeaseKind {
    /** An address for the client's own interface, by IA_NA (RFC 8415 section 6.2). */
    ADDRESS,
    /** A prefix for the links behind a requesting router, by IA_PD (RFC 8415 section 6.3). */
    PREFIX
}
