package io.dstm.tep.internal.rules;

import io.dstm.packet.InternetChecksum;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import java.nio.ByteBuffer;

/**
 * Cuts a TCP packet into the segments it was joined from, more or less: kernels and network cards join what arrives together, and
 * a packet from one client to another crosses no kernel that would cut it again.
 */
final class Segments {

    private static final int SHORTEST_HEADER = 20;
    private static final int TOTAL_LENGTH = 2;
    private static final int IDENTIFICATION = 4;
    private static final int SEQUENCE = 4;
    private static final int DATA_OFFSET = 12;
    private static final int FLAGS = 13;
    private static final int CHECKSUM = 16;

    private static final int FIN = 0x01;
    private static final int PSH = 0x08;
    /** SYN, RST, URG: nobody joins segments with these, so it is one long segment, such as came in IPv6 fragments. */
    private static final int NEVER_JOINED = 0x26;

    private static final int CWR = 0x80;

    private Segments() {}

    /** How many octets the headers have of a packet that can be cut to {@code longest} bytes; 0 if it cannot. */
    static int headers(ByteBuffer packet, int header, int length, int longest) {
        if (Ipv4Header.protocol(packet, header) != IpProtocol.TCP || Ipv4Header.isFragment(packet, header)) {
            return 0;
        }
        int ipv4 = Ipv4Header.headerLength(packet, header);
        if (length < ipv4 + SHORTEST_HEADER) {
            return 0;
        }
        if ((packet.get(header + ipv4 + FLAGS) & NEVER_JOINED) != 0) {
            return 0;
        }
        int tcp = packet.get(header + ipv4 + DATA_OFFSET) >>> 2 & 0x3C;
        int both = ipv4 + tcp;
        return tcp >= SHORTEST_HEADER && both < length && both < longest ? both : 0;
    }

    /**
     * Makes the headers of one segment from those of the whole, which lie before its data already.
     *
     * @param offset where in the whole's data the segment's begins, in bytes
     * @param data how many bytes of data the segment has
     * @param index 0 for the first segment
     * @param last whether it ends the whole
     */
    static void write(ByteBuffer packet, int header, int offset, int data, int index, boolean last) {
        int ipv4 = Ipv4Header.headerLength(packet, header);
        int tcp = header + ipv4;
        int tcpLength = (packet.get(tcp + DATA_OFFSET) >>> 2 & 0x3C) + data;
        packet.putShort(header + TOTAL_LENGTH, (short) (ipv4 + tcpLength));
        packet.putShort(header + IDENTIFICATION, (short) (Ipv4Header.identification(packet, header) + index));
        Ipv4Header.recomputeChecksum(packet, header);
        packet.putInt(tcp + SEQUENCE, packet.getInt(tcp + SEQUENCE) + offset);
        int cleared = (last ? 0 : FIN | PSH) | (index == 0 ? 0 : CWR);
        packet.put(tcp + FLAGS, (byte) (packet.get(tcp + FLAGS) & ~cleared));
        packet.putShort(tcp + CHECKSUM, (short) 0);
        long sum = InternetChecksum.pseudoHeader(
                        Ipv4Header.source(packet, header),
                        Ipv4Header.destination(packet, header),
                        IpProtocol.TCP,
                        tcpLength)
                + InternetChecksum.sum(packet, tcp, tcpLength);
        packet.putShort(tcp + CHECKSUM, (short) InternetChecksum.finish(sum));
    }
}
