package io.dstm.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderTest {

    private static ByteBuffer bytes(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    @Test
    void reads_every_field_of_an_ipv4_header() {
        // version 4, 5 words; TOS 0x89; length 52 | id 0x1177; DF, offset 0 | TTL 57, TCP, checksum | addresses
        ByteBuffer packet = bytes("ffff 4589 0034 1177 6001 3906 b47f 95ae9c5d b24f96e9");

        assertThat(Ipv4Header.version(packet, 2)).isEqualTo(4);
        assertThat(Ipv4Header.headerLength(packet, 2)).isEqualTo(20);
        assertThat(Ipv4Header.tos(packet, 2)).isEqualTo(0x89);
        assertThat(Ipv4Header.totalLength(packet, 2)).isEqualTo(52);
        assertThat(Ipv4Header.identification(packet, 2)).isEqualTo(0x1177);
        assertThat(Ipv4Header.dontFragment(packet, 2)).isTrue();
        assertThat(Ipv4Header.moreFragments(packet, 2)).isTrue();
        assertThat(Ipv4Header.fragmentOffset(packet, 2)).isEqualTo(8);
        assertThat(Ipv4Header.isFragment(packet, 2)).isTrue();
        assertThat(Ipv4Header.ttl(packet, 2)).isEqualTo(57);
        assertThat(Ipv4Header.protocol(packet, 2)).isEqualTo(IpProtocol.TCP);
        assertThat(Ipv4Header.checksum(packet, 2)).isEqualTo(0xB47F);
        assertThat(Ipv4Header.source(packet, 2)).isEqualTo(0x95AE9C5D);
        assertThat(Ipv4Header.destination(packet, 2)).isEqualTo(0xB24F96E9);
    }

    @Test
    void keeps_the_ipv4_checksum_sound_through_every_change() {
        ByteBuffer packet = ByteBuffer.allocate(20);
        Ipv4Header.write(packet, 0, 0x89, 1500, 4471, 57, IpProtocol.TCP, 0x95AE9C5D, 0xB24F96E9);
        assertThat(Ipv4Header.isChecksumSound(packet, 0)).isTrue();
        assertThat(Ipv4Header.check(packet, 0, 1500)).isEqualTo(PacketFault.NONE);

        Ipv4Header.decrementTtl(packet, 0);
        Ipv4Header.changeTos(packet, 0, 0x03);
        Ipv4Header.changeSource(packet, 0, 0xC0000201);
        Ipv4Header.changeDestination(packet, 0, 0xFFFFFFFF);
        assertThat(Ipv4Header.isChecksumSound(packet, 0)).isTrue();
        assertThat(Ipv4Header.ttl(packet, 0)).isEqualTo(56);
        assertThat(Ipv4Header.tos(packet, 0)).isEqualTo(3);

        Ipv4Header.changeFragment(packet, 0, 556, 536, true);
        assertThat(Ipv4Header.isChecksumSound(packet, 0)).isTrue();
        assertThat(Ipv4Header.fragmentOffset(packet, 0)).isEqualTo(536);
        assertThat(Ipv4Header.moreFragments(packet, 0)).isTrue();
        assertThat(Ipv4Header.totalLength(packet, 0)).isEqualTo(556);
    }

    @ParameterizedTest
    @CsvSource({
        "4500 0014 0000 0000 4006 0000 01020304 05060708, 20, NONE",
        "4500 0014 0000 0000 4006 0000 01020304 05060708, 19, TOO_SHORT",
        "4500 0014 0000 0000 4006 0000 01020304 05060708, 0, TOO_SHORT",
        "6500 0014 0000 0000 4006 0000 01020304 05060708, 20, VERSION",
        "4400 0014 0000 0000 4006 0000 01020304 05060708, 20, HEADER_LENGTH",
        "4600 0014 0000 0000 4006 0000 01020304 05060708, 20, HEADER_LENGTH",
        "4500 0013 0000 0000 4006 0000 01020304 05060708, 20, LENGTH",
        "4500 0015 0000 0000 4006 0000 01020304 05060708, 20, LENGTH",
    })
    void says_what_is_wrong_with_an_ipv4_packet(String hex, int available, PacketFault fault) {
        assertThat(Ipv4Header.check(bytes(hex), 0, available)).isEqualTo(fault);
    }

    @Test
    void a_quoted_packet_may_be_cut_off_behind_its_header() {
        ByteBuffer packet = bytes("4500 05c8 0001 4000 3f06 0000 b24f960f 02030405");

        assertThat(Ipv4Header.check(packet, 0, 20)).isEqualTo(PacketFault.LENGTH);
        assertThat(Ipv4Header.checkQuoted(packet, 0, 20)).isEqualTo(PacketFault.NONE);
        packet.putShort(2, (short) 10);
        assertThat(Ipv4Header.checkQuoted(packet, 0, 20)).isEqualTo(PacketFault.LENGTH);
    }

    @Test
    void writes_an_ipv6_header_as_the_rfc_draws_it() {
        ByteBuffer packet = ByteBuffer.allocate(44);
        Ipv6Header.write(
                packet,
                4,
                0x89,
                52,
                IpProtocol.IPV4,
                64,
                0x20010DB8_00000000L,
                1,
                0x20010DB8_00010000L,
                0xC0000201_0005L);

        assertThat(HexFormat.of().formatHex(packet.array(), 4, 44))
                .isEqualTo("68900000" + "00340440" + "20010db8000000000000000000000001"
                        + "20010db8000100000000c00002010005");
        assertThat(Ipv6Header.trafficClass(packet, 4)).isEqualTo(0x89);
        assertThat(Ipv6Header.flowLabel(packet, 4)).isZero();
        assertThat(Ipv6Header.payloadLength(packet, 4)).isEqualTo(52);
        assertThat(Ipv6Header.nextHeader(packet, 4)).isEqualTo(IpProtocol.IPV4);
        assertThat(Ipv6Header.hopLimit(packet, 4)).isEqualTo(64);
        assertThat(Ipv6Header.sourceHigh(packet, 4)).isEqualTo(0x20010DB8_00000000L);
        assertThat(Ipv6Header.sourceLow(packet, 4)).isEqualTo(1);
        assertThat(Ipv6Header.destinationHigh(packet, 4)).isEqualTo(0x20010DB8_00010000L);
        assertThat(Ipv6Header.destinationLow(packet, 4)).isEqualTo(0xC0000201_0005L);
        assertThat(Ipv6Header.check(packet, 4, 92)).isEqualTo(PacketFault.NONE);
        assertThat(Ipv6Header.check(packet, 4, 91)).isEqualTo(PacketFault.LENGTH);
        assertThat(Ipv6Header.check(packet, 4, 39)).isEqualTo(PacketFault.TOO_SHORT);
        packet.put(4, (byte) 0x45);
        assertThat(Ipv6Header.check(packet, 4, 92)).isEqualTo(PacketFault.VERSION);
    }

    @Test
    void reads_back_the_fragment_header_it_wrote() {
        ByteBuffer packet = ByteBuffer.allocate(8);
        FragmentHeader.write(packet, 0, IpProtocol.IPV4, 1232, true, 0x42424243);

        assertThat(HexFormat.of().formatHex(packet.array())).isEqualTo("040004d142424243");
        assertThat(FragmentHeader.nextHeader(packet, 0)).isEqualTo(IpProtocol.IPV4);
        assertThat(FragmentHeader.fragmentOffset(packet, 0)).isEqualTo(1232);
        assertThat(FragmentHeader.moreFragments(packet, 0)).isTrue();
        assertThat(FragmentHeader.isAtomic(packet, 0)).isFalse();
        assertThat(FragmentHeader.identification(packet, 0)).isEqualTo(0x42424243);
        FragmentHeader.write(packet, 0, IpProtocol.IPV4, 0, false, 1);
        assertThat(FragmentHeader.isAtomic(packet, 0)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        // next header 4, 8 bytes: Tunnel Encapsulation Limit of 4, then PadN of one byte, as Linux sends it
        "0400 0401 0401 0100, 8, NONE",
        "0400 0000 0000 0000, 8, NONE",
        "0400 0104 0000 0000, 8, NONE",
        "0400 0105 0000 0000, 8, LENGTH",
        "0400 0000 0000 0001, 8, LENGTH",
        "0401 0104 0000 0000, 8, LENGTH",
        "0400 4104 0000 0000, 8, OPTION",
        "0400 c104 0000 0000, 8, OPTION",
        "0400 0401 0401 0100, 7, TOO_SHORT",
    })
    void says_whether_destination_options_may_be_skipped(String hex, int available, PacketFault fault) {
        ByteBuffer packet = bytes(hex);

        assertThat(DestinationOptions.check(packet, 0, available)).isEqualTo(fault);
        assertThat(DestinationOptions.nextHeader(packet, 0)).isEqualTo(IpProtocol.IPV4);
    }

    @Test
    void keeps_transport_checksums_sound_when_ports_and_addresses_change() {
        for (int protocol : new int[] {IpProtocol.TCP, IpProtocol.UDP}) {
            ByteBuffer packet = ByteBuffer.allocate(24);
            packet.putShort(0, (short) 2300).putShort(2, (short) 2700).putLong(8, 0x1234_5678_9ABC_DEF0L);
            int at = TransportHeader.checksumOffset(protocol);
            long pseudo = InternetChecksum.pseudoHeader(0xC0000002, 0xC6336405, protocol, 24);
            packet.putShort(at, (short) InternetChecksum.finish(pseudo + InternetChecksum.sum(packet, 0, 24)));

            TransportHeader.changeSourcePort(packet, 0, 24, protocol, 5120);
            TransportHeader.changeDestinationPort(packet, 0, 24, protocol, 80);
            TransportHeader.addressChanged(packet, 0, 24, protocol, 0xC0000002, 0xC0000201);

            long sum = InternetChecksum.pseudoHeader(0xC0000201, 0xC6336405, protocol, 24)
                    + InternetChecksum.sum(packet, 0, 24);
            assertThat(InternetChecksum.fold(sum)).isEqualTo(0xFFFF);
            assertThat(TransportHeader.sourcePort(packet, 0)).isEqualTo(5120);
            assertThat(TransportHeader.destinationPort(packet, 0)).isEqualTo(80);
        }
    }

    @Test
    void leaves_a_udp_checksum_of_zero_alone_and_never_makes_one() {
        ByteBuffer packet = ByteBuffer.allocate(8).putShort(0, (short) 1);
        TransportHeader.changeSourcePort(packet, 0, 8, IpProtocol.UDP, 9);
        assertThat(packet.getShort(6)).isZero();

        packet.putShort(6, (short) 0x0009);
        TransportHeader.changeSourcePort(packet, 0, 8, IpProtocol.UDP, 18);
        assertThat(packet.getShort(6) & 0xFFFF).isEqualTo(0xFFFF);
    }

    @Test
    void does_not_touch_a_checksum_that_was_cut_off() {
        ByteBuffer packet = ByteBuffer.allocate(20).putShort(16, (short) 0x1234);
        TransportHeader.changeSourcePort(packet, 0, 8, IpProtocol.TCP, 9);

        assertThat(packet.getShort(16)).isEqualTo((short) 0x1234);
        assertThat(TransportHeader.sourcePort(packet, 0)).isEqualTo(9);
    }

    @Test
    void writes_icmp_messages_with_sound_checksums() {
        ByteBuffer packet = ByteBuffer.allocate(68).putLong(8, 0x4500003411774000L);
        Icmpv4.write(packet, 0, Icmpv4.UNREACHABLE, Icmpv4.FRAGMENTATION_NEEDED, 1460, 36);
        assertThat(InternetChecksum.isSound(packet, 0, 36)).isTrue();
        assertThat(Icmpv4.type(packet, 0)).isEqualTo(3);
        assertThat(Icmpv4.code(packet, 0)).isEqualTo(4);
        assertThat(Icmpv4.nextHopMtu(packet, 0)).isEqualTo(1460);
        Icmpv4.changeIdentifier(packet, 0, 7850);
        assertThat(Icmpv4.identifier(packet, 0)).isEqualTo(7850);
        assertThat(InternetChecksum.isSound(packet, 0, 36)).isTrue();

        Ipv6Header.write(packet, 0, 0, 28, IpProtocol.ICMPV6, 64, 1, 2, 3, 4);
        Icmpv6.write(packet, 0, 40, Icmpv6.UNREACHABLE, Icmpv6.SOURCE_POLICY, 0, 28);
        assertThat(Icmpv6.isChecksumSound(packet, 0, 40, 28)).isTrue();
        packet.put(60, (byte) 1);
        assertThat(Icmpv6.isChecksumSound(packet, 0, 40, 28)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "0,false,true",
        "3,true,false",
        "4,true,false",
        "5,true,false",
        "8,false,true",
        "9,false,false",
        "11,true,false",
        "12,true,false",
        "13,false,true",
        "18,false,true",
        "19,false,false"
    })
    void sorts_icmp_types(int type, boolean error, boolean query) {
        assertThat(Icmpv4.isError(type)).isEqualTo(error);
        assertThat(Icmpv4.isQuery(type)).isEqualTo(query);
    }
}
