package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The door over HTTP of a running appliance: installed while it works, open to whom it should be, and telling the truth. */
@Order(62)
class ConsoleIT {

    private static final String DOOR = "http://localhost:8181/dstm";
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Lab lab;
    private static String logBefore;

    @BeforeAll
    static void install_it_beside_the_roles_that_work() throws IOException {
        lab = Lab.shared();
        lab.curl(NODE1, "http://www.example.test/");
        Path users = lab.karafFile(APPLIANCE, "etc/users.properties");
        Files.writeString(
                users,
                "\nvera = vera-pass,_g_:viewers\nada = ada-pass,_g_:admins\nnorole = norole-pass\n",
                StandardOpenOption.APPEND);
        logBefore = lab.log(APPLIANCE);
        lab.shell(APPLIANCE, "feature:install dstm-console");
        eventually(
                "the door is open",
                Duration.ofSeconds(60),
                () -> List.of("200", "503").contains(status("", "GET", "/healthz"))
                        && status("", "GET", "/api/node").equals("401"));
    }

    private static Lab.Result curl(String... arguments) {
        String[] command = new String[arguments.length + 4];
        command[0] = "curl";
        command[1] = "-s";
        command[2] = "--max-time";
        command[3] = "20";
        System.arraycopy(arguments, 0, command, 4, arguments.length);
        return lab.run(APPLIANCE, command);
    }

    private static String status(String credentials, String method, String path) {
        String[] who = credentials.isEmpty() ? new String[] {"-A", "itest"} : new String[] {"-u", credentials};
        return curl(who[0], who[1], "-o", "/dev/null", "-w", "%{http_code}", "-X", method, DOOR + path)
                .output()
                .trim();
    }

    private static String get(String path) {
        return curl("-f", "-u", "vera:vera-pass", DOOR + path).output();
    }

    private static JsonNode json(String path) throws IOException {
        return JSON.readTree(get(path));
    }

    @Test
    @Order(1)
    void its_installation_disturbs_nothing() {
        String since = lab.log(APPLIANCE).substring(logBefore.length());
        assertThat(since)
                .as("neither store nor TEP was started anew")
                .doesNotContain("DSTM-7004", "DSTM-2004", "DSTM-4106", "Exception");
        assertThat(lab.whoAmI(NODE1)[0]).startsWith("192.0.2.");
    }

    @ParameterizedTest
    @Order(2)
    @CsvSource({
        "'', 401, 401",
        "nobody:nothing, 401, 401",
        "norole:norole-pass, 403, 403",
        "vera:wrong, 401, 401",
        "vera:vera-pass, 200, 403",
        "ada:ada-pass, 200, 405"
    })
    void nobody_reads_or_changes_without_the_role_for_it(String credentials, String reading, String changing) {
        for (String path : List.of("/api/node", "/api/leases", "/api/pools", "/metrics")) {
            assertThat(status(credentials, "GET", path)).as(path).isEqualTo(reading);
        }
        assertThat(status(credentials, "DELETE", "/api/pools")).isEqualTo(changing);
        assertThat(status(credentials, "GET", "/")).as("the page holds no data").isEqualTo("200");
    }

    @Test
    @Order(3)
    void says_the_same_as_the_shell() throws IOException {
        // Leases of other tests may end between the two.
        eventually("both know as many leases", Duration.ofSeconds(30), () -> {
            int here = json("/api/leases?limit=1000").get("total").asInt();
            return here > 0
                    && here
                            == lab.json(APPLIANCE, "dstm:leases --json")
                                    .get("total")
                                    .asInt();
        });
        eventually("one is found by its address", Duration.ofSeconds(30), () -> {
            String address = json("/api/leases").at("/leases/0/address").asText();
            return json("/api/leases?address=" + address).get("total").asInt() > 0;
        });
        assertThat(json("/api/teps/tep/bindings").get("total").asInt()).isPositive();
        assertThat(get("/metrics")).contains("dstm_tep_forwarding{tep=\"tep\"} 1\n", "dstm_pool_active{pool=\"main\"}");
        assertThat(json("/api/node").at("/health/healthy").asBoolean())
                .isEqualTo(
                        lab.json(APPLIANCE, "dstm:health --json").get("healthy").asBoolean());
    }

    @Test
    @Order(4)
    void refuses_what_it_does_not_understand() {
        String viewer = "vera:vera-pass";
        assertThat(status(viewer, "GET", "/api/leases?limit=-1")).isEqualTo("400");
        assertThat(status(viewer, "GET", "/api/leases?offset=99999999999")).isEqualTo("400");
        assertThat(status(viewer, "GET", "/api/leases?address=what")).isEqualTo("400");
        assertThat(status(viewer, "GET", "/api/teps/none/bindings")).isEqualTo("404");
        assertThat(status(viewer, "GET", "/api/none")).isEqualTo("404");
        assertThat(status(viewer, "GET", "/..%2f..%2fetc/users.properties")).isIn("400", "404");
    }

    @Test
    @Order(5)
    void a_browser_logs_in_listens_and_logs_out() throws IOException {
        String jar = Files.createTempFile("dstm", ".cookies").toString();
        String body = "{\"name\":\"vera\",\"password\":\"vera-pass\"}";
        assertThat(curl("-o", "/dev/null", "-w", "%{http_code}", "-d", body, DOOR + "/api/session")
                        .output())
                .as("a page of another site cannot log anybody in")
                .isEqualTo("403");
        JsonNode person = JSON.readTree(curl("-c", jar, "-H", "X-DSTM: 1", "-d", body, DOOR + "/api/session")
                .output());
        assertThat(person.get("role").asText()).isEqualTo("viewer");
        String event = lab.run(
                        APPLIANCE,
                        "sh",
                        "-c",
                        "curl -s -N --max-time 20 -b '" + jar + "' " + DOOR + "/api/events | head -n 3 | tail -n 1")
                .output();
        assertThat(event).as("the second event").startsWith("data: {").contains("\"pools\":[{");
        curl("-b", jar, "-X", "DELETE", "-H", "X-DSTM: 1", DOOR + "/api/session");
        assertThat(curl("-b", jar, "-o", "/dev/null", "-w", "%{http_code}", DOOR + "/api/node")
                        .output())
                .isEqualTo("401");
    }

    @Test
    @Order(6)
    void guessing_passwords_has_to_wait() {
        for (int guess = 0; guess < 10; guess++) {
            status("ada:guess" + guess, "GET", "/api/node");
        }
        assertThat(status("ada:ada-pass", "GET", "/api/node")).isEqualTo("429");
        assertThat(status("", "GET", "/healthz")).isIn("200", "503");
    }
}
