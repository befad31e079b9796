package io.dstm.tep.internal.trace;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.PacketTrace;
import io.dstm.packet.DestinationOptions;
import io.dstm.packet.FragmentHeader;
import io.dstm.packet.Icmpv4;
import io.dstm.packet.Icmpv6;
import io.dstm.packet.InternetChecksum;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.packet.TransportHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells the headers of a packet in words. Total: whatever the bytes, it tells as far as they make sense. Bytes may end before the
 * packet does.
 */
final class PacketWords {

    private static final String[] ECN = {"Not-ECT", "ECT(1)", "ECT(0)", "CE"};
    private static final String[] TCP_FLAGS = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    private static final int TCP_LENGTH = 20;
    private static final int UDP_LENGTH = 8;
    private static final int ESP_LENGTH = 8;
    private static final int TCP_MSS = 2;

    private final ByteBuffer bytes;
    private final List<PacketTrace.Header> headers = new ArrayList<>();

    private PacketWords(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /**
     * The headers, outermost first.
     *
     * @param bytes the beginning of the packet
     * @param length how long the packet was
     * @param fragments how many it was put together from, 1 if it came whole
     * @param fromTunnel whether it should be IPv6
     */
    static List<PacketTrace.Header> of(ByteBuffer bytes, int length, int fragments, boolean fromTunnel) {
        PacketWords words = new PacketWords(bytes);
        if (fragments > 1) {
            words.add("reassembled", fields("fragments", fragments, "length", length));
        }
        if (fromTunnel) {
            words.ipv6("", 0, length);
        } else {
            words.ipv4("", 0, length);
        }
        return words.headers;
    }

    /** Whether {@code needed} bytes from {@code at} are there; else says why not. {@code end} is where the packet ends. */
    private boolean has(String what, int at, int needed, int end) {
        if (at + needed <= Math.min(end, bytes.capacity())) {
            return true;
        }
        boolean notKept = at + needed <= end;
        add(what, fields(notKept ? "notRecorded" : "tooShort", Math.max(0, end - at) + " bytes"));
        return false;
    }

    private void add(String name, Map<String, String> fields) {
        headers.add(new PacketTrace.Header(name, fields));
    }

    private static Map<String, String> fields(Object... namesAndValues) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put(namesAndValues[i].toString(), namesAndValues[i + 1].toString());
        }
        return fields;
    }

    private void ipv6(String prefix, int at, int end) {
        String name = prefix + "IPv6";
        if (!has(name, at, Ipv6Header.LENGTH, end)) {
            return;
        }
        if (Ipv6Header.version(bytes, at) != 6) {
            add(name, fields("version", Ipv6Header.version(bytes, at)));
            return;
        }
        Map<String, String> fields = fields(
                "source", new Ipv6Address(Ipv6Header.sourceHigh(bytes, at), Ipv6Header.sourceLow(bytes, at)),
                "destination",
                        new Ipv6Address(Ipv6Header.destinationHigh(bytes, at), Ipv6Header.destinationLow(bytes, at)),
                "hopLimit", Ipv6Header.hopLimit(bytes, at),
                "payloadLength", Ipv6Header.payloadLength(bytes, at),
                "nextHeader", protocol(Ipv6Header.nextHeader(bytes, at)));
        trafficClass(fields, Ipv6Header.trafficClass(bytes, at));
        if (Ipv6Header.flowLabel(bytes, at) != 0) {
            fields.put("flowLabel", hex(Ipv6Header.flowLabel(bytes, at)));
        }
        add(name, fields);
        int after = at + Ipv6Header.LENGTH;
        // What is quoted ends where the quote ends.
        int stop = prefix.isEmpty() ? Math.min(end, after + Ipv6Header.payloadLength(bytes, at)) : end;
        behindIpv6(prefix, at, Ipv6Header.nextHeader(bytes, at), after, stop);
    }

    private void behindIpv6(String prefix, int header, int firstNext, int first, int end) {
        int next = firstNext;
        int at = first;
        while (true) {
            switch (next) {
                case IpProtocol.HOP_BY_HOP, IpProtocol.DESTINATION_OPTIONS -> {
                    String name = prefix + (next == IpProtocol.HOP_BY_HOP ? "Hop-by-Hop" : "Destination") + " Options";
                    if (!has(name, at, 8, end) || !has(name, at, DestinationOptions.length(bytes, at), end)) {
                        return;
                    }
                    add(name, options(at));
                    next = DestinationOptions.nextHeader(bytes, at);
                    at += DestinationOptions.length(bytes, at);
                }
                case IpProtocol.FRAGMENT -> {
                    if (!has(prefix + "Fragment", at, FragmentHeader.LENGTH, end)) {
                        return;
                    }
                    int offset = FragmentHeader.fragmentOffset(bytes, at);
                    add(
                            prefix + "Fragment",
                            fields(
                                    "offset",
                                    offset,
                                    "more",
                                    FragmentHeader.moreFragments(bytes, at) ? "yes" : "no",
                                    "id",
                                    hex(FragmentHeader.identification(bytes, at)),
                                    "nextHeader",
                                    protocol(FragmentHeader.nextHeader(bytes, at))));
                    next = FragmentHeader.nextHeader(bytes, at);
                    at += FragmentHeader.LENGTH;
                    if (offset != 0) {
                        add(prefix + "data", fields("length", Math.max(0, end - at)));
                        return;
                    }
                }
                case IpProtocol.ICMPV6 -> {
                    icmpv6(prefix, header, at, end);
                    return;
                }
                default -> {
                    transport(prefix, next, at, end);
                    return;
                }
            }
        }
    }

    private Map<String, String> options(int at) {
        Map<String, String> fields =
                fields("length", DestinationOptions.length(bytes, at), "nextHeader", protocol(bytes.get(at) & 0xFF));
        int end = at + DestinationOptions.length(bytes, at);
        for (int option = at + 2; option < end; ) {
            int type = bytes.get(option) & 0xFF;
            if (type == DestinationOptions.PAD1) {
                option++;
                continue;
            }
            if (option + 1 >= end) {
                break;
            }
            int length = bytes.get(option + 1) & 0xFF;
            if (type == DestinationOptions.TUNNEL_ENCAPSULATION_LIMIT && option + 2 < end) {
                fields.put("encapsulationLimit", Integer.toString(bytes.get(option + 2) & 0xFF));
            } else if (type != DestinationOptions.PADN) {
                fields.put("option" + type, length + " bytes");
            }
            option += 2 + length;
        }
        return fields;
    }

    private void ipv4(String prefix, int at, int end) {
        String name = prefix + "IPv4";
        if (!has(name, at, Ipv4Header.LENGTH, end)) {
            return;
        }
        int headerLength = Ipv4Header.headerLength(bytes, at);
        if (Ipv4Header.version(bytes, at) != 4 || headerLength < Ipv4Header.LENGTH) {
            add(name, fields("version", Ipv4Header.version(bytes, at), "headerLength", headerLength));
            return;
        }
        int total = Ipv4Header.totalLength(bytes, at);
        Map<String, String> fields = fields(
                "source",
                new Ipv4Address(Ipv4Header.source(bytes, at)),
                "destination",
                new Ipv4Address(Ipv4Header.destination(bytes, at)),
                "protocol",
                protocol(Ipv4Header.protocol(bytes, at)),
                "ttl",
                Ipv4Header.ttl(bytes, at),
                "totalLength",
                total,
                "id",
                hex(Ipv4Header.identification(bytes, at)));
        String flags =
                (Ipv4Header.dontFragment(bytes, at) ? "DF " : "") + (Ipv4Header.moreFragments(bytes, at) ? "MF" : "");
        if (!flags.isEmpty()) {
            fields.put("flags", flags.trim());
        }
        int offset = Ipv4Header.fragmentOffset(bytes, at);
        if (offset != 0) {
            fields.put("fragmentOffset", Integer.toString(offset));
        }
        trafficClass(fields, Ipv4Header.tos(bytes, at));
        if (headerLength > Ipv4Header.LENGTH) {
            fields.put("optionsLength", Integer.toString(headerLength - Ipv4Header.LENGTH));
        }
        if (at + headerLength <= Math.min(end, bytes.capacity()) && !Ipv4Header.isChecksumSound(bytes, at)) {
            fields.put("checksum", "wrong");
        }
        if (prefix.isEmpty() && at + total > end) {
            fields.put("present", end - at + " bytes");
        }
        add(name, fields);
        int after = at + headerLength;
        int stop = Math.min(end, at + Math.max(total, headerLength));
        if (offset != 0) {
            add(prefix + "data", fields("length", Math.max(0, stop - after)));
        } else {
            transport(prefix, Ipv4Header.protocol(bytes, at), after, stop);
        }
    }

    private void transport(String prefix, int protocol, int at, int end) {
        String name = prefix + protocol(protocol);
        switch (protocol) {
            case IpProtocol.IPV4 -> ipv4(prefix, at, end);
            case IpProtocol.IPV6 -> ipv6(prefix, at, end);
            case IpProtocol.ICMP -> icmpv4(prefix, at, end);
            case IpProtocol.TCP -> tcp(name, at, end);
            case IpProtocol.UDP -> {
                // Of a quoted packet only the ports may be there.
                if (has(name, at, TransportHeader.PORTS_LENGTH, end)) {
                    Map<String, String> fields = ports(at);
                    if (at + UDP_LENGTH <= Math.min(end, bytes.capacity())) {
                        fields.put("length", Integer.toString(bytes.getShort(at + 4) & 0xFFFF));
                    }
                    add(name, fields);
                }
            }
            case IpProtocol.ESP -> {
                if (has(name, at, ESP_LENGTH, end)) {
                    add(name, fields("spi", hex(bytes.getInt(at)), "sequence", unsigned(bytes.getInt(at + 4))));
                }
            }
            default -> {
                if (!IpProtocol.hasPorts(protocol)) {
                    add(name, fields("length", Math.max(0, end - at)));
                } else if (has(name, at, TransportHeader.PORTS_LENGTH, end)) {
                    add(name, ports(at));
                }
            }
        }
    }

    private Map<String, String> ports(int at) {
        return fields(
                "sourcePort", TransportHeader.sourcePort(bytes, at),
                "destinationPort", TransportHeader.destinationPort(bytes, at));
    }

    private void tcp(String name, int at, int end) {
        if (!has(name, at, TransportHeader.PORTS_LENGTH, end)) {
            return;
        }
        Map<String, String> fields = ports(at);
        int there = Math.min(end, bytes.capacity());
        if (at + TCP_LENGTH <= there) {
            StringBuilder flags = new StringBuilder();
            for (int i = 0; i < TCP_FLAGS.length; i++) {
                if ((bytes.get(at + 13) >> i & 1) != 0) {
                    flags.append(flags.isEmpty() ? "" : " ").append(TCP_FLAGS[i]);
                }
            }
            int headerLength = (bytes.get(at + 12) & 0xF0) >> 2;
            fields.put("flags", flags.isEmpty() ? "none" : flags.toString());
            fields.put("sequence", unsigned(bytes.getInt(at + 4)));
            fields.put("acknowledgement", unsigned(bytes.getInt(at + 8)));
            fields.put("window", Integer.toString(bytes.getShort(at + 14) & 0xFFFF));
            maximumSegment(fields, at + TCP_LENGTH, Math.min(there, at + headerLength));
            fields.put("data", Math.max(0, end - at - headerLength) + " bytes");
        } else if (at + 8 <= there) {
            fields.put("sequence", unsigned(bytes.getInt(at + 4)));
        }
        add(name, fields);
    }

    private void maximumSegment(Map<String, String> fields, int first, int end) {
        for (int option = first; option < end; ) {
            int type = bytes.get(option);
            if (type == 0) {
                return;
            }
            if (type == 1) {
                option++;
                continue;
            }
            int length = option + 1 < end ? bytes.get(option + 1) & 0xFF : 0;
            if (length < 2) {
                return;
            }
            if (type == TCP_MSS && length == 4 && option + 4 <= end) {
                fields.put("mss", Integer.toString(bytes.getShort(option + 2) & 0xFFFF));
            }
            option += length;
        }
    }

    private void icmpv4(String prefix, int at, int end) {
        if (!has(prefix + "ICMP", at, Icmpv4.LENGTH, end)) {
            return;
        }
        int type = Icmpv4.type(bytes, at);
        Map<String, String> fields = fields("type", icmpv4(type, Icmpv4.code(bytes, at)));
        if (Icmpv4.isQuery(type)) {
            fields.put("identifier", Integer.toString(Icmpv4.identifier(bytes, at)));
            fields.put("sequence", Integer.toString(bytes.getShort(at + 6) & 0xFFFF));
        } else if (type == Icmpv4.UNREACHABLE && Icmpv4.code(bytes, at) == Icmpv4.FRAGMENTATION_NEEDED) {
            fields.put("mtu", Integer.toString(Icmpv4.nextHopMtu(bytes, at)));
        }
        boolean whole = prefix.isEmpty() && end <= bytes.capacity();
        if (whole && !InternetChecksum.isSound(bytes, at, end - at)) {
            fields.put("checksum", "wrong");
        }
        add(prefix + "ICMP", fields);
        if (Icmpv4.isError(type) && prefix.isEmpty()) {
            ipv4("quoted ", at + Icmpv4.LENGTH, end);
        }
    }

    private void icmpv6(String prefix, int header, int at, int end) {
        if (!has(prefix + "ICMPv6", at, Icmpv6.LENGTH, end)) {
            return;
        }
        int type = Icmpv6.type(bytes, at);
        Map<String, String> fields = fields("type", icmpv6(type, Icmpv6.code(bytes, at)));
        if (type == Icmpv6.PACKET_TOO_BIG) {
            fields.put("mtu", Long.toString(Icmpv6.mtu(bytes, at)));
        } else if (type == Icmpv6.ECHO_REQUEST || type == Icmpv6.ECHO_REPLY) {
            fields.put("identifier", Integer.toString(bytes.getShort(at + 4) & 0xFFFF));
            fields.put("sequence", Integer.toString(bytes.getShort(at + 6) & 0xFFFF));
        }
        boolean whole = prefix.isEmpty() && end <= bytes.capacity();
        if (whole && !Icmpv6.isChecksumSound(bytes, header, at, end - at)) {
            fields.put("checksum", "wrong");
        }
        add(prefix + "ICMPv6", fields);
        if (Icmpv6.isError(type) && prefix.isEmpty()) {
            ipv6("quoted ", at + Icmpv6.LENGTH, end);
        }
    }

    private static void trafficClass(Map<String, String> fields, int octet) {
        if (octet != 0) {
            fields.put("dscp", Integer.toString(octet >>> 2));
            fields.put("ecn", ECN[octet & 3]);
        }
    }

    private static String hex(int value) {
        return "0x" + Integer.toHexString(value);
    }

    private static String unsigned(int value) {
        return Integer.toUnsignedString(value);
    }

    private static String protocol(int number) {
        return switch (number) {
            case IpProtocol.HOP_BY_HOP -> "Hop-by-Hop Options";
            case IpProtocol.ICMP -> "ICMP";
            case IpProtocol.IPV4 -> "IPv4";
            case IpProtocol.TCP -> "TCP";
            case IpProtocol.UDP -> "UDP";
            case IpProtocol.DCCP -> "DCCP";
            case IpProtocol.IPV6 -> "IPv6";
            case IpProtocol.ROUTING -> "Routing";
            case IpProtocol.FRAGMENT -> "Fragment";
            case IpProtocol.ESP -> "ESP";
            case IpProtocol.ICMPV6 -> "ICMPv6";
            case IpProtocol.NO_NEXT_HEADER -> "no next header";
            case IpProtocol.DESTINATION_OPTIONS -> "Destination Options";
            case IpProtocol.SCTP -> "SCTP";
            case IpProtocol.UDP_LITE -> "UDP-Lite";
            default -> "protocol " + number;
        };
    }

    private static String icmpv4(int type, int code) {
        String words =
                switch (type) {
                    case Icmpv4.ECHO_REPLY -> "echo reply";
                    case Icmpv4.UNREACHABLE ->
                        switch (code) {
                            case 0 -> "net unreachable";
                            case Icmpv4.HOST_UNREACHABLE -> "host unreachable";
                            case 2 -> "protocol unreachable";
                            case 3 -> "port unreachable";
                            case Icmpv4.FRAGMENTATION_NEEDED -> "fragmentation needed";
                            case Icmpv4.PROHIBITED -> "prohibited";
                            default -> "unreachable";
                        };
                    case Icmpv4.REDIRECT -> "redirect";
                    case Icmpv4.ECHO_REQUEST -> "echo request";
                    case Icmpv4.TIME_EXCEEDED -> code == 0 ? "time to live exceeded" : "reassembly time exceeded";
                    case Icmpv4.PARAMETER_PROBLEM -> "parameter problem";
                    case 13 -> "timestamp request";
                    case 14 -> "timestamp reply";
                    default -> "type";
                };
        return words + " (" + type + "/" + code + ")";
    }

    private static String icmpv6(int type, int code) {
        String words =
                switch (type) {
                    case Icmpv6.UNREACHABLE ->
                        switch (code) {
                            case 0 -> "no route";
                            case 1 -> "prohibited";
                            case 3 -> "address unreachable";
                            case 4 -> "port unreachable";
                            case Icmpv6.SOURCE_POLICY -> "source address failed policy";
                            case 6 -> "route rejected";
                            default -> "unreachable";
                        };
                    case Icmpv6.PACKET_TOO_BIG -> "packet too big";
                    case Icmpv6.TIME_EXCEEDED -> code == 0 ? "hop limit exceeded" : "reassembly time exceeded";
                    case Icmpv6.PARAMETER_PROBLEM -> "parameter problem";
                    case Icmpv6.ECHO_REQUEST -> "echo request";
                    case Icmpv6.ECHO_REPLY -> "echo reply";
                    case 133 -> "router solicitation";
                    case 134 -> "router advertisement";
                    case 135 -> "neighbour solicitation";
                    case 136 -> "neighbour advertisement";
                    case 143 -> "multicast listener report";
                    default -> "type";
                };
        return words + " (" + type + "/" + code + ")";
    }
}
