package io.dstm.api.lease;

import io.dstm.api.net.Ipv6Address;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What one relay says of where a client is. Octets that operators name in files are written as {@link #spell} does.
 *
 * @param link its link-address, which tells the client's link (RFC 8415 section 9); {@code null} if it gives none
 * @param interfaceId its Interface-Id (RFC 8415 section 21.18), spelt; {@code null} if it gives none
 * @param remoteId its Remote-ID (RFC 4649): the enterprise number, a colon, and the identifier spelt; {@code null} if it gives none
 * @param subscriberId its Subscriber-ID (RFC 4580), spelt; {@code null} if it gives none
 */
public record RelayInfo(
        @Nullable Ipv6Address link,
        @Nullable String interfaceId,
        @Nullable String remoteId,
        @Nullable String subscriberId) {

    private static final String HEX = "0x";

    /**
     * Octets as one text each: printable ASCII without spaces, commas, asterisks and backslashes as it is, anything else as {@code
     * 0x} and lower-case hexadecimal digits.
     */
    public static String spell(byte[] octets) {
        StringBuilder text = new StringBuilder(octets.length);
        for (byte octet : octets) {
            if (octet <= ' ' || octet > '~' || octet == ',' || octet == '*' || octet == '\\') {
                return HEX + HexFormat.of().formatHex(octets);
            }
            text.append((char) octet);
        }
        return text.isEmpty() || text.indexOf(HEX) == 0 ? HEX + HexFormat.of().formatHex(octets) : text.toString();
    }
}
