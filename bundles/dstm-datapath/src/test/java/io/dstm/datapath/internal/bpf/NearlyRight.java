package io.dstm.datapath.internal.bpf;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.datapath.internal.testing.Packets;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/** Packets as they should be, or with a fault or two: what a program in the kernel may take for right. */
final class NearlyRight {

    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int[] OTHERS = {0, 2, 4, 33, 41, 47, 50, 58, 132, 136, 255};
    private static final int[] ICMP_TYPES = {0, 8, 3, 11, 12, 13, 5};
    private static final int FRAGMENT = 44;
    private static final int DESTINATION_OPTIONS = 60;
    private static final int IPV4_IN_IPV6 = 4;
    private static final int MOST_OPTIONS = 10;

    private NearlyRight() {}

    private static boolean one(Random random, int in) {
        return random.nextInt(in) == 0;
    }

    /** An IPv4 packet between these; of ICMP, the port of {@code holder} is the identifier. */
    static byte[] ipv4(
            Random random,
            Ipv4Address source,
            int sourcePort,
            Ipv4Address destination,
            int destinationPort,
            int holder) {
        int kind = random.nextInt(16);
        int protocol = kind < 7 ? UDP : kind < 12 ? TCP : kind < 15 ? ICMP : OTHERS[random.nextInt(OTHERS.length)];
        int options = one(random, 24) ? 4 * (1 + random.nextInt(MOST_OPTIONS)) : 0;
        int transport = protocol == TCP ? 20 : 8;
        int payload = one(random, 8) ? 1180 + random.nextInt(340) : random.nextInt(60);
        if (one(random, 24)) {
            transport = random.nextInt(transport);
            payload = 0;
        }
        int length = 20 + options + transport + payload;
        ByteBuffer packet = ByteBuffer.allocate(Math.max(length, 20 + options + 24));
        packet.put((byte) (0x45 + options / 4)).put((byte) (one(random, 3) ? random.nextInt(256) : 0));
        packet.putShort((short) (one(random, 32) ? length + random.nextInt(9) - 4 : length));
        packet.putShort((short) random.nextInt()).putShort(fragment(random));
        packet.put((byte) (one(random, 16) ? random.nextInt(4) : 2 + random.nextInt(254)));
        packet.put((byte) protocol).putShort((short) 0);
        packet.put(source.toBytes()).put(destination.toBytes());
        for (int i = 0; i < options; i++) {
            packet.put((byte) (one(random, 2) ? 1 : random.nextInt(256)));
        }
        if (protocol == ICMP) {
            int type = one(random, 4) ? ICMP_TYPES[random.nextInt(ICMP_TYPES.length)] : one(random, 3) ? 0 : 8;
            packet.put((byte) type)
                    .put((byte) 0)
                    .putShort((short) random.nextInt())
                    .putShort((short) holder);
            packet.putShort((short) random.nextInt());
        } else {
            packet.putShort((short) sourcePort)
                    .putShort((short) destinationPort)
                    .putLong(random.nextLong());
            int flags = one(random, 4) ? 0x02 : one(random, 4) ? random.nextInt(256) : 0x10;
            packet.put((byte) (one(random, 16) ? random.nextInt(256) : 0x50)).put((byte) flags);
            packet.putShort((short) random.nextInt()).putInt(random.nextInt());
        }
        byte[] made = Arrays.copyOf(packet.array(), length);
        if (one(random, 3)) {
            for (int changes = 1 + random.nextInt(2); changes > 0; changes--) {
                made[random.nextInt(Math.min(made.length, 40))] = (byte) random.nextInt(256);
            }
        }
        if (!one(random, 12)) {
            Packets.sound(made, 0);
        }
        return one(random, 24) ? Arrays.copyOf(made, 1 + random.nextInt(made.length)) : made;
    }

    private static short fragment(Random random) {
        int dontFragment = one(random, 3) ? 0x4000 : 0;
        return (short)
                switch (random.nextInt(24)) {
                    case 0 -> dontFragment | 0x2000;
                    case 1 -> dontFragment | 1 + random.nextInt(0x1FFF);
                    case 2 -> random.nextInt(0x10000);
                    default -> dontFragment;
                };
    }

    /** An IPv6 packet around an IPv4 packet. */
    static byte[] tunnelled(Random random, byte[] inner, Ipv6Address source, Ipv6Address destination) {
        int traffic = one(random, 3) || inner.length < 2 ? random.nextInt(256) : inner[1] & 0xFF;
        int extension = one(random, 16) ? FRAGMENT : one(random, 16) ? DESTINATION_OPTIONS : 0;
        ByteBuffer packet = ByteBuffer.allocate(40 + (extension == 0 ? 0 : 8) + inner.length);
        packet.putInt(6 << 28 | traffic << 20 | random.nextInt(1 << 20));
        int length = packet.capacity() - 40;
        packet.putShort((short) (one(random, 24) ? length + random.nextInt(9) - 4 : length));
        packet.put((byte) (extension == 0 ? IPV4_IN_IPV6 : extension)).put((byte) (1 + random.nextInt(255)));
        packet.put(source.toBytes()).put(destination.toBytes());
        if (extension == FRAGMENT) {
            packet.put((byte) IPV4_IN_IPV6)
                    .put((byte) 0)
                    .putShort((short) random.nextInt(4))
                    .putInt(random.nextInt());
        } else if (extension != 0) {
            // The limit of RFC 2473 section 4.1.1, and padding.
            packet.put((byte) IPV4_IN_IPV6)
                    .put((byte) 0)
                    .put((byte) 4)
                    .put((byte) 1)
                    .put((byte) 4);
            packet.put((byte) 1).put((byte) 1).put((byte) 0);
        }
        byte[] made = packet.put(inner).array();
        if (one(random, 8)) {
            made[random.nextInt(40)] = (byte) random.nextInt(256);
        }
        return one(random, 32) ? Arrays.copyOf(made, 1 + random.nextInt(made.length)) : made;
    }

    /** The same with what fills up a short frame, sometimes. */
    static byte[] padded(Random random, byte[] packet) {
        if (!one(random, 10)) {
            return packet;
        }
        byte[] longer = Arrays.copyOf(packet, packet.length + 1 + random.nextInt(46));
        if (one(random, 2)) {
            Arrays.fill(longer, packet.length, longer.length, (byte) 0xA5);
        }
        return longer;
    }
}
