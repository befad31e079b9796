package io.dstm.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** The distribution boots with what it has: no network, nothing in its user's home. */
@Order(2)
class BootIT {

    private static final String VOID = "void";

    private static Lab lab;
    private static int read;

    @BeforeAll
    static void unpack_it() throws IOException {
        lab = Lab.alone("boot", "void");
        lab.lab("karaf-prepare", VOID, "server", "tep", "console");
        lab.configure(VOID, "io.dstm.dhcpv6.server", "interfaces = lo");
        Files.writeString(
                lab.karafFile(VOID, "etc/org.ops4j.pax.logging.cfg"),
                "\nlog4j2.logger.features.name = org.apache.karaf.features\nlog4j2.logger.features.level = INFO\n",
                StandardOpenOption.APPEND);
    }

    @AfterAll
    static void remove_it() {
        lab.end();
    }

    @Test
    @Order(2)
    void a_script_runs_commands_without_a_password_or_an_input() throws IOException {
        assertThat(script("health").exit()).as("nobody is there to answer").isNotZero();
        Path logging = lab.karafFile(VOID, "etc/org.ops4j.pax.logging.cfg");
        Files.writeString(
                logging,
                Files.readString(logging)
                        .replaceAll("(?m)^#(log4j2.*[sS]yslog.*)$", "$1")
                        .replace("= 514", "= 5514"));
        Process syslog = lab.spawn(
                VOID,
                "python3",
                "-uc",
                "import socket; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(('::1', 5514))\n"
                        + "while True: print(s.recv(9000).decode())");
        lab.lab("karaf-start", VOID);
        Lab.Result waited = lab.run(
                VOID,
                "env",
                "DSTM_STATE_FILE=" + lab.karafFile(VOID, "state"),
                lab.karafFile(VOID, "bin/dstm-wait").toString());
        assertThat(waited.output()).startsWith("ready\n");
        assertThat(waited.exit()).isZero();

        Lab.eventually("the syslog server hears of it", Duration.ofSeconds(10), () -> Lab.soFar(syslog)
                .contains(" dstm "));
        assertThat(Lab.soFar(syslog)).containsPattern("<\\d+>1 .* dstm .*DSTM-2002");
        syslog.destroy();
        assertThat(script("health").toString()).isEqualTo("exit 0: All is well.");
        Lab.Result pools = script("pools", "--json");
        assertThat(pools.exit()).isZero();
        assertThat(pools.output()).startsWith("{").contains("\"name\": \"main\"");
        assertThat(script("shell:echo", "it's", "a  \"b\"", "$x `y` \\z")
                        .output()
                        .strip())
                .isEqualTo("it's a  \"b\" $x `y` \\z");
        assertThat(script("nonsense").exit()).as("no such command").isNotZero();
        Lab.Result wrong = script("leases", "--address", "nowhere");
        assertThat(wrong.exit()).as("not an address").isNotZero();
        assertThat(wrong.output()).contains("Error: ").contains("nowhere");
        assertThat(Files.readString(lab.karafFile(VOID, "data/log/karaf.log"))).doesNotContain("Exception");
        assertThat(script().exit()).as("nothing to do").isEqualTo(2);

        String key = lab.karafFile(VOID, "data/dstm/local.key").toString();
        assertThat(lab.run(VOID, "stat", "-c", "%a", key).output().strip()).isEqualTo("600");
        assertThat(lab.run(
                                VOID,
                                "setpriv",
                                "--reuid=65534",
                                "--clear-groups",
                                lab.karafFile(VOID, "bin/dstm").toString(),
                                "health")
                        .exit())
                .as("somebody else's")
                .isNotZero();
        lab.lab("karaf-stop", VOID);
        assertThat(lab.karafFile(VOID, "state")).doesNotExist();
    }

    /** Runs the distribution's script with its standard input closed. */
    private static Lab.Result script(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                "exec \"$@\" <&-",
                "sh",
                lab.karafFile(VOID, "bin/dstm").toString()));
        command.addAll(List.of(arguments));
        return lab.run(VOID, command.toArray(String[]::new));
    }

    @RepeatedTest(5)
    @Order(1)
    void boots_without_a_refresh_a_warning_or_an_error(RepetitionInfo boot) throws IOException {
        lab.lab("karaf-start", VOID);
        if (boot.getCurrentRepetition() == 1) {
            assertThat(lab.shell(VOID, "bundle:list -t 0").lines().filter(line -> line.matches("\\s*\\d+ \\|.*")))
                    .as("fragments are resolved, all else works")
                    .hasSizeGreaterThan(40)
                    .allMatch(line -> line.matches("\\s*\\d+ \\| (Active|Waiting|Resolved) .*"));
        }
        Lab.eventually("server and TEP are there", Duration.ofSeconds(60), () -> {
            String booting = lab.log(VOID).substring(read);
            return booting.contains("DSTM-4102") && booting.contains("DSTM-2002");
        });
        assertThat(sinceLast().stream().filter(BootIT::isComplaint)).isEmpty();
        lab.lab("karaf-stop", VOID);

        // Felix's Jetty may still be starting, on a slow machine, when it is stopped: it complains of itself then, with
        // a stack trace.
        assertThat(sinceLast().stream()
                        .filter(line -> line.contains("| io.dstm-") && isComplaint(line)
                                || line.contains("Refreshing bundles")
                                || line.startsWith("\tat io.dstm.")))
                .isEmpty();
        try (var home = Files.list(lab.karafFile(VOID, "home"))) {
            assertThat(home.map(Path::getFileName))
                    .as("nothing was kept at home")
                    .isEmpty();
        }
    }

    private static List<String> sinceLast() {
        String log = lab.log(VOID);
        List<String> since = log.substring(read).lines().toList();
        read = log.length();
        return since;
    }

    private static boolean isComplaint(String line) {
        return line.contains("| WARN  |")
                || line.contains("| ERROR |")
                || line.contains("Refreshing bundles")
                || line.startsWith("\tat ");
    }
}
