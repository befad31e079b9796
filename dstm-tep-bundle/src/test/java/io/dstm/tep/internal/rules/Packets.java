package io.dstm.tep.internal.rules;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.packet.FragmentHeader;
import io.dstm.packet.Icmpv4;
import io.dstm.packet.Icmpv6;
import io.dstm.packet.InternetChecksum;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.packet.TransportHeader;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/** Builds the packets of tests, field by field. */
final class Packets {

    private Packets() {}

    /** An IPv4 packet with TTL 64 and no flags. */
    static Ipv4 ipv4(String source, String destination) {
        return new Ipv4(
                Ipv4Address.parse(source).value(),
                Ipv4Address.parse(destination).value());
    }

    /** An IPv6 packet with hop limit 64. */
    static Ipv6 ipv6(String source, String destination) {
        return new Ipv6(Ipv6Address.parse(source), Ipv6Address.parse(destination));
    }

    static ByteBuffer view(byte[] packet) {
        return ByteBuffer.wrap(packet);
    }

    /** The IPv4 packet behind the IPv6 header. */
    static byte[] inner(byte[] packet) {
        byte[] inner = new byte[packet.length - 40];
        System.arraycopy(packet, 40, inner, 0, inner.length);
        return inner;
    }

    static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    static final class Ipv4 {

        private final int source;
        private final int destination;
        private int protocol = 253;
        private int tos;
        private int ttl = 64;
        private int id = 1;
        private int flagsAndOffset;
        private byte[] options = {};
        private byte[] payload = {};

        private Ipv4(int source, int destination) {
            this.source = source;
            this.destination = destination;
        }

        Ipv4 tos(int value) {
            tos = value;
            return this;
        }

        Ipv4 ttl(int value) {
            ttl = value;
            return this;
        }

        Ipv4 dontFragment() {
            flagsAndOffset |= 0x4000;
            return this;
        }

        Ipv4 fragment(int offset, boolean more) {
            flagsAndOffset |= offset / 8 | (more ? 0x2000 : 0);
            return this;
        }

        Ipv4 options(String hex) {
            options = Packets.bytes(hex);
            return this;
        }

        Ipv4 udp(int sourcePort, int destinationPort, int data) {
            return ports(IpProtocol.UDP, sourcePort, destinationPort, 8 + data);
        }

        Ipv4 tcp(int sourcePort, int destinationPort, int data) {
            return ports(IpProtocol.TCP, sourcePort, destinationPort, 20 + data);
        }

        Ipv4 ports(int withProtocol, int sourcePort, int destinationPort, int length) {
            protocol = withProtocol;
            payload = new byte[length];
            ByteBuffer transport = ByteBuffer.wrap(payload);
            for (int i = 8; i < length; i++) {
                transport.put(i, (byte) i);
            }
            transport.putShort(0, (short) sourcePort).putShort(2, (short) destinationPort);
            int checksum = TransportHeader.checksumOffset(withProtocol);
            if (checksum >= 0 && checksum + 2 <= length) {
                transport.putShort(checksum, (short) 0);
                long sum = InternetChecksum.pseudoHeader(source, destination, withProtocol, length)
                        + InternetChecksum.sum(transport, 0, length);
                transport.putShort(checksum, (short) InternetChecksum.finish(sum));
            }
            return this;
        }

        Ipv4 echo(int type, int identifier) {
            byte[] message = new byte[64];
            Icmpv4.write(ByteBuffer.wrap(message), 0, type, 0, identifier << 16 | 4, 64);
            return payload(IpProtocol.ICMP, message);
        }

        Ipv4 icmpError(int type, int code, int rest, byte[] quoted) {
            byte[] message = new byte[8 + quoted.length];
            ByteBuffer view = ByteBuffer.wrap(message).put(8, quoted);
            Icmpv4.write(view, 0, type, code, rest, message.length);
            return payload(IpProtocol.ICMP, message);
        }

        Ipv4 payload(int withProtocol, byte[] bytes) {
            protocol = withProtocol;
            payload = bytes;
            return this;
        }

        byte[] bytes() {
            int header = 20 + options.length;
            ByteBuffer packet = ByteBuffer.allocate(header + payload.length);
            Ipv4Header.write(packet, 0, tos, packet.capacity(), id, ttl, protocol, source, destination);
            packet.put(0, (byte) (0x40 | header / 4));
            packet.putShort(6, (short) flagsAndOffset);
            packet.put(20, options).put(header, payload);
            Ipv4Header.recomputeChecksum(packet, 0);
            return packet.array();
        }
    }

    static final class Ipv6 {

        private final Ipv6Address source;
        private final Ipv6Address destination;
        private int trafficClass;
        private int next = IpProtocol.NO_NEXT_HEADER;
        private byte[] payload = {};

        private Ipv6(Ipv6Address source, Ipv6Address destination) {
            this.source = source;
            this.destination = destination;
        }

        Ipv6 trafficClass(int value) {
            trafficClass = value;
            return this;
        }

        Ipv6 carrying(Ipv4 inner) {
            return payload(IpProtocol.IPV4, inner.bytes());
        }

        Ipv6 payload(int protocol, byte[] bytes) {
            next = protocol;
            payload = bytes;
            return this;
        }

        /** Puts a header of {@code hex} before what is there; its first byte becomes the next header. */
        Ipv6 before(int protocol, String hex) {
            byte[] header = Packets.bytes(hex);
            header[0] = (byte) next;
            byte[] joined = new byte[header.length + payload.length];
            System.arraycopy(header, 0, joined, 0, header.length);
            System.arraycopy(payload, 0, joined, header.length, payload.length);
            return payload(protocol, joined);
        }

        Ipv6 fragment(int offset, boolean more) {
            byte[] header = new byte[8];
            FragmentHeader.write(ByteBuffer.wrap(header), 0, next, offset, more, 7);
            return before(IpProtocol.FRAGMENT, HexFormat.of().formatHex(header));
        }

        Ipv6 icmp(int type, int code, int rest, byte[] data) {
            byte[] message = new byte[8 + data.length];
            System.arraycopy(data, 0, message, 8, data.length);
            byte[] packet = payload(IpProtocol.ICMPV6, message).bytes();
            Icmpv6.write(ByteBuffer.wrap(packet), 0, 40, type, code, rest, message.length);
            return payload(IpProtocol.ICMPV6, Packets.inner(packet));
        }

        byte[] bytes() {
            ByteBuffer packet = ByteBuffer.allocate(40 + payload.length);
            Ipv6Header.write(
                    packet,
                    0,
                    trafficClass,
                    payload.length,
                    next,
                    64,
                    source.high(),
                    source.low(),
                    destination.high(),
                    destination.low());
            packet.put(40, payload);
            return packet.array();
        }
    }
}
