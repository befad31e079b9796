package io.dstm.tep.internal.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.packet.FragmentHeader;
import io.dstm.packet.Icmpv4;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Packets in, packets out, taken from another implementation: {@code src/test/resources/softwire/README.md} says what to mask. */
class SoftwireCasesTest {

    static Stream<Arguments> cases() throws IOException {
        List<?> cases = (List<?>) Json.parse(new String(read("cases.json"), StandardCharsets.UTF_8));
        return cases.stream()
                .map(entry -> (Map<?, ?>) entry)
                .map(entry -> Arguments.of(entry.get("id"), entry.get("name"), entry.get("files")));
    }

    @Test
    void there_are_thirty_cases() throws IOException {
        assertThat(cases()).hasSize(30);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("cases")
    void sends_what_the_other_implementation_sends(String id, String name, List<?> files) throws Exception {
        Map<?, ?> table = (Map<?, ?>) Json.parse(new String(read(id + "/table.json"), StandardCharsets.UTF_8));
        Wire wire = new Wire(settings(table)).bind(bindings(table));

        for (byte[] packet : packets(id, "in4.pcap", files)) {
            wire.fromIpv4(packet);
        }
        for (byte[] packet : packets(id, "in6.pcap", files)) {
            wire.fromIpv6(packet);
        }

        int mtu6 = wire.policy.settings().tunnelMtu();
        int mtu4 = wire.policy.settings().ipv4Mtu();
        assertThat(wire.toIpv4).allSatisfy(packet -> assertThat(packet.length).isLessThanOrEqualTo(mtu4));
        assertThat(wire.toIpv6).allSatisfy(packet -> assertThat(packet.length).isLessThanOrEqualTo(mtu6));
        assertThat(comparable(wire.toIpv4)).isEqualTo(comparable(packets(id, "out4.pcap", files)));
        assertThat(comparable(wire.toIpv6)).isEqualTo(comparable(packets(id, "out6.pcap", files)));
        assertThat(wire.verdicts()).doesNotContainKey(Outcome.DROP_DEFECT_IP);
    }

    private static Wire.Settings settings(Map<?, ?> table) {
        Map<?, ?> instance = instance(table);
        Map<?, ?> own = (Map<?, ?>) table.get("case-settings");
        Map<?, ?> policies = (Map<?, ?>) instance.get("icmp-policy");
        Map<?, ?> icmpv4 = (Map<?, ?>) policies.get("icmpv4-errors");
        Map<?, ?> icmpv6 = (Map<?, ?>) policies.get("icmpv6-errors");
        Wire.Settings settings = new Wire.Settings();
        settings.tunnelAddress = Ipv6Address.parse((String) own.get("tep-ipv6"));
        settings.ipv4Address = Ipv4Address.parse((String) own.get("tep-ipv4"));
        settings.tunnelMtu = number(own, "mtu-ipv6");
        settings.ipv4Mtu = number(own, "mtu-ipv4");
        settings.reassembly = new ReassemblyLimits(1 << 20, 8, number(own, "reassembly-max-fragments"));
        settings.hairpin = (Boolean) instance.get("enable-hairpinning") ? Hairpinning.TRUE : Hairpinning.OUTSIDE;
        settings.icmpv4Errors = (Boolean) icmpv4.get("generate-icmpv4-errors");
        settings.icmpv6Errors = (Boolean) icmpv6.get("generate-icmpv6-errors");
        settings.incomingIcmpv4 = (Boolean) icmpv4.get("allow-incoming-icmpv4");
        settings.incomingIcmpv6 = (Boolean) icmpv6.get("allow-incoming-icmpv6");
        return settings;
    }

    private static Binding[] bindings(Map<?, ?> table) {
        List<?> entries = (List<?>) ((Map<?, ?>) instance(table).get("binding-table")).get("binding-entry");
        return entries.stream().map(entry -> binding((Map<?, ?>) entry)).toArray(Binding[]::new);
    }

    private static Binding binding(Map<?, ?> entry) {
        Map<?, ?> ports = (Map<?, ?>) entry.get("port-set");
        return new Binding(
                new LeaseKey(
                        Ipv4Address.parse((String) entry.get("binding-ipv4-addr")),
                        new PortSet(number(ports, "psid-offset"), number(ports, "psid-len"), number(ports, "psid"))),
                Ipv6Address.parse((String) entry.get("binding-ipv6info")),
                Ipv6Address.parse((String) entry.get("br-ipv6-addr")),
                Wire.LATER);
    }

    private static Map<?, ?> instance(Map<?, ?> table) {
        Map<?, ?> binding = (Map<?, ?>) ((Map<?, ?>) table.get("ietf-softwire-br:br-instances")).get("binding");
        return (Map<?, ?>) ((List<?>) binding.get("bind-instance")).get(0);
    }

    private static int number(Map<?, ?> map, String key) {
        return ((Long) map.get(key)).intValue();
    }

    private static List<byte[]> packets(String id, String file, List<?> files) throws IOException {
        return files.contains(file) ? pcap(read(id + "/" + file)) : List.of();
    }

    private static byte[] read(String name) throws IOException {
        try (InputStream in = SoftwireCasesTest.class.getResourceAsStream("/softwire/" + name)) {
            return in.readAllBytes();
        }
    }

    private static List<byte[]> pcap(byte[] file) {
        ByteBuffer buffer = ByteBuffer.wrap(file);
        buffer.order(buffer.getInt(0) == 0xA1B2C3D4 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        assertThat(buffer.getInt(20)).as("link type raw IP").isEqualTo(101);
        List<byte[]> packets = new ArrayList<>();
        for (int at = 24; at < file.length; ) {
            int length = buffer.getInt(at + 8);
            byte[] packet = new byte[length];
            buffer.get(at + 16, packet);
            packets.add(packet);
            at += 16 + length;
        }
        return packets;
    }

    /** Fragments put together, then what no RFC fixes set to zero, as text. */
    private static List<String> comparable(List<byte[]> packets) {
        return reassembled(packets).stream()
                .map(SoftwireCasesTest::masked)
                .map(packet -> HexFormat.of().formatHex(packet))
                .toList();
    }

    private static byte[] masked(byte[] packet) {
        byte[] copy = packet.clone();
        ByteBuffer buffer = ByteBuffer.wrap(copy);
        if (Ipv6Header.version(buffer, 0) == 6) {
            Ipv6Header.writeFields(
                    buffer,
                    0,
                    Ipv6Header.trafficClass(buffer, 0),
                    Ipv6Header.payloadLength(buffer, 0),
                    Ipv6Header.nextHeader(buffer, 0),
                    0);
            if (Ipv6Header.nextHeader(buffer, 0) == IpProtocol.IPV4) {
                maskIpv4(buffer, 40);
            }
        } else {
            maskIpv4(buffer, 0);
        }
        return copy;
    }

    private static void maskIpv4(ByteBuffer buffer, int header) {
        buffer.putShort(header + 4, (short) 0);
        buffer.putShort(header + 10, (short) 0);
        int message = header + Ipv4Header.headerLength(buffer, header);
        if (Ipv4Header.protocol(buffer, header) == IpProtocol.ICMP && Icmpv4.isError(Icmpv4.type(buffer, message))) {
            buffer.put(header + 8, (byte) 0);
        }
    }

    private static List<byte[]> reassembled(List<byte[]> packets) {
        List<byte[]> whole = new ArrayList<>();
        Map<Integer, byte[]> parts = new TreeMap<>();
        for (byte[] packet : packets) {
            ByteBuffer buffer = ByteBuffer.wrap(packet);
            boolean ipv6 = Ipv6Header.version(buffer, 0) == 6;
            boolean fragment =
                    ipv6 ? Ipv6Header.nextHeader(buffer, 0) == IpProtocol.FRAGMENT : Ipv4Header.isFragment(buffer, 0);
            if (!fragment) {
                whole.add(packet);
                continue;
            }
            parts.put(ipv6 ? FragmentHeader.fragmentOffset(buffer, 40) : Ipv4Header.fragmentOffset(buffer, 0), packet);
            boolean last = ipv6 ? !FragmentHeader.moreFragments(buffer, 40) : !Ipv4Header.moreFragments(buffer, 0);
            if (last) {
                whole.add(ipv6 ? joinIpv6(parts) : joinIpv4(parts));
                parts.clear();
            }
        }
        assertThat(parts).as("fragments without a last one").isEmpty();
        return whole;
    }

    private static byte[] joinIpv6(Map<Integer, byte[]> parts) {
        byte[] data = join(parts, 48);
        ByteBuffer first = ByteBuffer.wrap(parts.get(0));
        ByteBuffer packet = ByteBuffer.allocate(40 + data.length);
        packet.put(0, parts.get(0), 0, 40).put(40, data);
        Ipv6Header.writeFields(
                packet, 0, Ipv6Header.trafficClass(first, 0), data.length, FragmentHeader.nextHeader(first, 40), 64);
        return packet.array();
    }

    private static byte[] joinIpv4(Map<Integer, byte[]> parts) {
        byte[] data = join(parts, 20);
        ByteBuffer packet = ByteBuffer.allocate(20 + data.length);
        packet.put(0, parts.get(0), 0, 20).put(20, data);
        Ipv4Header.changeFragment(packet, 0, 20 + data.length, 0, false);
        return packet.array();
    }

    private static byte[] join(Map<Integer, byte[]> parts, int headers) {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        parts.forEach((offset, packet) -> {
            assertThat(offset).as("no gap and no overlap").isEqualTo(data.size());
            data.write(packet, headers, packet.length - headers);
        });
        return data.toByteArray();
    }
}
