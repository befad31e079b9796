package io.dstm.packet;

import java.nio.ByteBuffer;

/**
 * What TCP, UDP, UDP-Lite, SCTP and DCCP have in common: source and destination port in their first four bytes
 * ({@link IpProtocol#hasPorts}); and where their checksums lie. Every function takes the offset of the transport header.
 */
public final class TransportHeader {

    /** Bytes that must be there for the ports. */
    public static final int PORTS_LENGTH = 4;

    private TransportHeader() {}

    /** Source port. */
    public static int sourcePort(ByteBuffer packet, int header) {
        return packet.getShort(header) & 0xFFFF;
    }

    /** Destination port. */
    public static int destinationPort(ByteBuffer packet, int header) {
        return packet.getShort(header + 2) & 0xFFFF;
    }

    /**
     * Where the checksum lies that covers ports and pseudo-header, in bytes from the transport header; -1 if the protocol has none
     * of that kind (SCTP has a CRC without pseudo-header, ESP and others have no ports).
     */
    public static int checksumOffset(int protocol) {
        return switch (protocol) {
            case IpProtocol.TCP -> 16;
            case IpProtocol.UDP, IpProtocol.UDP_LITE, IpProtocol.DCCP -> 6;
            default -> -1;
        };
    }

    /** Changes the source port and updates the checksum of {@code protocol}, if it is among the {@code available} bytes. */
    public static void changeSourcePort(ByteBuffer packet, int header, int available, int protocol, int port) {
        changePort(packet, header, header, available, protocol, port);
    }

    /** Changes the destination port and updates the checksum of {@code protocol}, if it is among the {@code available} bytes. */
    public static void changeDestinationPort(ByteBuffer packet, int header, int available, int protocol, int port) {
        changePort(packet, header, header + 2, available, protocol, port);
    }

    private static void changePort(ByteBuffer packet, int header, int at, int available, int protocol, int port) {
        int old = packet.getShort(at) & 0xFFFF;
        packet.putShort(at, (short) port);
        int field = checksumField(packet, header, available, protocol);
        if (field >= 0) {
            int checksum = InternetChecksum.update16(packet.getShort(field) & 0xFFFF, old, port);
            writeChecksum(packet, field, protocol, checksum);
        }
    }

    /** Updates the checksum of {@code protocol}, if it is there, after an address of the pseudo-header has changed. */
    public static void addressChanged(
            ByteBuffer packet, int header, int available, int protocol, int oldAddress, int newAddress) {
        int field = checksumField(packet, header, available, protocol);
        if (field >= 0) {
            int checksum = InternetChecksum.update32(packet.getShort(field) & 0xFFFF, oldAddress, newAddress);
            writeChecksum(packet, field, protocol, checksum);
        }
    }

    private static int checksumField(ByteBuffer packet, int header, int available, int protocol) {
        int offset = checksumOffset(protocol);
        if (offset < 0 || offset + 2 > available) {
            return -1;
        }
        // RFC 768: zero means that the sender computed none, and so it stays.
        boolean none = protocol == IpProtocol.UDP && packet.getShort(header + offset) == 0;
        return none ? -1 : header + offset;
    }

    private static void writeChecksum(ByteBuffer packet, int field, int protocol, int checksum) {
        boolean reserved = checksum == 0 && (protocol == IpProtocol.UDP || protocol == IpProtocol.UDP_LITE);
        packet.putShort(field, (short) (reserved ? 0xFFFF : checksum));
    }
}
