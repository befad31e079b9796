package io.dstm.tep.internal.replay;

import io.dstm.packet.InternetChecksum;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Captures and packets made by hand. */
final class Bytes {

    private Bytes() {}

    /** Hexadecimal digits in groups, with comments behind {@code #}. */
    static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replaceAll("#[^\n]*", "").replaceAll("\\s+", ""));
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static Path file(Path directory, String name, byte[]... parts) {
        try {
            return Files.write(directory.resolve(name), join(parts));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** UDP, 192.0.2.1:1000 to 203.0.113.7:{@code port}. */
    static byte[] udp4(String source, int sourcePort, String destination, int port, int length) {
        ByteBuffer packet = ByteBuffer.allocate(length);
        packet.put(0, (byte) 0x45).putShort(2, (short) length).put(8, (byte) 64).put(9, (byte) 17);
        packet.put(12, address(source)).put(16, address(destination));
        packet.putShort(10, (short) InternetChecksum.finish(InternetChecksum.sum(packet, 0, 20)));
        packet.putShort(20, (short) sourcePort).putShort(22, (short) port).putShort(24, (short) (length - 20));
        return packet.array();
    }

    /** {@code inner} in an IPv6 packet. */
    static byte[] tunnelled(String source, String destination, byte[] inner) {
        ByteBuffer packet = ByteBuffer.allocate(40 + inner.length);
        packet.put(0, (byte) 0x60)
                .putShort(4, (short) inner.length)
                .put(6, (byte) 4)
                .put(7, (byte) 64);
        packet.put(8, address(source)).put(24, address(destination)).put(40, inner);
        return packet.array();
    }

    private static byte[] address(String text) {
        try {
            return java.net.InetAddress.getByName(text).getAddress();
        } catch (java.net.UnknownHostException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    static byte[] pcapHeader(ByteOrder order, boolean nanoseconds, int linkType) {
        ByteBuffer header = ByteBuffer.allocate(24).order(order);
        header.putInt(nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4).putShort((short) 2).putShort((short) 4);
        return header.putInt(16, 262144).putInt(20, linkType).array();
    }

    static byte[] record(ByteOrder order, int seconds, int fraction, byte[] frame) {
        return record(order, seconds, fraction, frame, frame.length);
    }

    static byte[] record(ByteOrder order, int seconds, int fraction, byte[] frame, int wireLength) {
        ByteBuffer record = ByteBuffer.allocate(16 + frame.length).order(order);
        return record.putInt(seconds)
                .putInt(fraction)
                .putInt(frame.length)
                .putInt(wireLength)
                .put(frame)
                .array();
    }

    /** A little-endian capture of raw IP packets, a microsecond apart from {@code seconds} on. */
    static byte[] raw(int seconds, byte[]... packets) {
        byte[] file = pcapHeader(ByteOrder.LITTLE_ENDIAN, false, 101);
        for (int i = 0; i < packets.length; i++) {
            file = join(file, record(ByteOrder.LITTLE_ENDIAN, seconds, i, packets[i]));
        }
        return file;
    }

    static byte[] block(ByteOrder order, int type, byte[]... parts) {
        byte[] body = join(parts);
        int length = 12 + (body.length + 3 & ~3);
        ByteBuffer block = ByteBuffer.allocate(length).order(order);
        return block.putInt(type)
                .putInt(length)
                .put(body)
                .putInt(length - 4, length)
                .array();
    }

    static byte[] section(ByteOrder order) {
        ByteBuffer body = ByteBuffer.allocate(16).order(order);
        body.putInt(0x1A2B3C4D).putShort((short) 1).putShort((short) 0).putLong(-1);
        return block(order, 0x0A0D0D0A, body.array());
    }

    static byte[] description(ByteOrder order, int linkType, int snapLength, byte[]... options) {
        ByteBuffer body = ByteBuffer.allocate(8).order(order);
        return block(
                order, 1, body.putShort((short) linkType).putInt(4, snapLength).array(), join(options));
    }

    static byte[] option(ByteOrder order, int code, byte[] value) {
        ByteBuffer option = ByteBuffer.allocate(4 + (value.length + 3 & ~3)).order(order);
        return option.putShort((short) code)
                .putShort((short) value.length)
                .put(value)
                .array();
    }

    static byte[] enhanced(ByteOrder order, int port, long stamp, byte[] frame) {
        ByteBuffer body = ByteBuffer.allocate(20).order(order);
        body.putInt(port).putInt((int) (stamp >>> 32)).putInt((int) stamp);
        return block(order, 6, body.putInt(frame.length).putInt(frame.length).array(), frame);
    }

    /** One packet of a capture, taken out of its frame. */
    record Packet(long nanos, String hex) {

        static Packet of(long nanos, byte[] bytes) {
            return new Packet(nanos, HexFormat.of().formatHex(bytes));
        }
    }

    /** All packets of a capture. */
    static List<Packet> packets(Path file) throws ReplayException {
        List<Packet> packets = new ArrayList<>();
        try (Capture capture = new Capture(file)) {
            for (; capture.hasPacket(); capture.advance()) {
                Frame frame = capture.packet();
                packets.add(new Packet(
                        frame.nanos,
                        HexFormat.of()
                                .formatHex(frame.bytes, frame.packetStart, frame.packetStart + frame.packetLength)));
            }
        }
        return packets;
    }
}
