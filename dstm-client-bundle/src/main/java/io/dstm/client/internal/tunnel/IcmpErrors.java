package io.dstm.client.internal.tunnel;

import static io.dstm.client.internal.tunnel.Wire.FRAGMENT_OFFSET;
import static io.dstm.client.internal.tunnel.Wire.ICMP;
import static io.dstm.client.internal.tunnel.Wire.ICMP_CHECKSUM;
import static io.dstm.client.internal.tunnel.Wire.ICMP_HEADER;
import static io.dstm.client.internal.tunnel.Wire.IPV4_CHECKSUM;
import static io.dstm.client.internal.tunnel.Wire.IPV4_DESTINATION;
import static io.dstm.client.internal.tunnel.Wire.IPV4_FRAGMENT;
import static io.dstm.client.internal.tunnel.Wire.IPV4_HEADER;
import static io.dstm.client.internal.tunnel.Wire.IPV4_PROTOCOL;
import static io.dstm.client.internal.tunnel.Wire.IPV4_SOURCE;
import static io.dstm.client.internal.tunnel.Wire.IPV4_TOTAL;
import static io.dstm.client.internal.tunnel.Wire.IPV4_TTL;
import static io.dstm.client.internal.tunnel.Wire.checksum;
import static io.dstm.client.internal.tunnel.Wire.put16;
import static io.dstm.client.internal.tunnel.Wire.u16;
import static io.dstm.client.internal.tunnel.Wire.u8;

import java.nio.ByteBuffer;

/** Writes the ICMPv4 errors that the client sends to the node's own programs, at a limited rate (RFC 1812 section 4.3.2.8). */
final class IcmpErrors {

    /** The far end of the softwire as the node sees it (RFC 6333 section 5.7): not an address of this node, or it were a martian. */
    static final int FROM = 0xC0000001;

    /** As much as RFC 1812 section 4.3.2.3 allows. */
    private static final int LONGEST = 576;

    private static final int PER_SECOND = 100;
    private static final long SECOND = 1_000_000_000L;

    private long secondStarted;
    private int sentThisSecond;

    /** Whether one more may be sent now. Called by any thread. */
    synchronized boolean mayPass(long nanos) {
        if (nanos - secondStarted >= SECOND || sentThisSecond == 0) {
            secondStarted = nanos;
            sentThisSecond = 0;
        }
        return sentThisSecond++ < PER_SECOND;
    }

    /** Whether RFC 1122 section 3.2.2 allows an error about this packet: not about ICMP errors and later fragments. */
    static boolean mayAnswer(ByteBuffer bytes, int at) {
        int header = (u8(bytes, at) & 0xF) * 4;
        if ((u16(bytes, at + IPV4_FRAGMENT) & FRAGMENT_OFFSET) != 0) {
            return false;
        }
        if (u8(bytes, at + IPV4_PROTOCOL) != ICMP) {
            return true;
        }
        return u16(bytes, at + IPV4_TOTAL) > header && isQuery(u8(bytes, at + header));
    }

    /** Whether an ICMP type asks or answers, so that it is no error. */
    static boolean isQuery(int type) {
        return type == 0 || type == 8 || type >= 13 && type <= 18;
    }

    /**
     * Writes an error about the packet at {@code about} to {@code at}.
     *
     * @param code of type 3, destination unreachable
     * @param mtu for code 4, else 0
     * @return its length in bytes
     */
    static int writeUnreachable(ByteBuffer bytes, int at, int about, int code, int mtu) {
        int quoted = Math.min(u16(bytes, about + IPV4_TOTAL), LONGEST - IPV4_HEADER - ICMP_HEADER);
        int total = IPV4_HEADER + ICMP_HEADER + quoted;
        for (int i = 0; i < quoted; i++) {
            bytes.put(at + IPV4_HEADER + ICMP_HEADER + i, bytes.get(about + i));
        }
        bytes.putInt(at, 0x45C0_0000 | total);
        bytes.putInt(at + 4, 0);
        bytes.put(at + IPV4_TTL, (byte) 64);
        bytes.put(at + IPV4_PROTOCOL, (byte) ICMP);
        put16(bytes, at + IPV4_CHECKSUM, 0);
        bytes.putInt(at + IPV4_SOURCE, FROM);
        bytes.putInt(at + IPV4_DESTINATION, bytes.getInt(about + IPV4_SOURCE));
        put16(bytes, at + IPV4_CHECKSUM, checksum(bytes, at, IPV4_HEADER, 0));
        int icmp = at + IPV4_HEADER;
        put16(bytes, icmp, 3 << 8 | code);
        put16(bytes, icmp + ICMP_CHECKSUM, 0);
        bytes.putInt(icmp + 4, mtu);
        put16(bytes, icmp + ICMP_CHECKSUM, checksum(bytes, icmp, ICMP_HEADER + quoted, 0));
        return total;
    }
}
