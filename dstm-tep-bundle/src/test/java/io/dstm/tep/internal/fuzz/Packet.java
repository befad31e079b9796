package io.dstm.tep.internal.fuzz;

import io.dstm.api.net.Ipv6Address;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A second opinion on what a well-formed packet is, from the RFCs and without the code under test. {@link #fault} says what is wrong
 * with the headers that the TEP is answerable for; a client's payload is none of its business.
 */
final class Packet {

    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int FRAGMENT = 44;
    private static final int ICMPV6 = 58;

    private Packet() {}

    static @Nullable String fault(byte[] packet, boolean ipv6) {
        ByteBuffer bytes = ByteBuffer.wrap(packet);
        return ipv6 ? ipv6Fault(bytes, packet.length) : ipv4Fault(bytes, 0, packet.length);
    }

    private static @Nullable String ipv6Fault(ByteBuffer bytes, int length) {
        if (length < 40 || bytes.get(0) >>> 4 != 6) {
            return "no IPv6 header";
        }
        if ((bytes.getShort(4) & 0xFFFF) != length - 40) {
            return "payload length";
        }
        if (bytes.get(7) == 0) {
            return "hop limit of 0";
        }
        if (!Bindings.isTep(ipv6Address(bytes, 8))) {
            return "source is none of ours";
        }
        return switch (bytes.get(6)) {
            case 4 -> ipv4Fault(bytes, 40, length);
            case FRAGMENT -> fragmentFault(bytes, length);
            case ICMPV6 -> icmpv6Fault(bytes, length);
            default -> "next header " + bytes.get(6);
        };
    }

    private static @Nullable String fragmentFault(ByteBuffer bytes, int length) {
        if (length <= 48 || bytes.get(40) != 4 || bytes.get(41) != 0 || (bytes.get(43) & 6) != 0) {
            return "fragment header";
        }
        boolean more = (bytes.get(43) & 1) != 0;
        int offset = bytes.getShort(42) & 0xFFF8;
        if (more && (length - 48) % 8 != 0 || offset + length - 48 > 0xFFFF) {
            return "fragment's length";
        }
        return !more && offset == 0 ? "fragment of one" : null;
    }

    private static @Nullable String icmpv6Fault(ByteBuffer bytes, int length) {
        if (length < 48 || length > 1280) {
            return "length of ICMPv6";
        }
        int sum = sum(bytes, 8, 40) + ICMPV6 + (length - 40) + sum(bytes, 40, length);
        return folded(sum) == 0xFFFF ? null : "checksum of ICMPv6";
    }

    private static @Nullable String ipv4Fault(ByteBuffer bytes, int at, int end) {
        if (end - at < 20 || bytes.get(at) >>> 4 != 4) {
            return "no IPv4 header";
        }
        int header = (bytes.get(at) & 0xF) * 4;
        if (header < 20 || header > end - at) {
            return "header length";
        }
        if ((bytes.getShort(at + 2) & 0xFFFF) != end - at) {
            return "total length";
        }
        if (folded(sum(bytes, at, at + header)) != 0xFFFF) {
            return "checksum of IPv4";
        }
        if (bytes.getInt(at + 12) == Bindings.TEP4.value() && bytes.get(at + 9) == ICMP) {
            boolean sound = end - at >= header + 8 && folded(sum(bytes, at + header, end)) == 0xFFFF;
            return sound || isFragment(bytes, at) ? null : "checksum of ICMP";
        }
        return null;
    }

    static boolean isFragment(ByteBuffer bytes, int at) {
        return (bytes.getShort(at + 6) & 0x3FFF) != 0;
    }

    /** The port of a whole TCP or UDP packet, or {@link Bindings#ANY_PORT}. */
    static int port(ByteBuffer bytes, int at, boolean ofSource) {
        int header = (bytes.get(at) & 0xF) * 4;
        int protocol = bytes.get(at + 9);
        boolean whole = !isFragment(bytes, at) && at + header + 4 <= bytes.capacity();
        boolean known = (protocol == TCP || protocol == UDP) && whole;
        return known ? bytes.getShort(at + header + (ofSource ? 0 : 2)) & 0xFFFF : Bindings.ANY_PORT;
    }

    static Ipv6Address ipv6Address(ByteBuffer bytes, int at) {
        return new Ipv6Address(bytes.getLong(at), bytes.getLong(at + 8));
    }

    /** A sum of less than 2^31, since no packet here has 2^15 words. */
    private static int sum(ByteBuffer bytes, int from, int to) {
        int sum = 0;
        for (int at = from; at < to; at += 2) {
            sum += (bytes.get(at) & 0xFF) << 8 | (at + 1 < to ? bytes.get(at + 1) & 0xFF : 0);
        }
        return sum;
    }

    private static int folded(int sum) {
        int once = (sum >>> 16) + (sum & 0xFFFF);
        return (once >>> 16) + (once & 0xFFFF);
    }
}
