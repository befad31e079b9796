package io.dstm.dhcpv6.internal.codec;

/** What became of octets. */
public sealed interface Decoded {

    /** They are a message. */
    record Good(Message message) implements Decoded {}

    /** They are not. */
    record Bad(DecodeError error) implements Decoded {}
}
