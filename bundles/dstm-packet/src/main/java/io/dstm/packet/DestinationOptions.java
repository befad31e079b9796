package io.dstm.packet;

import java.nio.ByteBuffer;

/**
 * The IPv6 Destination Options header (RFC 8200 section 4.6), which many tunnels put before the IPv4 packet to carry the Tunnel
 * Encapsulation Limit (RFC 2473 section 4.1.1). Hop-by-Hop Options have the same form.
 */
public final class DestinationOptions {

    /** The Pad1 option, which has no length field. */
    public static final int PAD1 = 0;
    /** The PadN option. */
    public static final int PADN = 1;
    /** The Tunnel Encapsulation Limit option. */
    public static final int TUNNEL_ENCAPSULATION_LIMIT = 4;

    private DestinationOptions() {}

    /** What follows, see {@link IpProtocol}. */
    public static int nextHeader(ByteBuffer packet, int header) {
        return packet.get(header) & 0xFF;
    }

    /** Bytes of the header, 8 to 2048. */
    public static int length(ByteBuffer packet, int header) {
        return ((packet.get(header + 1) & 0xFF) + 1) << 3;
    }

    /**
     * Whether {@code available} bytes from {@code header} hold a header whose options fit and may all be skipped.
     */
    public static PacketFault check(ByteBuffer packet, int header, int available) {
        if (available < 8) {
            return PacketFault.TOO_SHORT;
        }
        int end = header + length(packet, header);
        if (end > header + available) {
            return PacketFault.LENGTH;
        }
        int at = header + 2;
        while (at < end) {
            int type = packet.get(at) & 0xFF;
            if (type == PAD1) {
                at++;
                continue;
            }
            // The two highest bits say what a node does that does not know the option; 00 is "skip over".
            if (type >>> 6 != 0) {
                return PacketFault.OPTION;
            }
            if (at + 2 > end) {
                return PacketFault.LENGTH;
            }
            at += 2 + (packet.get(at + 1) & 0xFF);
        }
        return at == end ? PacketFault.NONE : PacketFault.LENGTH;
    }
}
