package io.dstm.datapath.internal.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.datapath.internal.bpf.Differential.Packet;
import io.dstm.datapath.internal.testing.Packets;
import io.dstm.tep.internal.rules.EchoLookup;
import io.dstm.tep.internal.rules.Hairpinning;
import io.dstm.tep.internal.rules.OuterHeader;
import io.dstm.tep.internal.rules.ReassemblyLimits;
import io.dstm.tep.internal.rules.RulesSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The softwire cases of the rules' own tests, the seeds of their fuzzing and mutations of both, packet by packet through the programs in
 * the kernel: each does what the rules do, or leaves the packet as it was.
 */
@Timeout(120)
@ParameterizedClass
@EnumSource(Tried.class)
class SoftwireCasesTest {

    private static final Path RESOURCES = Path.of("../../dstm-tep-bundle/src/test/resources");
    private static final Path CASES = RESOURCES.resolve("softwire");
    private static final Path SEEDS =
            RESOURCES.resolve("io/dstm/tep/internal/fuzz/RulesFuzzTestInputs/nothing_gets_through_unjudged");
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final int MUTATIONS = Integer.getInteger("dstm.mutations", 100);
    private static final long SEED = Long.getLong("dstm.seed", 20_261_121);

    @Parameter
    Tried tried;

    private TepDifferential tep;

    @BeforeEach
    void lay() throws Exception {
        tep = new TepDifferential(tried);
    }

    @AfterEach
    void clear() throws Exception {
        if (tep != null) {
            tep.close();
        }
    }

    /** Sets program and rules up for the table of a case. */
    private void take(String id) throws Exception {
        JsonNode table = JSON.readTree(CASES.resolve(id).resolve("table.json").toFile());
        JsonNode own = table.get("case-settings");
        JsonNode instance =
                table.at("/ietf-softwire-br:br-instances/binding/bind-instance").get(0);
        JsonNode icmpv4 = instance.at("/icmp-policy/icmpv4-errors");
        JsonNode icmpv6 = instance.at("/icmp-policy/icmpv6-errors");
        Ipv4Address ipv4Address = Ipv4Address.parse(own.get("tep-ipv4").asText());
        int tunnelMtu = own.get("mtu-ipv6").asInt();
        RulesSettings settings = new RulesSettings(
                Ipv6Address.parse(own.get("tep-ipv6").asText()),
                List.of(),
                ipv4Address,
                tunnelMtu,
                own.get("mtu-ipv4").asInt(),
                instance.get("enable-hairpinning").asBoolean() ? Hairpinning.TRUE : Hairpinning.OUTSIDE,
                icmpv4.get("generate-icmpv4-errors").asBoolean(),
                icmpv6.get("generate-icmpv6-errors").asBoolean(),
                icmpv4.get("allow-incoming-icmpv4").asBoolean(),
                icmpv6.get("allow-incoming-icmpv6").asBoolean(),
                EchoLookup.IDENTIFIER,
                true,
                true,
                0,
                true,
                new ReassemblyLimits(
                        1 << 20, 8, own.get("reassembly-max-fragments").asInt()),
                OuterHeader.DEFAULT);
        List<Binding> bindings = new ArrayList<>();
        Set<Ipv4Range> served = new LinkedHashSet<>();
        for (JsonNode entry : instance.at("/binding-table/binding-entry")) {
            JsonNode ports = entry.get("port-set");
            Ipv4Address address =
                    Ipv4Address.parse(entry.get("binding-ipv4-addr").asText());
            served.add(new Ipv4Range(address, address));
            bindings.add(new Binding(
                    new LeaseKey(
                            address,
                            new PortSet(
                                    ports.get("psid-offset").asInt(),
                                    ports.get("psid-len").asInt(),
                                    ports.get("psid").asInt())),
                    Ipv6Address.parse(entry.get("binding-ipv6info").asText()),
                    Ipv6Address.parse(entry.get("br-ipv6-addr").asText()),
                    Instant.ofEpochSecond(TepDifferential.NOW + 3600)));
        }
        tep.host.sh("ip route replace default via 203.0.113.2 mtu lock " + settings.ipv4Mtu());
        tep.take(settings, served, bindings);
        tep.holdHops(true);
    }

    /** Sends a packet through both; whether the program forwarded it. */
    private boolean agreeOn(Packet packet, String which) {
        return tep.canTry(packet) && tep.host.call(() -> tep.agreeOn(packet, () -> which)) > 0;
    }

    private static List<Packet> packets(Path file, boolean up) throws IOException {
        List<Packet> packets = new ArrayList<>();
        if (Files.exists(file)) {
            ByteBuffer pcap = ByteBuffer.wrap(Files.readAllBytes(file));
            pcap.order(pcap.getInt(0) == 0xA1B2C3D4 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
            for (int at = 24; at < pcap.capacity(); ) {
                byte[] packet = new byte[pcap.getInt(at + 8)];
                pcap.get(at + 16, packet);
                packets.add(new Packet(packet, up));
                at += 16 + packet.length;
            }
        }
        return packets;
    }

    /** One byte says the side, two the length. */
    private static List<Packet> seeds(Path file) throws IOException {
        ByteBuffer row = ByteBuffer.wrap(Files.readAllBytes(file));
        List<Packet> packets = new ArrayList<>();
        while (row.remaining() >= 3) {
            boolean up = (row.get() & 1) != 0;
            byte[] packet = new byte[Math.min(Math.min(row.getShort() & 0xFFFF, row.remaining()), 1600)];
            row.get(packet);
            packets.add(new Packet(packet, up));
        }
        return packets;
    }

    /** A few octets of other values, every other time with a header checksum that knows of them. */
    private static Packet mutated(Packet packet, Random random) {
        byte[] changed = packet.bytes().clone();
        int inner = packet.tunnelled() ? 40 : 0;
        for (int changes = 1 + random.nextInt(3); changes > 0 && changed.length > 0; changes--) {
            changed[random.nextInt(Math.min(changed.length, inner + 40))] = (byte) random.nextInt(256);
        }
        if (random.nextBoolean() && changed.length >= inner + 20) {
            Packets.sound(changed, inner);
        }
        return new Packet(changed, packet.tunnelled());
    }

    @Test
    void every_packet_of_the_cases_meets_the_same_fate_or_is_left_to_the_rules() throws Exception {
        Random random = new Random(SEED);
        Set<String> forwarded = new TreeSet<>();
        int mutations = 0;
        JsonNode cases = JSON.readTree(CASES.resolve("cases.json").toFile());
        assertThat(cases).hasSize(30);
        for (JsonNode entry : cases) {
            String id = entry.get("id").asText();
            List<Packet> packets = new ArrayList<>(packets(CASES.resolve(id).resolve("in4.pcap"), false));
            packets.addAll(packets(CASES.resolve(id).resolve("in6.pcap"), true));
            assertThat(packets).as(id).isNotEmpty();
            take(id);
            for (Packet packet : packets) {
                if (agreeOn(packet, id + " " + HexFormat.of().formatHex(packet.bytes()))) {
                    forwarded.add(id);
                }
            }
            for (int i = 0; i < MUTATIONS; i++) {
                Packet packet = mutated(packets.get(i % packets.size()), random);
                mutations += agreeOn(packet, id + ", seed " + SEED + ", mutation " + i) ? 1 : 0;
            }
        }
        // The others are fragments, ICMP errors, too long, to another client, or of nobody.
        assertThat(forwarded).contains("e16", "e84");
        assertThat(mutations).isPositive();
    }

    @Test
    void every_seed_of_the_fuzzing_meets_the_same_fate_or_is_left_to_the_rules() throws Exception {
        Random random = new Random(SEED);
        take("e14");
        int forwarded = 0;
        List<Path> files;
        try (Stream<Path> found = Files.list(SEEDS)) {
            files = found.sorted().toList();
        }
        assertThat(files).isNotEmpty();
        for (Path file : files) {
            for (Packet seed : seeds(file)) {
                forwarded += agreeOn(seed, file.getFileName().toString()) ? 1 : 0;
                for (int i = 0; i < MUTATIONS / 10; i++) {
                    agreeOn(mutated(seed, random), file.getFileName() + ", seed " + SEED + ", mutation " + i);
                }
            }
        }
        assertThat(forwarded).isPositive();
    }
}
