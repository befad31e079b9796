package io.dstm.packet;

import java.nio.ByteBuffer;

/** ICMPv6 (RFC 4443). Every function takes the offset of the ICMPv6 header in a big-endian buffer. */
public final class Icmpv6 {

    /** Bytes of the header, which an error's quoted packet follows. */
    public static final int LENGTH = 8;

    /** Destination unreachable. */
    public static final int UNREACHABLE = 1;
    /** Packet too big. */
    public static final int PACKET_TOO_BIG = 2;
    /** Time exceeded. */
    public static final int TIME_EXCEEDED = 3;
    /** Parameter problem. */
    public static final int PARAMETER_PROBLEM = 4;
    /** Echo request. */
    public static final int ECHO_REQUEST = 128;
    /** Echo reply. */
    public static final int ECHO_REPLY = 129;

    /** Code of {@link #UNREACHABLE}: source address failed ingress/egress policy. */
    public static final int SOURCE_POLICY = 5;

    /** Code of {@link #PARAMETER_PROBLEM}: erroneous header field. */
    public static final int ERRONEOUS_FIELD = 0;
    /** Code of {@link #PARAMETER_PROBLEM}: first fragment without all headers (RFC 7112). */
    public static final int INCOMPLETE_HEADERS = 3;

    private Icmpv6() {}

    /** Type. */
    public static int type(ByteBuffer packet, int header) {
        return packet.get(header) & 0xFF;
    }

    /** Code. */
    public static int code(ByteBuffer packet, int header) {
        return packet.get(header + 1) & 0xFF;
    }

    /** The MTU that {@link #PACKET_TOO_BIG} carries, as an unsigned number. */
    public static long mtu(ByteBuffer packet, int header) {
        return packet.getInt(header + 4) & 0xFFFF_FFFFL;
    }

    /** Whether messages of {@code type} report an error and quote a packet. No error may be sent about them. */
    public static boolean isError(int type) {
        return type < 128;
    }

    /** Whether a message of {@code length} bytes, behind the IPv6 header at {@code ipv6}, has the checksum it should have. */
    public static boolean isChecksumSound(ByteBuffer packet, int ipv6, int header, int length) {
        long sum = InternetChecksum.pseudoHeaderIpv6(packet, ipv6, IpProtocol.ICMPV6, length)
                + InternetChecksum.sum(packet, header, length);
        return InternetChecksum.fold(sum) == 0xFFFF;
    }

    /**
     * Writes the header of a message of {@code length} bytes whose rest is in place, with the checksum; the addresses in the IPv6
     * header at {@code ipv6} must be in place too.
     */
    public static void write(ByteBuffer packet, int ipv6, int header, int type, int code, int rest, int length) {
        packet.putInt(header, type << 24 | (code & 0xFF) << 16);
        packet.putInt(header + 4, rest);
        long sum = InternetChecksum.pseudoHeaderIpv6(packet, ipv6, IpProtocol.ICMPV6, length)
                + InternetChecksum.sum(packet, header, length);
        packet.putShort(header + 2, (short) InternetChecksum.finish(sum));
    }
}
