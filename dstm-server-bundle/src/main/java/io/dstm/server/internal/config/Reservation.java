package io.dstm.server.internal.config;

import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * An address, or a port set of it, that is lent to one client alone.
 *
 * @param address the address
 * @param psid the PSID of the port set; empty for the whole address, also in a pool that shares addresses
 * @param holder who it is for, as {@link #names} writes it
 */
public record Reservation(Ipv4Address address, OptionalInt psid, String holder) {

    private static final String DUID = "duid:";
    private static final String HARDWARE = "hw:";
    private static final String SOURCE = "source:";

    /** DUID-LLT: type 1, hardware type and time before the address; DUID-LL: type 3 and hardware type (RFC 8415 section 11). */
    private static final String LLT = "duid:0001";

    private static final String LL = "duid:0003";
    private static final int LLT_ADDRESS = DUID.length() + 16;
    private static final int LL_ADDRESS = DUID.length() + 8;

    /** RFC 8415 section 11.1: a type and at most 128 octets. */
    private static final int LONGEST_DUID = 130;

    /**
     * Reads {@code 192.0.2.7 duid:0003000102…}, {@code 192.0.2.7#5 duid:…/17}, {@code … hw:02:00:00:00:00:01} or {@code …
     * source:2001:db8::1}.
     *
     * @throws IllegalArgumentException with the reason
     */
    static Reservation parse(String text) {
        String[] words = text.trim().split("\\s+");
        if (words.length != 2) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not an address and a client, such as 192.0.2.7 duid:0003000102000000000a");
        }
        int mark = words[0].indexOf('#');
        Ipv4Address address = Ipv4Address.parse(mark < 0 ? words[0] : words[0].substring(0, mark));
        OptionalInt psid =
                mark < 0 ? OptionalInt.empty() : OptionalInt.of(number(words[0].substring(mark + 1), 0xFFFF));
        return new Reservation(address, psid, holder(words[1]));
    }

    private static int number(String digits, int most) {
        if (!digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) > most) {
            throw new IllegalArgumentException("'" + digits + "' is not a PSID, 0 to " + most);
        }
        return Integer.parseInt(digits);
    }

    private static String holder(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.startsWith(DUID)) {
            int slash = lower.indexOf('/');
            String duid =
                    octets(lower.substring(DUID.length(), slash < 0 ? lower.length() : slash), text, LONGEST_DUID);
            return DUID + duid + (slash < 0 ? "" : "/" + association(lower.substring(slash + 1)));
        }
        if (lower.startsWith(HARDWARE)) {
            return HARDWARE + octets(lower.substring(HARDWARE.length()), text, 20);
        }
        if (lower.startsWith(SOURCE)) {
            return SOURCE + Ipv6Address.parse(lower.substring(SOURCE.length()));
        }
        throw new IllegalArgumentException(
                "'" + text + "' is none of duid:DIGITS, duid:DIGITS/IAID, hw:HARDWARE-ADDRESS and source:IPV6-ADDRESS");
    }

    private static String octets(String digits, String text, int most) {
        String bare = digits.replace(":", "").replace("-", "");
        if (bare.isEmpty() || bare.length() % 2 != 0 || bare.length() > 2 * most || !bare.matches("[0-9a-f]+")) {
            throw new IllegalArgumentException("'" + text + "' is not pairs of hexadecimal digits, at most " + most);
        }
        return HexFormat.of().formatHex(HexFormat.of().parseHex(bare));
    }

    private static String association(String digits) {
        try {
            return Integer.toUnsignedString(Integer.parseUnsignedInt(digits));
        } catch (NumberFormatException odd) {
            throw new IllegalArgumentException("'" + digits + "' is not an IAID, 0 to 4294967295", odd);
        }
    }

    /** By what a client may be reserved for, the most particular first. */
    public static List<String> names(ClientId client, @Nullable Ipv6Address source) {
        List<String> names = new ArrayList<>(4);
        String identity = client.identity();
        names.add(client.toString());
        names.add(identity);
        if (identity.startsWith(LLT) && identity.length() > LLT_ADDRESS) {
            names.add(HARDWARE + identity.substring(LLT_ADDRESS));
        } else if (identity.startsWith(LL) && identity.length() > LL_ADDRESS) {
            names.add(HARDWARE + identity.substring(LL_ADDRESS));
        }
        if (source != null) {
            names.add(SOURCE + source);
        }
        return names;
    }

    @Override
    public String toString() {
        return address + (psid.isPresent() ? "#" + psid.getAsInt() : "") + " " + holder;
    }
}
