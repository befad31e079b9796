package io.dstm.tep.internal.rules;

import static io.dstm.tep.internal.rules.Packets.inner;
import static io.dstm.tep.internal.rules.Packets.ipv4;
import static io.dstm.tep.internal.rules.Packets.ipv6;
import static io.dstm.tep.internal.rules.Packets.view;
import static io.dstm.tep.internal.rules.Wire.binding;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.packet.Icmpv4;
import io.dstm.packet.IpProtocol;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a TEP makes of "packet too big" from inside the tunnel (RFC 8201). */
class PathMtusTest {

    private static final String TEP = "2001:db8::1";
    private static final String CLIENT = "2001:db8:f::1";
    private static final String OTHER = "2001:db8:e::1";
    private static final String WORLD = "198.51.100.5";
    private static final long MINUTE = 60_000_000_000L;

    private static Wire wire() {
        return new Wire().bind(binding("192.0.2.1", CLIENT), binding("192.0.2.2", OTHER));
    }

    private static byte[] tooBig(int mtu, byte[] quoted) {
        return ipv6("2001:db8:99::1", TEP).icmp(2, 0, mtu, quoted).bytes();
    }

    private static byte[] sent(boolean dontFragment) {
        Packets.Ipv4 packet = ipv4(WORLD, "192.0.2.1").udp(53, 7, 1400);
        return ipv6(TEP, CLIENT)
                .carrying(dontFragment ? packet.dontFragment() : packet)
                .bytes();
    }

    private static Packets.Ipv4 down(String to, int length) {
        return ipv4(WORLD, to).udp(53, 7, length - 28);
    }

    @Test
    void a_packet_that_may_not_be_fragmented_is_refused_with_the_path_mtu() {
        Wire wire = wire().fromIpv6(tooBig(1400, sent(true)));
        assertThat(Icmpv4.nextHopMtu(view(wire.toIpv4.get(0)), 20)).isEqualTo(1360);
        wire.toIpv4.clear();

        wire.fromIpv4(down("192.0.2.1", 1360).dontFragment().bytes());
        assertThat(wire.toIpv6).hasSize(1);
        wire.fromIpv4(down("192.0.2.1", 1361).dontFragment().bytes());
        assertThat(wire.toIpv6).hasSize(1);
        assertThat(Icmpv4.code(view(wire.toIpv4.get(0)), 20)).isEqualTo(Icmpv4.FRAGMENTATION_NEEDED);
        assertThat(Icmpv4.nextHopMtu(view(wire.toIpv4.get(0)), 20)).isEqualTo(1360);
    }

    @Test
    void a_packet_that_may_be_fragmented_fits_the_path() {
        Wire wire = wire().fromIpv6(tooBig(1280, sent(false)));
        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(Outcome.LEARN_PATH_MTU_ICMPV6, 1L));
        assertThat(wire.counters.packets(Outcome.NOTED_PATH_MTU_ICMPV6)).isEqualTo(1);

        wire.fromIpv4(down("192.0.2.1", 1460).bytes());
        assertThat(wire.toIpv6).hasSize(2).allSatisfy(out -> assertThat(out.length)
                .isLessThanOrEqualTo(1280));
        wire.fromIpv4(down("192.0.2.1", 1240).bytes());
        assertThat(wire.toIpv6).hasSize(3);
        assertThat(inner(wire.toIpv6.get(2))).hasSize(1240);
    }

    @Test
    void concerns_the_client_at_the_end_of_that_path_only() {
        Wire wire = wire().fromIpv6(tooBig(1280, sent(false)));
        wire.fromIpv4(down("192.0.2.2", 1460).dontFragment().bytes());

        assertThat(wire.toIpv6).hasSize(1);
        assertThat(wire.toIpv6.get(0)).hasSize(1500);
    }

    @Test
    void concerns_what_other_clients_send_as_well() {
        Wire wire = wire().fromIpv6(tooBig(1300, sent(false)));
        wire.fromIpv6(ipv6(OTHER, TEP)
                .carrying(ipv4("192.0.2.2", "192.0.2.1").udp(1, 2, 1300))
                .bytes());

        assertThat(wire.toIpv6).hasSize(2).allSatisfy(out -> assertThat(out.length)
                .isLessThanOrEqualTo(1300));
    }

    @Test
    void is_forgotten_after_ten_minutes() {
        Wire wire = wire().fromIpv6(tooBig(1400, sent(false)));
        wire.nanos += 10 * MINUTE - 1;
        wire.fromIpv4(down("192.0.2.1", 1460).dontFragment().bytes());
        assertThat(wire.toIpv6).isEmpty();

        wire.nanos += 1;
        wire.fromIpv4(down("192.0.2.1", 1460).dontFragment().bytes());
        assertThat(wire.toIpv6).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"1279", "0", "68", "1500", "9000", "4294967295"})
    void believes_no_size_that_ipv6_or_the_tunnel_rules_out(long mtu) {
        Wire wire = wire().fromIpv6(tooBig((int) mtu, sent(false)));
        wire.fromIpv4(down("192.0.2.1", 1460).dontFragment().bytes());

        assertThat(wire.toIpv6).hasSize(1);
        assertThat(wire.counters.packets(Outcome.NOTED_PATH_MTU_ICMPV6)).isZero();
    }

    @Test
    void an_error_lowers_an_estimate_and_never_raises_it() {
        PathMtus mtus = new PathMtus();
        assertThat(mtus.learn(1, 2, 1400, 1500, 0)).isTrue();
        assertThat(mtus.learn(1, 2, 1450, 1500, 1)).isFalse();
        assertThat(mtus.of(1, 2, 1)).isEqualTo(1400);
        assertThat(mtus.learn(1, 2, 1300, 1500, 2)).isTrue();
        assertThat(mtus.of(1, 2, 2)).isEqualTo(1300);
        assertThat(mtus.smallest(2)).isEqualTo(1300);
        assertThat(mtus.of(2, 2, 2)).isEqualTo(PathMtus.UNKNOWN);
        assertThat(mtus.learn(1, 2, 1450, 1500, 11 * MINUTE))
                .as("after its time")
                .isTrue();
        assertThat(mtus.smallest(11 * MINUTE)).isEqualTo(1450);
        assertThat(mtus.smallest(22 * MINUTE)).isEqualTo(PathMtus.UNKNOWN);
    }

    @Test
    void remembers_many_paths_in_bounded_memory() {
        PathMtus mtus = new PathMtus();
        for (int i = 0; i < 100_000; i++) {
            assertThat(mtus.learn(0x20010db8L << 32, i, 1400, 1500, i)).isTrue();
            assertThat(mtus.of(0x20010db8L << 32, i, i)).isEqualTo(1400);
        }
        int kept = 0;
        for (int i = 0; i < 100_000; i++) {
            kept += mtus.of(0x20010db8L << 32, i, 100_000) == 1400 ? 1 : 0;
        }
        assertThat(kept).isBetween(10_000, 16_384);
    }

    @Test
    void believes_only_quotes_of_packets_it_can_have_sent() {
        byte[] fromAnother = sent(false);
        fromAnother[23] = 2;
        byte[] toStranger = sent(false);
        toStranger[39] = 9;
        byte[] notTunnelled = sent(false);
        notTunnelled[6] = IpProtocol.UDP;
        Wire wire = wire();
        for (byte[] quoted : new byte[][] {fromAnother, toStranger, notTunnelled, Arrays.copyOf(sent(false), 39)}) {
            wire.fromIpv6(tooBig(1280, quoted));
        }
        assertThat(wire.counters.packets(Outcome.NOTED_PATH_MTU_ICMPV6)).isZero();
        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(Outcome.DROP_NO_QUOTED_BINDING_ICMPV6, 4L));
    }

    @Test
    void believes_a_quote_of_a_later_fragment() {
        byte[] later = ipv6(TEP, CLIENT)
                .payload(IpProtocol.IPV4, new byte[600])
                .fragment(1400, false)
                .bytes();
        Wire wire = wire().fromIpv6(tooBig(1300, later));

        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(Outcome.LEARN_PATH_MTU_ICMPV6, 1L));
    }

    @Test
    void believes_its_own_kernel_which_may_know_a_path_before_the_rules_do() {
        Wire wire = wire().fromIpv6(ipv6(TEP, TEP).icmp(2, 0, 1300, sent(false)).bytes());
        wire.fromIpv6(ipv6(TEP, TEP).icmp(1, 0, 0, sent(false)).bytes());

        assertThat(wire.verdicts())
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of(Outcome.LEARN_PATH_MTU_ICMPV6, 1L, Outcome.DROP_LOOP_IPV6, 1L));
    }

    @Test
    void learns_for_itself_where_errors_do_not_reach_ipv4_hosts() {
        Wire.Settings settings = new Wire.Settings();
        settings.incomingIcmpv6 = false;
        Wire wire = new Wire(settings).bind(binding("192.0.2.1", CLIENT)).fromIpv6(tooBig(1300, sent(true)));

        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(Outcome.LEARN_PATH_MTU_ICMPV6, 1L));
        assertThat(wire.toIpv4).isEmpty();
    }
}
