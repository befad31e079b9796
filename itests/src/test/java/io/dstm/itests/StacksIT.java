package io.dstm.itests;

import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.WEB;
import static io.dstm.itests.Lab.WEB_ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a full address carries beside web pages: other programs and protocols, real stacks at both ends. */
@Order(22)
class StacksIT {

    private static final int ESP = 50;
    private static final int COUNT = 10;
    /** In a network behind a router behind the web server's network. */
    private static final String BEYOND = "beyond";

    private static final String BEYOND_ADDRESS = "203.0.113.80";
    private static final String SCTP = "/usr/lib/usrsctp/tsctp";
    /** The key of {@code lab/probe.py}, for a second opinion on its packets. */
    private static final List<String> ESP_KEY = List.of(
            "-o",
            "esp.enable_encryption_decode:TRUE",
            "-o",
            "esp.enable_authentication_check:TRUE",
            "-o",
            "uat:esp_sa:\"IPv4\",\"*\",\"*\",\"*\",\"NULL\",\"\",\"HMAC-SHA-256-128 [RFC4868]\","
                    + "\"0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"");

    private static Lab lab;
    private static String address;

    @BeforeAll
    static void lease() {
        lab = Lab.shared();
        lab.curl(NODE1, "http://www.example.test/");
        address = ReachIT.leased(NODE1);
        lab.lab("beyond");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-U", "-I", "-T"})
    void traceroute_shows_every_hop_behind_the_tunnel(String kind) {
        assertThat(hops(NODE1, kind, BEYOND_ADDRESS))
                .containsExactly("1 198.51.100.1", "2 " + WEB_ADDRESS, "3 " + BEYOND_ADDRESS);
        assertThat(hops(BEYOND, kind, address)).containsExactly("1 203.0.113.1", "2 198.51.100.1", "3 " + address);
    }

    private static List<String> hops(String from, String kind, String to) {
        Lab.Result result = lab.run(from, "traceroute", kind, "-n", "-q", "1", "-w", "5", to);
        assertThat(result.exit()).as(result.toString()).isZero();
        return result.output()
                .lines()
                .filter(line -> line.matches(" *\\d+ .*"))
                .map(line -> line.strip().replaceFirst("(\\d+) +(\\S+).*", "$1 $2"))
                .toList();
    }

    @Test
    void datagrams_of_eight_kilobytes_each_way() {
        try (Peer web = Peer.echoingUdp(lab, WEB, WEB_ADDRESS, 7000)) {
            assertThat(Peer.probe(lab, NODE1, "udp", WEB_ADDRESS, 7000, 8192, COUNT))
                    .isEqualTo(COUNT + " of " + COUNT);
        }
        try (Peer node = Peer.echoingUdp(lab, NODE1, address, 7000)) {
            assertThat(Peer.probe(lab, WEB, "udp", address, 7000, 8192, COUNT)).isEqualTo(COUNT + " of " + COUNT);
        }
    }

    @Test
    void transfers_finish_although_packets_are_lost(@TempDir Path files) throws Exception {
        lab.lab("lossy", NODE1, "20");
        List<String> lost;
        try {
            Transfer.bothWays(lab, NODE1, 20 << 20, files);
        } finally {
            lost = lab.lab("lossless").lines().toList();
        }
        assertThat(lost).as("packets lost, up and down").hasSize(2).doesNotContain("0");
    }

    @Test
    void sctp_each_way() {
        try (Wire world = new Wire(lab, WEB, "sctp", "proto 132")) {
            assertThat(sctp(WEB, NODE1, address, WEB_ADDRESS)).contains("1000, 500, 500, 500000, ");
            assertThat(sctp(NODE1, WEB, WEB_ADDRESS, address)).contains("1000, 500, 500, 500000, ");
            assertThat(world.fields("sctp.chunk_type == 1", "ip.src", "ip.dst"))
                    .as("where associations began")
                    .contains(address + "\t" + WEB_ADDRESS, WEB_ADDRESS + "\t" + address);
        }
    }

    /** Sends messages with a user-space stack, on raw sockets; what the receiver counted. */
    private static String sctp(String receiver, String sender, String from, String to) {
        Peer peer = Peer.running(lab, receiver, List.of("-Hlanw", "sport = :132"), "stdbuf", "-oL", SCTP);
        try {
            Lab.Result sent = lab.run(sender, SCTP, "-L", from, "-l", "1000", "-n", "500", to);
            assertThat(sent.exit()).as(sent.toString()).isZero();
        } catch (AssertionError failure) {
            peer.close();
            throw failure;
        }
        return peer.end();
    }

    @Test
    void esp_each_way_with_its_integrity_whole() {
        try (Wire world = new Wire(lab, WEB, "esp", "proto 50")) {
            there_and_back(ESP);
            assertThat(world.fields(ESP_KEY, "esp.icv_good == 1", "ip.src", "ip.dst"))
                    .as("packets whose integrity tshark checked")
                    .hasSize(4 * COUNT)
                    .containsOnly(address + "\t" + WEB_ADDRESS, WEB_ADDRESS + "\t" + address);
        }
    }

    /** GRE, DCCP, L2TP, UDP-Lite, and one that nobody uses: neither end has a kernel module for it. */
    @ParameterizedTest
    @ValueSource(ints = {47, 33, 115, 136, 253})
    void any_other_protocol_each_way(int protocol) {
        there_and_back(protocol);
    }

    private static void there_and_back(int protocol) {
        try (Peer web = Peer.echoingProtocol(lab, WEB, protocol, COUNT)) {
            assertThat(Peer.probe(lab, NODE1, "raw", WEB_ADDRESS, protocol, COUNT))
                    .isEqualTo(COUNT + " of " + COUNT);
        }
        try (Peer node = Peer.echoingProtocol(lab, NODE1, protocol, COUNT)) {
            assertThat(Peer.probe(lab, WEB, "raw", address, protocol, COUNT)).isEqualTo(COUNT + " of " + COUNT);
        }
    }
}
