package io.dstm.client.internal.tunnel;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Packets made and checked by plain arithmetic of its own, so that the code under test does not judge itself. */
final class Packets {

    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;
    static final int ACK = 16;

    private Packets() {}

    static int ip(String dotted) {
        return Ipv4Address.parse(dotted).value();
    }

    /** An IPv4 packet: 20 bytes of header, then what is given. */
    static byte[] ipv4(int source, int destination, int protocol, byte[] payload) {
        return ipv4(source, destination, protocol, 0, 0x1234, 0x4000, payload);
    }

    static byte[] ipv4(int source, int destination, int protocol, int tos, int id, int flagsAndOffset, byte[] payload) {
        ByteBuffer b = ByteBuffer.allocate(20 + payload.length);
        b.put((byte) 0x45).put((byte) tos).putShort((short) b.capacity());
        b.putShort((short) id).putShort((short) flagsAndOffset);
        b.put((byte) 64).put((byte) protocol).putShort((short) 0);
        b.putInt(source).putInt(destination).put(payload);
        b.putShort(10, (short) checksum(b.array(), 0, 20, 0));
        return b.array();
    }

    static byte[] udp(int source, int sourcePort, int destination, int destinationPort, byte[] data) {
        ByteBuffer b = ByteBuffer.allocate(8 + data.length);
        b.putShort((short) sourcePort).putShort((short) destinationPort);
        b.putShort((short) b.capacity()).putShort((short) 0).put(data);
        int sum = checksum(b.array(), 0, b.capacity(), pseudo(source, destination, 17, b.capacity()));
        b.putShort(6, (short) (sum == 0 ? 0xFFFF : sum));
        return ipv4(source, destination, 17, b.array());
    }

    static byte[] tcp(int source, int sourcePort, int destination, int destinationPort, int flags, byte[] data) {
        ByteBuffer b = ByteBuffer.allocate(20 + data.length);
        b.putShort((short) sourcePort).putShort((short) destinationPort);
        b.putInt(1000).putInt(2000).put((byte) 0x50).put((byte) flags).putShort((short) 65535);
        b.putShort((short) 0).putShort((short) 0).put(data);
        b.putShort(16, (short) checksum(b.array(), 0, b.capacity(), pseudo(source, destination, 6, b.capacity())));
        return ipv4(source, destination, 6, b.array());
    }

    static byte[] icmp(int source, int destination, int type, int identifier, byte[] data) {
        return icmpWithRest(source, destination, type, 0, identifier << 16 | 1, data);
    }

    static byte[] icmpError(int source, int destination, int type, int code, byte[] quoted) {
        return icmpWithRest(source, destination, type, code, 0, quoted);
    }

    private static byte[] icmpWithRest(int source, int destination, int type, int code, int rest, byte[] data) {
        ByteBuffer b = ByteBuffer.allocate(8 + data.length);
        b.put((byte) type).put((byte) code).putShort((short) 0).putInt(rest).put(data);
        b.putShort(2, (short) checksum(b.array(), 0, b.capacity(), 0));
        return ipv4(source, destination, 1, b.array());
    }

    /** The packet inside IPv6 with next header 4. */
    static byte[] tunnelled(Ipv6Address source, Ipv6Address destination, int trafficClass, byte[] inner) {
        ByteBuffer b = ByteBuffer.allocate(40 + inner.length);
        b.putInt(6 << 28 | trafficClass << 20)
                .putShort((short) inner.length)
                .put((byte) 4)
                .put((byte) 64);
        b.put(source.toBytes()).put(destination.toBytes()).put(inner);
        return b.array();
    }

    /** An ICMPv6 error with a sound checksum. */
    static byte[] icmpv6(Ipv6Address source, Ipv6Address destination, int type, int code, long rest, byte[] quote) {
        byte[] message = ByteBuffer.allocate(8 + quote.length)
                .put((byte) type)
                .put((byte) code)
                .putShort((short) 0)
                .putInt((int) rest)
                .put(quote)
                .array();
        byte[] packet = tunnelled(source, destination, 0, message);
        packet[6] = 58;
        int sum = checksum(packet, 8, packet.length - 8, message.length + 58);
        packet[42] = (byte) (sum >>> 8);
        packet[43] = (byte) sum;
        return packet;
    }

    static byte[] inner(byte[] tunnelled) {
        return Arrays.copyOfRange(tunnelled, 40, tunnelled.length);
    }

    static int u16(byte[] packet, int at) {
        return (packet[at] & 0xFF) << 8 | packet[at + 1] & 0xFF;
    }

    static int u32(byte[] packet, int at) {
        return u16(packet, at) << 16 | u16(packet, at + 2);
    }

    static int source(byte[] ipv4) {
        return u32(ipv4, 12);
    }

    static int destination(byte[] ipv4) {
        return u32(ipv4, 16);
    }

    static int sourcePort(byte[] ipv4) {
        return u16(ipv4, headerLength(ipv4));
    }

    static int destinationPort(byte[] ipv4) {
        return u16(ipv4, headerLength(ipv4) + 2);
    }

    static int identifier(byte[] ipv4) {
        return u16(ipv4, headerLength(ipv4) + 4);
    }

    static byte[] quoted(byte[] icmpError) {
        return Arrays.copyOfRange(icmpError, headerLength(icmpError) + 8, icmpError.length);
    }

    static int headerLength(byte[] ipv4) {
        return (ipv4[0] & 0xF) * 4;
    }

    /** Whether the header checksum and, of a whole packet, the transport checksum are what computing from scratch gives. */
    static boolean checksumsFit(byte[] ipv4) {
        int header = headerLength(ipv4);
        int length = ipv4.length - header;
        int protocol = ipv4[9] & 0xFF;
        if (checksum(ipv4, 0, header, 0) != 0) {
            return false;
        }
        if (protocol == 1) {
            return checksum(ipv4, header, length, 0) == 0;
        }
        if (protocol == 17 && u16(ipv4, header + 6) == 0) {
            return true;
        }
        return checksum(ipv4, header, length, pseudo(source(ipv4), destination(ipv4), protocol, length)) == 0;
    }

    private static int pseudo(int source, int destination, int protocol, int length) {
        return (source >>> 16) + (source & 0xFFFF) + (destination >>> 16) + (destination & 0xFFFF) + protocol + length;
    }

    static int checksum(byte[] bytes, int from, int length, int start) {
        long sum = start;
        for (int i = 0; i < length; i++) {
            sum += (long) (bytes[from + i] & 0xFF) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum > 0xFFFF) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return (int) ~sum & 0xFFFF;
    }
}
