package io.dstm.dhcpv6.internal.codec;

/**
 * Why octets are no message.
 *
 * @param kind which rule, for counters
 * @param section where the rule stands, such as {@code RFC 8415 section 21.4}
 * @param reason what is wrong, without any octet of the sender's in it
 * @param offset where in the datagram, from 0
 */
public record DecodeError(Kind kind, String section, String reason, int offset) {

    /** What octets can be wrong in. */
    public enum Kind {
        /** A message, option or field ends early. */
        TRUNCATED,
        /** An option has a length that no such option has. */
        OPTION_LENGTH,
        /** A field has a value that it cannot have. */
        VALUE,
        /** More options than any message needs. */
        TOO_MANY_OPTIONS,
        /** Options within options within options. */
        TOO_DEEP,
        /** More relays than there can be on the way (RFC 8415 section 7.6). */
        TOO_MANY_RELAYS
    }

    @Override
    public String toString() {
        return reason + " at octet " + offset + " (" + section + ")";
    }
}
