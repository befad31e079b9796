package io.dstm.tep.internal.rules;

import static io.dstm.tep.internal.rules.Packets.ipv4;
import static io.dstm.tep.internal.rules.Packets.ipv6;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.PacketTrace;
import io.dstm.packet.Icmpv4;
import io.dstm.packet.Icmpv6;
import io.dstm.packet.IpProtocol;
import io.dstm.tep.internal.trace.TraceReport;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class TraceTest {

    private static final String CLIENT = "2001:db8:f::1";
    private static final String OTHER = "2001:db8:f::2";
    private static final Instant START = Instant.ofEpochSecond(Wire.NOW);
    private static final Binding SHARED = Wire.binding("192.0.2.1", PortSet.ofRange(1024, 2047), CLIENT);

    private final Trace trace = new Trace();
    private final Wire wire = new Wire().serve("192.0.2.0-192.0.2.255", SHARED);

    TraceTest() {
        wire.up.watchBy(trace);
        wire.down.watchBy(trace);
    }

    private PacketTrace look(Outcome outcome) {
        return look(outcome, PacketTrace.MOST_PACKETS);
    }

    private PacketTrace look(Outcome outcome, int count) {
        Trace.Watch watch = trace.look(outcome, wire.nanos);
        return TraceReport.of(watch, outcome.counter(), count, wire.nanos, START.plusNanos(wire.nanos));
    }

    private static byte[] tunnelled(int port) {
        return ipv6(CLIENT, "2001:db8::1")
                .carrying(ipv4("192.0.2.1", "198.51.100.7").dontFragment().tcp(port, 80, 0))
                .bytes();
    }

    @Test
    void nothing_is_recorded_before_somebody_looks() {
        wire.fromIpv6(tunnelled(5000));

        assertThat(look(Outcome.DROP_FOREIGN_PORT_IPV6).packets()).isEmpty();
    }

    @Test
    void a_watched_drop_is_shown_as_it_arrived_with_what_was_looked_up() {
        look(Outcome.DROP_FOREIGN_PORT_IPV6);
        byte[] packet = tunnelled(5000);
        wire.fromIpv6(tunnelled(1030)).fromIpv6(packet);

        PacketTrace shown = look(Outcome.DROP_FOREIGN_PORT_IPV6);

        assertThat(shown.recorded()).isEqualTo(1);
        PacketTrace.Packet dropped = shown.packets().get(0);
        assertThat(dropped.fromTunnel()).isTrue();
        assertThat(dropped.length()).isEqualTo(packet.length);
        assertThat(dropped.bytes()).isEqualTo(HexFormat.of().formatHex(packet));
        assertThat(dropped.time()).isEqualTo(START.plusNanos(1));
        assertThat(dropped.headers()).extracting(PacketTrace.Header::name).containsExactly("IPv6", "IPv4", "TCP");
        assertThat(dropped.headers().get(0).fields())
                .contains(entry("source", CLIENT), entry("destination", "2001:db8::1"), entry("hopLimit", "64"));
        assertThat(dropped.headers().get(1).fields())
                .contains(entry("source", "192.0.2.1"), entry("flags", "DF"), entry("totalLength", "40"))
                .doesNotContainKey("checksum");
        assertThat(dropped.headers().get(2).fields())
                .contains(entry("sourcePort", "5000"), entry("destinationPort", "80"));
        PacketTrace.End source = Objects.requireNonNull(dropped.source());
        assertThat(source.address()).hasToString("192.0.2.1");
        assertThat(source.port()).isEqualTo(5000);
        assertThat(source.binding()).isNull();
        assertThat(dropped.destination()).as("lies outside").isNull();
    }

    @Test
    void the_binding_is_the_one_of_that_moment() {
        look(Outcome.OUT_DECAPSULATED_IPV4);
        wire.fromIpv6(tunnelled(1030));
        wire.bind(Wire.binding("192.0.2.1", PortSet.ofRange(1024, 2047), OTHER));

        PacketTrace.Packet packet =
                look(Outcome.OUT_DECAPSULATED_IPV4).packets().get(0);

        assertThat(Objects.requireNonNull(packet.source()).binding()).isEqualTo(SHARED);
    }

    @Test
    void both_ends_of_a_hairpinned_packet_are_compared() {
        Binding second = Wire.binding("192.0.2.2", OTHER);
        wire.bind(second);
        look(Outcome.HAIRPIN_ENCAPSULATED_IPV6);
        wire.fromIpv6(ipv6(CLIENT, "2001:db8::1")
                .carrying(ipv4("192.0.2.1", "192.0.2.2").udp(1030, 53, 4))
                .bytes());

        PacketTrace.Packet packet =
                look(Outcome.HAIRPIN_ENCAPSULATED_IPV6).packets().get(0);

        assertThat(Objects.requireNonNull(packet.source()).binding()).isEqualTo(SHARED);
        assertThat(Objects.requireNonNull(packet.destination()).binding()).isEqualTo(second);
    }

    @Test
    void what_comes_from_the_ipv4_side_is_compared_by_its_destination() {
        look(Outcome.DROP_NO_DESTINATION_BINDING_IPV4);
        wire.fromIpv4(ipv4("198.51.100.7", "192.0.2.9").udp(53, 99, 4).bytes());

        PacketTrace.Packet packet =
                look(Outcome.DROP_NO_DESTINATION_BINDING_IPV4).packets().get(0);

        assertThat(packet.fromTunnel()).isFalse();
        assertThat(packet.headers()).extracting(PacketTrace.Header::name).containsExactly("IPv4", "UDP");
        assertThat(packet.source()).isNull();
        assertThat(Objects.requireNonNull(packet.destination()))
                .isEqualTo(new PacketTrace.End(Ipv4Address.parse("192.0.2.9"), 99, null));
    }

    @Test
    void an_error_from_inside_the_tunnel_shows_what_it_quotes_and_the_binding_of_that() {
        byte[] quoted = ipv6("2001:db8::1", CLIENT)
                .carrying(ipv4("198.51.100.7", "192.0.2.1").tcp(80, 1030, 0))
                .bytes();
        look(Outcome.TRANSLATE_ERROR_ICMPV6);
        wire.fromIpv6(ipv6("2001:db8:a::1", "2001:db8::1")
                .icmp(Icmpv6.UNREACHABLE, 0, 0, quoted)
                .bytes());

        PacketTrace.Packet packet =
                look(Outcome.TRANSLATE_ERROR_ICMPV6).packets().get(0);

        assertThat(packet.headers())
                .extracting(PacketTrace.Header::name)
                .containsExactly("IPv6", "ICMPv6", "quoted IPv6", "quoted IPv4", "quoted TCP");
        assertThat(packet.headers().get(1).fields()).containsEntry("type", "no route (1/0)");
        assertThat(Objects.requireNonNull(packet.destination()).binding()).isEqualTo(SHARED);
        assertThat(packet.source()).isNull();
    }

    @Test
    void icmp_fragments_options_and_wrong_checksums_are_told() {
        byte[] quoted = ipv4("192.0.2.1", "198.51.100.7").udp(1030, 53, 4).bytes();
        byte[] error = ipv4("203.0.113.1", "192.0.2.1")
                .icmpError(Icmpv4.UNREACHABLE, Icmpv4.FRAGMENTATION_NEEDED, 1400, quoted)
                .bytes();
        look(Outcome.IN_ALL_IPV4);
        wire.fromIpv4(error);
        byte[] wrong = ipv4("203.0.113.1", "192.0.2.1")
                .fragment(8, true)
                .payload(IpProtocol.UDP, new byte[16])
                .bytes();
        wrong[10] ^= 1;
        wire.fromIpv4(wrong);

        PacketTrace shown = look(Outcome.IN_ALL_IPV4);

        assertThat(shown.packets().get(0).headers())
                .extracting(PacketTrace.Header::name)
                .containsExactly("IPv4", "ICMP", "quoted IPv4", "quoted UDP");
        assertThat(shown.packets().get(0).headers().get(1).fields())
                .containsExactly(entry("type", "fragmentation needed (3/4)"), entry("mtu", "1400"));
        assertThat(shown.packets().get(1).headers().get(0).fields())
                .contains(entry("flags", "MF"), entry("fragmentOffset", "8"), entry("checksum", "wrong"));
        assertThat(shown.packets().get(1).headers().get(1))
                .isEqualTo(new PacketTrace.Header("data", Map.of("length", "16")));
    }

    @Test
    void a_packet_that_came_in_fragments_is_shown_as_it_was_put_together() {
        look(Outcome.DROP_FOREIGN_PORT_IPV6);
        byte[] whole = ipv6(CLIENT, "2001:db8::1")
                .carrying(ipv4("192.0.2.1", "198.51.100.7").udp(5000, 53, 1000))
                .bytes();
        byte[] carried = Arrays.copyOfRange(whole, 40, whole.length);
        for (int offset : new int[] {0, 800}) {
            wire.fromIpv6(ipv6(CLIENT, "2001:db8::1")
                    .payload(IpProtocol.IPV4, Arrays.copyOfRange(carried, offset, offset == 0 ? 800 : carried.length))
                    .fragment(offset, offset == 0)
                    .bytes());
        }

        PacketTrace shown = look(Outcome.DROP_FOREIGN_PORT_IPV6);

        assertThat(shown.recorded()).isEqualTo(1);
        PacketTrace.Packet packet = shown.packets().get(0);
        assertThat(packet.length()).isEqualTo(whole.length);
        assertThat(packet.bytes()).isEqualTo(HexFormat.of().formatHex(whole, 0, TraceRing.KEPT));
        assertThat(packet.headers())
                .extracting(PacketTrace.Header::name)
                .startsWith("reassembled", "IPv6", "IPv4", "UDP");
        assertThat(packet.headers().get(0).fields()).contains(entry("fragments", "2"), entry("length", "1068"));
        assertThat(Objects.requireNonNull(packet.source()).port()).isEqualTo(5000);
    }

    @Test
    void a_packet_from_the_ipv4_side_that_came_in_fragments_is_shown_whole_too() {
        look(Outcome.OUT_ENCAPSULATED_IPV6);
        byte[] whole = ipv4("198.51.100.7", "192.0.2.1").udp(53, 1030, 1000).bytes();
        for (int offset : new int[] {512, 0}) {
            wire.fromIpv4(ipv4("198.51.100.7", "192.0.2.1")
                    .payload(IpProtocol.UDP, Arrays.copyOfRange(whole, 20 + offset, offset == 0 ? 532 : whole.length))
                    .fragment(offset, offset == 0)
                    .bytes());
        }

        PacketTrace.Packet packet =
                look(Outcome.OUT_ENCAPSULATED_IPV6).packets().get(0);

        assertThat(packet.length()).isEqualTo(whole.length);
        assertThat(packet.headers()).extracting(PacketTrace.Header::name).startsWith("reassembled", "IPv4", "UDP");
        PacketTrace.End destination = Objects.requireNonNull(packet.destination());
        assertThat(destination.port()).isEqualTo(1030);
        assertThat(destination.binding()).isEqualTo(SHARED);
    }

    @Test
    void a_long_packet_is_recorded_by_its_beginning() {
        look(Outcome.IN_ALL_IPV4);
        wire.fromIpv4(ipv4("203.0.113.1", "192.0.2.1").udp(53, 1030, 1000).bytes());

        PacketTrace.Packet packet = look(Outcome.IN_ALL_IPV4).packets().get(0);

        assertThat(packet.length()).isEqualTo(1028);
        assertThat(packet.bytes()).hasSize(2 * TraceRing.KEPT);
    }

    @Test
    void counters_of_what_leaves_and_what_happens_beside_can_be_watched_too() {
        look(Outcome.OUT_ERROR_ICMPV6);
        wire.fromIpv6(tunnelled(1030)).fromIpv6(tunnelled(5000));

        assertThat(look(Outcome.OUT_ERROR_ICMPV6).packets()).singleElement().satisfies(packet -> assertThat(
                        packet.headers().get(2).fields())
                .containsEntry("sourcePort", "5000"));
    }

    @Test
    void the_latest_packets_of_both_directions_are_shown_oldest_first() {
        look(Outcome.DROP_MALFORMED_IPV4);
        for (int i = 1; i <= 70; i++) {
            wire.nanos += 1000;
            wire.fromIpv4(new byte[i]);
        }
        wire.nanos += 1000;
        wire.fromIpv6(ipv6(CLIENT, "2001:db8::1")
                .payload(IpProtocol.IPV4, new byte[3])
                .bytes());

        PacketTrace shown = look(Outcome.DROP_MALFORMED_IPV4, 3);

        assertThat(shown.recorded()).isEqualTo(71);
        assertThat(shown.packets()).extracting(PacketTrace.Packet::length).containsExactly(69, 70, 43);
        assertThat(shown.packets().get(2).headers().get(1).fields()).containsEntry("tooShort", "3 bytes");
        assertThat(look(Outcome.DROP_MALFORMED_IPV4).packets()).hasSize(64);
    }

    @Test
    void recording_ends_ten_minutes_after_the_last_look_and_goes_on_with_the_next() {
        look(Outcome.DROP_FOREIGN_PORT_IPV6);
        wire.nanos += Trace.PATIENCE_NANOS - 1;
        wire.fromIpv6(tunnelled(5000));
        wire.nanos++;
        wire.fromIpv6(tunnelled(5001));

        PacketTrace shown = look(Outcome.DROP_FOREIGN_PORT_IPV6);
        assertThat(shown.recorded()).isEqualTo(1);
        assertThat(shown.since()).isEqualTo(START.plusNanos(1));
        assertThat(shown.until()).isEqualTo(START.plusNanos(wire.nanos + Trace.PATIENCE_NANOS));

        wire.fromIpv6(tunnelled(5002));
        assertThat(look(Outcome.DROP_FOREIGN_PORT_IPV6).recorded()).isEqualTo(2);
    }

    @Test
    void another_counter_or_the_end_forgets_what_was_recorded() {
        look(Outcome.DROP_FOREIGN_PORT_IPV6);
        wire.fromIpv6(tunnelled(5000));
        look(Outcome.DROP_NOT_OURS_IPV6);
        assertThat(look(Outcome.DROP_FOREIGN_PORT_IPV6).recorded()).isZero();

        wire.fromIpv6(tunnelled(5000));
        trace.end();
        wire.fromIpv6(tunnelled(5000));
        assertThat(look(Outcome.DROP_FOREIGN_PORT_IPV6).recorded()).isZero();
    }

    @Test
    void unknown_counters_and_impossible_counts_are_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TraceReport.outcome("drop-it"))
                .withMessageContaining("drop-it");
        assertThatIllegalArgumentException().isThrownBy(() -> look(Outcome.DROP_LOOP_IPV6, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> look(Outcome.DROP_LOOP_IPV6, 65));
        assertThat(Outcome.values()).allSatisfy(outcome -> assertThat(TraceReport.outcome(outcome.counter()))
                .isEqualTo(outcome));
    }

    @Test
    void watched_packets_are_judged_and_counted_like_others() {
        Wire plain = new Wire().serve("192.0.2.0-192.0.2.255", SHARED);
        look(Outcome.IN_ALL_IPV6);
        for (int port : new int[] {1030, 5000, 80}) {
            wire.fromIpv6(tunnelled(port));
            plain.fromIpv6(tunnelled(port));
        }

        assertThat(wire.counters.values()).isEqualTo(plain.counters.values());
        assertThat(wire.toIpv4).usingRecursiveComparison().isEqualTo(plain.toIpv4);
    }

    @Test
    void a_reader_sees_whole_packets_only_while_they_are_overwritten() throws InterruptedException {
        look(Outcome.DROP_MALFORMED_IPV4);
        AtomicBoolean stop = new AtomicBoolean();
        Thread writer = new Thread(() -> {
            for (int i = 0; !stop.get(); i++) {
                byte[] packet = new byte[1 + i % 200];
                Arrays.fill(packet, (byte) packet.length);
                wire.fromIpv4(packet);
            }
        });
        writer.start();
        try {
            Trace.Watch watch = trace.look(Outcome.DROP_MALFORMED_IPV4, 1);
            int seen = 0;
            while (seen < 20_000) {
                for (TraceRing.Kept kept : watch.ring(false).packets()) {
                    seen++;
                    for (int i = 0; i < kept.bytes().capacity(); i++) {
                        if ((kept.bytes().get(i) & 0xFF) != kept.length()) {
                            throw new AssertionError("torn: " + kept.bytes().get(i) + " of " + kept.length());
                        }
                    }
                }
            }
        } finally {
            stop.set(true);
            writer.join();
        }
    }

    @Property(tries = 3000)
    void whatever_the_bytes_a_packet_can_be_told(
            @ForAll @Size(max = 300) byte[] random, @ForAll boolean fromTunnel, @ForAll @IntRange(max = 7) int shape) {
        byte[] packet = shaped(random, shape);
        trace.end();
        look(fromTunnel ? Outcome.IN_ALL_IPV6 : Outcome.IN_ALL_IPV4);
        if (fromTunnel) {
            wire.fromIpv6(packet);
        } else {
            wire.fromIpv4(packet);
        }

        PacketTrace shown = look(fromTunnel ? Outcome.IN_ALL_IPV6 : Outcome.IN_ALL_IPV4);

        assertThat(shown.packets()).singleElement().satisfies(told -> {
            assertThat(told.length()).isEqualTo(packet.length);
            assertThat(told.headers()).isNotEmpty();
        });
    }

    /** Random bytes behind headers that lead the decoder deeper. */
    private static byte[] shaped(byte[] random, int shape) {
        int[] protocols = {
            IpProtocol.TCP,
            IpProtocol.UDP,
            IpProtocol.ICMP,
            IpProtocol.IPV4,
            IpProtocol.ICMPV6,
            IpProtocol.DESTINATION_OPTIONS,
            IpProtocol.FRAGMENT
        };
        if (shape == 7) {
            return random;
        }
        return (shape & 1) == 0
                ? ipv4("203.0.113.1", "192.0.2.1")
                        .payload(protocols[shape], random)
                        .bytes()
                : ipv6(CLIENT, "2001:db8::1").payload(protocols[shape], random).bytes();
    }
}
