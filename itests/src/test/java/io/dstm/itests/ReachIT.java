package io.dstm.itests;

import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.NODE2;
import static io.dstm.itests.Lab.WEB;
import static io.dstm.itests.Lab.WEB_ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** An unmodified IPv4-only program on a node of an IPv6-only network reaches the IPv4 world. */
@Order(10)
class ReachIT {

    private static final long HUNDRED_MEGABYTES = 100L << 20;

    private static Lab lab;

    @BeforeAll
    static void boot() {
        lab = Lab.shared();
    }

    @Test
    @Order(1)
    void no_address_is_lent_before_somebody_needs_one() {
        assertThat(lab.addresses(NODE1, "dstm0")).allMatch(address -> address.startsWith("192.0.0."));
        assertThat(lab.run(NODE1, "getent", "ahosts", "dual.example.test").output())
                .as("a name with an IPv6 address needs no lease")
                .contains("2001:db8:a::53");
        assertThat(lab.addresses(NODE1, "dstm0")).allMatch(address -> address.startsWith("192.0.0."));
    }

    @Test
    @Order(2)
    void a_page_by_name_and_the_wire_shows_ipv6_alone() {
        try (Wire wire = new Wire(lab, NODE1, "by-name")) {
            assertThat(lab.curl(NODE1, "http://www.example.test/")).contains("Served over IPv4 alone");

            String address = leased(NODE1);
            assertThat(wire.fields("!ipv6 && !(eth.type == 0x86dd)", "frame.number"))
                    .as("frames that are not IPv6")
                    .isEmpty();
            List<String> tunnelled = wire.fields("ip", "ipv6.nxt", "ipv6.src", "ip.src", "ip.dst");
            assertThat(tunnelled).hasSizeGreaterThan(6).allMatch(line -> line.startsWith("4\t"));
            assertThat(tunnelled)
                    .contains(
                            "4\t2001:db8:a::11\t" + address + "\t" + WEB_ADDRESS,
                            "4\t2001:db8:a::1\t" + WEB_ADDRESS + "\t" + address);
            assertThat(wire.lines("ip6 proto 4").get(0)).contains("next-header IPIP (4)");
            assertThat(wire.fields("tcp.flags.syn == 1 && tcp.flags.ack == 0", "ip.src"))
                    .as("the very first packet has the leased address")
                    .containsOnly(address);
        }
    }

    @Test
    @Order(3)
    void the_web_server_sees_the_leased_address() {
        assertThat(lab.whoAmI(NODE1)[0]).isEqualTo(leased(NODE1));
    }

    @Test
    @Order(4)
    void a_page_by_literal_address_from_a_node_without_a_lease() {
        assertThat(lab.addresses(NODE2, "dstm0")).allMatch(address -> address.startsWith("192.0.0."));
        assertThat(lab.curl(NODE2, "http://" + WEB_ADDRESS + "/")).contains("Served over IPv4 alone");
        assertThat(lab.whoAmI(NODE2)[0]).isEqualTo(leased(NODE2)).isNotEqualTo(leased(NODE1));
    }

    @Test
    @Order(5)
    void ping_both_ways() {
        assertThat(lab.run(NODE1, "ping", "-c", "3", "-i", "0.2", WEB_ADDRESS).output())
                .contains(" 3 received");
        assertThat(lab.run(WEB, "ping", "-c", "3", "-i", "0.2", leased(NODE1)).output())
                .contains(" 3 received");
    }

    @Test
    @Order(5)
    void what_does_not_fit_the_tunnel_is_fragmented_or_refused_with_the_size_that_fits() {
        for (String[] way : new String[][] {{NODE1, WEB_ADDRESS}, {WEB, leased(NODE1)}}) {
            assertThat(lab.run(way[0], "ping", "-M", "dont", "-s", "4000", "-c", "3", "-i", "0.2", way[1])
                            .output())
                    .contains(" 3 received");
            assertThat(lab.run(way[0], "ping", "-M", "do", "-s", "1432", "-c", "2", "-i", "0.2", way[1])
                            .output())
                    .contains(" 2 received");
        }
        String tooBig = lab.run(WEB, "ping", "-M", "do", "-s", "1472", "-c", "2", "-W", "2", leased(NODE1))
                .output();
        assertThat(tooBig).contains("mtu = 1460", " 0 received");
    }

    @Test
    @Order(6)
    void a_hundred_megabytes_each_way(@org.junit.jupiter.api.io.TempDir Path files) throws Exception {
        Path down = files.resolve("down");
        lab.curl(NODE1, "-o", down.toString(), "http://www.example.test/bytes/" + HUNDRED_MEGABYTES);
        assertThat(Files.size(down)).isEqualTo(HUNDRED_MEGABYTES);
        String expected = lab.run(
                        WEB,
                        "sh",
                        "-c",
                        "curl -s http://" + WEB_ADDRESS + "/bytes/" + HUNDRED_MEGABYTES + " | sha256sum")
                .output()
                .split(" ")[0];
        assertThat(sha256(down)).isEqualTo(expected);
        assertThat(lab.curl(NODE1, "-T", down.toString(), "http://www.example.test/upload"))
                .isEqualTo(expected);
    }

    @Test
    @Order(7)
    void two_nodes_at_once() {
        String url = "http://www.example.test/bytes/" + (20 << 20);
        Process first = lab.spawn(NODE1, "curl", "-4", "-sS", "-f", "-o", "/dev/null", "-w", "%{size_download}", url);
        Process second = lab.spawn(NODE2, "curl", "-4", "-sS", "-f", "-o", "/dev/null", "-w", "%{size_download}", url);
        assertThat(Lab.finish(first, Duration.ofMinutes(2)).toString()).isEqualTo("exit 0: " + (20 << 20));
        assertThat(Lab.finish(second, Duration.ofMinutes(2)).toString()).isEqualTo("exit 0: " + (20 << 20));
    }

    @Test
    @Order(8)
    void a_flow_between_two_nodes_turns_round_in_the_tep() {
        String target = leased(NODE2);
        Process server = lab.spawn(
                NODE2,
                "python3",
                "-m",
                "http.server",
                "--bind",
                target,
                "--directory",
                "/usr/share/doc/base-files",
                "8080");
        try (Wire world = new Wire(lab, WEB, "hairpin-world")) {
            Lab.eventually("the server on node2 listens", Duration.ofSeconds(10), () -> lab.run(
                            NODE2, "ss", "-Hlnt", "sport = :8080")
                    .output()
                    .contains(":8080"));
            assertThat(lab.curl(NODE1, "http://" + target + ":8080/")).contains("copyright");
            assertThat(lab.run(NODE1, "ping", "-c", "2", "-i", "0.2", target).output())
                    .contains(" 2 received");
            assertThat(world.fields("ip.addr == " + target, "frame.number"))
                    .as("packets between the nodes seen in the IPv4 world")
                    .isEmpty();
        } finally {
            server.destroy();
        }
    }

    /** The one leased address a node's device has. */
    static String leased(String node) {
        List<String> addresses = Lab.shared().addresses(node, "dstm0").stream()
                .filter(address -> !address.startsWith("192.0.0."))
                .toList();
        assertThat(addresses).as("leased addresses of " + node).hasSize(1);
        return addresses.get(0);
    }

    static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (var in = Files.newInputStream(file)) {
            byte[] part = new byte[1 << 16];
            for (int length = in.read(part); length > 0; length = in.read(part)) {
                digest.update(part, 0, length);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
