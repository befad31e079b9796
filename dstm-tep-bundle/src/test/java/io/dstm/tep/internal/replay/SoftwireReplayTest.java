package io.dstm.tep.internal.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The program on packets of another implementation; {@code src/test/resources/softwire/README.md} says what to mask. */
class SoftwireReplayTest {

    private static final Path CASES = Path.of("src/test/resources/softwire");

    /**
     * Counters of the other implementation and ours that mean the same. Its bytes are those of Ethernet frames, ours of IP packets;
     * what it counts before reassembly, or for a packet that ends in another counter as well, has no equal here.
     */
    private static final Map<String, List<String>> COUNTERS = Map.ofEntries(
            Map.entry("in-ipv4-frag-reassembly-unneeded", List.of("in-all-ipv4")),
            Map.entry("in-ipv6-frag-reassembly-unneeded", List.of("in-all-ipv6")),
            Map.entry("in-ipv4-frag-reassembled", List.of("noted-reassembled-ipv4")),
            Map.entry("in-ipv6-frag-reassembled", List.of("noted-reassembled-ipv6")),
            Map.entry("drop-ipv6-frag-invalid-reassembly", List.of("drop-too-many-fragments-ipv6")),
            Map.entry("in-icmpv4-echo-packets", List.of("answer-echo-icmpv4")),
            Map.entry("in-icmpv6-echo-packets", List.of("answer-echo-icmpv6")),
            // Its echo requests belong to the holder of port 0, so that one from an address and identifier to
            // themselves is unbound.
            Map.entry(
                    "drop-no-dest-softwire-ipv4-packets",
                    List.of("drop-no-destination-binding-ipv4", "drop-same-ends-ipv4")),
            Map.entry(
                    "drop-no-source-softwire-ipv6-packets",
                    List.of(
                            // It does not tell a packet to somebody else from one without a binding.
                            "drop-not-ours-ipv6",
                            "drop-no-source-binding-ipv6",
                            "drop-foreign-source-ipv6",
                            "drop-foreign-address-ipv6",
                            "drop-foreign-port-ipv6")),
            Map.entry("drop-over-mtu-but-dont-fragment-ipv4-packets", List.of("drop-too-big-ipv4")),
            Map.entry("drop-ttl-zero-ipv4-packets", List.of("drop-ttl-expired-ipv4")),
            Map.entry("drop-bad-checksum-icmpv4-packets", List.of("drop-bad-checksum-icmpv4")),
            Map.entry("drop-over-time-but-not-hop-limit-icmpv6-packets", List.of("drop-unusable-icmpv6")),
            Map.entry("drop-out-by-policy-icmpv4-packets", List.of("withheld-by-policy-icmpv4")),
            Map.entry("drop-out-by-policy-icmpv6-packets", List.of("withheld-by-policy-icmpv6", "drop-not-ours-ipv6")),
            Map.entry("out-icmpv4-error-packets", List.of("out-error-icmpv4")),
            Map.entry("out-icmpv6-error-packets", List.of("out-error-icmpv6")),
            Map.entry("out-ipv4-frag", List.of("out-fragment-ipv4")),
            Map.entry("out-ipv6-frag", List.of("out-fragment-ipv6")));

    @TempDir
    Path directory;

    static Stream<String> cases() throws IOException {
        try (Stream<Path> folders = Files.list(CASES)) {
            return folders
                    .filter(Files::isDirectory)
                    .map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @Test
    void there_are_thirty_cases() throws IOException {
        assertThat(cases()).hasSize(30);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void writes_what_the_other_implementation_sends(String id) throws Exception {
        Run run = replay(id, "");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(Masked.of(Run.written(directory.resolve("out4.pcap"))))
                .isEqualTo(Masked.of(expected(id, "out4.pcap")));
        assertThat(Masked.of(Run.written(directory.resolve("out6.pcap"))))
                .isEqualTo(Masked.of(expected(id, "out6.pcap")));
        assertThat(replay(id, "again-").exitCode()).isZero();
        for (String output : List.of("out4.pcap", "out6.pcap", "counters.json")) {
            assertThat(directory.resolve("again-" + output)).hasSameBinaryContentAs(directory.resolve(output));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void counts_what_the_other_implementation_counts(String id) throws Exception {
        replay(id, "");

        Map<String, Long> counted = Run.counters(directory.resolve("counters.json"));
        List<String> compared = new ArrayList<>();
        Matcher theirs = Pattern.compile("\"([a-z0-9-]+)\": (\\d+)").matcher(entry(id));
        while (theirs.find()) {
            List<String> ours = COUNTERS.get(theirs.group(1));
            if (ours != null) {
                long sum = ours.stream()
                        .mapToLong(name -> counted.getOrDefault(name, 0L))
                        .sum();
                assertThat(sum).as(theirs.group(1)).isEqualTo(Long.parseLong(theirs.group(2)));
                compared.add(theirs.group(1));
            }
        }
        assertThat(compared).isNotEmpty();
    }

    private Run replay(String id, String prefix) {
        List<Object> arguments = new ArrayList<>(List.of("--table", CASES.resolve(id + "/table.json")));
        for (String input : List.of("in4", "in6")) {
            Path file = CASES.resolve(id + "/" + input + ".pcap");
            if (Files.exists(file)) {
                arguments.addAll(List.of("--" + input, file));
            }
        }
        arguments.addAll(List.of(
                "--out4", directory.resolve(prefix + "out4.pcap"),
                "--out6", directory.resolve(prefix + "out6.pcap"),
                "--counters", directory.resolve(prefix + "counters.json")));
        return Run.of(arguments.toArray());
    }

    private static List<byte[]> expected(String id, String output) {
        Path file = CASES.resolve(id + "/" + output);
        return Files.exists(file) ? Run.written(file) : List.of();
    }

    /** What {@code cases.json} says of a case, up to the next one. */
    private static String entry(String id) throws IOException {
        String all = Files.readString(CASES.resolve("cases.json"));
        int start = all.indexOf("\"id\": \"" + id + "\"");
        int end = all.indexOf("\"id\":", start + 1);
        return all.substring(start, end < 0 ? all.length() : end);
    }
}
