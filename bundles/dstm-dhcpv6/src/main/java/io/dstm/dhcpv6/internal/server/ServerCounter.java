package io.dstm.dhcpv6.internal.server;

/** How a datagram ended. Every datagram ends in exactly one of these but {@link #FAIL_SEND}. */
public enum ServerCounter {
    /** Answered with an Advertise. */
    SENT_ADVERTISE("sent-advertise"),
    /** Answered with a Reply. */
    SENT_REPLY("sent-reply"),
    /** Besides one of the two above: the kernel did not take the answer, for want of a route or neighbour for example. */
    FAIL_SEND("fail-send"),
    /** Longer than the receive buffer. */
    DROP_TOO_LONG("drop-too-long"),
    /** From an interface that is not configured. */
    DROP_OTHER_INTERFACE("drop-other-interface"),
    /** Not a DHCPv6 message (RFC 8415 sections 8, 9, 21). */
    DROP_MALFORMED("drop-malformed"),
    /** A message type that servers discard or do not know (RFC 8415 section 16). */
    DROP_MESSAGE_TYPE("drop-message-type"),
    /** A Relay-forward that carries no message (RFC 8415 section 9.1). */
    DROP_RELAY_EMPTY("drop-relay-empty"),
    /** No Client Identifier where there must be one (RFC 8415 section 16). */
    DROP_NO_CLIENT_ID("drop-no-client-id"),
    /** No Server Identifier where there must be one (RFC 8415 section 16). */
    DROP_NO_SERVER_ID("drop-no-server-id"),
    /** A Server Identifier where there must be none (RFC 8415 section 16). */
    DROP_UNEXPECTED_SERVER_ID("drop-unexpected-server-id"),
    /** Meant for another server (RFC 8415 section 16). */
    DROP_OTHER_SERVER("drop-other-server"),
    /** An IA in an Information-request (RFC 8415 section 16.12). */
    DROP_UNEXPECTED_IA("drop-unexpected-ia"),
    /** Asks for nothing this server could give or refuse. */
    DROP_NOT_OURS("drop-not-ours"),
    /** The same message again while the first is still being answered. */
    DROP_RETRANSMISSION("drop-retransmission"),
    /** One source has too many messages being answered. */
    DROP_SOURCE_BUSY("drop-source-busy"),
    /** All sources together have. */
    DROP_SERVER_BUSY("drop-server-busy"),
    /** The lease service gave no answer in time. */
    DROP_TIMEOUT("drop-timeout"),
    /** The server has no configuration or identity yet. */
    DROP_NOT_READY("drop-not-ready"),
    /** The answer does not fit into a datagram. */
    DROP_ANSWER_TOO_LONG("drop-answer-too-long"),
    /** A defect of this server; the log has it. */
    DROP_INTERNAL_ERROR("drop-internal-error");

    private final String label;

    ServerCounter(String label) {
        this.label = label;
    }

    /** The name operators see. */
    public String label() {
        return label;
    }
}
