package io.dstm.itests;

import static io.dstm.itests.Lab.NODE3;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** A node on another link reaches the server through Debian's DHCPv6 relay. */
@Order(20)
class RelayIT {

    private static Lab lab;

    @BeforeAll
    static void boot() {
        lab = Lab.shared();
        bootNode3(lab);
    }

    /** Starts the relay and the node behind it, once. */
    static void bootNode3(Lab lab) {
        if (!java.nio.file.Files.exists(lab.karafFile(NODE3, "roles"))) {
            lab.lab("relay-start");
            lab.lab("karaf-start", NODE3, "client");
        }
    }

    @Test
    void a_page_by_name_with_a_lease_that_came_through_the_relay() {
        assertThat(lab.curl(NODE3, "http://www.example.test/")).contains("Served over IPv4 alone");
        Leased lease = Leased.of(lab, NODE3);
        assertThat(lab.whoAmI(NODE3)[0]).isEqualTo(lease.address());
        assertThat(lease.tunnelSource()).isEqualTo("2001:db8:b::13");
    }
}
