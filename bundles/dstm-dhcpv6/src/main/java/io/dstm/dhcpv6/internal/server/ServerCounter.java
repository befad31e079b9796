package io.dstm.dhcpv6.internal.server;

import io.dstm.dhcpv6.internal.codec.DecodeError;

/** How a datagram ended. Every datagram ends in exactly one of these but {@link #SENT_RECONFIGURE} and {@link
 * #FAIL_SEND}. */
public enum ServerCounter {
    /** Answered with an Advertise. */
    SENT_ADVERTISE("sent-advertise"),
    /** Answered with a Reply. */
    SENT_REPLY("sent-reply"),
    /** Answered with a DHCPv4 OFFER in a DHCPv4-response. */
    SENT_DHCP4_OFFER("sent-dhcp4-offer"),
    /** Answered with a DHCPv4 ACK in a DHCPv4-response. */
    SENT_DHCP4_ACK("sent-dhcp4-ack"),
    /** Answered with a DHCPv4 NAK in a DHCPv4-response. */
    SENT_DHCP4_NAK("sent-dhcp4-nak"),
    /** A DHCPv4 RELEASE that was heeded; it has no answer. */
    DONE_DHCP4_RELEASE("done-dhcp4-release"),
    /** A DHCPv4 DECLINE that was heeded; it has no answer. */
    DONE_DHCP4_DECLINE("done-dhcp4-decline"),
    /** A leasequery that was answered, a refusal included (RFC 5007). */
    SENT_LEASEQUERY_REPLY("sent-leasequery-reply"),
    /** A query over TCP that was answered to its end (RFC 5460). */
    DONE_BULK_QUERY("done-bulk-query"),
    /** A connection of who may not ask. */
    DROP_BULK_NOT_ALLOWED("drop-bulk-not-allowed"),
    /** A connection beyond {@code leasequery.connections}. */
    DROP_BULK_CONNECTIONS("drop-bulk-connections"),
    /** A connection that asked what is no query. */
    DROP_BULK_MALFORMED("drop-bulk-malformed"),
    /** A connection that stood still, for want of a query or of a reader. */
    DROP_BULK_STALLED("drop-bulk-stalled"),
    /** A leasequery of who may not ask (RFC 5007 section 4.4.1). */
    DROP_LEASEQUERY_NOT_ALLOWED("drop-leasequery-not-allowed"),
    /** A leasequery without a query (RFC 5007 section 4.2.1). */
    DROP_LEASEQUERY_NO_QUERY("drop-leasequery-no-query"),
    /** A leasequery while too many are being answered. */
    DROP_LEASEQUERY_BUSY("drop-leasequery-busy"),
    /** A Reconfigure, which answers no datagram (RFC 8415 section 18.3.11). */
    SENT_RECONFIGURE("sent-reconfigure"),
    /** Besides one that was sent: the kernel did not take the answer, for want of a route or neighbour for example. */
    FAIL_SEND("fail-send"),
    /** Longer than the receive buffer. */
    DROP_TOO_LONG("drop-too-long"),
    /** From an interface that is not configured. */
    DROP_OTHER_INTERFACE("drop-other-interface"),
    /** A message, option or field ends early (RFC 8415 sections 8, 9 and 21.1). */
    DROP_TRUNCATED("drop-truncated"),
    /** An option has a length that no such option has (RFC 8415 section 21). */
    DROP_OPTION_LENGTH("drop-option-length"),
    /** A field has a value that it cannot have (RFC 8415 section 21). */
    DROP_VALUE("drop-value"),
    /** More options than any message needs: 1024. */
    DROP_TOO_MANY_OPTIONS("drop-too-many-options"),
    /** Options within options within options: more than five deep. */
    DROP_TOO_DEEP("drop-too-deep"),
    /** More relays on the way than there can be (RFC 8415 section 7.6). */
    DROP_TOO_MANY_RELAYS("drop-too-many-relays"),
    /** A relay's hop count is above the limit of 8 (RFC 8415 sections 7.6 and 19.1.2). */
    DROP_HOP_COUNT("drop-hop-count"),
    /** A client sends more than {@code rate.client} allows. */
    DROP_RATE_CLIENT("drop-rate-client"),
    /** The clients of a link, or of a relay's interface, together send more than {@code rate.link} allows. */
    DROP_RATE_LINK("drop-rate-link"),
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
    /** A DHCPv4-query where DHCPv4 over DHCPv6 is switched off. */
    DROP_DHCP4_OFF("drop-dhcp4-off"),
    /** A DHCPv4-query without a DHCPv4 message, or with several (RFC 7341 sections 9 and 11). */
    DROP_DHCP4_NO_MESSAGE("drop-dhcp4-no-message"),
    /** What a DHCPv4-query carries is no DHCPv4 message (RFC 2131 section 2, RFC 2132). */
    DROP_DHCP4_MALFORMED("drop-dhcp4-malformed"),
    /** A DHCPv4 message that servers do not get, or do not know (RFC 2131 section 4.3). */
    DROP_DHCP4_MESSAGE_TYPE("drop-dhcp4-message-type"),
    /** No DHCPv4 client identifier of IAID and DUID (RFC 7341 section 9, RFC 4361 section 6.1). */
    DROP_DHCP4_CLIENT_ID("drop-dhcp4-client-id"),
    /** A DHCPv4 message for another server. */
    DROP_DHCP4_OTHER_SERVER("drop-dhcp4-other-server"),
    /** A DHCPv4 message that names no address where it must (RFC 2131 table 5). */
    DROP_DHCP4_NO_ADDRESS("drop-dhcp4-no-address"),
    /** A DHCPv4 message about a lease that this server knows nothing of (RFC 2131 section 4.3.2). */
    DROP_DHCP4_UNKNOWN_LEASE("drop-dhcp4-unknown-lease"),
    /** The lease is a shared address, and the client does not ask for port parameters (RFC 7618 section 8). */
    DROP_DHCP4_NO_PORTPARAMS("drop-dhcp4-no-portparams"),
    /** No pool serves this DHCPv4 client, for want of a full address perhaps (RFC 7618 section 8.1). */
    DROP_DHCP4_NO_POOL("drop-dhcp4-no-pool"),
    /** Nothing is left to offer to a DHCPv4 client. */
    DROP_DHCP4_POOL_EXHAUSTED("drop-dhcp4-pool-exhausted"),
    /** The DHCPv4 client, or its prefix, has as many leases as it may. */
    DROP_DHCP4_LIMIT_REACHED("drop-dhcp4-limit-reached"),
    /** The DHCPv4 client shows no routable IPv6 address, or one of the server's own, and the pool has no bind prefix. */
    DROP_DHCP4_NO_TUNNEL_SOURCE("drop-dhcp4-no-tunnel-source"),
    /** The tunnel source of a DHCPv4 client is made for another's lease. */
    DROP_DHCP4_TUNNEL_SOURCE_TAKEN("drop-dhcp4-tunnel-source-taken"),
    /** The TEP or the store is not there, or the server is busy: the DHCPv4 client will ask again. */
    DROP_DHCP4_NOT_NOW("drop-dhcp4-not-now"),
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

    /** How octets end that are no message. */
    static ServerCounter of(DecodeError.Kind kind) {
        return switch (kind) {
            case TRUNCATED -> DROP_TRUNCATED;
            case OPTION_LENGTH -> DROP_OPTION_LENGTH;
            case VALUE -> DROP_VALUE;
            case TOO_MANY_OPTIONS -> DROP_TOO_MANY_OPTIONS;
            case TOO_DEEP -> DROP_TOO_DEEP;
            case TOO_MANY_RELAYS -> DROP_TOO_MANY_RELAYS;
        };
    }

    /** The name operators see. */
    public String label() {
        return label;
    }
}
