package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE3;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Our node in somebody else's lw4o6 network (RFC 7596): Kea provisions it, and its border relay is not ours either. */
@Order(82)
class Lw4o6NodeIT {

    private static final String ADDRESS = "192.0.2.200";
    private static final String TUNNEL_END = "2001:db8:b:0:0:c000:2c8:5";
    private static final String BR = "2001:db8:a::99";

    private static Lab lab;
    private static Kea kea;
    private static Process tunnel;

    @BeforeAll
    static void kea_and_a_border_relay() {
        lab = Lab.shared();
        RelayIT.bootNode3(lab);
        lab.giveBack(NODE3);
        kea = new Kea(lab, ADDRESS + ", 2001:db8:b::/64", "0, 5/6", BR);
        sh("ip addr add " + BR + "/128 dev access nodad");
        tunnel = Softwire.tunnel(lab, APPLIANCE, BR, TUNNEL_END);
        sh("ip link set lw up mtu 1460; ip route add " + ADDRESS + "/32 dev lw");
        lab.configure(NODE3, "io.dstm.client", "source = lw4o6", "idle.release = 0s");
        Lab.eventually("node3 asks by lw4o6", Duration.ofSeconds(20), () -> lab.json(NODE3, "dstm:status")
                .toString()
                .contains("\"lw4o6\""));
    }

    @AfterAll
    static void as_before() {
        lab.configure(NODE3, "io.dstm.client", "idle.release = 0s");
        Lab.eventually("node3 gave its lease back", Duration.ofSeconds(20), () -> !lab.leasedAddresses(NODE3)
                .contains(ADDRESS));
        kea.close();
        tunnel.destroy();
        Lab.finish(tunnel, Duration.ofSeconds(10));
        sh("ip addr del " + BR + "/128 dev access");
    }

    private static void sh(String script) {
        Lab.Result result = lab.run(APPLIANCE, "sh", "-ec", script);
        assertThat(result.exit()).as("%s: %s", script, result).isZero();
    }

    @Test
    @Order(1)
    void a_page_by_name_through_the_tunnel_that_kea_told_of() {
        assertThat(lab.curl(NODE3, "http://www.example.test/")).contains("Served over IPv4 alone");
        for (int i = 0; i < 5; i++) {
            String[] seen = lab.whoAmI(NODE3);
            assertThat(seen[0]).isEqualTo(ADDRESS);
            assertThat(Integer.parseInt(seen[1])).isBetween(5120, 6143);
        }
    }

    @Test
    @Order(2)
    void the_node_has_the_address_that_its_tunnel_ends_at() {
        assertThat(lab.run(NODE3, "ip", "-6", "addr", "show", "dev", "access").output())
                .contains("2001:db8:b::c000:2c8:5/128");
    }

    @Test
    @Order(3)
    void the_lease_outlives_its_time() {
        Lab.pause(Duration.ofSeconds(14));
        assertThat(lab.whoAmI(NODE3)[0]).isEqualTo(ADDRESS);
    }

    @Test
    @Order(4)
    void the_address_goes_with_the_lease() {
        lab.configure(NODE3, "io.dstm.client", "source = lw4o6", "idle.release = 1s");
        Lab.eventually("the lease is given back", Duration.ofSeconds(20), () -> !lab.leasedAddresses(NODE3)
                .contains(ADDRESS));
        Lab.eventually("the tunnel's end is gone", Duration.ofSeconds(5), () -> !lab.run(
                        NODE3, "ip", "-6", "addr", "show", "dev", "access")
                .output()
                .contains("c000:2c8:5"));
    }
}
