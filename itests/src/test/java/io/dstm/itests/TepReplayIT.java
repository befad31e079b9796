package io.dstm.itests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/tep-replay} of the image, as an operator calls it; what it does with packets is tested with the rules. */
class TepReplayIT {

    private static final Path CASE =
            Path.of("../dstm-tep-bundle/src/test/resources/softwire/e20").toAbsolutePath();

    @TempDir
    static Path home;

    @BeforeAll
    static void unpack() throws Exception {
        try (Stream<Path> files = Files.list(Path.of("../karaf-distribution/target"))) {
            Path image = files.filter(file -> file.toString().endsWith(".tar.gz"))
                    .max(Comparator.comparingLong(file -> file.toFile().lastModified()))
                    .orElseThrow();
            Result unpacked = run(
                    List.of("tar", "-xzf", image.toString(), "-C", home.toString(), "--strip-components=1"), Map.of());
            assertThat(unpacked.exit()).as(unpacked.output()).isZero();
        }
    }

    private record Result(int exit, String output) {}

    private static Result run(List<String> command, Map<String, String> environment) throws Exception {
        Path output = Files.createTempFile(home, "output", "");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().keySet().retainAll(List.of("PATH", "JAVA_HOME"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
            return new Result(process.exitValue(), Files.readString(output));
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }

    private static Result replay(Map<String, String> environment, Object... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(home.resolve("bin/tep-replay").toString()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return run(command, environment);
    }

    @Test
    void runs_without_a_karaf_and_writes_what_tcpdump_reads() throws Exception {
        Path out6 = home.resolve("out6.pcap");
        Path counters = home.resolve("counters.json");

        Result result = replay(
                Map.of(),
                "--table",
                CASE.resolve("table.json"),
                "--in4",
                CASE.resolve("in4.pcap"),
                "--out6",
                out6,
                "--counters",
                counters);

        assertThat(result)
                .isEqualTo(
                        new Result(
                                0,
                                "tep-replay: in 1 IPv4 side, 0 tunnel side; out 0 IPv4 side, 2 tunnel side; skipped 0 not IP\n"));
        assertThat(counter(counters, "out-encapsulated-ipv6")).isEqualTo(1);
        assertThat(run(List.of("tcpdump", "-nr", out6.toString()), Map.of()).output())
                .contains("frag (0|", "frag (1232|")
                .doesNotContain("bad");
    }

    private static long counter(Path file, String name) throws IOException {
        JsonNode counters = new ObjectMapper().readTree(file.toFile()).path("counters");
        return counters.path(name).path("packets").asLong();
    }

    @Test
    void is_found_through_a_link_and_says_what_is_wrong() throws Exception {
        Path link = Files.createSymbolicLink(home.resolve("link"), home.resolve("bin/tep-replay"));

        assertThat(run(List.of(link.toString(), "--table", "nothing.json"), Map.of()))
                .isEqualTo(new Result(2, "tep-replay: cannot read nothing.json: no such file or directory\n"));
        assertThat(replay(Map.of("JAVA_HOME", "/nowhere")))
                .isEqualTo(new Result(
                        2, "tep-replay: there is no /nowhere/bin/java; install Java 17 or later, or set JAVA_HOME\n"));
        assertThat(replay(Map.of(), "--help").output()).startsWith("usage: tep-replay --table TABLE.json");
    }
}
