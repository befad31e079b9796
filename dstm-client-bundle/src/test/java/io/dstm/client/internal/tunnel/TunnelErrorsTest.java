package io.dstm.client.internal.tunnel;

import static io.dstm.client.internal.tunnel.TunnelRig.LEASE;
import static io.dstm.client.internal.tunnel.TunnelRig.NODE;
import static io.dstm.client.internal.tunnel.TunnelRig.PLACEHOLDER;
import static io.dstm.client.internal.tunnel.TunnelRig.REMOTE;
import static io.dstm.client.internal.tunnel.TunnelRig.SECOND;
import static io.dstm.client.internal.tunnel.TunnelRig.TEP;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What errors from inside the tunnel lead to (RFC 2473 section 8, RFC 7596 sections 5.1 and 5.2). */
class TunnelErrorsTest {

    private static final Ipv6Address ROUTER = Ipv6Address.parse("2001:db8:5::1");
    private static final byte[] DATA = new byte[100];
    private static final int DO_NOT_CUT = 0x4000;

    private final TunnelRig rig = new TunnelRig().withLease(PortSet.FULL);

    /** An error from a router, about a packet as the node sent it. */
    private static byte[] error(Ipv6Address from, int type, int code, long rest, byte[] quote) {
        return Packets.icmpv6(from, NODE, type, code, rest, quote);
    }

    private static byte[] quoting(byte[] inner) {
        return Packets.tunnelled(NODE, TEP, 0, inner);
    }

    private static byte[] request() {
        return Packets.udp(LEASE, 40000, REMOTE, 53, DATA);
    }

    @ParameterizedTest(name = "ICMPv6 {0}/{1}")
    @CsvSource({"1,0", "1,1", "1,3", "3,0", "4,0", "4,2"})
    void the_program_hears_that_its_packet_did_not_get_through(int type, int code) {
        byte[] answer =
                rig.down(error(ROUTER, type, code, 0, quoting(request()))).onlyIpv4();

        assertThat(Packets.source(answer)).isEqualTo(Packets.ip("192.0.0.1"));
        assertThat(Packets.destination(answer)).isEqualTo(LEASE);
        assertThat(Packets.u16(answer, 20)).as("type 3 code 1").isEqualTo(0x0301);
        assertThat(Packets.quoted(answer)).isEqualTo(request());
        assertThat(Packets.checksumsFit(answer)).isTrue();
        assertThat(rig.moved())
                .isEqualTo(Map.of(NodeCounter.RELAY_ERROR_IPV6, 1L, NodeCounter.MADE_UNREACHABLE_IPV4, 1L));
    }

    @Test
    void a_program_whose_flow_is_translated_hears_of_the_packet_that_it_knows() {
        byte[] started = Packets.udp(PLACEHOLDER, 40000, REMOTE, 53, DATA);
        byte[] sent = rig.up(started).onlyIpv6();

        byte[] answer = rig.down(error(ROUTER, 1, 0, 0, sent)).onlyIpv4();

        assertThat(Packets.destination(answer)).isEqualTo(PLACEHOLDER);
        assertThat(Packets.quoted(answer)).isEqualTo(started);
        assertThat(Packets.checksumsFit(answer)).isTrue();
    }

    @Test
    void a_packet_too_long_for_the_path_is_refused_with_the_size_that_fits() {
        byte[] tooLong = Packets.udp(LEASE, 40000, REMOTE, 53, new byte[1400]);

        byte[] answer = rig.down(error(ROUTER, 2, 0, 1300, quoting(tooLong))).onlyIpv4();

        assertThat(Packets.u16(answer, 20)).as("type 3 code 4").isEqualTo(0x0304);
        assertThat(Packets.u16(answer, 26)).as("next hop MTU").isEqualTo(1260);
        assertThat(rig.moved())
                .isEqualTo(Map.of(NodeCounter.LEARN_PATH_MTU_IPV6, 1L, NodeCounter.MADE_TOO_BIG_IPV4, 1L));

        assertThat(rig.down(error(ROUTER, 2, 0, 1300, quoting(tooLong))).onlyIpv4())
                .as("no news for the node, but for this packet")
                .hasSize(576);
        assertThat(rig.moved()).containsEntry(NodeCounter.RELAY_ERROR_IPV6, 1L);
    }

    @Test
    void one_fragment_that_did_not_get_through_is_one_packet_that_did_not() {
        byte[] first = Packets.tunnelled(NODE, TEP, 0, concat(new byte[] {4, 0, 0, 1, 0, 0, 0, 9}, request()));
        first[6] = 44;
        assertThat(Packets.quoted(rig.down(error(ROUTER, 1, 0, 0, first)).onlyIpv4()))
                .isEqualTo(request());

        byte[] later = first.clone();
        later[42] = 1;
        assertThat(rig.down(error(ROUTER, 1, 0, 0, later)).isEmpty()).isTrue();
    }

    @Test
    void what_is_no_news_about_the_way_or_about_no_packet_of_a_program_stays_here() {
        byte[][] silent = {
            error(ROUTER, 3, 1, 0, quoting(request())),
            error(ROUTER, 100, 0, 0, quoting(request())),
            error(ROUTER, 1, 0, 0, quoting(Packets.udp(REMOTE, 40000, LEASE, 53, DATA))),
            error(ROUTER, 1, 0, 0, quoting(Packets.icmpError(LEASE, REMOTE, 3, 1, request()))),
            error(ROUTER, 1, 0, 0, quoting(Packets.ipv4(LEASE, REMOTE, 17, 0, 1, 5, DATA))),
            error(ROUTER, 1, 0, 0, quoting(Arrays.copyOf(request(), 19))),
            error(ROUTER, 1, 0, 0, Packets.tunnelled(NODE, ROUTER, 0, request())),
            error(ROUTER, 1, 0, 0, Packets.tunnelled(ROUTER, TEP, 0, request())),
            error(ROUTER, 2, 0, 1300, quoting(Packets.ipv4(LEASE, REMOTE, 17, 0, 1, DO_NOT_CUT, DATA))),
        };
        for (byte[] packet : silent) {
            assertThat(rig.down(packet).isEmpty()).isTrue();
        }
        assertThat(rig.moved())
                .isEqualTo(
                        Map.of(NodeCounter.DROP_ICMPV6_IPV6, silent.length - 1L, NodeCounter.LEARN_PATH_MTU_IPV6, 1L));
    }

    @Test
    void no_flood_of_errors_becomes_one_of_answers() {
        for (int i = 0; i < 500; i++) {
            rig.down(error(ROUTER, 1, 0, 0, quoting(request())));
        }
        assertThat(rig.counters.packets(NodeCounter.MADE_UNREACHABLE_IPV4)).isEqualTo(100);
    }

    @Test
    void a_refusal_by_the_tep_is_told_but_not_more_than_once_a_minute() {
        for (int i = 0; i < 3; i++) {
            assertThat(rig.down(error(TEP, 1, 5, 0, quoting(request()))).isEmpty())
                    .isTrue();
        }
        assertThat(rig.needs).containsExactly("refused");
        rig.nanos += 60 * SECOND - 1;
        rig.down(error(TEP, 1, 5, 0, quoting(request())));
        assertThat(rig.needs).hasSize(1);
        rig.nanos += 1;
        rig.down(error(TEP, 1, 5, 0, quoting(request())));
        assertThat(rig.needs).hasSize(2);
        assertThat(rig.moved()).isEqualTo(Map.of(NodeCounter.NOTE_REFUSED_SOURCE_IPV6, 5L));
    }

    /** RFC 7596 section 5.1: a refusal that is not from the TEP MUST be discarded. */
    @Test
    void a_refusal_that_is_not_from_the_tep_or_about_what_is_rightly_refused_is_dropped() {
        TunnelRig shared = new TunnelRig().withLease(new PortSet(0, 6, 5));
        byte[] ours = Packets.udp(LEASE, 5120, REMOTE, 53, DATA);
        byte[] outsideTheSet = request();
        byte[] foreign = Packets.udp(REMOTE, 5120, LEASE, 53, DATA);

        for (byte[] packet : new byte[][] {
            error(ROUTER, 1, 5, 0, quoting(ours)),
            error(TEP, 1, 5, 0, quoting(outsideTheSet)),
            error(TEP, 1, 5, 0, quoting(foreign)),
            error(TEP, 1, 5, 0, quoting(Arrays.copyOf(ours, 22))),
        }) {
            assertThat(shared.down(packet).isEmpty()).isTrue();
        }
        assertThat(shared.needs).isEmpty();
        assertThat(shared.moved()).isEqualTo(Map.of(NodeCounter.DROP_ICMPV6_IPV6, 4L));
        shared.down(error(TEP, 1, 5, 0, quoting(ours)));
        assertThat(shared.needs).containsExactly("refused");
    }

    @Test
    void what_is_not_for_this_node_is_dropped_without_a_word_unless_the_operator_wants_one() {
        TunnelRig silent = new TunnelRig().withLease(new PortSet(0, 6, 5));
        TunnelRig talking = new TunnelRig(new TunnelSettings(1500, 4, 64, false, true)).withLease(new PortSet(0, 6, 5));
        byte[] otherPort = Packets.udp(REMOTE, 53, LEASE, 40000, DATA);
        byte[] otherAddress = Packets.udp(REMOTE, 53, LEASE + 1, 5120, DATA);

        for (byte[] packet : new byte[][] {otherPort, otherAddress}) {
            assertThat(silent.fromTep(packet).isEmpty()).isTrue();
            byte[] outer = talking.fromTep(packet).onlyIpv6();
            assertThat(Arrays.copyOfRange(outer, 8, 24)).isEqualTo(NODE.toBytes());
            assertThat(Arrays.copyOfRange(outer, 24, 40)).isEqualTo(TEP.toBytes());
            byte[] answer = Packets.inner(outer);
            assertThat(Packets.source(answer)).isEqualTo(LEASE);
            assertThat(Packets.destination(answer)).isEqualTo(REMOTE);
            assertThat(Packets.u16(answer, 20)).as("type 3 code 13").isEqualTo(0x030D);
            assertThat(Packets.quoted(answer)).isEqualTo(packet);
            assertThat(Packets.checksumsFit(answer)).isTrue();
        }
        assertThat(talking.moved())
                .isEqualTo(Map.of(
                        NodeCounter.DROP_PORT_IPV6, 1L,
                        NodeCounter.DROP_DESTINATION_IPV6, 1L,
                        NodeCounter.MADE_PROHIBITED_IPV4, 2L));
        assertThat(talking.fromTep(Packets.icmpError(REMOTE, LEASE + 1, 3, 1, otherPort))
                        .isEmpty())
                .as("no error about an error")
                .isTrue();
    }

    @Test
    void no_mutation_of_an_error_ends_in_an_exception_or_a_packet_to_nobody() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 50_000; i++) {
            byte[] quote = quoting(request());
            for (int flips = random.nextInt(6); flips > 0; flips--) {
                quote[random.nextInt(quote.length)] ^= (byte) (1 << random.nextInt(8));
            }
            quote = Arrays.copyOf(quote, random.nextInt(quote.length + 1));
            TunnelRig.Out out = rig.down(
                    error(random.nextBoolean() ? TEP : ROUTER, random.nextInt(6), random.nextInt(7), 1300, quote));
            assertThat(out.toIpv6()).isEmpty();
            assertThat(out.toIpv4()).allSatisfy(packet -> {
                assertThat(Packets.destination(packet)).isEqualTo(LEASE);
                assertThat(Packets.checksum(packet, 0, 20, 0)).isZero();
                assertThat(Packets.checksum(packet, 20, packet.length - 20, 0)).isZero();
            });
            rig.nanos += SECOND / 50;
        }
        assertThat(rig.counters.packets(NodeCounter.RELAY_ERROR_IPV6)).isGreaterThan(100);
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
