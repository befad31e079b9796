package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE3;
import static io.dstm.itests.Lab.WEB;
import static io.dstm.itests.Lab.WEB_ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A world of 1500 bytes with one IPv6 hop of 1280 in the middle, which nobody was told of: no black hole, either way. */
@Order(24)
class PathMtuIT {

    private static final int PORT = 7000;
    private static final int COUNT = 5;
    private static final String EVERY = COUNT + " of " + COUNT;
    /** What is left of the hop beside the outer header. */
    private static final String FITS = "1240";

    private static Lab lab;
    private static String address;

    @BeforeAll
    static void node_behind_the_hop() {
        lab = Lab.shared();
        RelayIT.bootNode3(lab);
        lab.curl(NODE3, "http://www.example.test/");
        address = ReachIT.leased(NODE3);
    }

    @AfterAll
    static void take_the_hop_away() {
        lab.lab("wide");
    }

    /** The first flow meets the hop while it is under way: both ends have sent long packets that arrived. */
    @Test
    @Order(1)
    void a_transfer_that_is_under_way_survives_the_hop(@TempDir Path files) throws Exception {
        int bytes = 16 << 20;
        Path down = files.resolve("down");
        Process flow = lab.spawn(
                NODE3,
                "curl",
                "-4",
                "-sS",
                "-f",
                "--max-time",
                "120",
                "--limit-rate",
                "4M",
                "-o",
                down.toString(),
                "-w",
                "%{size_download} %{num_connects}",
                "http://" + WEB_ADDRESS + "/bytes/" + bytes);
        Lab.eventually(
                "a part has arrived", Duration.ofSeconds(20), () -> Files.exists(down) && Files.size(down) > 4 << 20);
        lab.lab("narrow");
        assertThat(Files.size(down)).as("the hop came in the middle").isLessThan(bytes);
        assertThat(Lab.finish(flow, Duration.ofMinutes(3)).toString()).isEqualTo("exit 0: " + bytes + " 1");
    }

    @Test
    @Order(2)
    void transfers_up_and_down(@TempDir Path files) throws Exception {
        Path file = files.resolve("up");
        Files.write(file, new byte[4 << 20]);
        Transfer.up(lab, NODE3, file);
        Transfer.bothWays(lab, NODE3, 20 << 20, files);
    }

    @Test
    @Order(3)
    void datagrams_that_must_not_be_fragmented_find_the_size_that_fits() {
        try (Peer web = Peer.echoingUdp(lab, WEB, WEB_ADDRESS, PORT)) {
            assertThat(Peer.probe(lab, NODE3, "udp-mtu", WEB_ADDRESS, PORT)).isEqualTo(FITS);
        }
        try (Peer node = Peer.echoingUdp(lab, NODE3, address, PORT)) {
            assertThat(Peer.probe(lab, WEB, "udp-mtu", address, PORT)).isEqualTo(FITS);
        }
    }

    @Test
    @Order(4)
    void datagrams_that_may_be_fragmented_arrive_at_any_size_in_ipv6_fragments() {
        try (Wire wire = new Wire(lab, NODE3, "outer-fragments", "ip6 proto 44")) {
            for (int size : new int[] {1213, 1400, 1432, 1433, 8192}) {
                thereAndBack(size);
            }
            assertThat(wire.fields("ipv6.fraghdr.nxt == 4", "ipv6.src"))
                    .as("who sent fragments of tunnelled packets")
                    .contains("2001:db8:b::13", "2001:db8:a::1");
            assertThat(wire.fields("ipv6.plen > 1240", "frame.number"))
                    .as("fragments too long for the hop")
                    .isEmpty();
        }
    }

    private static void thereAndBack(int size) {
        try (Peer web = Peer.echoingUdp(lab, WEB, WEB_ADDRESS, PORT)) {
            assertThat(Peer.probe(lab, NODE3, "udp", WEB_ADDRESS, PORT, size, COUNT))
                    .as("%d bytes up", size)
                    .isEqualTo(EVERY);
        }
        try (Peer node = Peer.echoingUdp(lab, NODE3, address, PORT)) {
            assertThat(Peer.probe(lab, WEB, "udp", address, PORT, size, COUNT))
                    .as("%d bytes down", size)
                    .isEqualTo(EVERY);
        }
    }

    @Test
    @Order(5)
    void both_ends_of_the_tunnel_learned_from_the_routers_on_the_way() {
        assertThat(lab.counters(APPLIANCE)).containsKey("noted-path-mtu-icmpv6");
        assertThat(lab.counters(NODE3)).containsKey("learn-path-mtu-ipv6");
        assertThat(lab.counters(APPLIANCE)).doesNotContainKey("drop-defect-ip");
    }
}
