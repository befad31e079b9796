package io.dstm.dhcpv6.internal.codec;

/**
 * Between messages and the payload of UDP datagrams, for one choice of DSTM option codes. Stateless; for any thread. Two codecs for
 * the same codes are equal.
 */
public final class MessageCodec {

    /** What UDP over IPv6 without jumbograms carries: 65535 less the UDP header. */
    public static final int LONGEST_DATAGRAM = 65527;

    private final DstmCodes codes;
    private final OptionTable table;

    /** A codec with these codes for the DSTM options. */
    public MessageCodec(DstmCodes codes) {
        this.codes = codes;
        this.table = new OptionTable(codes);
    }

    /** Reads a message. Total: whatever the octets are, the answer is a message or the reason why they are none. */
    public Decoded decode(byte[] datagram) {
        try {
            return new Decoded.Good(new OctetReader(
                            datagram, 0, datagram.length, 0, "RFC 8415 section 8", new OctetReader.Budget(table))
                    .message());
        } catch (MalformedException malformed) {
            return new Decoded.Bad(malformed.error());
        }
    }

    /**
     * Writes a message.
     *
     * @throws IllegalArgumentException if it does not fit into a datagram
     */
    public byte[] encode(Message message) {
        OctetWriter out = new OctetWriter();
        table.write(out, message);
        return out.toBytes();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MessageCodec codec && codes.equals(codec.codes);
    }

    @Override
    public int hashCode() {
        return codes.hashCode();
    }
}
