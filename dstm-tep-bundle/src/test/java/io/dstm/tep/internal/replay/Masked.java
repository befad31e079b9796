package io.dstm.tep.internal.replay;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** What packets say without what no RFC fixes ({@code softwire/README.md}): fragments put together, some fields made zero, as text. */
final class Masked {

    private static final int FRAGMENT = 44;
    private static final int IPV4 = 4;
    private static final int ICMP = 1;

    private Masked() {}

    static List<String> of(List<byte[]> packets) {
        List<String> texts = new ArrayList<>();
        List<byte[]> parts = new ArrayList<>();
        for (byte[] packet : packets) {
            int offsetAndMore = offsetAndMore(packet);
            if (offsetAndMore != 0) {
                parts.add(packet);
            }
            if ((offsetAndMore & 1) == 0) {
                byte[] whole = parts.isEmpty() ? packet : joined(parts);
                texts.add(HexFormat.of().formatHex(masked(whole)));
                parts.clear();
            }
        }
        if (!parts.isEmpty()) {
            throw new AssertionError("fragments without a last one");
        }
        return texts;
    }

    /** The offset in bytes, and in the lowest bit whether more fragments follow; 0 for what is no fragment. */
    private static int offsetAndMore(byte[] packet) {
        ByteBuffer bytes = ByteBuffer.wrap(packet);
        if (packet[0] >> 4 == 6) {
            return packet[6] == FRAGMENT ? bytes.getShort(42) & 0xFFF9 : 0;
        }
        int field = bytes.getShort(6);
        return (field & 0x1FFF) << 3 | field >> 13 & 1;
    }

    /** The packet whose fragments these are, in their order; they may neither overlap nor leave a gap. */
    private static byte[] joined(List<byte[]> parts) {
        boolean ipv6 = parts.get(0)[0] >> 4 == 6;
        int headers = ipv6 ? 48 : 20;
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            if ((offsetAndMore(part) & ~1) != data.size()) {
                throw new AssertionError("a gap or an overlap at " + data.size());
            }
            data.write(part, headers, part.length - headers);
        }
        byte[] head = Arrays.copyOf(parts.get(0), ipv6 ? 40 : 20);
        ByteBuffer bytes =
                ByteBuffer.allocate(head.length + data.size()).put(head).put(data.toByteArray());
        if (ipv6) {
            bytes.putShort(4, (short) data.size()).put(6, parts.get(0)[40]);
        } else {
            bytes.putShort(2, (short) bytes.capacity()).putShort(6, (short) 0);
        }
        return bytes.array();
    }

    private static byte[] masked(byte[] packet) {
        ByteBuffer bytes = ByteBuffer.wrap(packet.clone());
        if (packet[0] >> 4 == 6) {
            // Flow label and hop limit.
            bytes.putInt(0, bytes.getInt(0) & 0xFFF00000).put(7, (byte) 0);
            if (packet[6] == IPV4) {
                maskIpv4(bytes, 40);
            }
        } else {
            maskIpv4(bytes, 0);
        }
        return bytes.array();
    }

    private static void maskIpv4(ByteBuffer bytes, int header) {
        // Identification and header checksum.
        bytes.putShort(header + 4, (short) 0).putShort(header + 10, (short) 0);
        int type = bytes.get(header + (bytes.get(header) & 15) * 4);
        boolean error = type == 3 || type == 11 || type == 12;
        if (bytes.get(header + 9) == ICMP && error) {
            bytes.put(header + 8, (byte) 0);
        }
    }
}
