package io.dstm.dhcpv6.internal.codec;

/**
 * A message type. Open: a number without a name here survives decoding and encoding.
 *
 * @param code the number on the wire, 0 to 255
 */
public record MessageType(int code) {

    /** Looks for servers (RFC 8415 section 7.3, as all up to RELAY_REPL). */
    public static final MessageType SOLICIT = new MessageType(1);

    /** A server shows itself. */
    public static final MessageType ADVERTISE = new MessageType(2);

    /** Asks the chosen server. */
    public static final MessageType REQUEST = new MessageType(3);

    /** Asks whether addresses still fit the link. */
    public static final MessageType CONFIRM = new MessageType(4);

    /** Asks the lending server to prolong. */
    public static final MessageType RENEW = new MessageType(5);

    /** Asks any server to prolong. */
    public static final MessageType REBIND = new MessageType(6);

    /** A server's answer. */
    public static final MessageType REPLY = new MessageType(7);

    /** Gives back. */
    public static final MessageType RELEASE = new MessageType(8);

    /** Gives back what somebody else uses. */
    public static final MessageType DECLINE = new MessageType(9);

    /** A server wants its client to ask. */
    public static final MessageType RECONFIGURE = new MessageType(10);

    /** Asks for options without a lease. */
    public static final MessageType INFORMATION_REQUEST = new MessageType(11);

    /** A relay brings a message. */
    public static final MessageType RELAY_FORW = new MessageType(12);

    /** A relay takes an answer. */
    public static final MessageType RELAY_REPL = new MessageType(13);

    /** Asks who holds what (RFC 5007 section 4.1.1). */
    public static final MessageType LEASEQUERY = new MessageType(14);

    /** The answer to that; the first one if there are several (RFC 5460 section 5.2). */
    public static final MessageType LEASEQUERY_REPLY = new MessageType(15);

    /** The last of several answers (RFC 5460 section 5.2). */
    public static final MessageType LEASEQUERY_DONE = new MessageType(16);

    /** Another of several answers (RFC 5460 section 5.2). */
    public static final MessageType LEASEQUERY_DATA = new MessageType(17);

    /** Carries a DHCPv4 message to a server (RFC 7341 section 6). */
    public static final MessageType DHCPV4_QUERY = new MessageType(20);

    /** Carries a DHCPv4 message to a client (RFC 7341 section 6). */
    public static final MessageType DHCPV4_RESPONSE = new MessageType(21);

    private static final String[] NAMES = {
        "",
        "Solicit",
        "Advertise",
        "Request",
        "Confirm",
        "Renew",
        "Rebind",
        "Reply",
        "Release",
        "Decline",
        "Reconfigure",
        "Information-request",
        "Relay-forward",
        "Relay-reply",
        "Leasequery",
        "Leasequery-reply",
        "Leasequery-done",
        "Leasequery-data",
        "Reconfigure-request",
        "Reconfigure-reply",
        "DHCPv4-query",
        "DHCPv4-response"
    };

    /** Checks the range. */
    public MessageType {
        if (code < 0 || code > 0xFF) {
            throw new IllegalArgumentException("message type " + code + " is not within 0 to 255");
        }
    }

    /** Whether a message of this type has the format of RFC 8415 section 9 rather than that of section 8. */
    public boolean isRelay() {
        return equals(RELAY_FORW) || equals(RELAY_REPL);
    }

    /** The name in the RFC, or the number. */
    @Override
    public String toString() {
        return code > 0 && code < NAMES.length ? NAMES[code] : "message type " + code;
    }
}
