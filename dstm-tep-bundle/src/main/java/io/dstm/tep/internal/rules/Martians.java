package io.dstm.tep.internal.rules;

/** Addresses that may not be in a packet that crosses a router (RFC 1812 section 5.3.7, RFC 6890, RFC 4291 section 2.5). */
final class Martians {

    private Martians() {}

    /** Whether no host can send from {@code address}: this network, loopback, link-local, multicast, reserved, broadcast. */
    static boolean isIpv4(int address) {
        int first = address >>> 24;
        return first == 0 || first == 127 || first >= 224 || address >>> 16 == 0xA9FE;
    }

    /** Whether no client can tunnel from this address: multicast, unspecified, loopback, IPv4-mapped. */
    static boolean isIpv6(long high) {
        return high == 0 || high >>> 56 == 0xFF;
    }
}
