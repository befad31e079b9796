package io.dstm.tep.internal.rules;

/**
 * What is free to choose in the outer header of a packet to a client.
 *
 * @param hopLimit 1 to 255 (RFC 2473 section 6.3)
 * @param compatible whether the ECN field stays empty, for clients that would not carry congestion marks over (RFC 6040 section
 *     4.3, compatibility mode)
 */
public record OuterHeader(int hopLimit, boolean compatible) {

    /** The hop limit that RFC 2473 section 6.3 names for routers, and normal mode. */
    public static final OuterHeader DEFAULT = new OuterHeader(64, false);
}
