package io.dstm.tep.internal.rules;

import static io.dstm.tep.internal.rules.Packets.ipv4;
import static io.dstm.tep.internal.rules.Packets.ipv6;
import static io.dstm.tep.internal.rules.Packets.view;
import static io.dstm.tep.internal.rules.Wire.binding;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.packet.InternetChecksum;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.packet.PacketFault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever the bytes are: one verdict, no exception, nothing malformed leaves, and nothing leaves for whom there is no binding. */
class TotalityProperties {

    private static final int PACKETS = 1_000;
    private static final String TEP = "2001:db8::1";
    private static final String CLIENT = "2001:db8:f::1";
    private static final String SHARER = "2001:db8:a::1";
    private static final String WORLD = "198.51.100.5";

    private static final List<byte[]> SEEDS = seeds();

    private static List<byte[]> seeds() {
        byte[] down = ipv4(WORLD, "192.0.2.9").dontFragment().udp(53, 5120, 100).bytes();
        byte[] tunnelled = ipv6(TEP, SHARER).payload(IpProtocol.IPV4, down).bytes();
        List<byte[]> seeds = new ArrayList<>();
        seeds.add(down);
        seeds.add(ipv4(WORLD, "192.0.2.1").tcp(53, 80, 1400).bytes());
        seeds.add(ipv4(WORLD, "192.0.2.1").options("94040000").tcp(53, 80, 1800).bytes());
        seeds.add(ipv4(WORLD, "192.0.2.9").echo(0, 5121).bytes());
        seeds.add(ipv4(WORLD, "192.0.0.1").echo(8, 5121).bytes());
        seeds.add(ipv4(WORLD, "192.0.2.9")
                .icmpError(3, 4, 1400, ipv4("192.0.2.9", WORLD).udp(5122, 53, 8).bytes())
                .bytes());
        seeds.add(ipv6(CLIENT, TEP)
                .carrying(ipv4("192.0.2.1", WORLD).tcp(80, 53, 1200))
                .bytes());
        seeds.add(ipv6(CLIENT, TEP)
                .carrying(ipv4("192.0.2.1", "192.0.2.9").tcp(80, 5120, 1800))
                .bytes());
        seeds.add(ipv6(CLIENT, TEP)
                .carrying(ipv4("192.0.2.1", WORLD).fragment(1480, true).udp(1, 2, 8))
                .bytes());
        seeds.add(ipv6(SHARER, TEP)
                .carrying(ipv4("192.0.2.9", WORLD).icmpError(3, 3, 0, down))
                .bytes());
        seeds.add(ipv6(SHARER, TEP)
                .carrying(ipv4("192.0.2.9", WORLD).udp(5120, 53, 10))
                .before(60, "0000 0401 0401 0100")
                .before(0, "0000 0104 0000 0000")
                .bytes());
        seeds.add(ipv6("2001:db8:99::1", TEP).icmp(2, 0, 1400, tunnelled).bytes());
        seeds.add(ipv6("2001:db8:99::1", TEP).icmp(128, 0, 1, new byte[20]).bytes());
        return seeds;
    }

    private static Wire bound() {
        Wire.Settings settings = new Wire.Settings();
        settings.ipv4Mtu = 1000;
        return new Wire(settings)
                .serve(
                        "192.0.2.0/24",
                        binding("192.0.2.1", CLIENT),
                        binding("192.0.2.9", new PortSet(0, 6, 5), SHARER));
    }

    @Property(tries = 30)
    void mutated_packets_leave_sound_or_not_at_all(@ForAll long seed) {
        Random random = new Random(seed);
        Wire wire = bound();
        for (int i = 0; i < PACKETS; i++) {
            run(wire, mutated(random), random.nextBoolean());
        }
        assertThat(wire.counters.packets(Outcome.OUT_ENCAPSULATED_IPV6)).isPositive();
        assertThat(wire.counters.packets(Outcome.OUT_DECAPSULATED_IPV4)).isPositive();
    }

    /** Then bindings are fetched ahead, from packets that nobody has checked yet. */
    @Property(tries = 3)
    void a_large_table_changes_nothing_about_that(@ForAll long seed) {
        Random random = new Random(seed);
        Wire wire = bound();
        Binding[] many = new Binding[40_000];
        for (int i = 0; i < many.length; i++) {
            many[i] = binding("10.0." + (i >>> 8) + "." + (i & 0xFF), SHARER);
        }
        wire.bind(many);
        for (int i = 0; i < PACKETS; i++) {
            run(wire, mutated(random), random.nextBoolean());
        }
        byte[] random20 = new byte[20];
        random.nextBytes(random20);
        run(wire, random20, true);
        run(wire, new byte[0], false);
        assertThat(wire.counters.packets(Outcome.OUT_ENCAPSULATED_IPV6)).isPositive();
    }

    @Property(tries = 15)
    void random_bytes_lead_nowhere(@ForAll long seed) {
        Random random = new Random(seed);
        Wire wire = bound();
        for (int i = 0; i < PACKETS; i++) {
            byte[] packet = new byte[random.nextInt(200)];
            random.nextBytes(packet);
            run(wire, packet, random.nextBoolean());
        }
        assertThat(wire.counters.packets(Outcome.OUT_ENCAPSULATED_IPV6)).isZero();
        assertThat(wire.counters.packets(Outcome.OUT_DECAPSULATED_IPV4)).isZero();
    }

    @Property(tries = 15)
    void without_bindings_nothing_passes(@ForAll long seed) {
        Random random = new Random(seed);
        Wire.Settings settings = new Wire.Settings();
        settings.icmpv4Errors = false;
        settings.icmpv6Errors = false;
        Wire wire = new Wire(settings);
        for (int i = 0; i < PACKETS; i++) {
            run(wire, mutated(random), random.nextBoolean());
        }
        assertThat(wire.counters.packets(Outcome.OUT_ALL_IPV4))
                .isLessThanOrEqualTo(wire.counters.packets(Outcome.ANSWER_ECHO_ICMPV4));
        assertThat(wire.counters.packets(Outcome.OUT_ALL_IPV6))
                .isLessThanOrEqualTo(wire.counters.packets(Outcome.ANSWER_ECHO_ICMPV6));
        assertThat(wire.verdicts().keySet())
                .allMatch(outcome ->
                        outcome.name().startsWith("DROP_") || outcome.name().startsWith("ANSWER_"));
    }

    /** A seed with some bytes changed, cut or lengthened, and, half the time, its checksums repaired so that it gets further. */
    private static byte[] mutated(Random random) {
        byte[] seed = SEEDS.get(random.nextInt(SEEDS.size()));
        byte[] packet = random.nextInt(4) == 0
                ? Arrays.copyOf(seed, Math.max(1, seed.length + random.nextInt(40) - 30))
                : seed.clone();
        for (int changes = random.nextInt(4); changes > 0; changes--) {
            // Most of what matters is at the front.
            int at = random.nextInt(random.nextBoolean() ? Math.min(packet.length, 96) : packet.length);
            packet[at] = (byte) (random.nextBoolean() ? random.nextInt() : packet[at] ^ 1 << random.nextInt(8));
        }
        if (random.nextBoolean()) {
            repair(packet, packet[0] >>> 4 == 6 ? 40 : 0);
        }
        return packet;
    }

    private static void repair(byte[] packet, int header) {
        if (packet.length >= header + 60) {
            int length = Math.max(20, Ipv4Header.headerLength(view(packet), header));
            view(packet).putShort(header + 10, (short) 0);
            view(packet).putShort(header + 10, (short) InternetChecksum.of(view(packet), header, length));
        }
    }

    private static void run(Wire wire, byte[] packet, boolean fromTunnel) {
        long verdicts = verdicts(wire);
        wire.toIpv4.clear();
        wire.toIpv6.clear();
        // What is beside the packet's own slot is none of its business.
        int neighbour = wire.memory.slotStart(1);
        wire.memory.bytes().putLong(neighbour - 64, 0x5AFE_5AFE_5AFE_5AFEL).putLong(neighbour, 0x5AFE_5AFE_5AFE_5AFEL);

        if (fromTunnel) {
            wire.fromIpv6(packet);
        } else {
            wire.fromIpv4(packet);
        }

        assertThat(verdicts(wire)).as("verdicts").isEqualTo(verdicts + 1);
        assertThat(wire.counters.packets(Outcome.DROP_DEFECT_IP))
                .as("exceptions")
                .isZero();
        assertThat(wire.memory.bytes().getLong(neighbour - 64)).isEqualTo(0x5AFE_5AFE_5AFE_5AFEL);
        assertThat(wire.memory.bytes().getLong(neighbour)).isEqualTo(0x5AFE_5AFE_5AFE_5AFEL);
        wire.toIpv4.forEach(TotalityProperties::assertSoundIpv4);
        for (byte[] out : wire.toIpv6) {
            assertThat(Ipv6Header.check(view(out), 0, out.length)).isEqualTo(PacketFault.NONE);
            assertThat(Ipv6Header.payloadLength(view(out), 0)).isEqualTo(out.length - 40);
            assertThat(out.length).isLessThanOrEqualTo(1500);
            if (Ipv6Header.nextHeader(view(out), 0) == IpProtocol.IPV4) {
                assertSoundIpv4(Packets.inner(out));
            }
        }
    }

    private static void assertSoundIpv4(byte[] out) {
        assertThat(Ipv4Header.check(view(out), 0, out.length)).isEqualTo(PacketFault.NONE);
        assertThat(Ipv4Header.totalLength(view(out), 0)).isEqualTo(out.length);
        assertThat(Ipv4Header.isChecksumSound(view(out), 0)).isTrue();
    }

    private static long verdicts(Wire wire) {
        return wire.verdicts().values().stream().mapToLong(Long::longValue).sum();
    }
}
