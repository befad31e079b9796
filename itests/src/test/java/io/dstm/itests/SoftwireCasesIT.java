package io.dstm.itests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The softwire cases of the rules' own tests again, through kernel, datapath and threads: the deployed TEP between two wires. Every
 * packet of every case is sent. What is compared, and how, is in {@code lab/cases.py}; what a kernel changes is listed here and in
 * {@code docs/rfc-compliance.md}.
 */
@Order(70)
class SoftwireCasesIT {

    private static final Path CASES = Path.of("../dstm-tep-bundle/src/test/resources/softwire");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration END = Duration.ofSeconds(10);

    /** The kernel puts outer fragments together before the rules could find them too many, so the packet goes on. */
    private static final Set<String> OTHERWISE_WITH_A_KERNEL = Set.of("e24");

    /** Packets whose header checksum is wrong by mistake: a kernel drops them at its door, so they are sent with a right one. */
    private static final Set<String> MENDED = Set.of("e80");

    /** Where nobody holds the destination, it must be routed to the TEP to be judged. */
    private static final Map<String, String> UNBOUND =
            Map.of("e28", "17.79.150.233", "e30", "17.79.150.233", "e62", "194.79.150.15");

    private static JsonNode list() throws IOException {
        return JSON.readTree(CASES.resolve("cases.json").toFile());
    }

    static Stream<String> cases() throws IOException {
        return list().findValuesAsText("id").stream().filter(id -> !OTHERWISE_WITH_A_KERNEL.contains(id));
    }

    @Test
    void there_are_thirty_cases_and_one_that_ends_otherwise() throws IOException {
        assertThat(list().findValuesAsText("id"))
                .hasSize(30)
                .doesNotHaveDuplicates()
                .containsAll(OTHERWISE_WITH_A_KERNEL)
                .containsAll(MENDED)
                .containsAll(UNBOUND.keySet());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void sends_through_a_kernel_what_the_other_implementation_sends(String id) throws IOException {
        JsonNode compared = run(id);

        assertThat(compared.get("differences")).isEmpty();
        for (String side : List.of("4", "6")) {
            assertThat(compared.get("sent" + side).asInt() > 0).isEqualTo(has(id, "in" + side + ".pcap"));
            assertThat(compared.get("compared" + side).asInt() > 0).isEqualTo(has(id, "out" + side + ".pcap"));
        }
        assertThat(compared.get("mended").asInt() > 0)
                .as("has a wrong header checksum")
                .isEqualTo(MENDED.contains(id));
    }

    private static boolean has(String id, String file) throws IOException {
        for (JsonNode entry : list()) {
            if (entry.get("id").asText().equals(id)) {
                for (JsonNode name : entry.get("files")) {
                    if (name.asText().equals(file)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    @Test
    void what_a_kernel_has_put_together_is_not_too_many_fragments() throws IOException {
        JsonNode compared = run("e24");

        assertThat(compared.get("sent6").asInt()).isEqualTo(2);
        assertThat(compared.get("differences")).hasSize(1);
        assertThat(compared.get("differences").get(0).asText())
                .startsWith("IPv4 side, came: ['45")
                .endsWith("expected: []");
    }

    /** Lays out the wires, starts a TEP for the case's table, and returns what the comparison says. */
    private static JsonNode run(String id) throws IOException {
        Lab lab = Lab.shared();
        Path directory = CASES.resolve(id).toAbsolutePath();
        CaseTep.Table table = CaseTep.Table.read(directory.resolve("table.json"));
        List<String> place = new ArrayList<>(
                List.of("cases-up", table.settings().get("mtu-ipv4").asText()));
        place.addAll(table.tunnelAddresses());
        lab.lab(place.toArray(String[]::new));

        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                CaseTep.class.getName(),
                directory.resolve("table.json").toString()));
        if (UNBOUND.containsKey(id)) {
            command.add(UNBOUND.get(id));
        }
        Process tep = lab.spawn("edge", command.toArray(String[]::new));
        try {
            // The last thing a TEP does to begin: it lets the kernel forward.
            Lab.eventually(
                    "the TEP forwards",
                    Duration.ofSeconds(60),
                    () -> !tep.isAlive()
                            || lab.run("edge", "sysctl", "-n", "net.ipv4.ip_forward")
                                    .output()
                                    .startsWith("1"));
            assertThat(tep.isAlive()).as("the TEP forwards").isTrue();
            Lab.Result compared = lab.run(
                    "edge",
                    "python3",
                    lab.file("cases.py"),
                    Lab.namespace("inside"),
                    Lab.namespace("outside"),
                    directory.toString());
            assertThat(compared.exit()).as(compared.toString()).isZero();
            return JSON.readTree(compared.output());
        } catch (AssertionError failure) {
            tep.destroyForcibly();
            throw new AssertionError("the TEP said: " + Lab.finish(tep, END), failure);
        } finally {
            if (tep.isAlive()) {
                tep.destroyForcibly();
                Lab.finish(tep, END);
            }
        }
    }
}
