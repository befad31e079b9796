package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On a Karaf as Apache ships it: installed both ways, doing the work, updated under traffic, and gone without a trace. */
@Order(1)
class StockKarafIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String VERSION = System.getProperty("dstm.version", "1.0.0-SNAPSHOT");
    private static final Path KAR = Path.of(System.getProperty("kar", "../karaf-kar/target/dstm-" + VERSION + ".kar"));

    private static final Map<String, Installed> BEFORE = new HashMap<>();

    private static Lab lab;
    private static Path repository;

    /** What is in a Karaf. */
    private record Installed(Set<String> bundles, Set<String> features, Set<String> files) {

        static Installed in(String namespace) throws IOException {
            try (Stream<Path> etc = Files.list(lab.karafFile(namespace, "etc"))) {
                return new Installed(
                        rows(lab.shell(namespace, "bundle:list -t 0 -s"), 4),
                        rows(lab.shell(namespace, "feature:list -i"), 0),
                        etc.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new)));
            }
        }

        private static Set<String> rows(String table, int column) {
            return table.lines()
                    .map(line -> line.split("\\|"))
                    .filter(cells -> cells.length > 4)
                    .map(cells -> cells[column].strip())
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @BeforeAll
    static void boot_two_untouched_karafs(@TempDir Path directory) throws IOException {
        repository = directory;
        unpack(KAR, directory);
        lab = Lab.alone("stock", "up");
        List<Process> boots =
                List.of(lab.launch("karaf-start", APPLIANCE, "stock"), lab.launch("karaf-start", NODE1, "stock"));
        for (Process boot : boots) {
            Lab.Result result = Lab.finish(boot, Duration.ofMinutes(3));
            assertThat(result.exit()).as(result.toString()).isZero();
        }
        BEFORE.put(APPLIANCE, Installed.in(APPLIANCE));
        BEFORE.put(NODE1, Installed.in(NODE1));
    }

    @AfterAll
    static void remove_them() {
        lab.end();
    }

    /** The part of a KAR that is a Maven repository. */
    private static void unpack(Path kar, Path directory) throws IOException {
        try (ZipFile zip = new ZipFile(kar.toFile())) {
            for (ZipEntry entry : zip.stream()
                    .filter(e -> !e.isDirectory() && e.getName().startsWith("repository/"))
                    .toList()) {
                Path file = directory.resolve(entry.getName().substring("repository/".length()));
                Files.createDirectories(file.getParent());
                try (InputStream in = zip.getInputStream(entry)) {
                    Files.copy(in, file);
                }
            }
        }
    }

    /** A copy of ours, as an update would bring it. */
    private static Path jar(String bundle) {
        return repository.resolve("io/dstm/" + bundle + "/" + VERSION + "/" + bundle + "-" + VERSION + ".jar");
    }

    private static void configure(String namespace, String... roles) throws IOException {
        for (String role : roles) {
            try (Stream<Path> files = Files.list(Path.of(lab.file("etc/" + role)))) {
                for (Path file : files.toList()) {
                    Files.copy(
                            file,
                            lab.karafFile(namespace, "etc/" + file.getFileName()),
                            StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }

    @Test
    @Order(1)
    void installs_the_appliance_from_a_repository() throws IOException {
        lab.shell(
                APPLIANCE,
                "config:property-set --pid org.ops4j.pax.url.mvn org.ops4j.pax.url.mvn.repositories 'file:" + repository
                        + "@id=dstm@snapshots@checksum=ignore'");
        eventually(
                "the repository is known",
                SOON,
                () -> lab.shell(APPLIANCE, "feature:repo-add mvn:io.dstm/dstm-features/" + VERSION + "/xml/features")
                                .contains("Adding feature url")
                        && lab.shell(APPLIANCE, "feature:list").contains("dstm-server"));
        lab.shell(APPLIANCE, "feature:install dstm-server dstm-tep");
        lab.shell(APPLIANCE, "feature:install dstm-console");
        configure(APPLIANCE, "server", "tep");
        eventually("the appliance serves", SOON, () -> lab.shell(APPLIANCE, "dstm:status")
                .contains("FORWARDING"));
        assertThat(lab.run(APPLIANCE, "ss", "-Hlnu", "sport = :547").output()).contains("547");
    }

    @Test
    @Order(2)
    void installs_every_role_from_one_file_without_a_network() throws IOException {
        lab.shell(NODE1, "kar:install file:" + KAR.toAbsolutePath());
        assertThat(Installed.in(NODE1)).as("a KAR alone chooses no role").isEqualTo(BEFORE.get(NODE1));
        lab.shell(NODE1, "feature:install dstm");
        configure(NODE1, "client");
        eventually("the stub answers", SOON, () -> !lab.run(NODE1, "ss", "-Hlnu", "sport = :53")
                .output()
                .isBlank());
        assertThat(lab.json(NODE1, "dstm:status").path("client").path("device").asText())
                .isEqualTo("dstm0");
    }

    @Test
    @Order(3)
    void does_the_work() {
        assertThat(lab.curl(NODE1, "http://www.example.test/")).contains("Served over IPv4 alone");
        assertThat(lab.whoAmI(NODE1)[0]).startsWith("192.0.2.");
        assertThat(Leased.of(lab, NODE1).state()).isEqualTo("active");
        assertThat(complaints(APPLIANCE)).isEmpty();
        assertThat(complaints(NODE1)).isEmpty();
    }

    /** Warnings and errors that are ours; a client that is up before its server says so (4204). */
    private static List<String> complaints(String namespace) {
        return lab.log(namespace)
                .lines()
                .filter(line -> line.contains("| WARN ") || line.contains("| ERROR"))
                .filter(line -> line.contains("io.dstm") || line.contains("org.apache.felix.scr"))
                .filter(line -> !line.contains("DSTM-4204"))
                .toList();
    }

    /** Whose part is started anew by an update, as the messages say: 2004 the TEP, 4106 the DHCPv6 server, 6002 the tunnel, 7004 the store. */
    private static final Map<String, List<String>> RESTARTED = new TreeMap<>(Map.of(
            "dstm-tep-bundle", List.of("2004", "6002"),
            "dstm-server-bundle", List.of("4106"),
            "dstm-store-jdbc", List.of("4106", "7004"),
            "dstm-store-journal", List.of("4106", "7004"),
            "dstm-dhcpv6", List.of("4106"),
            "dstm-management", List.of(),
            "dstm-shell", List.of(),
            "dstm-console", List.of()));

    @Test
    @Order(4)
    void updates_under_traffic_keep_leases_bindings_and_flows() throws IOException {
        List<Leased> leases = Leased.active(lab);
        Set<String> bundles = Installed.in(APPLIANCE).bundles();
        Process flow = transfer();
        for (Map.Entry<String, List<String>> update : RESTARTED.entrySet()) {
            if (!bundles.contains("io." + update.getKey())) {
                continue;
            }
            flow = goesOn(flow);
            String since = during(
                    leases,
                    () -> lab.shell(
                            APPLIANCE, "bundle:update io." + update.getKey() + " file:" + jar(update.getKey())));
            assertThat(Stream.of("2004", "4106", "6002", "7004")
                            .filter(id -> since.contains("DSTM-" + id))
                            .toList())
                    .as("who was started anew by " + update.getKey())
                    .isEqualTo(update.getValue());
        }
        flow = goesOn(flow);
        String since = during(leases, () -> {
            Path jar = lab.karafFile(APPLIANCE, "deploy/dstm-tep-bundle.jar");
            int starts = starts();
            Files.copy(jar("dstm-tep-bundle"), jar);
            eventually("a jar in the deploy directory is an update, too", SOON, () -> starts() > starts);
            return "";
        });
        assertThat(since).contains("DSTM-2004");
        assertThat(Installed.in(APPLIANCE).bundles()).isEqualTo(bundles);
        assertThat(Lab.finish(flow, Duration.ofMinutes(2)).toString()).isEqualTo(WHOLE);
    }

    /** What the log says of an update that is over when all works again. */
    private static String during(List<Leased> leases, Callable<String> update) throws IOException {
        int read = lab.log(APPLIANCE).length();
        try {
            update.call();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        eventually(
                "all works again",
                SOON,
                () -> lab.json(APPLIANCE, "dstm:bindings").findValue("total").asInt() == leases.size()
                        && Leased.active(lab).equals(leases));
        String since = lab.log(APPLIANCE).substring(read);
        assertThat(since).doesNotContain("Refreshing bundles", "| ERROR");
        return since;
    }

    private static int starts() {
        return lab.log(APPLIANCE).split("DSTM-2002", -1).length;
    }

    private static final int BYTES = 60 << 20;
    private static final String WHOLE = "exit 0: " + BYTES + " 1";

    /** A transfer of about half a minute in one connection. */
    private static Process transfer() {
        return lab.spawn(
                NODE1,
                "curl",
                "-4",
                "-sS",
                "-f",
                "--limit-rate",
                "2M",
                "-o",
                "/dev/null",
                "-w",
                "%{size_download} %{num_connects}",
                "http://www.example.test/bytes/" + BYTES);
    }

    /** The transfer if it still runs, else one more. */
    private static Process goesOn(Process flow) {
        if (flow.isAlive()) {
            return flow;
        }
        assertThat(Lab.finish(flow, Duration.ofSeconds(10)).toString()).isEqualTo(WHOLE);
        return transfer();
    }

    @ParameterizedTest
    @Order(6)
    @ValueSource(strings = {APPLIANCE, NODE1})
    void leaves_nothing_behind_but_its_operators_files(String namespace) throws IOException {
        boolean kar = namespace.equals(NODE1);
        lab.shell(namespace, "feature:uninstall -c " + (kar ? "dstm" : "dstm-console dstm-server dstm-tep"));
        if (kar) {
            lab.shell(namespace, "kar:uninstall " + KAR.getFileName().toString().replaceFirst("\\.kar$", ""));
        } else {
            lab.shell(namespace, "feature:repo-remove dstm-" + VERSION);
        }
        Installed after = Installed.in(namespace);
        assertThat(after.bundles()).isEqualTo(BEFORE.get(namespace).bundles());
        assertThat(after.features()).isEqualTo(BEFORE.get(namespace).features());
        Set<String> files = new TreeSet<>(after.files());
        files.removeAll(BEFORE.get(namespace).files());
        assertThat(files).as("what was not made by hand").allMatch(file -> file.startsWith("io.dstm."));
        assertThat(lab.shell(namespace, "feature:repo-list")).doesNotContain("dstm");
        assertThat(lab.shell(namespace, "help")).doesNotContain("dstm:");
        assertThat(lab.run(namespace, "ip", "-br", "link").output()).doesNotContain("dstm");
        assertThat(lab.run(namespace, "ip", "route").output()).doesNotContain("dstm", "blackhole");
        assertThat(lab.run(namespace, "ss", "-Hlnu", "sport = :547 or sport = :546 or sport = :53")
                        .output())
                .isBlank();
        String pid = Files.readString(lab.karafFile(namespace, "pid")).strip();
        eventually("its threads have ended", SOON, () -> lab.run(namespace, "ps", "-T", "-o", "comm=", "-p", pid)
                .output()
                .lines()
                .noneMatch(thread -> thread.startsWith("dstm")));
    }
}
