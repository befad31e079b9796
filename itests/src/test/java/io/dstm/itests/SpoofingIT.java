package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.WEB;
import static io.dstm.itests.Lab.WEB_ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** A node that sends what it was not lent gets nothing through, and the TEP tells the kinds apart. */
@Order(40)
class SpoofingIT {

    private static final String NODE1_IPV6 = "2001:db8:a::11";
    private static final String TEP_IPV6 = "2001:db8:a::1";
    private static final int COUNT = 7;

    private static Lab lab;
    private static Leased one;
    private static Leased two;
    private static Leased three;

    /** Both nodes share one address, so that there is another's port to take. */
    @BeforeAll
    static void share_an_address() {
        lab = Lab.shared();
        SharedAddressIT.share(lab);
        one = Leased.of(lab, Lab.NODE1);
        two = Leased.of(lab, Lab.NODE2);
        RelayIT.bootNode3(lab);
        lab.curl(Lab.NODE3, "http://www.example.test/");
        three = Leased.of(lab, Lab.NODE3);
    }

    @Test
    @Order(1)
    void an_honest_packet_goes_through() {
        assertThat(arrivals(NODE1_IPV6, one.address(), one.firstPort() + 5)).hasSize(COUNT);
    }

    @Test
    @Order(2)
    void each_kind_of_spoofing_is_dropped_and_moves_its_own_counter() {
        assertThat(counterThatMoves(NODE1_IPV6, three.address(), 4000))
                .as("another's address")
                .isEqualTo("drop-foreign-address-ipv6");
        assertThat(counterThatMoves(NODE1_IPV6, one.address(), two.firstPort() + 5))
                .as("another's port")
                .isEqualTo("drop-foreign-port-ipv6");
        assertThat(counterThatMoves("2001:db8:a::99", one.address(), one.firstPort() + 5))
                .as("an IPv6 source that holds nothing")
                .isEqualTo("drop-foreign-source-ipv6");
    }

    /** Sends as the caller says and returns the one drop counter that moved, by exactly what was sent. */
    private static String counterThatMoves(String outerSource, String source, int port) {
        Map<String, Long> before = drops();
        assertThat(arrivals(outerSource, source, port)).isEmpty();
        List<String> moved = new ArrayList<>();
        drops().forEach((name, packets) -> {
            long difference = packets - before.getOrDefault(name, 0L);
            if (difference != 0) {
                moved.add(name);
                assertThat(difference).as(name).isEqualTo(COUNT);
            }
        });
        assertThat(moved)
                .as("counters that %s from %s:%s moved", outerSource, source, port)
                .hasSize(1);
        return moved.get(0);
    }

    private static List<String> arrivals(String outerSource, String source, int port) {
        try (Wire world = new Wire(lab, WEB, "spoof-" + port, "udp", "port", "9")) {
            Lab.Result sent = lab.run(
                    NODE1,
                    "python3",
                    lab.file("send.py"),
                    outerSource,
                    TEP_IPV6,
                    source,
                    WEB_ADDRESS,
                    "udp",
                    String.valueOf(port),
                    "9",
                    String.valueOf(COUNT));
            assertThat(sent.exit()).as(sent.toString()).isZero();
            // The ping behind them took the same way: what was to arrive has arrived.
            assertThat(lab.run(NODE1, "ping", "-c", "1", "-w", "10", WEB_ADDRESS)
                            .exit())
                    .isZero();
            Lab.pause(Duration.ofMillis(300));
            return world.fields("udp.dstport == 9 && !icmp", "ip.src", "udp.srcport");
        }
    }

    private static Map<String, Long> drops() {
        Map<String, Long> drops = new TreeMap<>();
        lab.counters(APPLIANCE).forEach((name, packets) -> {
            if (name.startsWith("drop-")) {
                drops.put(name, packets);
            }
        });
        assertThat(drops).isNotEmpty();
        return drops;
    }
}
