package io.dstm.itests;

import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.WEB;
import static io.dstm.itests.Lab.WEB_ADDRESS;
import static io.dstm.itests.Lab.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node whose kernel carries the common packets of its lease: programs see no difference, and hardly a packet meets the rules. */
@Order(23)
class NodePathIT {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int BYTES = 20 << 20;
    private static final int LONGEST = 1460;
    private static final String PAGE = "http://www.example.test/";

    private static Lab lab;

    @BeforeAll
    static void change() {
        lab = Lab.shared();
        lab.configure(NODE1, "io.dstm.client", "idle.release = 0s", "datapath = tc");
        lab.curl(NODE1, PAGE);
        eventually("the status says so", SOON, () -> datapath().startsWith("tc on dstm0, access"));
    }

    private static String datapath() {
        return lab.json(NODE1, "dstm:status").findPath("datapath").asText();
    }

    /** Packets that the kernel has sent through the device: those that no program has taken before. */
    private static long judged() {
        return Long.parseLong(lab.run(NODE1, "cat", "/sys/class/net/dstm0/statistics/tx_packets")
                .output()
                .strip());
    }

    private static long carried(String counter) {
        return lab.counters(NODE1).get(counter);
    }

    @Test
    @Order(1)
    void bulk_goes_both_ways_and_hardly_a_packet_meets_the_rules(@TempDir Path files) throws Exception {
        lab.curl(NODE1, PAGE);
        long judged = judged();
        long out = carried("forward-native-ipv4");
        long in = carried("forward-native-ipv6");
        Transfer.bothWays(lab, NODE1, BYTES, files);
        assertThat(carried("forward-native-ipv4") - out).as("segments up").isGreaterThan(BYTES / LONGEST);
        assertThat(carried("forward-native-ipv6") - in).as("segments down").isGreaterThan(BYTES / LONGEST);
        assertThat(judged() - judged).as("that met the rules").isLessThan(BYTES / LONGEST / 10);
    }

    @Test
    @Order(2)
    void what_is_not_common_goes_as_ever() {
        String leased = lab.leasedAddresses(NODE1).get(0);
        long judged = judged();
        for (String[] way : new String[][] {{NODE1, WEB_ADDRESS}, {WEB, leased}}) {
            // In fragments, and as long as fits.
            for (String[] kind : new String[][] {{"dont", "4000"}, {"do", "1432"}}) {
                Lab.Result result = lab.run(
                        way[0], "ping", "-M", kind[0], "-s", kind[1], "-c", "5", "-W", "30", "-i", "0.2", way[1]);
                assertThat(result.output()).doesNotContain(" 0 received").contains(" received");
            }
        }
        assertThat(judged() - judged).as("fragments through the rules").isGreaterThanOrEqualTo(2);
    }

    @AfterAll
    static void change_back() {
        lab.configure(NODE1, "io.dstm.client", "idle.release = 0s");
        eventually("all meets the rules again", SOON, () -> datapath().equals("tun"));
        lab.curl(NODE1, PAGE);
    }
}
