package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.NODE2;
import static io.dstm.itests.Lab.NODE3;
import static io.dstm.itests.Lab.WEB;
import static io.dstm.itests.Lab.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leases outlive crashes, and end when they end. */
@Order(60)
class LifeIT {

    private static final Duration LEASE = Duration.ofSeconds(20);
    private static final Duration QUARANTINE = Duration.ofSeconds(10);
    private static final String ONLY = "192.0.2.100";

    private static Lab lab;

    @BeforeAll
    static void boot() {
        lab = Lab.shared();
        RelayIT.bootNode3(lab);
        lab.unconfigure(APPLIANCE, "io.dstm.pool-shared");
        lab.unconfigure(APPLIANCE, "io.dstm.pool-new");
        lab.mainPoolServes("2001:db8::/32");
        for (String node : List.of(NODE1, NODE2)) {
            lab.curl(node, "http://www.example.test/");
        }
    }

    @Test
    @Order(1)
    void a_client_that_was_killed_gets_the_same_address_again() {
        String address = lab.whoAmI(NODE1)[0];
        lab.lab("karaf-kill", NODE1);
        lab.lab("karaf-start", NODE1);
        assertThat(lab.curl(NODE1, "http://www.example.test/whoami")).startsWith(address + " ");
    }

    @Test
    @Order(2)
    void a_transfer_outlives_the_kill_of_the_appliance(@TempDir Path files) throws Exception {
        List<Leased> before = Leased.active(lab);
        int bytes = 48 << 20;
        Path down = files.resolve("down");
        Process flow = lab.spawn(
                NODE1,
                "curl",
                "-4",
                "-sS",
                "-f",
                "--max-time",
                "180",
                "--limit-rate",
                "3M",
                "-o",
                down.toString(),
                "-w",
                "%{size_download} %{num_connects}",
                "http://www.example.test/bytes/" + bytes);
        eventually(
                "a part has arrived", Duration.ofSeconds(20), () -> Files.exists(down) && Files.size(down) > 4 << 20);

        lab.lab("karaf-kill", APPLIANCE);
        long killed = Files.size(down);
        lab.lab("karaf-start", APPLIANCE);
        assertThat(killed).as("killed in the middle").isLessThan(bytes / 2);

        assertThat(Lab.finish(flow, Duration.ofMinutes(3)).toString()).isEqualTo("exit 0: " + bytes + " 1");
        assertThat(ReachIT.sha256(down))
                .isEqualTo(lab.run(WEB, "sh", "-c", "curl -s http://198.51.100.80/bytes/" + bytes + " | sha256sum")
                        .output()
                        .split(" ")[0]);
        List<Leased> after = Leased.active(lab);
        assertThat(after).as("no lease lost").containsAll(before);
        assertThat(new HashSet<>(after.stream()
                        .map(lease -> lease.address() + ":" + lease.firstPort())
                        .toList()))
                .as("no lease doubled")
                .hasSameSizeAs(after);
    }

    @Test
    @Order(3)
    void a_lease_that_is_renewed_outlives_its_time() {
        shortPool();
        lab.giveBack(NODE2);
        assertThat(lab.whoAmI(NODE2)[0]).isEqualTo(ONLY);
        Lab.pause(LEASE.plusSeconds(3));
        assertThat(lab.addresses(NODE2, "dstm0")).contains(ONLY);
        assertThat(lab.whoAmI(NODE2)[0]).isEqualTo(ONLY);
    }

    @Test
    @Order(4)
    void a_lease_that_is_not_renewed_ends_and_is_lent_again_after_quarantine_alone() {
        lab.giveBack(NODE3);
        lab.lab("karaf-kill", NODE2);
        long killed = System.nanoTime();
        assertThat(bindings()).as("the lease lives on without its client").contains(ONLY);

        eventually("the TEP forgot", LEASE.plusSeconds(5), () -> !bindings().contains(ONLY));
        long forgotten = System.nanoTime();
        assertThat(Duration.ofNanos(forgotten - killed)).isLessThan(LEASE.plusSeconds(5));

        long drops = lab.counters(APPLIANCE).entrySet().stream()
                .filter(counter -> counter.getKey().startsWith("drop-"))
                .mapToLong(java.util.Map.Entry::getValue)
                .sum();
        assertThat(lab.run(WEB, "ping", "-c", "3", "-i", "0.2", "-W", "1", ONLY).output())
                .contains(" 0 received");
        assertThat(lab.counters(APPLIANCE).entrySet().stream()
                        .filter(counter -> counter.getKey().startsWith("drop-"))
                        .mapToLong(java.util.Map.Entry::getValue)
                        .sum())
                .as("packets dropped")
                .isGreaterThanOrEqualTo(drops + 3);

        eventually("node3 is lent the address", QUARANTINE.plusSeconds(50), () -> lab.run(
                        NODE3, "curl", "-4", "-s", "-f", "--max-time", "5", "http://www.example.test/whoami")
                .output()
                .startsWith(ONLY + " "));
        assertThat(Duration.ofNanos(System.nanoTime() - forgotten))
                .as("the address rested")
                .isGreaterThan(QUARANTINE.minusSeconds(3));
    }

    @Test
    @Order(5)
    void at_expiry_the_address_leaves_a_node_whose_server_is_gone() {
        assertThat(lab.addresses(NODE3, "dstm0")).contains(ONLY);
        lab.lab("karaf-kill", APPLIANCE);
        long killed = System.nanoTime();
        // Renewed at half time at the latest, so half a lease is left at least.
        Lab.pause(LEASE.dividedBy(2).minusSeconds(2));
        assertThat(lab.addresses(NODE3, "dstm0")).as("still valid").contains(ONLY);
        eventually("the address is gone", LEASE, () -> !lab.addresses(NODE3, "dstm0")
                .contains(ONLY));
        assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(LEASE.plusSeconds(2));

        lab.lab("karaf-start", APPLIANCE);
        eventually(
                "node3 is served again",
                Duration.ofSeconds(60),
                () -> lab.run(NODE3, "curl", "-4", "-s", "-f", "--max-time", "5", "http://www.example.test/")
                                .exit()
                        == 0);
    }

    private static String bindings() {
        return lab.shell(APPLIANCE, "dstm:bindings");
    }

    @AfterAll
    static void leave_all_as_it_was() {
        lab.unconfigure(APPLIANCE, "io.dstm.pool-short");
        lab.mainPoolServes("2001:db8::/32");
        lab.lab("karaf-start", NODE2);
    }

    /** One address for node2 and node3, for a short time. */
    private static void shortPool() {
        // Nothing else for them: otherwise they would be served from here while the short pool is exhausted.
        lab.mainPoolServes("2001:db8:a::11/128");
        lab.configure(
                APPLIANCE,
                "io.dstm.pool-short",
                "ranges = " + ONLY,
                "clients = 2001:db8:a::12/128, 2001:db8:b::13/128",
                "lease.time = " + LEASE.toSeconds() + "s",
                "quarantine.time = " + QUARANTINE.toSeconds() + "s",
                "tep = tep");
        Lab.pause(Duration.ofSeconds(2));
    }
}
