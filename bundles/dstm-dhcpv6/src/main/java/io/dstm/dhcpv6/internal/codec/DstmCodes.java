package io.dstm.dhcpv6.internal.codec;

/**
 * The codes of the DSTM options, which IANA never assigned (draft-ietf-dhc-dhcpv6-opt-dstm-01 section 8 and
 * draft-ietf-dhc-dhcpv6-opt-dstm-ports-01): both ends are told which ones to use.
 *
 * @param iaDstm the code of IA_DSTM
 * @param dstmTep the code of DSTM_TEP
 * @param dstmPorts the code of DSTM_PORTS
 */
public record DstmCodes(OptionCode iaDstm, OptionCode dstmTep, OptionCode dstmPorts) {

    /** At the top of the number space, far from what IANA assigns. */
    public static final DstmCodes DEFAULT = new DstmCodes(65281, 65282, 65283);

    /** Checks that the codes differ from each other and from the options known here. */
    public DstmCodes {
        if (iaDstm.equals(dstmTep) || iaDstm.equals(dstmPorts) || dstmTep.equals(dstmPorts)) {
            throw new IllegalArgumentException("the codes of IA_DSTM, DSTM_TEP and DSTM_PORTS must differ");
        }
        if (OptionTable.isStandard(iaDstm) || OptionTable.isStandard(dstmTep) || OptionTable.isStandard(dstmPorts)) {
            throw new IllegalArgumentException("a DSTM option must not have the code of a standard option");
        }
    }

    /** The same from plain numbers. */
    public DstmCodes(int iaDstm, int dstmTep, int dstmPorts) {
        this(new OptionCode(iaDstm), new OptionCode(dstmTep), new OptionCode(dstmPorts));
    }
}
