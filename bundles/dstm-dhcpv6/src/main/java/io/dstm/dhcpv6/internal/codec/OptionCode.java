package io.dstm.dhcpv6.internal.codec;

/**
 * An option code. Open: a number without a name here survives decoding and encoding.
 *
 * @param value the number on the wire, 0 to 65535
 */
public record OptionCode(int value) {

    /** RFC 8415 section 21.2. */
    public static final OptionCode CLIENTID = new OptionCode(1);

    /** RFC 8415 section 21.3. */
    public static final OptionCode SERVERID = new OptionCode(2);

    /** RFC 8415 section 21.4. */
    public static final OptionCode IA_NA = new OptionCode(3);

    /** RFC 8415 section 21.5. */
    public static final OptionCode IA_TA = new OptionCode(4);

    /** RFC 8415 section 21.6. */
    public static final OptionCode IAADDR = new OptionCode(5);

    /** RFC 8415 section 21.7. */
    public static final OptionCode ORO = new OptionCode(6);

    /** RFC 8415 section 21.8. */
    public static final OptionCode PREFERENCE = new OptionCode(7);

    /** RFC 8415 section 21.9. */
    public static final OptionCode ELAPSED_TIME = new OptionCode(8);

    /** RFC 8415 section 21.10. */
    public static final OptionCode RELAY_MSG = new OptionCode(9);

    /** RFC 8415 section 21.11. */
    public static final OptionCode AUTH = new OptionCode(11);

    /** RFC 8415 section 21.13. */
    public static final OptionCode STATUS_CODE = new OptionCode(13);

    /** RFC 8415 section 21.14. */
    public static final OptionCode RAPID_COMMIT = new OptionCode(14);

    /** RFC 8415 section 21.18. */
    public static final OptionCode INTERFACE_ID = new OptionCode(18);

    /** RFC 8415 section 21.19. */
    public static final OptionCode RECONF_MSG = new OptionCode(19);

    /** RFC 8415 section 21.20. */
    public static final OptionCode RECONF_ACCEPT = new OptionCode(20);

    /** RFC 3646 section 3. */
    public static final OptionCode DNS_SERVERS = new OptionCode(23);

    /** RFC 8415 section 21.21. */
    public static final OptionCode IA_PD = new OptionCode(25);

    /** RFC 8415 section 21.22. */
    public static final OptionCode IAPREFIX = new OptionCode(26);

    /** RFC 8415 section 21.23. */
    public static final OptionCode INFORMATION_REFRESH_TIME = new OptionCode(32);

    /** RFC 4649 section 3. */
    public static final OptionCode REMOTE_ID = new OptionCode(37);

    /** RFC 4580 section 2. */
    public static final OptionCode SUBSCRIBER_ID = new OptionCode(38);

    /** RFC 5007 section 4.1.2.1. */
    public static final OptionCode LQ_QUERY = new OptionCode(44);

    /** RFC 5007 section 4.1.2.2. */
    public static final OptionCode CLIENT_DATA = new OptionCode(45);

    /** RFC 5007 section 4.1.2.3. */
    public static final OptionCode CLT_TIME = new OptionCode(46);

    /** RFC 5007 section 4.1.2.4. */
    public static final OptionCode LQ_RELAY_DATA = new OptionCode(47);

    /** RFC 5007 section 4.1.2.5. */
    public static final OptionCode LQ_CLIENT_LINK = new OptionCode(48);

    /** RFC 5460 section 5.4.1. */
    public static final OptionCode RELAY_ID = new OptionCode(53);

    /** RFC 8415 section 21.24. */
    public static final OptionCode SOL_MAX_RT = new OptionCode(82);

    /** RFC 8415 section 21.25. */
    public static final OptionCode INF_MAX_RT = new OptionCode(83);

    /** RFC 7341 section 7.1. */
    public static final OptionCode DHCPV4_MSG = new OptionCode(87);

    /** RFC 7341 section 7.2. */
    public static final OptionCode DHCP4_O_DHCP6_SERVER = new OptionCode(88);

    /** RFC 7598 section 4.2. */
    public static final OptionCode S46_BR = new OptionCode(90);

    /** RFC 7598 section 4.4. */
    public static final OptionCode S46_V4V6BIND = new OptionCode(92);

    /** RFC 7598 section 4.5. */
    public static final OptionCode S46_PORTPARAMS = new OptionCode(93);

    /** RFC 7598 section 5.3: the lw4o6 container. */
    public static final OptionCode S46_CONT_LW = new OptionCode(96);

    /** RFC 8026 section 1.4. */
    public static final OptionCode S46_PRIORITY = new OptionCode(111);

    /** RFC 8357 section 4. */
    public static final OptionCode RELAY_PORT = new OptionCode(135);

    /** RFC 8539 section 6.1. */
    public static final OptionCode S46_BIND_IPV6_PREFIX = new OptionCode(137);

    /** Checks the range. */
    public OptionCode {
        if (value < 0 || value > 0xFFFF) {
            throw new IllegalArgumentException("option code " + value + " is not within 0 to 65535");
        }
    }

    @Override
    public String toString() {
        return Integer.toString(value);
    }
}
