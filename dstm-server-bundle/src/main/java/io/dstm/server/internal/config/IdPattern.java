package io.dstm.server.internal.config;

import io.dstm.api.lease.RelayInfo;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Identifiers that a relay asserts, as an operator names them: one, or with an asterisk at the end all that begin so.
 *
 * @param text the identifier as {@link RelayInfo#spell} has it, or the beginning of it
 * @param open whether {@code text} is only the beginning
 */
record IdPattern(String text, boolean open) {

    private static final String HEX = "0x";

    /**
     * Reads {@code ge-0/0/1}, {@code ge-0/0/*} or {@code 0x00ff}.
     *
     * @throws IllegalArgumentException with the reason
     */
    static IdPattern parse(String text) {
        boolean open = text.endsWith("*");
        String given = open ? text.substring(0, text.length() - 1) : text;
        if (given.startsWith(HEX)) {
            byte[] octets;
            try {
                octets = HexFormat.of().parseHex(given.substring(HEX.length()));
            } catch (IllegalArgumentException odd) {
                throw new IllegalArgumentException("'" + text + "' is not 0x and pairs of hexadecimal digits", odd);
            }
            if (open) {
                throw new IllegalArgumentException("'" + text + "': an asterisk goes with text, not with digits");
            }
            return new IdPattern(RelayInfo.spell(octets), false);
        }
        if (!given.isEmpty()
                && !RelayInfo.spell(given.getBytes(StandardCharsets.UTF_8)).equals(given)) {
            throw new IllegalArgumentException(
                    "'" + text
                            + "' has a character that is not written as text here; write the identifier as 0x and hexadecimal digits");
        }
        return new IdPattern(given, open);
    }

    /** Whether it means {@code id}, spelt; identifiers that are no text are meant by an asterisk alone. */
    boolean means(@Nullable String id) {
        return id != null && (open ? text.isEmpty() || !id.startsWith(HEX) && id.startsWith(text) : text.equals(id));
    }

    @Override
    public String toString() {
        return open ? text + "*" : text;
    }
}
