package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.NODE2;
import static io.dstm.itests.Lab.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The dashboard as people use it, in a real browser. Pictures of it are in {@code target/pictures}. */
@Order(63)
class DashboardIT {

    private static final String PAGE = "http://localhost:8181/dstm/";
    private static final Path PICTURES = Path.of(System.getProperty("pictures", "target/pictures"));

    private static Lab lab;
    private static Browser browser;

    @BeforeAll
    static void open() throws IOException {
        lab = Lab.shared();
        Files.writeString(
                lab.karafFile(APPLIANCE, "etc/users.properties"),
                "\nvictor = victor-pass,_g_:viewers\nolga = olga-pass,_g_:operators\nalma = alma-pass,_g_:admins\n",
                StandardOpenOption.APPEND);
        // What other tests guessed is forgotten at once.
        lab.configure(APPLIANCE, "io.dstm.console", "login.window = 1s");
        lab.shell(APPLIANCE, "feature:install dstm-console");
        eventually("the page is there", Duration.ofSeconds(60), () -> lab.run(
                        APPLIANCE, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", PAGE)
                .output()
                .trim()
                .equals("200"));
        lab.giveBack(NODE2);
        lab.curl(NODE1, "http://www.example.test/");
        browser = new Browser(lab, APPLIANCE);
    }

    @AfterAll
    static void close() throws IOException {
        if (browser != null) {
            browser.close();
        }
        lab.unconfigure(APPLIANCE, "io.dstm.console");
    }

    private static void logIn(String name) {
        browser.open("about:blank");
        browser.open(PAGE);
        eventually("whoever was there has left", Duration.ofSeconds(30), () -> {
            if (browser.count("#logout") > 0) {
                browser.script("document.getElementById('logout').click()");
            }
            return browser.count("#login") > 0;
        });
        browser.shows("#login", "Log in");
        browser.type("#name", name);
        browser.type("#password", name + "-pass");
        browser.click("#login button");
        browser.shows("#person", name);
        browser.shows("#live", "live");
    }

    private static void view(String name) {
        browser.click("#nav a[href='#" + name + "']");
        browser.shows("#" + name + " h1", "");
    }

    private static String address() {
        return lab.leasedAddresses(NODE1).get(0);
    }

    @Test
    @Order(1)
    void a_wrong_password_is_refused_and_nothing_is_shown() {
        browser.size(1280, 900);
        browser.open(PAGE);
        browser.shows("#login", "Log in");
        assertThat(browser.violations()).isEmpty();
        browser.type("#name", "victor");
        browser.type("#password", "wrong");
        browser.click("#login button");
        browser.shows("#refused", "Name or password is wrong.");
        assertThat(browser.count("#nav, #overview, #person:not(:empty)")).isZero();
    }

    @Test
    @Order(2)
    void a_viewer_sees_everything_and_no_dangerous_button() {
        logIn("victor");
        browser.shows("#pools", "main");
        browser.shows("#figures", "Leases");
        assertThat(browser.script("return document.querySelector('#topology svg').getAttribute('aria-label')")
                        .asText())
                .contains("TEP tep is forwarding");
        assertThat(browser.count("button.danger")).isZero();
        view("leases");
        browser.shows("#leases .results", address());
        assertThat(browser.count("button.danger")).isZero();
        view("configuration");
        browser.shows("#configurations", "io.dstm.tep.cfg");
        assertThat(browser.count("button.danger, #history button")).isZero();
    }

    @Test
    @Order(3)
    void a_search_finds_a_lease_by_address_and_port_and_its_node() {
        logIn("victor");
        view("leases");
        browser.shows("#leases .results", address());
        browser.type("#leases input[name=address]", "203.0.113.0/24");
        browser.click("#leases form button");
        browser.shows("#leases .results", "None.");
        browser.type("#leases input[name=address]", address());
        browser.type("#leases input[name=port]", "443");
        browser.click("#leases form button");
        browser.shows("#leases .results", "1 to 1 of 1");
        browser.type("#leases input[name=address]", "nonsense");
        browser.click("#leases form button");
        browser.shows("#leases .results .bad", "nonsense");
        view("tunnels");
        browser.shows("#tunnels .results", address());
    }

    @Test
    @Order(4)
    void a_lease_that_is_made_appears_by_itself() {
        logIn("victor");
        view("leases");
        browser.shows("#leases .results", address());
        lab.curl(NODE2, "http://www.example.test/");
        String made = lab.leasedAddresses(NODE2).get(0);
        browser.shows("#leases .results", made);
        view("overview");
        eventually(
                "the figure counts both",
                Duration.ofSeconds(20),
                () -> Integer.parseInt(browser.text("#figures div:first-child dd")) >= 2);
    }

    @Test
    @Order(5)
    void an_operator_revokes_a_lease_after_being_asked() {
        logIn("olga");
        view("leases");
        String made = lab.leasedAddresses(NODE2).get(0);
        browser.click("button[aria-label='Revoke " + made + "']");
        browser.shows("#ask", "loses its IPv4 address at once");
        browser.click("#ask-no");
        assertThat(lab.json(APPLIANCE, "dstm:leases --address " + made)
                        .at("/leases/0/state")
                        .asText())
                .isEqualToIgnoringCase("active");
        browser.click("button[aria-label='Revoke " + made + "']");
        browser.click("#ask-yes");
        browser.shows("#said", made + " is taken back.");
        assertThat(audit()).contains("\"who\":\"olga\",\"role\":\"operator\",\"door\":\"rest\"", "\"what\":\"revoke\"");
        view("overview");
        assertThat(browser.count("#pools button.danger"))
                .as("to drain is for admins")
                .isZero();
    }

    @Test
    @Order(5)
    void the_keyboard_stays_where_it_is_while_a_list_is_shown_anew() {
        logIn("olga");
        view("tunnels");
        browser.shows("#tunnels .results", address());
        browser.script("document.querySelector('#tunnels table').id = 'old';"
                + "document.querySelector('#tunnels .pages button').focus()");
        eventually("the list is shown anew", Duration.ofSeconds(30), () -> browser.count("#old") == 0);
        assertThat(browser.script("return document.activeElement.textContent").asText())
                .isEqualTo("Compare with the leases");
    }

    private static String audit() {
        try {
            return Files.readString(lab.karafFile(APPLIANCE, "data/log/dstm-audit.log"));
        } catch (IOException missing) {
            return missing.toString();
        }
    }

    @Test
    @Order(6)
    void an_admin_drains_a_pool_and_rolls_the_configuration_back() throws IOException {
        lab.configure(APPLIANCE, "io.dstm.pool-spare", "ranges = 192.0.2.240/28", "tep = tep");
        logIn("alma");
        browser.shows("#pools", "spare");
        view("configuration");
        eventually("the pool is kept", Duration.ofSeconds(30), () -> browser.text("#history article:first-child")
                .contains("io.dstm.pool-spare.cfg ranges"));
        view("overview");
        browser.click("button[aria-label='Drain pool spare']");
        browser.click("#ask-yes");
        browser.shows("#pools", "spare (drains)");
        // Karaf writes files that it has read once more, empty for a moment.
        Path file = lab.karafFile(APPLIANCE, "etc/io.dstm.pool-spare.cfg");
        eventually("the line is there", Duration.ofSeconds(20), () -> Files.readString(file)
                .contains("drain = true"));
        view("configuration");
        eventually("draining is kept", Duration.ofSeconds(30), () -> browser.text("#history article:first-child")
                .contains("drain on by alma"));
        browser.click("#history article:nth-child(2) button");
        browser.shows("#history article:nth-child(2)", "drain: true");
        browser.click("#history article:nth-child(2) button.danger");
        browser.shows("#ask", "Roll back to configuration");
        browser.click("#ask-yes");
        eventually("the line is gone", Duration.ofSeconds(20), () -> {
            String text = Files.readString(file);
            return text.contains("ranges") && !text.contains("drain");
        });
        // The files change before the operation is over and told of.
        eventually("the audit tells of it", Duration.ofSeconds(20), () -> audit().contains(
                        "\"what\":\"config-rollback\""));
        assertThat(audit()).contains("\"what\":\"drain\"", "\"who\":\"alma\"");
        view("overview");
        eventually("it lends again", Duration.ofSeconds(20), () -> !browser.text("#pools")
                .contains("(drains)"));
        lab.unconfigure(APPLIANCE, "io.dstm.pool-spare");
    }

    @Test
    @Order(7)
    void every_view_is_accessible_and_fits_a_desk_and_a_telephone_in_light_and_dark() {
        logIn("alma");
        for (String theme : List.of("light", "dark")) {
            browser.script("if (document.documentElement.dataset.theme !== '" + theme
                    + "') document.getElementById('theme').click()");
            for (String name : List.of("overview", "leases", "tunnels", "packets", "configuration")) {
                browser.size(1280, 900);
                view(name);
                if (name.equals("leases")) {
                    browser.shows("#leases .results", address());
                }
                assertThat(browser.violations()).as("%s, %s", name, theme).isEmpty();
                browser.picture(PICTURES.resolve("dashboard-" + name + "-" + theme + ".png"));
                browser.size(390, 844);
                assertThat(browser.script("return document.documentElement.scrollWidth <= innerWidth")
                                .asBoolean())
                        .as("%s does not scroll sideways on a telephone", name)
                        .isTrue();
                if (theme.equals("light")) {
                    assertThat(browser.violations())
                            .as("%s on a telephone", name)
                            .isEmpty();
                }
                browser.picture(PICTURES.resolve("dashboard-" + name + "-" + theme + "-phone.png"));
            }
        }
        browser.size(1280, 900);
        view("leases");
        browser.click("button[aria-label='Release " + address() + "']");
        assertThat(browser.violations()).as("the question").isEmpty();
        browser.picture(PICTURES.resolve("dashboard-question-dark.png"));
        browser.click("#ask-no");
    }
}
