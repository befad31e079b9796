package io.dstm.tep.internal.rules;

import static io.dstm.tep.internal.rules.Packets.inner;
import static io.dstm.tep.internal.rules.Packets.ipv4;
import static io.dstm.tep.internal.rules.Packets.ipv6;
import static io.dstm.tep.internal.rules.Packets.view;
import static io.dstm.tep.internal.rules.Wire.binding;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.packet.InternetChecksum;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TCP from client to client in packets that a network card joined from several. */
class SegmentsTest {

    private static final String FIRST = "2001:db8:a::1";
    private static final String SECOND = "2001:db8:b::1";
    private static final int FIN_PSH_ACK = 0x19;
    private static final int CWR = 0x80;
    private static final int DATA = 9000;

    private final Wire wire = new Wire(new Wire.Settings())
            .serve("192.0.2.0/24", binding("192.0.2.1", FIRST), binding("192.0.2.2", SECOND));

    private static byte[] joined() {
        byte[] packet = ipv4("192.0.2.1", "192.0.2.2")
                .dontFragment()
                .tcp(80, 4000, DATA)
                .bytes();
        ByteBuffer view = view(packet);
        view.putInt(24, 0xFFFF_FF00);
        view.put(32, (byte) 0x50).put(33, (byte) (FIN_PSH_ACK | CWR));
        return packet;
    }

    private static Packets.Ipv6 fromFirst(byte[] packet) {
        return ipv6(FIRST, Wire.TEP.toString()).payload(IpProtocol.IPV4, packet);
    }

    @Test
    void a_joined_packet_between_clients_leaves_in_segments_that_fit() {
        byte[] packet = joined();

        wire.fromIpv6(fromFirst(packet).bytes());

        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(Outcome.HAIRPIN_ENCAPSULATED_IPV6, 1L));
        List<byte[]> segments = wire.toIpv6;
        assertThat(segments).hasSize(7).allSatisfy(segment -> assertThat(segment.length)
                .isLessThanOrEqualTo(1500));
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (int i = 0; i < segments.size(); i++) {
            byte[] segment = inner(segments.get(i));
            ByteBuffer view = view(segment);
            assertThat(Ipv4Header.totalLength(view, 0)).isEqualTo(segment.length);
            assertThat(Ipv4Header.isChecksumSound(view, 0)).isTrue();
            assertThat(Ipv4Header.identification(view, 0)).isEqualTo(1 + i);
            assertThat(Ipv4Header.ttl(view, 0)).isEqualTo(63);
            assertThat(view.getInt(24)).as("sequence number").isEqualTo(0xFFFF_FF00 + data.size());
            int ends = i == segments.size() - 1 ? FIN_PSH_ACK : FIN_PSH_ACK & ~0x09;
            assertThat(view.get(33) & 0xFF).as("flags").isEqualTo(i == 0 ? ends | CWR : ends);
            long sum =
                    InternetChecksum.pseudoHeader(view.getInt(12), view.getInt(16), IpProtocol.TCP, segment.length - 20)
                            + InternetChecksum.sum(view, 20, segment.length - 20);
            assertThat(InternetChecksum.fold(sum)).isEqualTo(0xFFFF);
            data.write(segment, 40, segment.length - 40);
        }
        assertThat(data.toByteArray()).isEqualTo(Arrays.copyOfRange(packet, 40, packet.length));
    }

    /** SYN, RST and URG stand for themselves: cutting them would repeat them. */
    @ParameterizedTest
    @ValueSource(ints = {0x02, 0x12, 0x04, 0x30})
    void a_long_segment_that_nobody_joins_is_too_big(int flags) {
        byte[] packet = joined();
        view(packet).put(33, (byte) flags);

        wire.fromIpv6(fromFirst(packet).bytes());

        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(Outcome.DROP_TOO_BIG_IPV4, 1L));
    }

    @Test
    void a_packet_that_no_card_can_have_joined_is_too_big() {
        byte[] datagram = ipv4("192.0.2.1", "192.0.2.2")
                .dontFragment()
                .udp(80, 4000, DATA)
                .bytes();
        byte[] lying = joined();
        lying[32] = 0x10;

        wire.fromIpv6(fromFirst(datagram).bytes()).fromIpv6(fromFirst(lying).bytes());

        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(Outcome.DROP_TOO_BIG_IPV4, 2L));
    }
}
