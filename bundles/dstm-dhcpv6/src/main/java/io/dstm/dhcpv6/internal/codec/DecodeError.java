package io.dstm.dhcpv6.internal.codec;

/**
 * Why octets are no message.
 *
 * @param section where the rule stands, such as {@code RFC 8415 section 21.4}
 * @param reason what is wrong, without any octet of the sender's in it
 * @param offset where in the datagram, from 0
 */
public record DecodeError(String section, String reason, int offset) {

    @Override
    public String toString() {
        return reason + " at octet " + offset + " (" + section + ")";
    }
}
