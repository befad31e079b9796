package io.dstm.tep.internal.replay;

import static io.dstm.tep.internal.replay.Bytes.file;
import static io.dstm.tep.internal.replay.Bytes.hex;
import static io.dstm.tep.internal.replay.Bytes.join;
import static io.dstm.tep.internal.replay.Bytes.pcapHeader;
import static io.dstm.tep.internal.replay.Bytes.raw;
import static io.dstm.tep.internal.replay.Bytes.record;
import static io.dstm.tep.internal.replay.Bytes.tunnelled;
import static io.dstm.tep.internal.replay.Bytes.udp4;
import static java.nio.ByteOrder.BIG_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.tep.internal.rules.Outcome;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ReplayMainTest {

    private static final String CLIENT = "2001:db8::1";
    private static final String OTHER_CLIENT = "2001:db8::2";
    private static final String TEP = "2001:db8:1::1";
    private static final int ICMP_TIME_TO_LIVE = 11;

    @TempDir
    Path directory;

    private Path table;

    @BeforeEach
    void write_table() {
        table = table("");
    }

    /** Two clients with an address each, 192.0.2.1 and 192.0.2.2. */
    private Path table(String policies) {
        String bindings = Stream.of(CLIENT, OTHER_CLIENT)
                .map(client ->
                        "{\"binding-ipv6info\": \"%s\", \"binding-ipv4-addr\": \"192.0.2.%s\", \"br-ipv6-addr\": \"%s\"}"
                                .formatted(client, client.substring(client.length() - 1), TEP))
                .collect(Collectors.joining(","));
        String json = """
                {"ietf-softwire-br:br-instances": {"binding": {"bind-instance": [{%s
                  "binding-table": {"binding-entry": [%s]}}]}}}
                """.formatted(policies, bindings);
        return file(directory, "table.json", json.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private Path output(String name) {
        return directory.resolve(name);
    }

    private static byte[] toClient(int port) {
        return udp4("198.51.100.7", 53, "192.0.2.1", port, 60);
    }

    private static byte[] fromClient(int port) {
        return tunnelled(CLIENT, TEP, udp4("192.0.2.1", port, "198.51.100.7", 53, 60));
    }

    @Test
    void writes_what_leaves_what_became_of_it_and_a_summary() {
        Path in4 = file(directory, "in4", raw(100, toClient(1), udp4("198.51.100.7", 53, "192.0.2.3", 1, 60)));
        Path in6 = file(directory, "in6", raw(100, fromClient(2)));

        Run run = Run.of(
                "--table",
                table,
                "--in4",
                in4,
                "--in6=" + in6,
                "--out4",
                output("out4"),
                "--out6",
                output("out6"),
                "--counters",
                output("counters"));

        assertThat(run)
                .isEqualTo(
                        new Run(
                                0,
                                "",
                                "tep-replay: in 2 IPv4 side, 1 tunnel side; out 2 IPv4 side, 1 tunnel side; skipped 0 not IP\n"));
        assertThat(Run.written(output("out4"))).hasSize(2).contains(udp4("192.0.2.1", 2, "198.51.100.7", 53, 60));
        assertThat(Run.written(output("out6"))).hasSize(1);
        assertThat(output("counters")).hasContent("""
                        {
                          "counters": {
                            "in-all-ipv6": { "packets": 1, "bytes": 100 },
                            "in-all-ipv4": { "packets": 2, "bytes": 120 },
                            "out-decapsulated-ipv4": { "packets": 1, "bytes": 100 },
                            "out-encapsulated-ipv6": { "packets": 1, "bytes": 60 },
                            "drop-no-destination-binding-ipv4": { "packets": 1, "bytes": 60 },
                            "out-all-ipv6": { "packets": 1, "bytes": 100 },
                            "out-all-ipv4": { "packets": 2, "bytes": 148 },
                            "out-error-icmpv4": { "packets": 1, "bytes": 88 }
                          },
                          "skipped": {
                            "in4": { "not-ip": 0, "cut-short": 0 },
                            "in6": { "not-ip": 0, "cut-short": 0 }
                          }
                        }
                        """);
    }

    @Test
    void writes_all_counters_when_asked() {
        Run.of("--table", table, "--counters", output("counters"), "--all-counters");

        assertThat(Run.counters(output("counters")).keySet())
                .containsExactlyElementsOf(
                        Arrays.stream(Outcome.values()).map(Outcome::counter).toList());
    }

    @Test
    void without_inputs_nothing_leaves() {
        Run run = Run.of(
                "--table", table, "--out4", output("out4"), "--out6", output("out6"), "--counters", output("counters"));

        assertThat(run.exitCode()).isZero();
        assertThat(Run.written(output("out4"))).isEmpty();
        assertThat(Run.written(output("out6"))).isEmpty();
        assertThat(Run.counters(output("counters"))).isEmpty();
    }

    @Test
    void counts_skipped_frames() {
        byte[] arp = join(hex("ffffffffffff 020000000001 0806"), new byte[46]);
        Path in4 = file(directory, "in4", pcapHeader(BIG_ENDIAN, false, 1), record(BIG_ENDIAN, 1, 0, arp));
        Path in6 = file(
                directory, "in6", pcapHeader(BIG_ENDIAN, false, 101), record(BIG_ENDIAN, 1, 0, hex("60000000"), 40));

        Run run = Run.of("--table", table, "--in4", in4, "--in6", in6, "--counters", output("counters"));

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).contains("skipped 1 not IP, 1 cut short by the capture");
        assertThat(output("counters"))
                .content()
                .contains(
                        "\"in4\": { \"not-ip\": 1, \"cut-short\": 0 }", "\"in6\": { \"not-ip\": 0, \"cut-short\": 1 }");
    }

    /** A hairpinned packet shows on the tunnel side when it was judged among those from the IPv4 side. */
    @Test
    void merges_by_time_with_the_ipv4_side_first_and_keeps_the_order_of_each_side() {
        byte[] in4 = pcapHeader(BIG_ENDIAN, false, 101);
        byte[] in6 = pcapHeader(BIG_ENDIAN, true, 101);
        int[] times4 = {10, 20, 15, 40};
        int[] times6 = {10, 15, 30, 12};
        for (int i = 0; i < 4; i++) {
            in4 = join(in4, record(BIG_ENDIAN, times4[i], 5, toClient(4000 + i)));
            byte[] hairpinned = tunnelled(CLIENT, TEP, udp4("192.0.2.1", 9, "192.0.2.2", 6000 + i, 60));
            in6 = join(in6, record(BIG_ENDIAN, times6[i], 5000, hairpinned));
        }

        Run.of(
                "--table",
                table,
                "--in4",
                file(directory, "in4", in4),
                "--in6",
                file(directory, "in6", in6),
                "--out6",
                output("out6"));

        assertThat(Run.records(output("out6")).stream()
                        .map(record -> record.getInt(0) + "." + record.getInt(4) + " "
                                + (record.order(BIG_ENDIAN).getShort(16 + 40 + 22) & 0xFFFF)))
                .containsExactly(
                        "10.5 4000",
                        "10.5 6000",
                        "15.5 6001",
                        "20.5 4001",
                        "15.5 4002",
                        "30.5 6002",
                        "12.5 6003",
                        "40.5 4003");
    }

    @Test
    void the_clock_of_limits_is_that_of_the_capture() {
        Path rated = table("\"icmp-policy\": {\"icmpv4-errors\": {\"icmpv4-rate\": 10}},");
        byte[] expiring = toClient(1);
        expiring[8] = 1;
        expiring[10] += 63;
        byte[] in4 = pcapHeader(BIG_ENDIAN, false, 101);
        for (int i = 0; i < 200; i++) {
            in4 = join(in4, record(BIG_ENDIAN, 1 + i / 100, i % 100 * 10_000, expiring));
        }

        Run.of("--table", rated, "--in4", file(directory, "in4", in4), "--out4", output("out4"));

        List<byte[]> errors = Run.written(output("out4"));
        assertThat(errors)
                .as("a burst of ten, then ten a second for two seconds")
                .hasSizeBetween(29, 30);
        assertThat(errors).allSatisfy(error -> assertThat(error[20]).isEqualTo((byte) ICMP_TIME_TO_LIVE));
    }

    @Test
    void the_same_input_gives_the_same_output() throws IOException {
        byte[][] big = new byte[20][];
        Arrays.setAll(big, i -> udp4("198.51.100.7", 53, "192.0.2." + (i % 3), i, 3000 + i));
        Path in4 = file(directory, "in4", raw(7, big));
        for (String run : List.of("a-", "b-")) {
            assertThat(Run.of(
                                    "--table",
                                    table,
                                    "--in4",
                                    in4,
                                    "--out4",
                                    output(run + 4),
                                    "--out6",
                                    output(run + 6),
                                    "--counters",
                                    output(run + "c"))
                            .exitCode())
                    .isZero();
        }

        for (String name : List.of("4", "6", "c")) {
            assertThat(output("a-" + name)).hasSameBinaryContentAs(output("b-" + name));
            assertThat(Files.size(output("a-" + name))).isGreaterThan(100);
        }
    }

    @Test
    void passes_packets_of_64_kilobytes() {
        byte[] longest = udp4("198.51.100.7", 53, "192.0.2.1", 1, 65535);
        byte[] fromClient = udp4("192.0.2.1", 1, "198.51.100.7", 53, 65535);
        Path in4 = file(directory, "in4", raw(1, longest));
        Path in6 = file(directory, "in6", raw(2, tunnelled(CLIENT, TEP, fromClient)));
        Path small = table("\"softwire-path-mru\": 1280, \"softwire-payload-mtu\": 68,");

        Run run = Run.of(
                "--table", small, "--in4", in4, "--in6", in6, "--out4", output("out4"), "--out6", output("out6"));

        assertThat(run.exitCode()).isZero();
        assertThat(Run.written(output("out6"))).hasSize(54).allSatisfy(part -> assertThat(part)
                .hasSizeLessThan(1281));
        assertThat(Run.written(output("out4"))).hasSize(1365).allSatisfy(part -> assertThat(part)
                .hasSizeLessThan(69));
        assertThat(Masked.of(Run.written(output("out6")))).hasSize(1);
        assertThat(Masked.of(Run.written(output("out4")))).isEqualTo(Masked.of(List.of(fromClient)));
    }

    @Test
    void an_input_that_is_not_there_means_no_packets_from_that_side() {
        Path in4 = file(directory, "in4", raw(1, toClient(1)));

        Run run =
                Run.of("--table", table, "--in4", in4, "--in6", directory.resolve("nothing"), "--out6", output("out6"));

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).contains("nothing is not there").contains("in 1 IPv4 side, 0 tunnel side");
        assertThat(Run.written(output("out6"))).hasSize(1);
    }

    static Stream<Arguments> bad_command_lines() {
        return Stream.of(
                Arguments.of("--table is missing", List.of()),
                Arguments.of("--table needs a file", List.of("--table")),
                Arguments.of("--in4 needs a file", List.of("--table", "TABLE", "--in4=")),
                Arguments.of("--table is given twice", List.of("--table", "TABLE", "--table", "TABLE")),
                Arguments.of("unknown option '--in5'", List.of("--table", "TABLE", "--in5", "x")),
                Arguments.of("unknown option '--all-counters=yes'", List.of("--table", "TABLE", "--all-counters=yes")),
                Arguments.of("unknown option 'x.pcap'", List.of("--table", "TABLE", "x.pcap")),
                Arguments.of("cannot read nothing.json: no such file", List.of("--table", "nothing.json")),
                Arguments.of("table.json is neither a pcap", List.of("--table", "TABLE", "--in4", "TABLE")),
                Arguments.of("in.pcap, line 1, is not JSON", List.of("--table", "IN")),
                Arguments.of("cut.pcap is truncated", List.of("--table", "TABLE", "--in4", "CUT")),
                Arguments.of(
                        "cannot write nowhere/out: no such",
                        List.of("--table", "TABLE", "--in4", "IN", "--out4", "nowhere/out")),
                Arguments.of(
                        "it is a directory", List.of("--table", "TABLE", "--in4", "IN", "--counters", "DIRECTORY")),
                Arguments.of("table.json would overwrite", List.of("--table", "TABLE", "--out4", "TABLE")),
                Arguments.of("in.pcap would overwrite", List.of("--table", "TABLE", "--in4", "IN", "--out6", "IN")),
                Arguments.of("would overwrite", List.of("--table", "TABLE", "--out4", "OUT", "--counters", "OUT")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad_command_lines")
    void a_file_or_option_that_cannot_be_used_ends_with_one_sentence_and_leaves_nothing(
            String reason, List<String> commandLine) throws IOException {
        byte[] capture = raw(1, toClient(1), toClient(2));
        Path in = file(directory, "in.pcap", capture);
        Path cut = file(directory, "cut.pcap", Arrays.copyOf(capture, capture.length - 1));
        Map<String, Path> places =
                Map.of("TABLE", table, "IN", in, "CUT", cut, "DIRECTORY", directory, "OUT", output("new"));
        List<Path> before = listing();
        List<Object> arguments = new ArrayList<>();
        commandLine.forEach(word -> arguments.add(places.containsKey(word) ? places.get(word) : word));
        // Nothing of this may be seen afterwards.
        if (!reason.contains("overwrite")) {
            arguments.addAll(0, List.of("--out6=" + output("out6")));
        }

        Run run = Run.of(arguments.toArray());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("tep-replay: ").contains(reason).hasLineCount(1);
        assertThat(listing()).isEqualTo(before);
        assertThat(in).hasBinaryContent(capture);
    }

    private List<Path> listing() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    @Test
    void a_run_that_fails_keeps_the_outputs_of_the_last_one() throws IOException {
        Path in = file(directory, "in.pcap", raw(1, toClient(1)));
        Path cut = file(directory, "cut.pcap", Arrays.copyOf(Files.readAllBytes(in), 60));
        Run.of("--table", table, "--in4", in, "--out6", output("out6"));
        byte[] last = Files.readAllBytes(output("out6"));

        assertThat(Run.of("--table", table, "--in4", cut, "--out6", output("out6"))
                        .exitCode())
                .isEqualTo(2);

        assertThat(output("out6")).hasBinaryContent(last);
    }

    @Test
    void follows_a_link_to_the_output_and_spares_devices() throws IOException {
        Path real = Files.writeString(output("real"), "old");
        Path link = Files.createSymbolicLink(output("link"), real);
        Path in = file(directory, "in.pcap", raw(1, toClient(1)));

        Run run =
                Run.of("--table", table, "--in4", in, "--out4", "/dev/null", "--counters", "/dev/null", "--out6", link);

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(Run.written(real)).hasSize(1);
        assertThat(link).isSymbolicLink();
        assertThat(Files.isRegularFile(Path.of("/dev/null"))).isFalse();
    }

    @Test
    void a_full_disk_is_an_output_that_cannot_be_written() {
        Path in = file(directory, "in.pcap", raw(1, toClient(1)));

        Run run = Run.of("--table", table, "--in4", in, "--out6", "/dev/full", "--counters", output("counters"));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).startsWith("tep-replay: cannot write /dev/full: ").hasLineCount(1);
        assertThat(output("counters")).doesNotExist();
    }

    @Test
    void helps() {
        Run run = Run.of("--in4", "--help");

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .contains("--table", "--in4", "--in6", "--out4", "--out6", "--counters", "--all-counters", "--help");
    }

    @Test
    void tells_once_what_the_table_says_that_nobody_understands() {
        Run run = Run.of("--table", table("\"enable-hairpining\": false,"));

        assertThat(run.exitCode()).isZero();
        assertThat(run.err())
                .isEqualTo(
                        "tep-replay: " + table + ": not understood and ignored: enable-hairpining\n"
                                + "tep-replay: in 0 IPv4 side, 0 tunnel side; out 0 IPv4 side, 0 tunnel side; skipped 0 not IP\n");
    }

    /** A capture of six times the memory, in a Java that has nothing on its class path but what the script puts there. */
    @Test
    void needs_little_memory_and_few_libraries_for_a_big_capture() throws Exception {
        int packets = 64_000;
        Path in4 = output("in4");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(in4))) {
            out.write(pcapHeader(ByteOrder.LITTLE_ENDIAN, false, 101));
            byte[] record = record(ByteOrder.LITTLE_ENDIAN, 0, 0, udp4("198.51.100.7", 53, "192.0.2.1", 1, 2400));
            for (int i = 0; i < packets; i++) {
                ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN).putInt(0, i);
                out.write(record);
            }
        }
        String libraries = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry ->
                        entry.matches(".*(dstm-tep-bundle/target/classes|dstm-api|dstm-packet|jackson-core).*"))
                .collect(Collectors.joining(File.pathSeparator));
        Path log = output("log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx24m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        libraries,
                        ReplayMain.class.getName(),
                        "--table",
                        table.toString(),
                        "--in4",
                        in4.toString(),
                        "--out6",
                        "/dev/null",
                        "--counters",
                        output("counters").toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();

        try {
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.destroyForcibly();
        }

        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
        assertThat(Files.size(in4)).isGreaterThan(6 * 24_000_000L);
        assertThat(Run.counters(output("counters")))
                .containsEntry("in-all-ipv4", (long) packets)
                .containsEntry("out-all-ipv6", 2L * packets);
    }
}
