package io.dstm.client.internal.tunnel;

import static io.dstm.client.internal.tunnel.TunnelRig.LEASE;
import static io.dstm.client.internal.tunnel.TunnelRig.PLACEHOLDER;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.PortSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class TranslationProperties {

    /** One packet of an inside flow. */
    record Sent(boolean placeholder, int protocol, int port, int remote, int remotePort, byte[] data, int pause) {

        int source() {
            return placeholder ? PLACEHOLDER : LEASE;
        }

        byte[] packet() {
            return switch (protocol) {
                case 6 -> Packets.tcp(source(), port, remote, remotePort, Packets.SYN, data);
                case 17 -> Packets.udp(source(), port, remote, remotePort, data);
                default -> Packets.icmp(source(), remote, 8, port, data);
            };
        }

        byte[] answerTo(byte[] outside) {
            return switch (protocol) {
                case 6 ->
                    Packets.tcp(
                            remote, remotePort, LEASE, Packets.sourcePort(outside), Packets.SYN | Packets.ACK, data);
                case 17 -> Packets.udp(remote, remotePort, LEASE, Packets.sourcePort(outside), data);
                default -> Packets.icmp(remote, LEASE, 0, Packets.identifier(outside), data);
            };
        }

        byte[] answer() {
            return switch (protocol) {
                case 6 -> Packets.tcp(remote, remotePort, source(), port, Packets.SYN | Packets.ACK, data);
                case 17 -> Packets.udp(remote, remotePort, source(), port, data);
                default -> Packets.icmp(remote, source(), 0, port, data);
            };
        }

        int outsidePort(byte[] outside) {
            return protocol == 1 ? Packets.identifier(outside) : Packets.sourcePort(outside);
        }

        String insideTuple() {
            return protocol + " " + placeholder + " " + port;
        }
    }

    @Provide
    Arbitrary<List<Sent>> traffic() {
        return Combinators.combine(
                        Arbitraries.of(false, true),
                        Arbitraries.of(1, 6, 17),
                        Arbitraries.oneOf(
                                Arbitraries.integers().between(1, 65535),
                                Arbitraries.integers().between(1030, 1040)),
                        Arbitraries.integers().between(0x0B000000, 0x0B0000FF),
                        Arbitraries.integers().between(1, 65535),
                        Arbitraries.bytes().array(byte[].class).ofMaxSize(9),
                        Arbitraries.integers().between(0, 100))
                .as(Sent::new)
                .list()
                .ofMaxSize(60);
    }

    @Provide
    Arbitrary<PortSet> sets() {
        return Arbitraries.of(
                PortSet.FULL,
                PortSet.ofRange(1024, 1151),
                PortSet.ofRange(1024, 1039),
                PortSet.ofRange(32768, 65535),
                new PortSet(6, 8, 52),
                new PortSet(4, 12, 1));
    }

    @Property(tries = 300)
    void no_two_inside_flows_share_an_outside_tuple_and_answers_find_back(
            @ForAll("sets") PortSet ports, @ForAll("traffic") List<Sent> traffic) {
        TunnelRig rig = new TunnelRig().withLease(ports);
        Map<String, String> ownerOfOutside = new HashMap<>();
        Map<String, Integer> outsideOfInside = new HashMap<>();
        for (Sent sent : traffic) {
            List<byte[]> out = rig.up(sent.packet()).toIpv6();
            if (out.isEmpty()) {
                assertThat(ports.size()).as("only a small set runs out").isLessThan(100);
                continue;
            }
            byte[] outside = Packets.inner(out.get(0));
            int port = sent.outsidePort(outside);
            assertThat(Packets.source(outside)).isEqualTo(LEASE);
            assertThat(ports.contains(port)).isTrue();
            assertThat(Packets.checksumsFit(outside)).isTrue();
            String owner = ownerOfOutside.putIfAbsent(sent.protocol() + " " + port, sent.insideTuple());
            assertThat(owner).isIn(null, sent.insideTuple());
            Integer before = outsideOfInside.putIfAbsent(sent.insideTuple(), port);
            assertThat(before).isIn(null, port);
            assertThat(rig.fromTep(sent.answerTo(outside)).onlyIpv4()).isEqualTo(sent.answer());
        }
    }

    /** The same with mappings that end in between: then only what is alive at the same time must differ. */
    @Property(tries = 200)
    void an_answer_finds_back_whenever_its_packet_got_out(
            @ForAll("sets") PortSet ports, @ForAll("traffic") List<Sent> traffic) {
        TunnelRig rig = new TunnelRig().withLease(ports);
        for (Sent sent : traffic) {
            rig.nanos += sent.pause() * TunnelRig.SECOND;
            for (byte[] out : rig.up(sent.packet()).toIpv6()) {
                byte[] outside = Packets.inner(out);
                byte[] back = rig.fromTep(sent.answerTo(outside)).onlyIpv4();
                assertThat(back).isEqualTo(sent.answer());
                byte[] error = Packets.icmpError(sent.remote(), LEASE, 3, 1, outside);
                byte[] reported = rig.fromTep(error).onlyIpv4();
                assertThat(Packets.quoted(reported)).isEqualTo(sent.packet());
                assertThat(Packets.destination(reported)).isEqualTo(sent.source());
                assertThat(Packets.checksumsFit(reported)).isTrue();
            }
            rig.tunnel.sweep(rig.nanos);
        }
    }

    @Property(tries = 2000)
    void every_byte_sequence_ends_in_exactly_one_counter(
            @ForAll("sets") PortSet ports,
            @ForAll @Size(max = 120) byte[] noise,
            @ForAll @IntRange(min = 0, max = 6) int likeness) {
        TunnelRig rig = new TunnelRig().withLease(ports);
        // A flow of the placeholder, so that a full address translates as well.
        rig.up(Packets.udp(PLACEHOLDER, 1234, 0x0B000001, 53, noise));
        long before = outcomes(rig);

        for (boolean placeholder : List.of(false, true)) {
            byte[] up = likely(noise, likeness, placeholder ? PLACEHOLDER : LEASE, 0x0B000001);
            rig.up(up);
        }
        byte[] down = likely(noise, likeness, 0x0B000001, LEASE);
        rig.fromTep(down);
        rig.down(noise);

        assertThat(outcomes(rig) - before).isEqualTo(4);
    }

    private static long outcomes(TunnelRig rig) {
        return rig.moved().entrySet().stream()
                .filter(entry -> !entry.getKey().label().startsWith("made"))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** Noise that looks more and more like something. */
    private static byte[] likely(byte[] noise, int likeness, int source, int destination) {
        List<Integer> protocols = new ArrayList<>(List.of(1, 6, 17, 132));
        return switch (likeness) {
            case 0 -> noise;
            case 1, 2, 3, 4 -> Packets.ipv4(source, destination, protocols.get(likeness - 1), noise);
            case 5 -> Packets.icmpError(source, destination, 3, 3, noise);
            default ->
                Packets.icmpError(
                        source,
                        destination,
                        11,
                        0,
                        Packets.ipv4(destination, source, protocols.get(noise.length % 4), noise));
        };
    }
}
