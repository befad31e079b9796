package io.dstm.dhcpv6.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.api.net.PortSet.PortRange;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessageCodecTest {

    private static final MessageCodec CODEC = new MessageCodec(DstmCodes.DEFAULT);
    private static final Octets DUID = Octets.parse("000300010200c0ffee01");

    /** Octets of hexadecimal digits; white space and what follows a # in a line is for the reader. */
    private static byte[] hex(String annotated) {
        return HexFormat.of()
                .parseHex(annotated
                        .lines()
                        .map(line -> line.replaceFirst("#.*", "").replaceAll("[\\s|]", ""))
                        .reduce("", String::concat));
    }

    private static Message good(byte[] bytes) {
        Decoded decoded = CODEC.decode(bytes);
        assertThat(decoded).isInstanceOf(Decoded.Good.class);
        return ((Decoded.Good) decoded).message();
    }

    private static DecodeError bad(byte[] bytes) {
        Decoded decoded = CODEC.decode(bytes);
        assertThat(decoded).isInstanceOf(Decoded.Bad.class);
        return ((Decoded.Bad) decoded).error();
    }

    private static void assertVector(byte[] bytes, Message message) {
        assertThat(good(bytes)).isEqualTo(message);
        assertThat(HexFormat.of().formatHex(CODEC.encode(message)))
                .isEqualTo(HexFormat.of().formatHex(bytes));
    }

    @Test
    void solicit_for_a_dstm_lease() {
        assertVector(
                hex("""
                        01 1a2b3c                               # Solicit, transaction id
                        0001 000a 0003 0001 0200c0ffee01        # Client Identifier: DUID-LL
                        0008 0002 0064                          # Elapsed Time: 1 s
                        0006 0004 0052 0060                     # Option Request: SOL_MAX_RT, S46_CONT_LW
                        000e 0000                               # Rapid Commit
                        ff01 0014 00000001 00000000 00000000    # IA_DSTM: IAID, T1, T2
                          ff03 0004 0000 ffff                   #   DSTM_PORTS: any
                        """),
                new Message.Direct(
                        MessageType.SOLICIT,
                        0x1a2b3c,
                        Options.of(
                                new Option.ClientId(DUID),
                                new Option.ElapsedTime(100),
                                new Option.OptionRequest(List.of(OptionCode.SOL_MAX_RT, OptionCode.S46_CONT_LW)),
                                new Option.RapidCommit(),
                                new Option.IaDstm(
                                        1, 0, 0, Options.of(new Option.DstmPorts(new PortRange(0, 65535)))))));
    }

    @Test
    void dhcpv4_query_with_flags_where_others_have_a_transaction_id() {
        assertVector(
                hex("""
                        14 800000                               # DHCPv4-query, flags: unicast
                        0006 0004 005a 0089                     # Option Request: S46_BR, S46_BIND_IPV6_PREFIX
                        0057 0003 010203                        # DHCPv4 Message
                        """),
                new Message.Direct(
                        MessageType.DHCPV4_QUERY,
                        Message.Direct.UNICAST,
                        Options.of(
                                new Option.OptionRequest(List.of(OptionCode.S46_BR, OptionCode.S46_BIND_IPV6_PREFIX)),
                                new Option.Dhcpv4Msg(Octets.parse("010203")))));
    }

    @Test
    void dhcpv4_response_with_tunnel_end_point_and_prefix() {
        assertVector(
                hex("""
                        15 000000                               # DHCPv4-response, flags
                        0057 0002 0203                          # DHCPv4 Message
                        005a 0010                               # S46_BR
                          20010db8000000000000000000000001      #   2001:db8::1
                        0089 0008 38 20010db8000100             # S46_BIND_IPV6_PREFIX: 2001:db8:1::/56
                        """),
                new Message.Direct(
                        MessageType.DHCPV4_RESPONSE,
                        0,
                        Options.of(
                                new Option.Dhcpv4Msg(Octets.parse("0203")),
                                new Option.S46Br(Ipv6Address.parse("2001:db8::1")),
                                new Option.S46BindIpv6Prefix(Ipv6Prefix.parse("2001:db8:1::/56")))));
    }

    @Test
    void dhcp_4o6_servers_by_multicast_and_by_address() {
        assertVector(
                hex("""
                        07 000001                               # Reply
                        0058 0000                               # DHCP4_O_DHCP6_SERVER: ff02::1:2
                        0058 0010                               # DHCP4_O_DHCP6_SERVER
                          20010db8000000000000000000000547      #   2001:db8::547
                        """),
                new Message.Direct(
                        MessageType.REPLY,
                        1,
                        Options.of(
                                new Option.Dhcp4oDhcp6Server(List.of()),
                                new Option.Dhcp4oDhcp6Server(List.of(Ipv6Address.parse("2001:db8::547"))))));
    }

    @Test
    void reply_with_a_dstm_lease() {
        assertVector(
                hex("""
                        07 1a2b3c                               # Reply
                        0002 000a 0003 0001 0200c0ffee01        # Server Identifier
                        000d 0007 0000 68656c6c6f               # Status Code: Success, "hello"
                        ff01 0044 00000001 00000708 00000b40    # IA_DSTM: IAID 1, T1 1800, T2 2880
                          0005 0018                             #   IA Address
                            00000000000000000000ffffc0000201    #     ::ffff:192.0.2.1
                            00000e10 00000e10                   #     preferred and valid: 3600
                          ff02 0010                             #   DSTM_TEP
                            20010db8000000000000000000000001    #     2001:db8::1
                          ff03 0004 1400 17ff                   #   DSTM_PORTS: 5120 to 6143
                        """),
                new Message.Direct(
                        MessageType.REPLY,
                        0x1a2b3c,
                        Options.of(
                                new Option.ServerId(DUID),
                                new Option.StatusCode(Status.SUCCESS, "hello"),
                                new Option.IaDstm(
                                        1,
                                        1800,
                                        2880,
                                        Options.of(
                                                new Option.IaAddress(
                                                        Ipv6Address.mapped(Ipv4Address.parse("192.0.2.1")),
                                                        3600,
                                                        3600,
                                                        Options.NONE),
                                                new Option.DstmTep(Ipv6Address.parse("2001:db8::1")),
                                                new Option.DstmPorts(new PortRange(5120, 6143)))))));
    }

    /** 192.0.2.1, 2001:db8:1::/64, a = 0, k = 6, PSID = 5 (ports 5120 to 6143), BR 2001:db8::1. */
    @Test
    void lw4o6_container_has_the_psid_left_aligned() {
        assertVector(
                hex("""
                        02 000001                                      # Advertise
                        0060 002d                                      # S46_CONT_LW
                          005c 0015 c0000201 40 20010db800010000       #   V4V6BIND: address, 64 bits of prefix
                            005d 0004 00 06 1400                       #     PORTPARAMS: a, k, PSID 000101 in the top bits
                          005a 0010 20010db8000000000000000000000001   #   BR
                        """),
                new Message.Direct(
                        MessageType.ADVERTISE,
                        1,
                        Options.of(new Option.S46ContLw(Options.of(
                                new Option.S46V4V6Bind(
                                        Ipv4Address.parse("192.0.2.1"),
                                        Ipv6Prefix.parse("2001:db8:1::/64"),
                                        Options.of(new Option.S46PortParams(new PortSet(0, 6, 5)))),
                                new Option.S46Br(Ipv6Address.parse("2001:db8::1")))))));
    }

    /** What Kea writes for "2, 3/4". */
    @Test
    void port_parameters_are_coded_as_others_code_them() {
        assertVector(
                hex("07 000000 | 005d 0004 02 04 3000"),
                new Message.Direct(MessageType.REPLY, 0, Options.of(new Option.S46PortParams(new PortSet(2, 4, 3)))));
    }

    @Test
    void psid_of_length_zero_is_ignored() {
        assertThat(good(hex("07 000000 | 005d 0004 06 00 abcd")).options().list())
                .containsExactly(new Option.S46PortParams(new PortSet(6, 0, 0)));
    }

    @Test
    void bind_prefix_takes_only_the_octets_its_length_needs() {
        assertVector(
                hex("07 000000 | 005c 000c c0000201 34 20010db8001230"),
                new Message.Direct(
                        MessageType.REPLY,
                        0,
                        Options.of(new Option.S46V4V6Bind(
                                Ipv4Address.parse("192.0.2.1"),
                                Ipv6Prefix.parse("2001:db8:12:3000::/52"),
                                Options.NONE))));
    }

    @Test
    void relay_forward_within_relay_forward() {
        assertVector(
                hex("""
                        0c 01                                          # Relay-forward, hop count 1
                        00000000000000000000000000000000              # link-address ::
                        fe80000000000000000000000000000a              # peer-address: the relay below
                        0087 0002 1234                                # RELAY_PORT: it sent from port 4660
                        0009 003a                                     # Relay Message
                          0c 00                                       #   Relay-forward, hop count 0
                          20010db8000200000000000000000001            #   link-address
                          fe80000000000000000000000000000c            #   peer-address: the client
                          0012 0004 65746830                          #   Interface-Id "eth0"
                          0009 000c                                   #   Relay Message
                            0b 0000ff                                 #     Information-request
                            0006 0004 0017 0052                       #       Option Request: DNS_SERVERS, SOL_MAX_RT
                        """),
                new Message.Relayed(
                        MessageType.RELAY_FORW,
                        1,
                        Ipv6Address.UNSPECIFIED,
                        Ipv6Address.parse("fe80::a"),
                        Options.of(
                                new Option.RelayPort(4660),
                                new Option.RelayMsg(new Message.Relayed(
                                        MessageType.RELAY_FORW,
                                        0,
                                        Ipv6Address.parse("2001:db8:2::1"),
                                        Ipv6Address.parse("fe80::c"),
                                        Options.of(
                                                new Option.InterfaceId(Octets.parse("65746830")),
                                                new Option.RelayMsg(
                                                        new Message.Direct(
                                                                MessageType.INFORMATION_REQUEST,
                                                                0xff,
                                                                Options.of(
                                                                        new Option.OptionRequest(
                                                                                List.of(
                                                                                        OptionCode.DNS_SERVERS,
                                                                                        OptionCode
                                                                                                .SOL_MAX_RT)))))))))));
    }

    @Test
    void unknown_option_and_message_type_survive() {
        assertVector(
                hex("c8 abcdef | 04d2 0003 010203 | 0011 0004 00000009"),
                new Message.Direct(
                        new MessageType(200),
                        0xabcdef,
                        Options.of(
                                new Option.Unknown(new OptionCode(1234), Octets.of((byte) 1, (byte) 2, (byte) 3)),
                                new Option.Unknown(new OptionCode(17), Octets.parse("00000009")))));
    }

    @Test
    void other_codes_for_the_dstm_options() {
        MessageCodec other = new MessageCodec(new DstmCodes(40001, 40002, 40003));
        byte[] bytes = hex("03 000000 | 9c41 000c 00000001 00000000 00000000 | ff01 0000");

        Decoded decoded = other.decode(bytes);

        assertThat(decoded)
                .isEqualTo(new Decoded.Good(new Message.Direct(
                        MessageType.REQUEST,
                        0,
                        Options.of(
                                new Option.IaDstm(1, 0, 0, Options.NONE),
                                new Option.Unknown(new OptionCode(0xff01), Octets.NONE)))));
    }

    @Test
    void dstm_codes_must_not_clash() {
        assertThatThrownBy(() -> new DstmCodes(40001, 40001, 40003)).hasMessageContaining("must differ");
        assertThatThrownBy(() -> new DstmCodes(3, 40001, 40003)).hasMessageContaining("standard option");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
                    ''                                                   , RFC 8415 section 8     , within a field
                    01 0000                                              , RFC 8415 section 8     , within a field
                    0c 00 20010db8                                       , RFC 8415 section 8     , within a field
                    01 000000 0001                                       , RFC 8415 section 21.1  , within its code or length
                    01 000000 0001 000a 0003                             , RFC 8415 section 21.1  , claims 10 octets where 2
                    01 000000 0001 0002 0003                             , RFC 8415 section 21.2  , has 2 octets
                    07 000000 0002 0000                                  , RFC 8415 section 21.3  , has 0 octets
                    01 000000 0003 000b 0000000000000000000000           , RFC 8415 section 21.4  , has 11 octets
                    01 000000 0004 0003 000000                           , RFC 8415 section 21.5  , has 3 octets
                    01 000000 0005 0017 0000000000000000000000000000000000000000000000 , RFC 8415 section 21.6 , has 23 octets
                    01 000000 0006 0003 000100                           , RFC 8415 section 21.7  , has 3 octets
                    02 000000 0007 0002 0000                             , RFC 8415 section 21.8  , has 2 octets
                    01 000000 0008 0001 00                               , RFC 8415 section 21.9  , has 1 octets
                    0d 00 00000000000000000000000000000000 00000000000000000000000000000000 0009 0003 070000 , RFC 8415 section 21.10 , has 3 octets
                    07 000000 000d 0001 00                               , RFC 8415 section 21.13 , has 1 octets
                    01 000000 000e 0001 00                               , RFC 8415 section 21.14 , has 1 octets
                    0a 000000 0013 0000                                  , RFC 8415 section 21.19 , has 0 octets
                    01 000000 0014 0001 00                               , RFC 8415 section 21.20 , has 1 octets
                    07 000000 0017 0011 0000000000000000000000000000000000 , RFC 3646 section 3   , has 17 octets
                    01 000000 0019 000b 0000000000000000000000           , RFC 8415 section 21.21 , has 11 octets
                    07 000000 001a 0019 00000000000000008100000000000000000000000000000000 , RFC 8415 section 21.22 , prefix length 129
                    07 000000 0020 0003 000000                           , RFC 8415 section 21.23 , has 3 octets
                    07 000000 0052 0005 0000000000                       , RFC 8415 section 21.24 , has 5 octets
                    07 000000 0053 0003 000000                           , RFC 8415 section 21.25 , has 3 octets
                    07 000000 005a 000f 000000000000000000000000000000   , RFC 7598 section 4.2   , has 15 octets
                    07 000000 005c 0005 c000020181                       , RFC 7598 section 4.4   , prefix length 129
                    07 000000 005c 0005 c000020140                       , RFC 7598 section 4.4   , within a field
                    07 000000 005d 0004 00061401                         , RFC 7598 section 4.5   , bits set behind
                    07 000000 005d 0004 10000000                         , RFC 7598 section 4.5   , do not fit
                    07 000000 005d 0004 0c050000                         , RFC 7598 section 4.5   , do not fit
                    07 000000 006f 0000                                  , RFC 8026 section 1.4   , has 0 octets
                    0c 00 00000000000000000000000000000000 00000000000000000000000000000000 0087 0001 00 , RFC 8357 section 4 , has 1 octets
                    07 000000 ff01 0004 00000000                         , draft-ietf-dhc-dhcpv6-opt-dstm-01 section 3  , has 4 octets
                    07 000000 ff02 0004 00000000                         , draft-ietf-dhc-dhcpv6-opt-dstm-01 section 4  , has 4 octets
                    07 000000 ff03 0004 17ff1400                         , draft-ietf-dhc-dhcpv6-opt-dstm-ports-01      , ends before
                    07 000000 ff03 0003 000000                           , draft-ietf-dhc-dhcpv6-opt-dstm-ports-01      , has 3 octets
                    """)
    void malformed_octets_are_told_apart_by_section(String octets, String section, String reason) {
        DecodeError error = bad(hex(octets));

        assertThat(error.section()).isEqualTo(section);
        assertThat(error.reason()).contains(reason);
        assertThat(error.offset()).isBetween(0, hex(octets).length);
    }

    @Test
    void client_identifier_longer_than_a_duid_can_be() {
        assertThat(bad(hex("01 000000 | 0001 0083" + "00".repeat(131))).section())
                .isEqualTo("RFC 8415 section 21.2");
        assertThat(good(hex("01 000000 | 0001 0082" + "00".repeat(130)))
                        .options()
                        .list())
                .hasSize(1);
    }

    @Test
    void softwire_container_that_is_broken_does_not_cost_the_message() {
        Message message = good(hex("07 000000 | 0060 0008 005d 0004 00061401 | 0007 0001 ff"));

        assertThat(message.options().first(Option.Preference.class)).contains(new Option.Preference(255));
        assertThat(message.options().has(Option.S46ContLw.class)).isFalse();
        assertThat(message.options()
                        .first(Option.Unreadable.class)
                        .orElseThrow()
                        .code())
                .isEqualTo(OptionCode.S46_CONT_LW);
        assertThat(CODEC.encode(message)).isEqualTo(hex("07 000000 | 0060 0008 005d 0004 00061401 | 0007 0001 ff"));
    }

    @Test
    void options_nested_without_end() {
        String nested = "";
        for (int depth = 0; depth < 8; depth++) {
            int length = nested.replace(" ", "").length() / 2 + 24;
            nested = "0005 %04x ".formatted(length) + "00".repeat(24) + nested;
        }
        DecodeError error = bad(hex("07 000000 |" + nested));

        assertThat(error.section()).isEqualTo("RFC 8415 section 21.1");
        assertThat(error.reason()).contains("nested");
    }

    @Test
    void nine_relays_are_as_many_as_there_can_be() {
        assertThat(CODEC.decode(CODEC.encode(relayed(9)))).isInstanceOf(Decoded.Good.class);

        DecodeError error = bad(CODEC.encode(relayed(10)));

        assertThat(error.section()).isEqualTo("RFC 8415 section 7.6");
    }

    private static Message relayed(int relays) {
        Message message = new Message.Direct(MessageType.SOLICIT, 1, Options.NONE);
        for (int i = 0; i < relays; i++) {
            message = new Message.Relayed(
                    MessageType.RELAY_FORW,
                    i,
                    Ipv6Address.UNSPECIFIED,
                    Ipv6Address.UNSPECIFIED,
                    Options.of(new Option.RelayMsg(message)));
        }
        return message;
    }

    @Test
    void a_datagram_full_of_empty_options() {
        DecodeError error = bad(hex("01 000000" + "ffff 0000".repeat(1025)));

        assertThat(error.reason()).contains("more than 1024 options");
        assertThat(CODEC.decode(hex("01 000000" + "ffff 0000".repeat(1024)))).isInstanceOf(Decoded.Good.class);
    }

    @Test
    void message_longer_than_a_datagram_is_refused_before_it_is_sent() {
        Message message = new Message.Direct(
                MessageType.REPLY,
                1,
                Options.of(
                        new Option.Unknown(new OptionCode(1000), Octets.of(new byte[40000])),
                        new Option.Unknown(new OptionCode(1000), Octets.of(new byte[40000]))));

        assertThatThrownBy(() -> CODEC.encode(message)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void fields_that_do_not_fit_are_refused_when_the_option_is_made() {
        assertThatThrownBy(() -> new Option.ElapsedTime(65536)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Option.Preference(256)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Option.SolMaxRt(1L << 32)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Option.ClientId(Octets.of((byte) 1, (byte) 2)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Option.S46Priority(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Message.Direct(MessageType.RELAY_FORW, 0, Options.NONE))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Message.Direct(MessageType.REPLY, 1 << 24, Options.NONE))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Message.Relayed(
                        MessageType.REPLY, 0, Ipv6Address.UNSPECIFIED, Ipv6Address.UNSPECIFIED, Options.NONE))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
