package io.dstm.client.internal.tunnel;

import io.dstm.packet.FragmentHeader;
import io.dstm.packet.Icmpv6;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv6Header;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How long an IPv6 packet to the TEP may be (RFC 8201, RFC 2473 section 6.7): as long as the tunnel, or for a while what an ICMPv6
 * error on the way has said. Learned by the thread that hears the network, used by the one that sends.
 */
final class PathMtu {

    /** What every IPv6 link carries; an error that says less is not believed (RFC 8201 section 4). */
    static final int SMALLEST = 1280;

    /** Then a longer packet is tried again (RFC 8201 section 4: not before 5 minutes, better 10). */
    static final long LIFETIME_NANOS = 600L * 1_000_000_000L;

    private final int tunnelMtu;
    private volatile @Nullable Estimate estimate;

    private record Estimate(int mtu, long endNanos) {}

    /** A path on which nothing is known but the tunnel's own MTU in bytes. */
    PathMtu(int tunnelMtu) {
        this.tunnelMtu = tunnelMtu;
    }

    /** Longest IPv6 packet in bytes that may be sent now. */
    int now(long nanos) {
        Estimate known = estimate;
        return known == null || known.endNanos - nanos <= 0 ? tunnelMtu : known.mtu;
    }

    /** Another path may be another length. */
    void forget() {
        estimate = null;
    }

    /**
     * Learns from an ICMPv6 message.
     *
     * @param outer where its IPv6 header is
     * @param end where it ends
     * @return whether it was sound, quoted a packet that {@code softwire} sends, and was news
     */
    boolean learn(Softwire softwire, ByteBuffer bytes, int outer, int end, long nanos) {
        int message = outer + Ipv6Header.LENGTH;
        int quote = message + Icmpv6.LENGTH;
        if (end - quote < Ipv6Header.LENGTH
                || Icmpv6.type(bytes, message) != Icmpv6.PACKET_TOO_BIG
                || !Icmpv6.isChecksumSound(bytes, outer, message, end - message)
                || !isOurs(softwire, bytes, quote, end)) {
            return false;
        }
        long mtu = Icmpv6.mtu(bytes, message);
        if (mtu < SMALLEST || mtu >= now(nanos)) {
            return false;
        }
        estimate = new Estimate((int) mtu, nanos + LIFETIME_NANOS);
        return true;
    }

    /** Whether the quoted packet has the addresses and the content of what goes to the TEP. */
    private static boolean isOurs(Softwire softwire, ByteBuffer bytes, int quote, int end) {
        int next = Ipv6Header.nextHeader(bytes, quote);
        int behind = quote + Ipv6Header.LENGTH;
        if (next == IpProtocol.FRAGMENT && end - behind >= FragmentHeader.LENGTH) {
            next = FragmentHeader.nextHeader(bytes, behind);
        }
        return next == IpProtocol.IPV4
                && Ipv6Header.version(bytes, quote) == 6
                && Ipv6Header.sourceHigh(bytes, quote) == softwire.nodeHigh()
                && Ipv6Header.sourceLow(bytes, quote) == softwire.nodeLow()
                && Ipv6Header.destinationHigh(bytes, quote) == softwire.tepHigh()
                && Ipv6Header.destinationLow(bytes, quote) == softwire.tepLow();
    }
}
