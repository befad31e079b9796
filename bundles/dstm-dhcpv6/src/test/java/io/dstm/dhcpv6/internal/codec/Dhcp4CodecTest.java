package io.dstm.dhcpv6.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Dhcp4CodecTest {

    private static final Ipv4Address NONE = Ipv4Address.UNSPECIFIED;
    private static final Octets CHADDR = Octets.parse("0200c0ffee0100000000000000000000");
    private static final Octets DUID = Octets.parse("000300010200c0ffee01");

    private static final String HEADER = """
            01 01 06 00             # op request, Ethernet, 6 octets of address, hops
            39 03 f3 26             # xid
            00 05 00 00             # secs, flags
            00000000 00000000       # ciaddr, yiaddr
            00000000 00000000       # siaddr, giaddr
            0200c0ffee01 0000 0000000000000000  # chaddr
            """;
    private static final String COOKIE = "63825363";

    private static Octets hex(String annotated) {
        return Octets.parse(annotated
                .lines()
                .map(line -> line.replaceFirst("#.*", "").replaceAll("\\s", ""))
                .reduce("", String::concat));
    }

    /** A message with these options, and with these at the start of the fields for server name and boot file. */
    private static Octets message(String options, String sname, String file) {
        return hex(HEADER + padded(sname, 64) + "\n" + padded(file, 128) + "\n" + COOKIE + "\n" + options);
    }

    private static Octets message(String options) {
        return message(options, "", "");
    }

    private static String padded(String annotated, int length) {
        String digits = hex(annotated).toString();
        return digits + "00".repeat(length - digits.length() / 2);
    }

    private static Dhcp4Message request(Dhcp4Option... options) {
        return new Dhcp4Message(1, 1, 6, 0, 0x3903f326, 5, 0, NONE, NONE, NONE, NONE, CHADDR, List.of(options));
    }

    private static Dhcp4Message good(Octets octets) {
        Dhcp4Decoded decoded = Dhcp4Codec.decode(octets);
        assertThat(decoded).isInstanceOf(Dhcp4Decoded.Good.class);
        return ((Dhcp4Decoded.Good) decoded).message();
    }

    private static DecodeError bad(Octets octets) {
        Dhcp4Decoded decoded = Dhcp4Codec.decode(octets);
        assertThat(decoded).isInstanceOf(Dhcp4Decoded.Bad.class);
        return ((Dhcp4Decoded.Bad) decoded).error();
    }

    private static void assertVector(Octets octets, Dhcp4Message message) {
        assertThat(good(octets)).isEqualTo(message);
        assertThat(Dhcp4Codec.encode(message)).isEqualTo(octets);
    }

    @Test
    void discover_of_a_client_that_can_share_an_address() {
        assertVector(
                message("""
                        35 01 01                            # Message Type: DISCOVER
                        32 04 c0000201                      # Requested IP Address: 192.0.2.1
                        3d 0f ff 00000007                   # Client Identifier: type 255, IAID
                              0003 0001 0200c0ffee01        #   DUID-LL
                        37 03 01 03 9f                      # Parameter Request: netmask, routers, V4_PORTPARAMS
                        9f 04 00 06 14 00                   # V4_PORTPARAMS: a = 0, k = 6, PSID 5
                        ff                                  # End
                        """),
                request(
                        new Dhcp4Option.Kind(Dhcp4MessageType.DISCOVER),
                        new Dhcp4Option.RequestedAddress(Ipv4Address.parse("192.0.2.1")),
                        Dhcp4Option.ClientId.of(7, DUID),
                        new Dhcp4Option.ParameterRequest(List.of(1, 3, 159)),
                        new Dhcp4Option.PortParams(new PortSet(0, 6, 5))));
    }

    @Test
    void ack_with_times_ports_and_softwire_source() {
        assertVector(
                hex("""
                        02 01 06 00             # op reply
                        39 03 f3 26             # xid
                        00 00 80 00             # secs, flags: broadcast
                        c0000201 c0000201       # ciaddr, yiaddr
                        00000000 00000000       # siaddr, giaddr
                        0200c0ffee01 0000 0000000000000000
                        """ + padded("", 192) + COOKIE + """

                        35 01 05                # Message Type: ACK
                        36 04 c0000001          # Server Identifier: 192.0.0.1
                        33 04 00000e10          # Lease Time: 3600 s
                        3a 04 00000708          # T1: 1800 s
                        3b 04 00000b40          # T2: 2880 s
                        01 04 ffffffff          # Subnet Mask
                        03 08 c0000201 c0000202 # Routers
                        06 04 c0000235          # DNS Servers
                        9f 04 00 06 14 00       # V4_PORTPARAMS
                        6d 10                   # DHCP4O6_S46_SADDR
                          20010db800010000 0000c00002010005
                        38 02 6f6b              # Message: "ok"
                        ff
                        """),
                new Dhcp4Message(
                        2,
                        1,
                        6,
                        0,
                        0x3903f326,
                        0,
                        0x8000,
                        Ipv4Address.parse("192.0.2.1"),
                        Ipv4Address.parse("192.0.2.1"),
                        NONE,
                        NONE,
                        CHADDR,
                        List.of(
                                new Dhcp4Option.Kind(Dhcp4MessageType.ACK),
                                new Dhcp4Option.ServerId(Ipv4Address.parse("192.0.0.1")),
                                new Dhcp4Option.LeaseTime(3600),
                                new Dhcp4Option.RenewalTime(1800),
                                new Dhcp4Option.RebindingTime(2880),
                                new Dhcp4Option.SubnetMask(Ipv4Address.parse("255.255.255.255")),
                                new Dhcp4Option.Routers(
                                        List.of(Ipv4Address.parse("192.0.2.1"), Ipv4Address.parse("192.0.2.2"))),
                                new Dhcp4Option.DnsServers(List.of(Ipv4Address.parse("192.0.2.53"))),
                                new Dhcp4Option.PortParams(new PortSet(0, 6, 5)),
                                new Dhcp4Option.SoftwireSource(Ipv6Address.parse("2001:db8:1::c000:201:5")),
                                new Dhcp4Option.Reason("ok"))));
    }

    @Test
    void client_identifier_of_iaid_and_duid() {
        assertThat(Dhcp4Option.ClientId.of(-2, DUID).node()).contains(new Dhcp4Option.NodeId(-2, DUID));
    }

    @ParameterizedTest
    @CsvSource({
        "010200c0ffee01          , hardware address",
        "ff000000070003          , DUID too short",
        "fe00000007000300010203  , another type",
        "ff                      , the type alone"
    })
    void client_identifier_of_another_kind(String id, String why) {
        assertThat(new Dhcp4Option.ClientId(Octets.parse(id)).node()).as(why).isEmpty();
    }

    @Test
    void client_identifier_with_a_duid_that_is_too_long() {
        byte[] id = new byte[5 + 131];
        id[0] = (byte) 255;
        assertThat(new Dhcp4Option.ClientId(Octets.of(id)).node()).isEmpty();
        assertThat(new Dhcp4Option.ClientId(Octets.of(Arrays.copyOf(id, 5 + 130))).node())
                .isPresent();
    }

    @Test
    void option_in_pieces_is_put_together() {
        assertThat(good(message("""
                        35 01 01
                        37 02 01 03
                        3d 01 aa
                        37 01 9f
                        ff
                        """)).options())
                .containsExactly(
                        new Dhcp4Option.Kind(Dhcp4MessageType.DISCOVER),
                        new Dhcp4Option.ParameterRequest(List.of(1, 3, 159)),
                        new Dhcp4Option.ClientId(Octets.parse("aa")));
    }

    @Test
    void option_longer_than_a_piece_is_split() {
        List<Integer> codes = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            codes.add(i % 256);
        }
        Dhcp4Message message = request(new Dhcp4Option.ParameterRequest(codes));

        Octets octets = Dhcp4Codec.encode(message);

        assertThat(octets.length()).isEqualTo(240 + 2 + 255 + 2 + 45 + 1);
        assertThat(good(octets)).isEqualTo(message);
    }

    @Test
    void options_go_on_in_boot_file_then_server_name() {
        assertThat(good(message("34 01 03 35 01 01 37 01 01 ff", "37 01 9f ff", "37 01 03 ff"))
                        .options())
                .containsExactly(
                        new Dhcp4Option.Kind(Dhcp4MessageType.DISCOVER),
                        new Dhcp4Option.ParameterRequest(List.of(1, 3, 159)));
        assertThat(good(message("34 01 01 ff", "37 01 9f ff", "37 01 03 ff")).options())
                .containsExactly(new Dhcp4Option.ParameterRequest(List.of(3)));
        assertThat(good(message("34 01 02 ff", "37 01 9f ff", "37 01 03 ff")).options())
                .containsExactly(new Dhcp4Option.ParameterRequest(List.of(159)));
    }

    @Test
    void server_name_and_boot_file_that_are_names_are_let_be() {
        assertThat(good(message("35 01 01 ff", "6e616d65", "66696c65"))).isEqualTo(request(kind()));
    }

    @Test
    void padding_and_what_follows_the_end() {
        assertThat(good(message("00 00 35 01 01 00 ff 35 09"))).isEqualTo(request(kind()));
    }

    @Test
    void missing_end() {
        assertThat(good(message("35 01 01"))).isEqualTo(request(kind()));
    }

    @Test
    void unknown_option_survives() {
        assertVector(
                message("35 01 01 e0 02 abcd 51 00 ff"),
                request(
                        kind(),
                        new Dhcp4Option.Unknown(0xe0, Octets.parse("abcd")),
                        new Dhcp4Option.Unknown(0x51, Octets.NONE)));
    }

    @ParameterizedTest
    @CsvSource({
        "35 02 0101               , RFC 2132 section 9.6",
        "35 01 01 35 01 01        , RFC 2132 section 9.6",
        "35 05 01                 , RFC 2132 section 2",
        "35                       , RFC 2132 section 2",
        "32 03 c00002             , RFC 2132 section 9.1",
        "03 06 c0000201c000       , RFC 2132 section 3.5",
        "37 00                    , RFC 2132 section 9.8",
        "3d 00                    , RFC 2132 section 9.14",
        "6d 04 20010db8           , RFC 8539 section 6.2",
        "9f 04 00 06 14 01        , RFC 7618 section 9",
        "9f 04 10 00 00 00        , RFC 7618 section 9",
        "9f 04 06 0b 00 00        , RFC 7618 section 9",
        "9f 03 00 06 14           , RFC 7618 section 9",
        "34 01 00                 , RFC 2132 section 9.3",
        "34 01 04                 , RFC 2132 section 9.3",
        "34 02 0101               , RFC 2132 section 9.3"
    })
    void options_that_break_their_rules(String options, String section) {
        assertThat(bad(message(options)).section()).isEqualTo(section);
    }

    @Test
    void psid_is_ignored_where_its_length_is_zero() {
        assertThat(good(message("9f 04 00 00 ff ff ff")).first(Dhcp4Option.PortParams.class))
                .contains(new Dhcp4Option.PortParams(PortSet.FULL));
    }

    @Test
    void octets_that_are_no_message() {
        assertThat(bad(Octets.NONE).section()).isEqualTo("RFC 2131 section 2");
        assertThat(bad(Octets.of(Arrays.copyOf(message("ff").toBytes(), 239))).section())
                .isEqualTo("RFC 2131 section 2");
        byte[] longAddress = message("ff").toBytes();
        longAddress[2] = 17;
        assertThat(bad(Octets.of(longAddress)).section()).isEqualTo("RFC 2131 section 2");
        byte[] bootp = message("ff").toBytes();
        bootp[236] = 0;
        assertThat(bad(Octets.of(bootp)).section()).isEqualTo("RFC 2131 section 3");
    }

    @Test
    void fields_out_of_range() {
        assertThatThrownBy(() -> new Dhcp4Message(256, 1, 6, 0, 0, 0, 0, NONE, NONE, NONE, NONE, CHADDR, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Dhcp4Message(1, 1, 17, 0, 0, 0, 0, NONE, NONE, NONE, NONE, CHADDR, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Dhcp4Message(1, 1, 6, 0, 0, 0, 0, NONE, NONE, NONE, NONE, Octets.NONE, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Dhcp4Option.Unknown(255, Octets.NONE))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Dhcp4Option.LeaseTime(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    private static Dhcp4Option kind() {
        return new Dhcp4Option.Kind(Dhcp4MessageType.DISCOVER);
    }
}
