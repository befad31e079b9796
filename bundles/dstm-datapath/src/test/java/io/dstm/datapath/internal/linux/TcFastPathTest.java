package io.dstm.datapath.internal.linux;

import static io.dstm.datapath.internal.testing.TepNetwork.LEASED;
import static io.dstm.datapath.internal.testing.TepNetwork.LONGEST;
import static io.dstm.datapath.internal.testing.TepNetwork.NODE;
import static io.dstm.datapath.internal.testing.TepNetwork.TEP;
import static io.dstm.datapath.internal.testing.TepNetwork.WORLD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.datapath.Datapath.Tunnel;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.datapath.internal.testing.Bulk;
import io.dstm.datapath.internal.testing.Isolated;
import io.dstm.datapath.internal.testing.TepNetwork;
import io.dstm.datapath.internal.testing.TepProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Programs for tc at both ends of a tunnel, between real devices whose offloads are on. The kernel's own IPv4 in IPv6 (segment routing
 * with one segment) is the node.
 *
 * <pre>
 *   node ==== wire0 (IPv6) wire1 ==== tep ---- link0 (IPv4) link1 ---- server
 * </pre>
 */
@Timeout(120)
@ParameterizedClass
@ValueSource(strings = {"tcx", "clsact"})
class TcFastPathTest {

    private static final int LENGTH = 32 << 20;
    private static final String WITHOUT_TCX = "tc on wire1 (clsact), link0 (clsact) (tcx takes Linux 6.6 or later)";

    @Parameter
    String how;

    private final LinuxDatapath datapath = new LinuxDatapath(null);
    private TepNetwork network;
    private Isolated node;
    private Isolated tep;
    private Isolated server;
    private Tunnel tunnel;

    @BeforeEach
    void lay() {
        System.setProperty("dstm.tc", how);
        network = new TepNetwork();
        node = network.node();
        tep = network.tep();
        server = network.server();
        node.sh("sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.all.seg6_enabled=1"
                + " net.ipv6.conf.wire0.seg6_enabled=1"
                + " && ip addr add " + LEASED + "/32 dev lo && ip sr tunsrc set " + NODE
                + " && ip route add default encap seg6 mode encap.red segs " + TEP + " dev wire0 src " + LEASED
                + " mtu " + LONGEST + " advmss " + (LONGEST - 40)
                + " && ip -6 rule add pref 1 to " + NODE + " iif wire0 lookup 100"
                + " && ip -6 route add " + NODE + "/128 encap seg6local action End.DX4 nh4 0.0.0.0 dev wire0 table 100"
                + " && ip -6 rule add pref 0 ipproto ipv6-icmp lookup local"
                + " && ip -6 rule del pref 0 lookup local && ip -6 rule add pref 2 lookup local");
        tunnel = openTunnel();
        tep.sh("ip route add 192.0.2.0/24 dev dstm-tep");
        node.awaitReach(WORLD);
    }

    private Tunnel openTunnel() {
        return tep.call(() -> datapath.open(TepNetwork.tunnel(), TepNetwork.rules()));
    }

    @AfterEach
    void clear() throws Exception {
        System.clearProperty("dstm.tc");
        datapath.close();
        if (network != null) {
            network.close();
        }
    }

    private FastPath open(boolean keep) {
        return TepNetwork.configured(
                tep.call(() -> datapath.openFastPath(tunnel, List.of("wire1", "link0"), keep, FastPath.Way.TC)));
    }

    private FastPath open() {
        FastPath path = open(false);
        network.fill(path);
        return path;
    }

    private String described() {
        return how.equals("tcx") ? "tc on wire1, link0" : WITHOUT_TCX;
    }

    /** The filters of devices, as they are listed. */
    private String filters() {
        return tep.sh("for d in wire1 link0; do tc filter show dev $d ingress; tc filter show dev $d egress; done");
    }

    /** Carries octets from the node's program to the server's, or back. */
    private void carry(boolean up) throws Exception {
        new Bulk(node, LEASED, server, WORLD).carry(LENGTH, up);
    }

    private long judged() {
        return tunnel.statistics().fromIpv6() + tunnel.statistics().fromIpv4();
    }

    /** What a device has sent, joined packets as one. */
    private long sent(String device) {
        return Long.parseLong(
                tep.sh("awk '/" + device + ":/ { print $11 }' /proc/net/dev").strip());
    }

    @Test
    void bulk_goes_both_ways_as_large_as_it_comes_without_meeting_the_rules() throws Exception {
        try (FastPath path = open()) {
            assertThat(path.description()).isEqualTo(described());
            long judged = judged();

            long sent = sent("link0");
            carry(true);
            FastPath.Counts up = path.counts();
            assertThat(up.decapsulatedBytes()).isGreaterThan(LENGTH);
            assertThat(up.decapsulated()).as("segments").isGreaterThan(LENGTH / LONGEST);
            assertThat(sent("link0") - sent).as("as they left").isLessThan(up.decapsulated() * 3 / 4);

            sent = sent("wire1");
            carry(false);
            FastPath.Counts down = path.counts();
            assertThat(down.encapsulatedBytes()).isGreaterThan(LENGTH);
            assertThat(down.encapsulated()).as("segments").isGreaterThan(LENGTH / LONGEST);
            assertThat(sent("wire1") - sent).as("as they left").isLessThan(down.encapsulated() * 3 / 4);

            assertThat(judged() - judged).as("packets that met the rules").isLessThan(LENGTH / LONGEST / 10);
        }
        long judged = judged();
        carry(true);
        assertThat(judged() - judged).as("once it is closed").isPositive();
    }

    @Test
    void what_it_leaves_alone_meets_the_rules_as_ever() {
        try (FastPath path = open()) {
            // Two fragments each way, which fit the tunnel: nobody here would cut them again.
            server.sh("ip route replace default via 198.51.100.1 mtu lock 1400");
            node.sh("ping -q -c 1 -W 30 -s 2000 " + WORLD);
            assertThat(path.counts()).isEqualTo(FastPath.Counts.NONE);
            // The answer's checksum covers all of it.
            node.sh("ping -q -c 1 -W 30 " + WORLD);
            assertThat(path.counts().decapsulated()).isEqualTo(1);
            assertThat(path.counts().encapsulated()).isZero();
        }
    }

    @Test
    void what_is_kept_forwards_without_a_tunnel_until_another_takes_over() throws Exception {
        try (Kept unused = new Kept()) {
            FastPath first = open(true);
            network.fill(first);
            carry(true);
            tep.run(first::leave);
            tunnel.close();
            carry(false);

            tunnel = openTunnel();
            tep.sh("ip route replace 192.0.2.0/24 dev dstm-tep");
            FastPath second = open(true);
            assertThat(second.description()).isEqualTo("tc on ");
            network.fill(second);
            assertThat(second.description()).isEqualTo(described());
            carry(true);
            assertThat(second.counts().decapsulated()).isPositive();
            tep.run(second::leave);

            long judged = judged();
            tep.run(() -> datapath.endKept("dstm-tep"));
            tep.sh("for i in $(seq 100); do ping -q -c 1 -W 5 " + TEP + " > /dev/null && break; done");
            carry(true);
            assertThat(judged() - judged).as("once nothing is kept").isPositive();
        }
    }

    /** A file system of its own for what is kept. */
    private final class Kept implements AutoCloseable {

        private final Path directory = Files.createTempDirectory("dstm-bpf");

        Kept() throws IOException {
            tep.sh("mount -t bpf bpf " + directory);
            System.setProperty("dstm.bpf", directory.toString());
        }

        @Override
        public void close() throws IOException {
            System.clearProperty("dstm.bpf");
            tep.sh("umount " + directory);
            Files.delete(directory);
        }
    }

    private TepProcess process(boolean keep) throws Exception {
        tunnel.close();
        TepProcess process = new TepProcess(
                network,
                keep,
                Map.of("dstm.tc", how, "dstm.bpf", System.getProperty("dstm.bpf", "/sys/fs/bpf/nowhere")));
        tep.sh("ip route replace 192.0.2.0/24 dev dstm-tep");
        return process;
    }

    private void openAgain() {
        tunnel = openTunnel();
        tep.sh("ip route replace 192.0.2.0/24 dev dstm-tep");
    }

    @Test
    void what_a_killed_process_leaves_judges_no_packet_and_goes_with_the_next_start() throws Exception {
        try (TepProcess killed = process(false)) {
            assertThat(killed.description()).isEqualTo(described());
            carry(true);
        }
        node.sh("for i in $(seq 200); do ping -q -c 1 -W 0.1 " + WORLD + " > /dev/null || exit 0; done; exit 1");
        assertThat(filters().contains("dstm:dstm-tep")).isEqualTo(how.equals("clsact"));

        openAgain();
        assertThat(filters()).doesNotContain("dstm:");
        long judged = judged();
        carry(true);
        assertThat(judged() - judged).isPositive();
    }

    @Test
    void what_a_killed_process_keeps_forwards_until_the_next_takes_its_place() throws Exception {
        try (Kept unused = new Kept()) {
            process(true).close();
            carry(true);
            carry(false);

            openAgain();
            FastPath next = open(true);
            carry(true);
            assertThat(next.counts()).isEqualTo(FastPath.Counts.NONE);
            network.fill(next);
            assertThat(next.description()).isEqualTo(described());
            carry(false);
            assertThat(next.counts().encapsulatedBytes()).isGreaterThan(LENGTH);
            assertThat(filters().split("dstm:dstm-tep", -1)).hasSize(how.equals("tcx") ? 1 : 3);

            tep.run(next::close);
            assertThat(filters()).doesNotContain("dstm:");
            long judged = judged();
            carry(true);
            assertThat(judged() - judged).as("once it is closed").isPositive();
        }
    }

    @Test
    void filters_of_others_stay_as_they_are() throws Exception {
        // One that matches nothing, with our own preference.
        tep.sh("tc qdisc add dev wire1 clsact"
                + " && tc filter add dev wire1 ingress pref 17491 protocol all bpf bytecode '1,6 0 0 0,'"
                + " && tc filter add dev wire1 egress pref 17491 protocol all bpf bytecode '1,6 0 0 0,'");
        String before = filters();
        FastPath path = open();
        assertThat(path.description()).isEqualTo(described());
        carry(true);
        assertThat(path.counts().decapsulatedBytes()).isGreaterThan(LENGTH);
        tep.run(path::close);
        assertThat(filters()).isEqualTo(before);
    }

    @Test
    void where_neither_is_there_both_are_named_and_packets_meet_the_rules() throws Exception {
        System.setProperty("dstm.tc", "");
        FastPath none = open(false);
        assertThatThrownBy(() -> tep.tryCall(() -> {
                    none.replace(TepNetwork.SERVED, List.of(TepNetwork.binding()));
                    return null;
                }))
                .isInstanceOf(DatapathException.class)
                .hasMessage("Cannot put the program on wire1: tcx takes Linux 6.6 or later;"
                        + " clsact: EOPNOTSUPP, not supported");
        none.close();
        carry(true);
    }
}
