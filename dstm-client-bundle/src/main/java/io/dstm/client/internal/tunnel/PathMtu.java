package io.dstm.client.internal.tunnel;

import io.dstm.packet.Icmpv6;
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
    private volatile @Nullable PathEstimate estimate;

    /** A path on which nothing is known but the tunnel's own MTU in bytes. */
    PathMtu(int tunnelMtu) {
        this.tunnelMtu = tunnelMtu;
    }

    /** Longest IPv6 packet in bytes that may be sent now. */
    int now(long nanos) {
        PathEstimate known = estimate;
        return known == null || known.endNanos() - nanos <= 0 ? tunnelMtu : known.mtu();
    }

    /** The same, and for how long it holds; until now if nothing is known but the tunnel's own MTU. */
    PathEstimate known(long nanos) {
        PathEstimate known = estimate;
        return known == null || known.endNanos() - nanos <= 0 ? new PathEstimate(tunnelMtu, nanos) : known;
    }

    /** Another path may be another length. */
    void forget() {
        estimate = null;
    }

    /**
     * Learns from an error about a packet of the tunnel.
     *
     * @param outer where its IPv6 header is
     * @return whether it was about the length, and news
     */
    boolean learn(ByteBuffer bytes, int outer, long nanos) {
        int message = outer + Ipv6Header.LENGTH;
        if (Icmpv6.type(bytes, message) != Icmpv6.PACKET_TOO_BIG) {
            return false;
        }
        long mtu = Icmpv6.mtu(bytes, message);
        if (mtu < SMALLEST || mtu >= now(nanos)) {
            return false;
        }
        estimate = new PathEstimate((int) mtu, nanos + LIFETIME_NANOS);
        return true;
    }
}
