package io.dstm.dhcpv6.internal.codec;

/**
 * What kind of DHCPv4 message, option 53. Open: a number without a name here survives decoding and encoding.
 *
 * @param code the number on the wire, 0 to 255
 */
public record Dhcp4MessageType(int code) {

    /** Looks for servers (RFC 2131 section 3.1, as all up to INFORM). */
    public static final Dhcp4MessageType DISCOVER = new Dhcp4MessageType(1);

    /** A server shows what it would lend. */
    public static final Dhcp4MessageType OFFER = new Dhcp4MessageType(2);

    /** Takes an offer, confirms a lease or prolongs one. */
    public static final Dhcp4MessageType REQUEST = new Dhcp4MessageType(3);

    /** Gives back what somebody else uses. */
    public static final Dhcp4MessageType DECLINE = new Dhcp4MessageType(4);

    /** A server lends. */
    public static final Dhcp4MessageType ACK = new Dhcp4MessageType(5);

    /** A server does not lend: start anew. */
    public static final Dhcp4MessageType NAK = new Dhcp4MessageType(6);

    /** Gives back. */
    public static final Dhcp4MessageType RELEASE = new Dhcp4MessageType(7);

    /** Asks for options without a lease. */
    public static final Dhcp4MessageType INFORM = new Dhcp4MessageType(8);

    /** Checks the range. */
    public Dhcp4MessageType {
        if (code < 0 || code > 0xFF) {
            throw new IllegalArgumentException("DHCPv4 message type " + code + " is not within 0 to 255");
        }
    }

    @Override
    public String toString() {
        return "DHCPv4 message type " + code;
    }
}
