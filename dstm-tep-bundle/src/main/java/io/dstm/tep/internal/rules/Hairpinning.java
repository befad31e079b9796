package io.dstm.tep.internal.rules;

/** What becomes of packets from one client to another (RFC 7596 section 6.2). The names are the words of the configuration. */
public enum Hairpinning {
    /** They turn round in the TEP. */
    TRUE,
    /** They are dropped. */
    FALSE,
    /**
     * They leave on the IPv4 side like any other, as RFC 8676 has it where local forwarding is off; a router or firewall there
     * decides. What comes back with its source unchanged is dropped as spoofed.
     */
    OUTSIDE
}
