package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** A node that is called comes: it renews, or learns that its lease was withdrawn and moves to another. */
@Order(57)
class CalledNodeIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static Lab lab;

    @BeforeAll
    static void one_lease() {
        lab = Lab.shared();
        lab.unconfigure(APPLIANCE, "io.dstm.pool-shared");
        lab.unconfigure(APPLIANCE, "io.dstm.pool-new");
        mainPoolServesNode1();
    }

    @AfterAll
    static void lend_as_before() {
        mainPoolServesNode1();
    }

    private static void mainPoolServesNode1() {
        lab.mainPoolServes("2001:db8::/32");
        eventually("node1 has an address of the main pool", PATIENCE, () -> {
            lab.giveBack(NODE1);
            return served().matches("192\\.0\\.2\\.([1-9]|1[0-4])");
        });
    }

    @Test
    @Order(1)
    void a_call_makes_it_renew_at_once() {
        Leased before = Leased.of(lab, NODE1);
        try (Wire wire = new Wire(lab, NODE1, "called-node", "udp", "port", "546", "or", "udp", "port", "547")) {
            assertThat(lab.shell(APPLIANCE, "dstm:call " + before.client())).contains(" came.");
            assertThat(wire.fields("dhcpv6", "dhcpv6.msgtype")).containsSequence("10", "5", "7");
        }
        assertThat(Leased.of(lab, NODE1)).isEqualTo(before);
        assertThat(lab.whoAmI(NODE1)[0]).isEqualTo(before.address());
    }

    @Test
    @Order(2)
    void who_is_told_that_the_lease_was_withdrawn_gives_it_up_and_moves_to_what_the_pool_has_now() {
        Leased before = Leased.of(lab, NODE1);
        lab.configure(
                APPLIANCE,
                "io.dstm.pool-main",
                "ranges = 192.0.2.16-192.0.2.23",
                "clients = 2001:db8::/32",
                "tep = tep");
        eventually("the new range is in force", PATIENCE, () -> lab.log(APPLIANCE)
                .contains("lends [192.0.2.16-192.0.2.23]"));
        assertThat(lab.whoAmI(NODE1)[0]).as("it is not driven out").isEqualTo(before.address());

        assertThat(lab.shell(APPLIANCE, "dstm:withdraw --yes " + before.client()))
                .contains("Withdrawn", before.address(), " came.");
        eventually("the old address is off the node", PATIENCE, () -> !lab.leasedAddresses(NODE1)
                .contains(before.address()));
        eventually("node1 has an address of the new range", PATIENCE, () -> served().matches(
                        "192\\.0\\.2\\.(1[6-9]|2[0-3])"));
        Leased after = Leased.of(lab, NODE1);
        assertThat(lab.whoAmI(NODE1)[0]).isEqualTo(after.address());
        assertThat(lab.leasedAddresses(NODE1)).isEqualTo(List.of(after.address()));
    }

    /** The address that the web server sees of node1, empty if nothing comes through. */
    private static String served() {
        Lab.Result result =
                lab.run(NODE1, "curl", "-4", "-s", "-f", "--max-time", "5", "http://" + Lab.WEB_ADDRESS + "/whoami");
        return result.exit() == 0 ? result.output().strip().split(" ")[0] : "";
    }
}
