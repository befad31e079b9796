package io.dstm.api.lease;

/**
 * Who holds a lease, as the asking protocol identifies it. The same client that asks in two ways shows the same identity, so it
 * does not get two leases.
 *
 * @param identity scheme and value, such as {@code duid:000100012c…} in lower-case hexadecimal (RFC 8415 section 11)
 * @param association the client's number for this one of its leases, the IAID (RFC 8415 section 12); unsigned
 */
public record ClientId(String identity, int association) {

    private static final int LONGEST = 300;

    /** Checks the identity's shape. */
    public ClientId {
        int colon = identity.indexOf(':');
        if (colon < 1 || colon == identity.length() - 1 || identity.length() > LONGEST) {
            throw new IllegalArgumentException("a client is scheme:identity, of at most " + LONGEST
                    + " characters, such as duid:0003000102000000000a/1");
        }
    }

    /** The identity of a DHCPv6 client. */
    public static ClientId ofDuid(byte[] duid, int iaid) {
        return new ClientId("duid:" + java.util.HexFormat.of().formatHex(duid), iaid);
    }

    /**
     * Reads what {@link #toString} writes; without a number, the association is 0.
     *
     * @throws IllegalArgumentException if it is nothing of the kind
     */
    public static ClientId parse(String text) {
        int slash = text.lastIndexOf('/');
        if (slash < 0) {
            return new ClientId(text, 0);
        }
        try {
            return new ClientId(text.substring(0, slash), Integer.parseUnsignedInt(text.substring(slash + 1)));
        } catch (NumberFormatException wrong) {
            throw new IllegalArgumentException("what follows / in '" + text + "' is no number", wrong);
        }
    }

    /** {@code duid:0001…/1}. */
    @Override
    public String toString() {
        return identity + "/" + Integer.toUnsignedString(association);
    }
}
