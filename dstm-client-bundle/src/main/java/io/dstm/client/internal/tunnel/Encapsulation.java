package io.dstm.client.internal.tunnel;

import io.dstm.api.datapath.PacketOutput;
import io.dstm.packet.Ecn;
import io.dstm.packet.FragmentHeader;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/** Puts IPv4 packets into IPv6 packets to the TEP (RFC 2473), in fragments where the path is too narrow for one. */
final class Encapsulation {

    private static final int FRAGMENT_HEADERS = Ipv6Header.LENGTH + FragmentHeader.LENGTH;

    /** One counter is enough for one destination, if nobody knows where it began (RFC 7739 section 5.1). */
    private final AtomicInteger identifications;

    private final int hopLimit;
    private final boolean ecnCompatibility;

    Encapsulation(int firstIdentification, int hopLimit, boolean ecnCompatibility) {
        this.hopLimit = hopLimit;
        this.ecnCompatibility = ecnCompatibility;
        identifications = new AtomicInteger(firstIdentification);
    }

    /**
     * Sends the packet of {@code total} bytes at {@code inner}. The traffic class is the inner one (RFC 6333 section 7.1), its ECN
     * field by the mode (RFC 6040 section 4.1).
     *
     * @param mtu longest IPv6 packet in bytes
     * @return whether there was room
     */
    boolean send(Softwire softwire, ByteBuffer bytes, int inner, int total, int mtu, PacketOutput out) {
        if (total + Ipv6Header.LENGTH > mtu) {
            return sendFragments(softwire, bytes, inner, total, mtu, out);
        }
        int start = inner - Ipv6Header.LENGTH;
        writeHeader(softwire, bytes, start, Ipv4Header.tos(bytes, inner), total, IpProtocol.IPV4);
        out.toIpv6().add(start, total + Ipv6Header.LENGTH);
        return true;
    }

    /** RFC 6333 section 5.3: the IPv6 packet is cut, never the IPv4 packet in it. */
    private boolean sendFragments(
            Softwire softwire, ByteBuffer bytes, int inner, int total, int mtu, PacketOutput out) {
        int part = (mtu - FRAGMENT_HEADERS) & ~7;
        int count = (total + part - 1) / part;
        if (out.toIpv6().capacity() - out.toIpv6().count() < count
                || out.memory().longestPacket() < FRAGMENT_HEADERS + part) {
            return false;
        }
        int[] starts = new int[count];
        // The first one is made where the packet lies: its headers cover nothing that the others need.
        starts[0] = inner - FRAGMENT_HEADERS;
        for (int i = 1; i < count; i++) {
            starts[i] = out.takeSpare();
            if (starts[i] < 0) {
                return false;
            }
        }
        int tos = Ipv4Header.tos(bytes, inner);
        int identification = identifications.getAndIncrement();
        for (int i = 0; i < count; i++) {
            int offset = i * part;
            int length = Math.min(part, total - offset);
            if (i != 0) {
                bytes.put(starts[i] + FRAGMENT_HEADERS, bytes, inner + offset, length);
            }
            writeHeader(softwire, bytes, starts[i], tos, FragmentHeader.LENGTH + length, IpProtocol.FRAGMENT);
            FragmentHeader.write(
                    bytes, starts[i] + Ipv6Header.LENGTH, IpProtocol.IPV4, offset, i != count - 1, identification);
            out.toIpv6().add(starts[i], FRAGMENT_HEADERS + length);
        }
        return true;
    }

    private void writeHeader(Softwire softwire, ByteBuffer bytes, int start, int tos, int payload, int nextHeader) {
        Ipv6Header.write(
                bytes,
                start,
                Ecn.encapsulate(tos, ecnCompatibility),
                payload,
                nextHeader,
                hopLimit,
                softwire.nodeHigh(),
                softwire.nodeLow(),
                softwire.tepHigh(),
                softwire.tepLow());
    }
}
