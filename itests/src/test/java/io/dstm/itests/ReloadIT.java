package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.NODE2;
import static io.dstm.itests.Lab.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** A pool file that is edited takes effect at once, or not at all. */
@Order(50)
class ReloadIT {

    private static final Duration IN_FORCE = Duration.ofSeconds(2);

    private static Lab lab;

    @BeforeAll
    static void one_address_each() {
        lab = Lab.shared();
        lab.unconfigure(APPLIANCE, "io.dstm.pool-shared");
        lab.mainPoolServes("2001:db8::/32");
        Lab.pause(Duration.ofSeconds(2));
        for (String node : List.of(NODE1, NODE2)) {
            lab.giveBack(node);
            lab.curl(node, "http://www.example.test/");
        }
    }

    @Test
    @Order(1)
    void a_new_range_is_usable_within_two_seconds_and_flows_go_on() {
        lab.mainPoolServes("2001:db8:a::11/128");
        lab.giveBack(NODE2);
        Process flow = slowTransfer(NODE1);
        List<Leased> before = Leased.active(lab);
        lab.configure(
                APPLIANCE, "io.dstm.pool-new", "ranges = 192.0.2.32/29", "clients = 2001:db8:a::12/128", "tep = tep");
        Lab.pause(IN_FORCE);
        assertThat(lab.whoAmI(NODE2)[0]).startsWith("192.0.2.3");

        assertThat(Leased.active(lab)).containsAll(before);
        assertThat(Lab.finish(flow, Duration.ofMinutes(1)).toString()).isEqualTo("exit 0: " + SLOW_BYTES + " 1");
    }

    @Test
    @Order(2)
    void a_broken_file_changes_nothing_and_is_reported() {
        String address = lab.whoAmI(NODE2)[0];
        Process flow = slowTransfer(NODE1);
        String pools = lab.shell(APPLIANCE, "dstm:pools");
        assertThat(lentBy(pools)).hasSize(2);

        lab.configure(
                APPLIANCE,
                "io.dstm.pool-new",
                "ranges = 192.0.2.32/29, 192.0.2.300",
                "clients = 2001:db8:a::12/128",
                "tep = tep");
        eventually("the status names the broken file", Duration.ofSeconds(10), () -> lab.shell(APPLIANCE, "dstm:status")
                .contains("192.0.2.300"));
        assertThat(lab.shell(APPLIANCE, "dstm:status")).contains("io.dstm.pool", "new", "ranges");
        assertThat(lab.log(APPLIANCE).lines().filter(line -> line.contains("192.0.2.300")))
                .as("log lines that say so")
                .isNotEmpty()
                .allMatch(line -> line.matches(".*DSTM-1\\d{3}.*"));

        assertThat(lentBy(lab.shell(APPLIANCE, "dstm:pools"))).isEqualTo(lentBy(pools));
        assertThat(lab.whoAmI(NODE2)[0]).isEqualTo(address);
        assertThat(Lab.finish(flow, Duration.ofMinutes(1)).toString()).isEqualTo("exit 0: " + SLOW_BYTES + " 1");
    }

    @Test
    @Order(3)
    void a_mended_file_clears_the_report() {
        lab.configure(
                APPLIANCE, "io.dstm.pool-new", "ranges = 192.0.2.32/29", "clients = 2001:db8:a::12/128", "tep = tep");
        eventually("the status is clean", Duration.ofSeconds(10), () -> !lab.shell(APPLIANCE, "dstm:status")
                .contains("192.0.2.300"));
    }

    /** What pools have and how many leases of each are active; the rest of their former leases ends by itself meanwhile. */
    private static List<List<String>> lentBy(String pools) {
        return pools.lines()
                .skip(1)
                .map(line -> List.of(line.strip().split(" +")).subList(0, 6))
                .toList();
    }

    private static final int SLOW_BYTES = 12 << 20;

    /** A transfer of about six seconds in one connection. */
    private static Process slowTransfer(String node) {
        return lab.spawn(
                node,
                "curl",
                "-4",
                "-sS",
                "-f",
                "--limit-rate",
                "2M",
                "-o",
                "/dev/null",
                "-w",
                "%{size_download} %{num_connects}",
                "http://www.example.test/bytes/" + SLOW_BYTES);
    }
}
