package io.dstm.dhcpv6.internal.client;

/** How a datagram that the client received ended. Every datagram ends in exactly one of these. */
public enum ClientCounter {
    /** Taken by the exchange it answers. */
    RECEIVED_ANSWER("received-answer"),
    /** A server's call that was heeded (RFC 8415 section 18.2.11). */
    RECEIVED_CALL("received-call"),
    /** A call without a digest, with a wrong one, or from a server that gave no key (RFC 8415 section 16.11). */
    DROP_CALL_UNSIGNED("drop-call-unsigned"),
    /** A call, or a key, that was sent before (RFC 8415 section 20.3). */
    DROP_CALL_REPLAYED("drop-call-replayed"),
    /** A call for something that clients do not send on call (RFC 8415 section 21.19). */
    DROP_CALL_TYPE("drop-call-type"),
    /** A call while the client is asking anyway (RFC 8415 section 18.2.11). */
    DROP_CALL_BUSY("drop-call-busy"),
    /** Longer than the receive buffer. */
    DROP_TOO_LONG("drop-too-long"),
    /** Not a DHCPv6 message (RFC 8415 sections 8, 9, 21). */
    DROP_MALFORMED("drop-malformed"),
    /** A DHCPv4-response without exactly one DHCPv4 message (RFC 7341 section 9). */
    DROP_NO_MESSAGE("drop-no-message"),
    /** Lends nothing that can be used, such as an offer without a TEP (RFC 8539 section 7.1). */
    DROP_UNUSABLE("drop-unusable"),
    /** Neither Advertise nor Reply, or not what the exchange waits for (RFC 8415 section 16). */
    DROP_MESSAGE_TYPE("drop-message-type"),
    /** Answers no exchange that is under way: too late, or a duplicate (RFC 8415 sections 16.3 and 16.10). */
    DROP_NO_EXCHANGE("drop-no-exchange"),
    /** For another client (RFC 8415 sections 16.3 and 16.10). */
    DROP_OTHER_CLIENT("drop-other-client"),
    /** Without Server Identifier, or from a server that was not asked. */
    DROP_OTHER_SERVER("drop-other-server"),
    /** The client has no configuration. */
    DROP_NOT_READY("drop-not-ready"),
    /** A defect of this client; the log has it. */
    DROP_INTERNAL_ERROR("drop-internal-error");

    private final String label;

    ClientCounter(String label) {
        this.label = label;
    }

    /** The name operators see. */
    public String label() {
        return label;
    }
}
