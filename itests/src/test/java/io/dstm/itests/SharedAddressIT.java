package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.NODE2;
import static io.dstm.itests.Lab.WEB_ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Two nodes have one IPv4 address, each its own ports of it. */
@Order(30)
class SharedAddressIT {

    private static Lab lab;

    @BeforeAll
    static void give_both_nodes_the_same_address() {
        lab = Lab.shared();
        share(lab);
    }

    /** Moves both nodes to one address, if they have not one already. */
    static void share(Lab lab) {
        lab.mainPoolServes("2001:db8:b::/64");
        lab.configure(
                APPLIANCE,
                "io.dstm.pool-shared",
                "ranges = 192.0.2.64",
                "psid.length = 6",
                "clients = 2001:db8:a::/64",
                "tep = tep");
        Lab.pause(Duration.ofSeconds(2));
        for (String node : new String[] {NODE1, NODE2}) {
            if (!lab.addresses(node, "dstm0").contains("192.0.2.64")) {
                lab.giveBack(node);
            }
            lab.curl(node, "http://www.example.test/");
        }
    }

    @Test
    @Order(1)
    void the_nodes_have_one_address_and_disjoint_ports() {
        Leased one = Leased.of(lab, NODE1);
        Leased two = Leased.of(lab, NODE2);
        assertThat(one.address()).isEqualTo(two.address()).isEqualTo("192.0.2.64");
        assertThat(one.lastPort() < two.firstPort() || two.lastPort() < one.firstPort())
                .as("%s and %s", one, two)
                .isTrue();
        assertThat(Math.min(one.firstPort(), two.firstPort()))
                .as("system ports are not lent")
                .isGreaterThanOrEqualTo(1024);
    }

    @Test
    @Order(2)
    void every_flow_comes_from_the_ports_of_its_node() {
        for (String node : new String[] {NODE1, NODE2}) {
            Leased lease = Leased.of(lab, node);
            for (int i = 0; i < 10; i++) {
                String[] seen = lab.whoAmI(node);
                assertThat(seen[0]).isEqualTo(lease.address());
                assertThat(Integer.parseInt(seen[1])).isBetween(lease.firstPort(), lease.lastPort());
            }
        }
    }

    @Test
    @Order(3)
    void both_transfer_at_once() {
        String url = "http://www.example.test/bytes/" + (20 << 20);
        Process first = lab.spawn(NODE1, "curl", "-4", "-sS", "-f", "-o", "/dev/null", "-w", "%{size_download}", url);
        Process second = lab.spawn(NODE2, "curl", "-4", "-sS", "-f", "-o", "/dev/null", "-w", "%{size_download}", url);
        assertThat(Lab.finish(first, Duration.ofMinutes(2)).toString()).isEqualTo("exit 0: " + (20 << 20));
        assertThat(Lab.finish(second, Duration.ofMinutes(2)).toString()).isEqualTo("exit 0: " + (20 << 20));
    }

    @Test
    @Order(4)
    void both_ping_through_the_shared_address() {
        for (String node : new String[] {NODE1, NODE2}) {
            assertThat(lab.run(node, "ping", "-c", "3", "-i", "0.2", "-w", "10", WEB_ADDRESS)
                            .output())
                    .contains(" 3 received");
        }
    }

    @Test
    @Order(5)
    void a_port_the_program_chose_is_mapped_into_the_set() {
        Leased lease = Leased.of(lab, NODE1);
        String[] seen = lab.curl(NODE1, "--local-port", "60123", "http://" + WEB_ADDRESS + "/whoami")
                .split(" ");
        assertThat(seen[0]).isEqualTo(lease.address());
        assertThat(Integer.parseInt(seen[1])).isBetween(lease.firstPort(), lease.lastPort());
    }
}
