package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.net.Ipv6Address;
import java.util.HexFormat;

/** A DHCPv6 message. */
public sealed interface Message {

    /** What kind of message. */
    MessageType type();

    /** Its options. */
    Options options();

    /**
     * A message between client and server (RFC 8415 section 8).
     *
     * @param transactionId matches answers to questions, 0 to 2^24 - 1; in DHCPV4-QUERY and DHCPV4-RESPONSE the flags that stand
     *     in its place (RFC 7341 section 6)
     */
    record Direct(MessageType type, int transactionId, Options options) implements Message {

        /** Checks the format. */
        public Direct {
            if (type.isRelay()) {
                throw new IllegalArgumentException(type + " has another format");
            }
            if (transactionId < 0 || transactionId > 0xFFFFFF) {
                throw new IllegalArgumentException("transaction id " + transactionId + " does not fit into 24 bits");
            }
        }

        /** In a DHCPV4-QUERY the flag that DHCPv4 would have sent the message inside to one server, not to all. */
        public static final int UNICAST = 0x800000;

        /** The transaction id as it appears in captures. */
        public String transaction() {
            return "0x" + HexFormat.of().toHexDigits(transactionId, 6);
        }
    }

    /**
     * A message between relay and server (RFC 8415 section 9).
     *
     * @param hopCount how many relays it has passed before, 0 to 255
     * @param link an address on the client's link, or ::
     * @param peer who sent the message inside, or is to get it
     */
    record Relayed(MessageType type, int hopCount, Ipv6Address link, Ipv6Address peer, Options options)
            implements Message {

        /** Checks the format. */
        public Relayed {
            if (!type.isRelay()) {
                throw new IllegalArgumentException(type + " has another format");
            }
            if (hopCount < 0 || hopCount > 0xFF) {
                throw new IllegalArgumentException("hop count " + hopCount + " is not within 0 to 255");
            }
        }
    }
}
