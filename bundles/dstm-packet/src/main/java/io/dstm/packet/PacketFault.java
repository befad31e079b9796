package io.dstm.packet;

/** What is wrong with a packet. Validators return it instead of throwing: hostile packets are ordinary. */
public enum PacketFault {
    /** Nothing. */
    NONE("sound"),
    /** The buffer ends before the header does. */
    TOO_SHORT("shorter than its header"),
    /** The version field is not the one expected. */
    VERSION("wrong IP version"),
    /** The header length field is below the minimum or beyond the packet. */
    HEADER_LENGTH("impossible header length"),
    /** The length field says more than there is, or less than the header needs. */
    LENGTH("impossible length field"),
    /** An option that a node must not skip over if it does not know it (RFC 8200 section 4.2). */
    OPTION("an option that must not be skipped"),
    /** The checksum does not fit. */
    CHECKSUM("wrong checksum");

    private final String description;

    PacketFault(String description) {
        this.description = description;
    }

    /** What is wrong, as half a sentence for traces. */
    public String description() {
        return description;
    }
}
