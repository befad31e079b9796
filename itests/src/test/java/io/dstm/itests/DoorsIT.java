package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.eventually;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nobody, somebody without a role, a viewer, an operator and an admin at every door: each may the same everywhere. */
@Order(64)
class DoorsIT {

    private static final String WEB = "http://localhost:8181";
    private static final String JMX_OVER_TLS = "service:jmx:rmi:///jndi/rmi://localhost:1098/jmxrmi";
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private static Lab lab;

    @BeforeAll
    static void open_every_door() throws IOException {
        lab = Lab.shared();
        Files.writeString(
                lab.karafFile(APPLIANCE, "etc/users.properties"),
                "\nvi = vi-pass,_g_:viewers\nop = op-pass,_g_:operators\nad = ad-pass,_g_:admins\nno = no-pass\n",
                StandardOpenOption.APPEND);
        lab.configure(APPLIANCE, "io.dstm.console", "login.window = 1s");
        lab.shell(APPLIANCE, "feature:install dstm-console management");
        eventually("the door is open", Duration.ofSeconds(60), () -> rest("ad", "GET", "/api/node")
                .equals("200"));
        eventually("RMI is open", Duration.ofSeconds(120), DoorsIT::rmiOpens);
    }

    /**
     * Karaf opens its ports when its bundle starts and once more when its configuration comes; if that is a moment later, the second
     * time finds the port taken, as the guide says. Then the bundle is started again.
     */
    private static boolean rmiOpens() {
        if (jmx("ad").contains("read done") || jmx("ad").contains("read done")) {
            return true;
        }
        lab.shell(APPLIANCE, "bundle:restart org.apache.karaf.management.server");
        return false;
    }

    @AfterAll
    static void leave() {
        lab.unconfigure(APPLIANCE, "io.dstm.console");
    }

    private static String rest(String who, String method, String path, String... more) {
        List<String> command = new ArrayList<>(
                List.of("curl", "-s", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_code}", "-X", method));
        if (!who.isEmpty()) {
            command.addAll(List.of("-u", who + ":" + who + "-pass"));
        }
        command.addAll(List.of(more));
        command.add(WEB + "/dstm" + path);
        return lab.run(APPLIANCE, command.toArray(String[]::new)).output().trim();
    }

    private static String jolokia(String who, String request) {
        List<String> command =
                new ArrayList<>(List.of("curl", "-s", "--max-time", "20", "-H", "Content-Type: application/json"));
        if (!who.isEmpty()) {
            command.addAll(List.of("-u", who + ":" + who + "-pass"));
        }
        command.addAll(List.of("-d", request, WEB + "/dstm/jolokia"));
        String answer = lab.run(APPLIANCE, command.toArray(String[]::new)).output();
        return answer.replaceFirst("(?s).*\"status\":([0-9]+).*", "$1").trim();
    }

    private static String jmx(String who) {
        return who.isEmpty()
                ? lab.run(APPLIANCE, "java", lab.file("JmxTry.java")).output()
                : lab.run(APPLIANCE, "java", lab.file("JmxTry.java"), who, who + "-pass")
                        .output();
    }

    private static String shell(String who, String command) {
        String client = lab.karafFile(APPLIANCE, "bin/client").toString();
        // Without a name Karaf's client takes the first it can read in users.properties, which is no stranger's way.
        String login = who.isEmpty() ? " -u stranger -p guess" : " -u " + who + " -p " + who + "-pass";
        return lab.run(APPLIANCE, "sh", "-c", "echo '" + command + "' | " + client + " -b" + login + " 2>&1")
                .output();
    }

    @ParameterizedTest
    @Order(1)
    @CsvSource({
        "'', 401, 401, 401",
        "no, 403, 403, 403",
        "vi, 200, 403, 403",
        "op, 200, 200, 403",
        "ad, 200, 200, 409",
    })
    void rest_and_jolokia(String who, String reading, String releasing, String draining) {
        assertThat(rest(who, "GET", "/api/leases")).isEqualTo(reading);
        assertThat(rest(who, "GET", "/metrics")).isEqualTo(reading);
        assertThat(rest(who, "GET", "/api/history?address=192.0.2.1")).isEqualTo(releasing);
        assertThat(rest(who, "POST", "/api/operations/release", "-d", "{\"client\":\"duid:ffff/1\"}"))
                .isEqualTo(releasing);
        assertThat(rest(who, "POST", "/api/operations/drain", "-d", "{\"pool\":\"none\",\"on\":false}"))
                .isEqualTo(draining);
        String bean = "\"mbean\":\"io.dstm:type=Server\"";
        assertThat(jolokia(who, "{\"type\":\"read\"," + bean + ",\"attribute\":\"Pools\"}"))
                .isEqualTo(reading);
        assertThat(jolokia(who, "{\"type\":\"exec\"," + bean + ",\"operation\":\"leases\",\"arguments\":[0,1]}"))
                .isEqualTo(reading);
        assertThat(jolokia(
                        who,
                        "{\"type\":\"exec\"," + bean + ",\"operation\":\"release\",\"arguments\":[\"duid:ffff/1\"]}"))
                .isEqualTo(releasing);
        assertThat(jolokia(
                        who, "{\"type\":\"exec\"," + bean + ",\"operation\":\"drain\",\"arguments\":[\"none\",false]}"))
                .as("what an admin may drain does not exist, which Jolokia tells in the value")
                .isEqualTo(draining.equals("409") ? "200" : draining);
        assertThat(jolokia(who, "{\"type\":\"exec\",\"mbean\":\"java.lang:type=Memory\",\"operation\":\"gc\"}"))
                .isEqualTo(draining.equals("409") ? "200" : draining);
    }

    @ParameterizedTest
    @Order(2)
    @CsvSource({
        "'', false, false, false",
        "no, false, false, false",
        "vi, true, false, false",
        "op, true, true, false",
        "ad, true, true, true",
    })
    void shell_and_jmx_over_rmi(String who, boolean reads, boolean releases, boolean drains) {
        assertThat(shell(who, "dstm:pools").contains("CAPACITY")).isEqualTo(reads);
        assertThat(shell(who, "dstm:release duid:ffff/1").contains("has no lease"))
                .isEqualTo(releases);
        assertThat(shell(who, "dstm:drain --off none").contains("there is no file"))
                .isEqualTo(drains);
        String tried = jmx(who);
        assertThat(tried.contains("read done")).as(tried).isEqualTo(reads);
        assertThat(tried.contains("page done")).isEqualTo(reads);
        assertThat(tried.contains("release done")).isEqualTo(releases);
        assertThat(tried.contains("drain done")).isEqualTo(drains);
    }

    @Test
    @Order(3)
    void no_link_changes_anything_and_jolokia_has_no_other_door() {
        assertThat(rest("ad", "GET", "/jolokia/exec/java.lang:type=Memory/gc")).isEqualTo("405");
        assertThat(rest("ad", "GET", "/jolokia?p=exec/java.lang:type=Memory/gc"))
                .isEqualTo("405");
        assertThat(rest("ad", "GET", "/jolokia/version")).isEqualTo("200");
        assertThat(lab.run(APPLIANCE, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", WEB + "/jolokia")
                        .output()
                        .trim())
                .isEqualTo("404");
    }

    @Test
    @Order(4)
    void the_audit_names_everybody_and_the_door_they_came_by() throws IOException {
        Path audit = lab.karafFile(APPLIANCE, "data/log/dstm-audit.log");
        List<String> lines = Files.readAllLines(audit);
        for (String door : List.of("rest", "jolokia", "jmx")) {
            for (String who : List.of("op", "ad")) {
                assertThat(lines).as("%s at %s", who, door).anyMatch(line -> tells(line, who, door, "release"));
            }
        }
        // To release what is not there the shell gives no order.
        assertThat(lines).as("the shell").anyMatch(line -> tells(line, "ad", "shell", "drain"));
        assertThat(lines)
                .as("what was refused for want of a role where the door does not know the operation's own")
                .anyMatch(line -> line.contains("\"who\":\"op\"") && line.contains("\"result\":\"forbidden\""));
    }

    /** As the operator's guide has it. */
    @Test
    @Order(5)
    void the_dashboard_opens_with_tls_alone() throws IOException {
        Door door = door();
        String http = Files.readString(lab.karafFile(APPLIANCE, "etc/org.apache.felix.http.cfg"));
        try {
            lab.configure(
                    APPLIANCE,
                    "org.apache.felix.http",
                    "org.apache.felix.http.enable = false",
                    "org.apache.felix.https.enable = true",
                    "org.osgi.service.http.port.secure = 8443",
                    "org.apache.felix.http.host = localhost",
                    "org.apache.felix.https.keystore = " + door.keystore,
                    "org.apache.felix.https.keystore.password = door-secret");
            eventually("the dashboard over TLS", PATIENCE, () -> secure(door.certificate, "/api/node")
                    .equals("200"));
            assertThat(secure(door.certificate, "/")).isEqualTo("200");
            assertThat(lab.run(APPLIANCE, "ss", "-Hltn", "sport = :8181").output())
                    .as("no other door")
                    .isBlank();
        } finally {
            lab.configure(APPLIANCE, "org.apache.felix.http", http.split("\n"));
        }
        eventually("the door as before", PATIENCE, () -> rest("ad", "GET", "/api/node")
                .equals("200"));
    }

    /** As the operator's guide has it, too. */
    @Test
    @Order(6)
    void jmx_opens_with_tls_alone() throws IOException {
        Door door = door();
        lab.configure(
                APPLIANCE,
                "io.dstm.jmx",
                "keystore = " + door.keystore,
                "keystore.password.file = " + door.passwordFile);
        try {
            eventually("JMX over TLS", PATIENCE, () -> jmxOverTls(door, true, "ad", "ad-pass")
                    .contains("read done"));
            String admin = jmxOverTls(door, true, "ad", "ad-pass");
            assertThat(admin).contains("page done").contains("release done").contains("drain done");
            String viewer = jmxOverTls(door, true, "vi", "vi-pass");
            assertThat(viewer).contains("read done", "page done", "release refused", "drain refused");
            assertThat(jmxOverTls(door, true)).contains("connect refused SecurityException");
            assertThat(jmxOverTls(door, true, "no", "no-pass")).contains("connect refused SecurityException");
            assertThat(jmxOverTls(door, false, "ad", "ad-pass"))
                    .as("who does not trust the certificate")
                    .contains("connect refused")
                    .doesNotContain("SecurityException");
            assertThat(lab.run(APPLIANCE, "java", "-Djmx.url=" + JMX_OVER_TLS, lab.file("JmxTry.java"), "ad", "ad-pass")
                            .output())
                    .as("in clear")
                    .contains("connect refused")
                    .doesNotContain("SecurityException");
        } finally {
            lab.unconfigure(APPLIANCE, "io.dstm.jmx");
        }
        eventually("JMX over TLS is closed", PATIENCE, () -> lab.run(APPLIANCE, "ss", "-Hltn", "sport = :1098")
                .output()
                .isBlank());
    }

    private static String jmxOverTls(Door door, boolean trusting, String... login) {
        List<String> command = new ArrayList<>(List.of("java", "-Djmx.url=" + JMX_OVER_TLS, "-Djmx.tls=true"));
        if (trusting) {
            command.add("-Djavax.net.ssl.trustStore=" + door.trusted);
            command.add("-Djavax.net.ssl.trustStorePassword=trusted");
        }
        command.add(lab.file("JmxTry.java"));
        command.addAll(List.of(login));
        return lab.run(APPLIANCE, command.toArray(String[]::new)).output();
    }

    /** The files of a door with TLS. */
    private record Door(Path keystore, Path passwordFile, Path certificate, Path trusted) {}

    /** Makes them, once. */
    private static Door door() throws IOException {
        Path directory = lab.karafFile(APPLIANCE, "data/tls");
        Door door = new Door(
                directory.resolve("door.p12"),
                directory.resolve("door.password"),
                directory.resolve("door.pem"),
                directory.resolve("trust.p12"));
        if (Files.exists(door.trusted)) {
            return door;
        }
        Files.createDirectories(directory);
        Files.writeString(door.passwordFile, "door-secret\n");
        keytool(
                door,
                "-genkeypair",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=DNS:localhost,IP:127.0.0.1",
                "-validity",
                "30",
                "-storetype",
                "PKCS12");
        keytool(door, "-exportcert", "-rfc", "-file", door.certificate.toString());
        run(
                "keytool",
                "-importcert",
                "-noprompt",
                "-alias",
                "door",
                "-file",
                door.certificate.toString(),
                "-keystore",
                door.trusted.toString(),
                "-storepass",
                "trusted");
        return door;
    }

    private static void keytool(Door door, String... arguments) {
        List<String> command = new ArrayList<>(List.of("keytool"));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-alias", "door", "-keystore", door.keystore.toString()));
        command.addAll(List.of("-storepass:file", door.passwordFile.toString()));
        run(command.toArray(String[]::new));
    }

    private static void run(String... command) {
        Lab.Result made = lab.run(APPLIANCE, command);
        assertThat(made.exit()).as(made.output()).isZero();
    }

    private static String secure(Path trusted, String path) {
        return lab.run(
                        APPLIANCE,
                        "curl",
                        "-s",
                        "--max-time",
                        "20",
                        "-o",
                        "/dev/null",
                        "-w",
                        "%{http_code}",
                        "--cacert",
                        trusted.toString(),
                        "-u",
                        "ad:ad-pass",
                        "https://localhost:8443/dstm" + path)
                .output()
                .trim();
    }

    private static boolean tells(String line, String who, String door, String what) {
        return line.contains("\"who\":\"" + who + "\"")
                && line.contains("\"door\":\"" + door + "\",\"from\":\"127.0.0.1")
                && line.contains("\"what\":\"" + what + "\"");
    }
}
