package io.dstm.client.internal.tunnel;

/**
 * What an operator decides about the node's packets.
 *
 * @param tunnelMtu longest IPv6 packet towards the TEP in bytes
 * @param mostWaiting how many packets wait for a lease at most
 * @param hopLimit of packets to the TEP, 1 to 255 (RFC 2473 section 6.3)
 * @param ecnCompatibility whether their ECN field stays empty, for a TEP that would not carry marks over (RFC 6040 section 4.3)
 * @param answersProhibited whether what comes to another address or port than the lease's is answered with ICMPv4 3/13 (RFC 7596
 *     section 5.2)
 */
public record TunnelSettings(
        int tunnelMtu, int mostWaiting, int hopLimit, boolean ecnCompatibility, boolean answersProhibited) {}
