package io.dstm.tep.internal.rules;

import static io.dstm.tep.internal.rules.Packets.inner;
import static io.dstm.tep.internal.rules.Packets.ipv4;
import static io.dstm.tep.internal.rules.Packets.ipv6;
import static io.dstm.tep.internal.rules.Packets.view;
import static io.dstm.tep.internal.rules.Wire.binding;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.packet.InternetChecksum;
import io.dstm.packet.IpProtocol;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Segment sizes that TCP hosts tell each other through the tunnel. */
class MssTest {

    private static final String TEP = "2001:db8::1";
    private static final String FIRST = "2001:db8:f::1";
    private static final String SECOND = "2001:db8:e::1";
    private static final String WORLD = "198.51.100.5";
    private static final int SYN = 2;
    private static final int ACK = 16;

    private static Wire wire(int mss) {
        Wire.Settings settings = new Wire.Settings();
        settings.tcpMss = mss;
        return new Wire(settings).bind(binding("192.0.2.1", FIRST), binding("192.0.2.2", SECOND));
    }

    /** A segment with {@code options}, which are padded to a multiple of four with End of Option List. */
    private static Packets.Ipv4 tcp(String from, String to, int flags, String options) {
        byte[] option = Packets.bytes(options);
        int header = 20 + (option.length + 3) / 4 * 4;
        byte[] segment = new byte[header + 3];
        ByteBuffer view = view(segment).putShort(0, (short) 80).putShort(2, (short) 4000);
        view.put(12, (byte) (header << 2)).put(13, (byte) flags).put(20, option).put(header, (byte) 7);
        Packets.Ipv4 packet = ipv4(from, to).payload(IpProtocol.TCP, segment);
        view.putShort(16, (short) InternetChecksum.finish(sum(packet.bytes())));
        return packet;
    }

    private static long sum(byte[] packet) {
        int length = packet.length - 20;
        return InternetChecksum.pseudoHeader(
                        view(packet).getInt(12), view(packet).getInt(16), IpProtocol.TCP, length)
                + InternetChecksum.sum(view(packet), 20, length);
    }

    private static String options(byte[] packet) {
        int end = 20 + (packet[32] >>> 2 & 0x3C);
        return java.util.HexFormat.of().formatHex(packet, 40, end);
    }

    /** Flags, options in and out for a limit of 1420 (058c). */
    @ParameterizedTest
    @CsvSource({
        "2,  020405b4,             0204058c",
        "18, 020405b4,             0204058c",
        // at an odd offset, behind others, before others
        "2,  01020405b401,         010204058c010000",
        "2,  0402080a0000000100000002020405b4, 0402080a00000001000000020204058c",
        "2,  020405b404020101,     0204058c04020101",
        // small enough, absent, no SYN
        "2,  0204058c,             0204058c",
        "2,  02040218,             02040218",
        "2,  04020101,             04020101",
        "16, 020405b4,             020405b4",
        // behind the end, wrong length, no length, cut off
        "2,  00020405b4,           00020405b4000000",
        "2,  020305b4,             020305b4",
        "2,  080005b4,             080005b4",
        "2,  01010102,             01010102",
        "2,  0101010204,           0101010204000000",
    })
    void lowers_what_a_syn_asks_for_both_ways(int flags, String before, String after) {
        Wire wire = wire(1420);
        wire.fromIpv6(ipv6(FIRST, TEP)
                .carrying(tcp("192.0.2.1", WORLD, flags, before))
                .bytes());
        wire.fromIpv4(tcp(WORLD, "192.0.2.1", flags, before).bytes());
        wire.fromIpv6(ipv6(FIRST, TEP)
                .carrying(tcp("192.0.2.1", "192.0.2.2", flags, before))
                .bytes());

        byte[][] out = {wire.toIpv4.get(0), inner(wire.toIpv6.get(0)), inner(wire.toIpv6.get(1))};
        for (byte[] packet : out) {
            assertThat(options(packet)).isEqualTo(after);
            assertThat(InternetChecksum.fold(sum(packet))).isEqualTo(0xFFFF);
        }
        assertThat(wire.counters.packets(Outcome.NOTED_CLAMPED_MSS_IPV4)).isEqualTo(after.startsWith(before) ? 0 : 3);
    }

    /** 1420 fits a tunnel of 1500 bytes, 1220 (04c4) a path of 1300. */
    @Test
    void follows_the_path_to_the_client_where_that_is_narrower_than_the_tunnel() {
        Wire wire = wire(1420)
                .fromIpv6(ipv6("2001:db8:99::1", TEP)
                        .icmp(
                                2,
                                0,
                                1300,
                                ipv6(TEP, FIRST)
                                        .carrying(ipv4(WORLD, "192.0.2.1").udp(53, 7, 1400))
                                        .bytes())
                        .bytes());
        assertThat(wire.counters.packets(Outcome.NOTED_PATH_MTU_ICMPV6)).isEqualTo(1);
        wire.fromIpv6(ipv6(FIRST, TEP)
                .carrying(tcp("192.0.2.1", WORLD, SYN, "020405b4"))
                .bytes());
        wire.fromIpv4(tcp(WORLD, "192.0.2.1", SYN | ACK, "020405b4").bytes());
        wire.fromIpv6(ipv6(SECOND, TEP)
                .carrying(tcp("192.0.2.2", "192.0.2.1", SYN, "020405b4"))
                .bytes());
        wire.fromIpv6(ipv6(FIRST, TEP)
                .carrying(tcp("192.0.2.1", "192.0.2.2", SYN | ACK, "020405b4"))
                .bytes());
        wire.fromIpv4(tcp(WORLD, "192.0.2.2", SYN, "020405b4").bytes());

        assertThat(options(wire.toIpv4.get(0))).as("what the world may send").isEqualTo("020404c4");
        assertThat(wire.toIpv6)
                .extracting(packet -> options(inner(packet)))
                .containsExactly("020404c4", "020404c4", "020404c4", "0204058c");
    }

    @Test
    void leaves_it_alone_where_it_is_switched_off() {
        Wire wire = wire(0).fromIpv4(tcp(WORLD, "192.0.2.1", SYN, "020405b4").bytes());

        assertThat(options(inner(wire.toIpv6.get(0)))).isEqualTo("020405b4");
    }

    @Test
    void leaves_other_protocols_and_later_fragments_alone() {
        Wire wire = wire(536);
        byte[] looksLikeIt = tcp(WORLD, "192.0.2.1", SYN, "020405b4").bytes();
        byte[] segment = java.util.Arrays.copyOfRange(looksLikeIt, 20, looksLikeIt.length);
        wire.fromIpv4(ipv4(WORLD, "192.0.2.1").payload(IpProtocol.UDP, segment).bytes());
        wire.fromIpv4(ipv4(WORLD, "192.0.2.1")
                .payload(IpProtocol.TCP, segment)
                .fragment(1480, false)
                .bytes());

        assertThat(options(inner(wire.toIpv6.get(0)))).isEqualTo("020405b4");
        assertThat(options(inner(wire.toIpv6.get(1)))).isEqualTo("020405b4");
    }

    @Test
    void random_segments_do_no_harm() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] segment = new byte[random.nextInt(70)];
            random.nextBytes(segment);
            if (segment.length > 13) {
                segment[13] |= SYN | ACK;
            }
            for (int at = 20; at < segment.length; at++) {
                segment[at] = (byte) random.nextInt(6);
            }
            byte[] guarded = new byte[segment.length + 8];
            System.arraycopy(segment, 0, guarded, 0, segment.length);
            ByteBuffer view = view(guarded).putLong(segment.length, 0x5AFE_5AFE_5AFE_5AFEL);
            Mss.clamp(view, 0, segment.length, 100);
            assertThat(view.getLong(segment.length)).isEqualTo(0x5AFE_5AFE_5AFE_5AFEL);
        }
    }

    @Test
    void protocols_without_ports_pass_for_full_addresses_unless_policy_forbids() {
        Wire.Settings settings = new Wire.Settings();
        settings.portlessProtocols = false;
        Wire wire = new Wire(settings).bind(binding("192.0.2.1", FIRST));
        wire.fromIpv4(
                ipv4(WORLD, "192.0.2.1").payload(IpProtocol.ESP, new byte[40]).bytes());
        wire.fromIpv6(ipv6(FIRST, TEP)
                .carrying(ipv4("192.0.2.1", WORLD).payload(IpProtocol.ESP, new byte[40]))
                .bytes());
        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(Outcome.DROP_BY_POLICY_PROTOCOL_IPV4, 2L));

        wire.fromIpv4(ipv4(WORLD, "192.0.2.1").udp(1, 2, 300).fragment(0, true).bytes());
        wire.fromIpv4(ipv4(WORLD, "192.0.2.1").echo(8, 5).bytes());
        wire.fromIpv4(ipv4(WORLD, "192.0.2.1").ports(IpProtocol.SCTP, 5, 6, 20).bytes());
        assertThat(wire.toIpv6).hasSize(3);
    }
}
