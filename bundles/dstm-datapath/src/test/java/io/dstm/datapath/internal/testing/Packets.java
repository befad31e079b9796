package io.dstm.datapath.internal.testing;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import java.nio.ByteBuffer;

/** Builds packets octet by octet, independently of the code that is tested, and moves them in and out of batches. */
public final class Packets {

    private Packets() {}

    /** An IPv4 packet with UDP inside. */
    public static byte[] udp(String source, int sourcePort, String destination, int destinationPort, byte[] payload) {
        ByteBuffer packet = ByteBuffer.allocate(28 + payload.length);
        packet.putShort((short) 0x4500).putShort((short) packet.capacity());
        packet.putInt(0x0001_0000);
        packet.putShort((short) (64 << 8 | 17)).putShort((short) 0);
        packet.put(Ipv4Address.parse(source).toBytes());
        packet.put(Ipv4Address.parse(destination).toBytes());
        packet.putShort(10, (short) ~sum(packet, 0, 20));
        packet.putShort((short) sourcePort).putShort((short) destinationPort);
        // A checksum of 0 says that there is none (RFC 768).
        packet.putShort((short) (8 + payload.length)).putShort((short) 0);
        return packet.put(payload).array();
    }

    private static int sum(ByteBuffer buffer, int from, int to) {
        int sum = 0;
        for (int i = from; i < to; i += 2) {
            sum += Short.toUnsignedInt(buffer.getShort(i));
        }
        return (sum & 0xFFFF) + (sum >>> 16);
    }

    /** The same packet with the checksum of the IPv4 header at {@code header} made to fit, even if it is no whole header. */
    public static byte[] sound(byte[] packet, int header) {
        ByteBuffer view = ByteBuffer.wrap(packet);
        view.putShort(header + 10, (short) 0);
        int sum = 0;
        int length = Math.max(20, (packet[header] & 0xF) * 4);
        for (int at = header; at < Math.min(header + length, packet.length - 1); at += 2) {
            sum += view.getShort(at) & 0xFFFF;
        }
        sum = (sum & 0xFFFF) + (sum >>> 16);
        view.putShort(header + 10, (short) ~((sum & 0xFFFF) + (sum >>> 16)));
        return packet;
    }

    /** An IPv6 packet; RFC 8200 section 3. */
    public static byte[] ipv6(
            int trafficClass, int nextHeader, int hopLimit, String source, String destination, byte[] payload) {
        return ByteBuffer.allocate(40 + payload.length)
                .putInt(6 << 28 | trafficClass << 20 | 0x12345)
                .putShort((short) payload.length)
                .put((byte) nextHeader)
                .put((byte) hopLimit)
                .put(Ipv6Address.parse(source).toBytes())
                .put(Ipv6Address.parse(destination).toBytes())
                .put(payload)
                .array();
    }

    /** The packet as its receiver shows it: without a flow label and extension headers, which the kernel does not hand on. */
    public static byte[] shown(int trafficClass, int hopLimit, String source, String destination, byte[] payload) {
        byte[] packet = ipv6(trafficClass, 4, hopLimit, source, destination, payload);
        ByteBuffer.wrap(packet).putInt(0, 6 << 28 | trafficClass << 20);
        return packet;
    }

    /** Octets that tell their place, so that a mix-up shows. */
    public static byte[] pattern(int length, int seed) {
        byte[] octets = new byte[length];
        for (int i = 0; i < length; i++) {
            octets[i] = (byte) (seed * 31 + i * 7 + (i >>> 8));
        }
        return octets;
    }

    /** A batch of these packets in a memory of its own. */
    public static PacketBatch batch(byte[]... packets) {
        int longest = 64;
        for (byte[] packet : packets) {
            longest = Math.max(longest, packet.length);
        }
        PacketMemory memory = new PacketMemory(packets.length, 0, PacketMemory.HEADROOM + (longest + 63 & ~63));
        PacketBatch batch = new PacketBatch(memory, packets.length);
        for (int i = 0; i < packets.length; i++) {
            memory.bytes().put(memory.slotStart(i), packets[i]);
            batch.add(memory.slotStart(i), packets[i].length);
        }
        return batch;
    }

    /** An empty batch for {@code slots} packets of up to 65,575 octets. */
    public static PacketBatch empty(int slots) {
        return new PacketBatch(new PacketMemory(slots, 0, 1027 * 64), slots);
    }

    /** A packet of a batch. */
    public static byte[] packet(PacketBatch batch, int index) {
        byte[] packet = new byte[batch.length(index)];
        batch.memory().bytes().get(batch.offset(index), packet);
        return packet;
    }
}
