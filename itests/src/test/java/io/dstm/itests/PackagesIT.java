package io.dstm.itests;

import static io.dstm.itests.Lab.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The packages: installed in a clean Debian, started as the unit says, upgraded, removed. */
@Order(3)
class PackagesIT {

    private static final String VOID = "void";
    private static final Path PACKAGES = Path.of(System.getProperty("packages", "../karaf-packages/target"));

    private static Lab lab;
    private static Path root;
    private static Path deb;
    private static String password;

    @BeforeAll
    static void make_a_clean_debian() throws IOException {
        lab = Lab.alone("packages", "void");
        root = Path.of(lab.lab("path")).resolve("debian");
        deb = only("*.deb");
        Lab.Result made = local("sh", lab.file("debian.sh"), root.toString(), "openjdk-17-jre-headless", "passwd");
        assertThat(made.exit()).as(made.toString()).isZero();
        Files.copy(deb, root.resolve("tmp/dstm.deb"));
        Files.writeString(
                root.resolve("etc/hosts"),
                "127.0.0.1 localhost\n127.0.1.1 " + local("hostname").output());
    }

    @AfterAll
    static void remove_it() {
        lab.end();
    }

    private static Path only(String pattern) throws IOException {
        try (var files = Files.newDirectoryStream(PACKAGES, pattern)) {
            return files.iterator().next();
        }
    }

    private static Lab.Result local(String... command) {
        return Lab.finish(Lab.start(List.of(command)), Duration.ofMinutes(4));
    }

    private static Lab.Result inside(String... command) {
        List<String> whole = new ArrayList<>(List.of("chroot", root.toString()));
        whole.addAll(Arrays.asList(command));
        return Lab.finish(Lab.start(whole), Duration.ofMinutes(2));
    }

    /** As the unit starts it: its user, its capabilities, its view of the files. */
    private static List<String> asTheService(String... command) {
        List<String> whole = new ArrayList<>(List.of("sh", lab.file("service.sh"), root.toString()));
        whole.addAll(Arrays.asList(command));
        return whole;
    }

    private static Lab.Result service(String... command) {
        return lab.run(VOID, asTheService(command).toArray(String[]::new));
    }

    private static String etc(String file) throws IOException {
        return Files.readString(root.resolve("etc/dstm").resolve(file));
    }

    @Test
    @Order(1)
    void installs_and_shows_a_password_once() throws IOException {
        Lab.Result installed = inside("dpkg", "-i", "/tmp/dstm.deb");
        assertThat(installed.exit()).as(installed.toString()).isZero();
        assertThat(installed.output()).containsPattern("with the password [0-9a-f]{30}\n");
        password = installed.output().replaceFirst("(?s).*with the password (\\S+).*", "$1");
        assertThat(inside("stat", "-c", "%U %a", "/etc/dstm", "/etc/dstm/users.properties", "/var/lib/dstm")
                        .output()
                        .lines())
                .containsExactly("dstm 750", "dstm 600", "dstm 700");
        assertThat(inside("sh", "-c", "cd /; dpkg --verify dstm").output())
                .as("files that differ from the package's")
                .isEmpty();
    }

    @Test
    @Order(2)
    void serves_as_the_user_and_with_the_rights_that_the_unit_gives() throws Exception {
        assertThat(inside("dstm-role", "server", "tep").output()).contains("SERVER TEP");
        for (String role : List.of("server", "tep")) {
            try (Stream<Path> files = Files.list(Path.of(lab.file("etc/" + role)))) {
                for (Path file : files.toList()) {
                    Files.copy(file, root.resolve("etc/dstm").resolve(file.getFileName()));
                }
            }
        }
        Files.writeString(root.resolve("etc/dstm/io.dstm.dhcpv6.server.cfg"), "interfaces = lo\n");
        assertThat(inside("chown", "-R", "dstm:dstm", "/etc/dstm").exit()).isZero();

        Process karaf = lab.spawn(
                VOID, asTheService("/usr/share/dstm/bin/karaf", "daemon").toArray(String[]::new));
        Lab.Result waited = service("/usr/share/dstm/bin/dstm-wait");
        assertThat(waited.exit()).as(waited + Lab.soFar(karaf)).isZero();
        eventually("it is ready", Duration.ofSeconds(60), () -> Files.readString(root.resolve("run/dstm/state"))
                .startsWith("ready\n"));
        assertThat(lab.run(VOID, "ip", "-br", "link").output()).contains("dstm-tep");

        String status = Files.readString(Path.of("/proc/" + karaf.pid() + "/status"));
        assertThat(status)
                .as("NET_BIND_SERVICE, NET_ADMIN, NET_RAW and nothing else, for good")
                .contains("CapEff:\t0000000000003400", "CapBnd:\t0000000000003400", "NoNewPrivs:\t1")
                .doesNotContainPattern("Uid:\t0\t");
        assertThat(service("dstm", "health").toString()).isEqualTo("exit 0: All is well.");
        assertThat(service("sh", "-c", "echo dstm:pools | /usr/share/dstm/bin/client -b -u admin -p '" + password + "'")
                        .output())
                .contains("main");
        assertThat(service("dstm", "no-such-thing").exit()).isNotZero();

        assertThat(Files.readString(root.resolve("var/log/dstm/karaf.log"))).doesNotContain("| WARN", "| ERROR |");

        karaf.destroy();
        assertThat(Lab.finish(karaf, Duration.ofMinutes(1)).exit())
                .as("the unit takes both")
                .isIn(0, 143);
        assertThat(root.resolve("run/dstm/state")).doesNotExist();
    }

    @Test
    @Order(3)
    void an_upgrade_keeps_what_the_operator_wrote_and_what_was_lent() throws IOException {
        String users = etc("users.properties");
        String pool = etc("io.dstm.pool-main.cfg");
        Files.writeString(root.resolve("etc/dstm/org.apache.karaf.shell.cfg"), "# mine\n", StandardOpenOption.APPEND);
        Files.writeString(root.resolve("etc/dstm/org.apache.karaf.features.cfg"), "# of an older version\n");
        Lab.Result upgraded = inside("dpkg", "-i", "/tmp/dstm.deb");
        assertThat(upgraded.exit()).as(upgraded.toString()).isZero();
        assertThat(upgraded.output()).doesNotContain("with the password");
        assertThat(etc("users.properties")).isEqualTo(users);
        assertThat(etc("io.dstm.pool-main.cfg")).isEqualTo(pool);
        assertThat(etc("org.apache.karaf.shell.cfg")).endsWith("# mine\n");
        assertThat(etc("org.apache.karaf.features.cfg"))
                .as("Karaf's own, and the roles chosen before")
                .contains("featuresBoot", "dstm-server", "dstm-tep")
                .doesNotContain("older version", "dstm-client ,");
        assertThat(root.resolve("var/lib/dstm/data/cache")).doesNotExist();
        assertThat(root.resolve("var/lib/dstm/data/dstm/dhcpv6-server.duid")).exists();
    }

    @Test
    @Order(4)
    void the_unit_is_valid_and_gives_little_away() {
        String unit = root.resolve("lib/systemd/system/dstm.service").toString();
        assertThat(local("systemd-analyze", "verify", unit).output().lines())
                .as("what it starts is there, not here")
                .allMatch(line -> line.endsWith("is not executable: No such file or directory"));
        Lab.Result security = local("systemd-analyze", "security", "--offline=true", "--threshold=30", unit);
        assertThat(security.exit()).as(security.toString()).isZero();
    }

    @Test
    @Order(5)
    void a_purge_leaves_nothing() {
        assertThat(inside("dpkg", "--purge", "dstm").exit()).isZero();
        for (String gone : List.of("etc/dstm", "var/lib/dstm", "var/log/dstm", "usr/share/dstm", "usr/bin/dstm")) {
            assertThat(root.resolve(gone)).doesNotExist();
        }
        assertThat(inside("getent", "passwd", "dstm").output()).isEmpty();
    }

    @Test
    @Order(6)
    void the_rpm_has_the_same_files_with_the_same_care() throws IOException {
        String rpm = only("*.rpm").toString();
        assertThat(local("rpm", "-K", "--nosignature", rpm).output()).contains("digests OK");
        Lab.Result contents = local("dpkg-deb", "--fsys-tarfile", deb.toString());
        assertThat(contents.exit()).isZero();
        List<String> ours = local("sh", "-c", "dpkg-deb --fsys-tarfile " + deb + " | tar -t")
                .output()
                .lines()
                .filter(name -> name.startsWith("./usr/share/dstm/") && !name.endsWith("/"))
                .map(name -> name.substring(1))
                .sorted()
                .toList();
        assertThat(local("rpm", "-qpl", rpm).output().lines()).containsAll(ours);
        assertThat(local("rpm", "-qpc", rpm).output())
                .contains("/etc/dstm/org.apache.karaf.shell.cfg", "/etc/sysconfig/dstm");
        Path tree = Path.of(lab.lab("path")).resolve("fedora");
        Lab.Result installed = local("rpm", "--root", tree.toString(), "-i", "--nodeps", "--noscripts", rpm);
        assertThat(installed.exit()).as(installed.toString()).isZero();
        assertThat(tree.resolve("usr/lib/systemd/system/dstm.service")).exists();
        assertThat(Files.isExecutable(tree.resolve("usr/share/dstm/bin/karaf"))).isTrue();
    }
}
