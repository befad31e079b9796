package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.WEB;
import static io.dstm.itests.Lab.WEB_ADDRESS;
import static io.dstm.itests.Lab.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The TEP forwards in the kernel: what is common there, what is not by the rules, and both also while nobody is at home. */
@Order(61)
class FastPathIT {

    /** What the status begins with. */
    private static final String DRIVERS = "xdp on access (driver), world (driver)";

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int PORT = 40_000;

    /** What of a stream may be lost on a busy machine; it is a multiple of that which a gap in forwarding would cost. */
    private static final double GOOD = 0.95;

    private static Lab lab;

    @BeforeAll
    static void finish_checksums_at_the_ends() {
        lab = Lab.shared();
        lab.unconfigure(APPLIANCE, "io.dstm.pool-shared");
        lab.unconfigure(APPLIANCE, "io.dstm.pool-new");
        lab.mainPoolServes("2001:db8::/32");
        ends("off");
    }

    /** What a sender leaves to its card to finish, a virtual cable would lose on the way through a driver's program. */
    private static void ends(String checksums) {
        for (List<String> end : List.of(List.of(NODE1, "access"), List.of(WEB, "world"))) {
            ethtool(end.get(0), end.get(1), "tx", checksums);
        }
        for (List<String> end : List.of(List.of("access", "app"), List.of(WEB, "world"))) {
            ethtool(end.get(0), end.get(1), "gro", "on");
        }
    }

    private static void ethtool(String namespace, String device, String feature, String value) {
        Lab.Result result = lab.run(namespace, "ethtool", "-K", device, feature, value);
        assertThat(result.exit()).as(result.toString()).isZero();
    }

    private static void datapath(String... settings) {
        String[] lines = new String[settings.length + 2];
        lines[0] = "name = tep";
        lines[1] = "tunnel.address = 2001:db8:a::1";
        System.arraycopy(settings, 0, lines, 2, settings.length);
        lab.configure(APPLIANCE, "io.dstm.tep", lines);
    }

    private static String datapath() {
        return lab.json(APPLIANCE, "dstm:status").findPath("datapath").asText();
    }

    @Test
    @Order(1)
    void what_is_not_possible_is_said_and_packets_take_the_other_way() {
        datapath("datapath = auto", "datapath.devices = nosuch");
        eventually("the status says why", SOON, () -> datapath()
                .equals("tun (no xdp: there is no network device nosuch)"));
        assertThat(lab.curl(NODE1, "http://www.example.test/")).contains("Served over IPv4 alone");
    }

    @Test
    @Order(2)
    void common_packets_do_not_meet_the_rules_with_programs_before_the_stack() {
        datapath("datapath = tc", "datapath.devices = access, world");
        eventually(
                "programs are on both devices", SOON, () -> datapath().equals("tc on access, world, tun for the rest"));
        assertCommonPacketsAreForwarded();
    }

    @Test
    @Order(3)
    void common_packets_do_not_meet_the_rules_with_programs_in_the_drivers() {
        datapath("datapath = xdp", "datapath.devices = access, world", "datapath.keep = true");
        eventually("programs are on both devices", SOON, () -> datapath().startsWith(DRIVERS));
        assertCommonPacketsAreForwarded();
    }

    private static void assertCommonPacketsAreForwarded() {
        lab.curl(NODE1, "http://www.example.test/");
        long[] before = {judged(), forwarded()};
        assertThat(lab.curl(NODE1, "-o", "/dev/null", "-w", "%{size_download}", url(8 << 20)))
                .isEqualTo("" + (8 << 20));
        long forwarded = forwarded() - before[1];
        assertThat(forwarded).as("packets of eight megabytes").isGreaterThan((8 << 20) / 1500);
        assertThat(judged() - before[0])
                .as("those among them that met the rules")
                .isLessThan(forwarded / 10);
    }

    private static String url(int bytes) {
        return "http://" + WEB_ADDRESS + "/bytes/" + bytes;
    }

    /** Packets through the TUN, either way: the kernel's own count. */
    private static long judged() {
        return lab.run(
                        APPLIANCE,
                        "cat",
                        "/sys/class/net/dstm-tep/statistics/tx_packets",
                        "/sys/class/net/dstm-tep/statistics/rx_packets")
                .output()
                .lines()
                .mapToLong(Long::parseLong)
                .sum();
    }

    private static long forwarded() {
        return counter("out-encapsulated-ipv6") + counter("out-decapsulated-ipv4");
    }

    private static long counter(String name) {
        return lab.counters(APPLIANCE).getOrDefault(name, 0L);
    }

    @Test
    @Order(4)
    void forwarding_outlives_the_bundles_restart() {
        lossless(() -> {
            lab.shell(APPLIANCE, "bundle:restart io.dstm-datapath");
            eventually("the TEP is back", SOON, () -> datapath().startsWith(DRIVERS));
        });
    }

    @Test
    @Order(5)
    void forwarding_outlives_kill_and_the_next_process_takes_over() {
        lossless(() -> {
            lab.lab("karaf-kill", APPLIANCE);
            Lab.pause(Duration.ofSeconds(2));
            lab.lab("karaf-start", APPLIANCE);
            eventually("programs were taken over", SOON, () -> datapath().startsWith(DRIVERS));
        });
        assertThat(lab.curl(NODE1, url(1000))).hasSize(1000);
    }

    /** Packets go from the world to node1 while something happens; those that do not arrive are lost. */
    private static void lossless(Runnable happening) {
        String address = lab.whoAmI(NODE1)[0];
        String probe = lab.file("probe.py");
        Process count = lab.spawn(NODE1, "python3", probe, "udp-count", address, "" + PORT);
        eventually("node1 listens", SOON, () -> !lab.run(NODE1, "ss", "-Hlnu", "sport = :" + PORT)
                .output()
                .isBlank());
        Process stream = lab.spawn(WEB, "python3", probe, "udp-stream", address, "" + PORT);
        happening.run();
        int sent = number(stream);
        assertThat(number(count)).as("of %s that were sent", sent).isGreaterThan((int) (GOOD * sent));
    }

    private static int number(Process process) {
        return Integer.parseInt(Lab.finish(process, SOON).output().strip());
    }

    @Test
    @Order(6)
    void a_lease_that_has_ended_is_forwarded_no_more() {
        Leased lease = Leased.of(lab, NODE1);
        lab.shell(APPLIANCE, "dstm:release --yes " + lease.client());
        assertThat(Leased.active(lab)).doesNotContain(lease);

        long[] before = {counter("out-encapsulated-ipv6"), dropped()};
        Process stream = lab.spawn(WEB, "python3", lab.file("probe.py"), "udp-stream", lease.address(), "" + PORT);
        eventually("packets to nobody are dropped", SOON, () -> dropped() > before[1] + 100);
        assertThat(number(stream)).isGreaterThan(100);
        // Other nodes may have a packet or two of their own.
        assertThat(counter("out-encapsulated-ipv6")).isLessThan(before[0] + 50);
    }

    private static long dropped() {
        return counter("drop-no-destination-binding-ipv4");
    }

    @AfterAll
    static void leave_all_as_it_was() {
        lab.configure(APPLIANCE, "io.dstm.tep", "name = tep", "tunnel.address = 2001:db8:a::1");
        eventually("every packet meets the rules", SOON, () -> datapath().equals("tun"));
        eventually("the programs are gone", SOON, () -> !lab.run(APPLIANCE, "ip", "link", "show")
                .output()
                .contains("xdp"));
        ends("on");
        eventually(
                "node1 is served",
                SOON,
                () -> lab.run(NODE1, "curl", "-4", "-s", "-f", "--max-time", "5", url(1000))
                                .exit()
                        == 0);
    }
}
