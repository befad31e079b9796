package io.dstm.tep.internal.rules;

/**
 * The fragments that wait for the rest of their packets, of one direction of a TEP, for all its threads: pieces of a packet may come by
 * different queues of a network card.
 *
 * @param ipv6 fragments of IPv6 packets
 * @param ipv4 fragments of IPv4 packets
 */
record Pieces(Reassembly ipv6, Reassembly ipv4) {

    /** RFC 8200 section 4.5. */
    private static final long PATIENCE_IPV6 = 60L * 1_000_000_000L;
    /** As hosts have it; RFC 1122 section 3.3.2 would allow twice as much. */
    private static final long PATIENCE_IPV4 = 30L * 1_000_000_000L;

    /** None as yet. */
    Pieces(Counters.Block counts, long secret) {
        this(new Reassembly(counts, true, PATIENCE_IPV6, secret), new Reassembly(counts, false, PATIENCE_IPV4, secret));
    }
}
