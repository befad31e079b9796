package io.dstm.tep.internal.fuzz;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Makes packets out of valid ones: most with one to four changes, mostly near the front where headers are, half of these with
 * lengths and checksum repaired, so that they get past the first checks; some untouched, some pure noise.
 */
final class Mutator {

    private static final int[] INTERESTING = {0, 1, 4, 6, 17, 20, 40, 44, 58, 60, 64, 127, 128, 255};

    private final List<Seeds.Seed> seeds = Seeds.all();
    private final Random random;

    Mutator(long seed) {
        this.random = new Random(seed);
    }

    Seeds.Seed next() {
        Seeds.Seed seed = seeds.get(random.nextInt(seeds.size()));
        int kind = random.nextInt(20);
        if (kind == 0) {
            byte[] noise = new byte[random.nextInt(300)];
            random.nextBytes(noise);
            return new Seeds.Seed(noise, random.nextBoolean());
        }
        byte[] packet = seed.packet().clone();
        if (kind > 2) {
            packet = kind == 3 ? spliced(packet) : changed(packet);
            if (random.nextBoolean()) {
                repair(packet);
            }
        }
        return new Seeds.Seed(packet, kind == 4 ? !seed.fromTunnel() : seed.fromTunnel());
    }

    private byte[] changed(byte[] original) {
        byte[] packet = original;
        for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
            if (packet.length == 0) {
                return packet;
            }
            int at = random.nextInt(random.nextInt(4) != 0 ? Math.min(packet.length, 88) : packet.length);
            switch (random.nextInt(8)) {
                case 0 -> packet[at] = (byte) random.nextInt();
                case 1 -> packet[at] = (byte) INTERESTING[random.nextInt(INTERESTING.length)];
                case 2 -> packet[at] += (byte) (random.nextInt(9) - 4);
                case 3 -> packet = Arrays.copyOf(packet, Math.min(Rig.longestPacket(), lengthened(packet.length)));
                case 4 -> field(packet);
                default -> packet[at] ^= (byte) (1 << random.nextInt(8));
            }
        }
        return packet;
    }

    private int lengthened(int length) {
        return random.nextInt(8) == 0 ? length + random.nextInt(1600) : Math.max(0, length + random.nextInt(60) - 40);
    }

    /** Fragment fields, time to live, protocol, ports: where the rules branch. */
    private void field(byte[] packet) {
        int header = header(packet);
        if (packet.length < header + 24) {
            return;
        }
        ByteBuffer bytes = ByteBuffer.wrap(packet);
        switch (random.nextInt(6)) {
            case 0 -> bytes.putShort(header + 6, (short) (random.nextInt(4) << 13 | random.nextInt(200)));
            case 1 -> bytes.put(header + 8, (byte) random.nextInt(3));
            case 2 -> bytes.put(header + 9, (byte) INTERESTING[random.nextInt(INTERESTING.length)]);
            case 3 -> bytes.putShort(header + 20, (short) random.nextInt());
            case 4 -> bytes.putShort(header + 22, (short) random.nextInt());
            default -> bytes.put(header + 1, (byte) random.nextInt());
        }
    }

    private byte[] spliced(byte[] packet) {
        byte[] other = seeds.get(random.nextInt(seeds.size())).packet();
        int cut = random.nextInt(Math.min(packet.length, other.length) + 1);
        byte[] joined = other.clone();
        System.arraycopy(packet, 0, joined, 0, cut);
        return joined;
    }

    private static int header(byte[] packet) {
        boolean ipv6 = packet.length > 0 && packet[0] >>> 4 == 6;
        return ipv6 ? packet.length > 48 && packet[6] == 44 ? 48 : 40 : 0;
    }

    private static void repair(byte[] packet) {
        int header = header(packet);
        ByteBuffer bytes = ByteBuffer.wrap(packet);
        if (header > 0 && packet.length >= 40) {
            bytes.putShort(4, (short) (packet.length - 40));
        }
        if (packet.length < header + 20 || packet[header] >>> 4 != 4) {
            return;
        }
        int length = Math.max(20, (packet[header] & 0xF) * 4);
        bytes.putShort(header + 2, (short) (packet.length - header));
        bytes.putShort(header + 10, (short) 0);
        int sum = 0;
        for (int at = header; at < Math.min(packet.length - 1, header + length); at += 2) {
            sum += bytes.getShort(at) & 0xFFFF;
        }
        sum = (sum >>> 16) + (sum & 0xFFFF);
        bytes.putShort(header + 10, (short) ~((sum >>> 16) + sum));
    }
}
