package io.dstm.packet;

import java.nio.ByteBuffer;

/** ICMP for IPv4 (RFC 792). Every function takes the offset of the ICMP header in a big-endian buffer. */
public final class Icmpv4 {

    /** Bytes of the header, which an error's quoted packet follows. */
    public static final int LENGTH = 8;

    /** Echo reply. */
    public static final int ECHO_REPLY = 0;
    /** Destination unreachable. */
    public static final int UNREACHABLE = 3;
    /** Redirect, which no router forwards (RFC 1812 section 5.2.7.2). */
    public static final int REDIRECT = 5;
    /** Echo request. */
    public static final int ECHO_REQUEST = 8;
    /** Time exceeded. */
    public static final int TIME_EXCEEDED = 11;
    /** Parameter problem. */
    public static final int PARAMETER_PROBLEM = 12;

    /** Code of {@link #UNREACHABLE}: host unreachable. */
    public static final int HOST_UNREACHABLE = 1;
    /** Code of {@link #UNREACHABLE}: fragmentation needed and DF set (RFC 1191). */
    public static final int FRAGMENTATION_NEEDED = 4;
    /** Code of {@link #UNREACHABLE}: communication administratively prohibited (RFC 1812). */
    public static final int PROHIBITED = 13;

    private static final int SOURCE_QUENCH = 4;
    private static final int TIMESTAMP_REQUEST = 13;
    private static final int ADDRESS_MASK_REPLY = 18;

    private Icmpv4() {}

    /** Type. */
    public static int type(ByteBuffer packet, int header) {
        return packet.get(header) & 0xFF;
    }

    /** Code. */
    public static int code(ByteBuffer packet, int header) {
        return packet.get(header + 1) & 0xFF;
    }

    /** Identifier of a query or its answer, which NATs treat as a port (RFC 5508). */
    public static int identifier(ByteBuffer packet, int header) {
        return packet.getShort(header + 4) & 0xFFFF;
    }

    /** Changes the identifier and updates the checksum. */
    public static void changeIdentifier(ByteBuffer packet, int header, int identifier) {
        int old = identifier(packet, header);
        packet.putShort(header + 4, (short) identifier);
        int checksum = InternetChecksum.update16(packet.getShort(header + 2) & 0xFFFF, old, identifier);
        packet.putShort(header + 2, (short) checksum);
    }

    /** The next hop's MTU that {@link #FRAGMENTATION_NEEDED} carries (RFC 1191). */
    public static int nextHopMtu(ByteBuffer packet, int header) {
        return packet.getShort(header + 6) & 0xFFFF;
    }

    /** Whether messages of {@code type} report an error and quote a packet. No error may be sent about them. */
    public static boolean isError(int type) {
        return type == UNREACHABLE
                || type == SOURCE_QUENCH
                || type == REDIRECT
                || type == TIME_EXCEEDED
                || type == PARAMETER_PROBLEM;
    }

    /** Whether messages of {@code type} are a query or an answer with an identifier. */
    public static boolean isQuery(int type) {
        return type == ECHO_REQUEST || type == ECHO_REPLY || type >= TIMESTAMP_REQUEST && type <= ADDRESS_MASK_REPLY;
    }

    /** Writes the header of a message of {@code length} bytes whose rest is in place, with the checksum. */
    public static void write(ByteBuffer packet, int header, int type, int code, int rest, int length) {
        packet.putInt(header, type << 24 | (code & 0xFF) << 16);
        packet.putInt(header + 4, rest);
        packet.putShort(header + 2, (short) InternetChecksum.of(packet, header, length));
    }
}
