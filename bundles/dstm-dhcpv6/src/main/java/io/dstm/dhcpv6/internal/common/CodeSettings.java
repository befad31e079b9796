package io.dstm.dhcpv6.internal.common;

import io.dstm.api.config.ConfigReader;
import io.dstm.dhcpv6.internal.codec.DstmCodes;

/** The part of the configuration that server and client share. */
public final class CodeSettings {

    /** IFNAMSIZ of Linux less the final zero. */
    private static final int LONGEST_NAME = 15;

    private CodeSettings() {}

    /** Reads the codes of the DSTM options; codes that clash are a problem of {@code option.ia.dstm}. */
    public static DstmCodes read(ConfigReader reader) {
        int iaDstm = reader.number("option.ia.dstm", DstmCodes.DEFAULT.iaDstm().value(), 1, 0xFFFF);
        int dstmTep =
                reader.number("option.dstm.tep", DstmCodes.DEFAULT.dstmTep().value(), 1, 0xFFFF);
        int dstmPorts =
                reader.number("option.dstm.ports", DstmCodes.DEFAULT.dstmPorts().value(), 1, 0xFFFF);
        try {
            return new DstmCodes(iaDstm, dstmTep, dstmPorts);
        } catch (IllegalArgumentException clash) {
            reader.problem("option.ia.dstm", String.valueOf(clash.getMessage()));
            return DstmCodes.DEFAULT;
        }
    }

    /**
     * Checks the name of a network interface.
     *
     * @throws IllegalArgumentException if Linux would not have it
     */
    public static String interfaceName(String text) {
        boolean good = !text.isEmpty()
                && text.length() <= LONGEST_NAME
                && text.chars().allMatch(c -> c > ' ' && c < 127 && c != '/' && c != '%');
        if (!good) {
            throw new IllegalArgumentException("'" + text + "' is not the name of a network interface");
        }
        return text;
    }
}
