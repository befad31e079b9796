package io.dstm.dhcpv6.internal.codec;

/** What became of the octets of a DHCPv4 message. */
public sealed interface Dhcp4Decoded {

    /** They are a message. */
    record Good(Dhcp4Message message) implements Dhcp4Decoded {}

    /** They are not. */
    record Bad(DecodeError error) implements Dhcp4Decoded {}
}
