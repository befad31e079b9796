package io.dstm.datapath.internal.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.client.ClientLease;
import io.dstm.api.datapath.Datapath.Specification;
import io.dstm.api.datapath.Datapath.Tunnel;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.datapath.NodePath;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.client.internal.tunnel.NodeTunnel;
import io.dstm.datapath.internal.testing.Bulk;
import io.dstm.datapath.internal.testing.Isolated;
import io.dstm.datapath.internal.testing.NodeRules;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A node's faster way between real devices. The kernel's own IPv4 in IPv6 (segment routing with one segment) is the TEP.
 *
 * <pre>
 *   node: dstm0, wire0 ==== (IPv6) ==== wire1: TEP and server
 * </pre>
 */
@Timeout(120)
@ParameterizedClass
@ValueSource(strings = {"tcx", "clsact"})
class NodePathTest {

    private static final String NODE = "2001:db8::1";
    private static final String NEXT = "2001:db8::2";
    private static final String TEP = "2001:db8:f::1";
    private static final String LEASE = "192.0.2.7";
    private static final String SERVER = "198.51.100.5";
    private static final int LENGTH = 32 << 20;
    private static final int LONGEST = 1460;

    @Parameter
    String how;

    private final LinuxDatapath datapath = new LinuxDatapath(null);
    private final NodeTunnel rules = NodeRules.silent();
    private final long end = System.nanoTime() + Duration.ofHours(1).toNanos();
    private Isolated node;
    private Isolated server;
    private Tunnel tunnel;
    private NodePath path;

    @BeforeEach
    void lay() throws Exception {
        System.setProperty("dstm.tc", how);
        node = Isolated.create();
        server = Isolated.create();
        node.cable(server, "wire0", NODE, "wire1", NEXT);
        node.sh("ip -6 route add " + TEP + "/128 via " + NEXT);
        server.sh("sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.all.seg6_enabled=1"
                + " && ip addr add " + SERVER + "/32 dev lo && ip sr tunsrc set " + TEP
                + " && ip route add " + LEASE + "/32 encap seg6 mode encap.red segs " + NODE + " dev wire1 src "
                + SERVER
                + " && ip -6 route add " + TEP + "/128 encap seg6local action End.DX4 nh4 0.0.0.0 dev wire1");
        tunnel = node.call(() -> datapath.open(new Specification("dstm0", LONGEST, List.of(), 64), rules));
        rules.connect(
                new ClientLease(
                        new LeaseKey(Ipv4Address.parse(LEASE), PortSet.FULL),
                        Ipv6Address.parse(NODE),
                        Ipv6Address.parse(TEP),
                        Instant.EPOCH,
                        Duration.ofHours(1),
                        Duration.ofHours(1),
                        Duration.ofHours(1)),
                end);
        node.sh("ip addr add " + LEASE + "/32 dev dstm0 && ip route add default dev dstm0 src " + LEASE);
        node.awaitReach(SERVER);
    }

    private void open() {
        path = node.call(() -> datapath.openNodePath(tunnel));
        node.run(() -> path.carry(new NodePath.Lease(
                Ipv4Address.parse(LEASE),
                Ipv6Address.parse(NODE),
                Ipv6Address.parse(TEP),
                end,
                NodeTunnel.FIRST_TRANSLATED_PORT,
                1500,
                1500,
                0,
                64,
                0xFF)));
    }

    @AfterEach
    void clear() throws Exception {
        System.clearProperty("dstm.tc");
        if (path != null) {
            path.close();
        }
        datapath.close();
        for (Isolated host : Arrays.asList(node, server)) {
            if (host != null) {
                host.close();
            }
        }
    }

    /** Carries octets from the node's program to the server's, or back. */
    private void carry(boolean up) throws Exception {
        new Bulk(node, LEASE, server, SERVER).carry(LENGTH, up);
    }

    @Test
    void bulk_goes_both_ways_without_meeting_the_rules() throws Exception {
        open();
        assertThat(path.description())
                .isEqualTo(
                        how.equals("tcx")
                                ? "tc on dstm0, wire0"
                                : "tc on dstm0 (clsact), wire0 (clsact) (tcx takes Linux 6.6 or later)");
        long judged = tunnel.statistics().fromIpv4() + tunnel.statistics().fromIpv6();
        carry(true);
        carry(false);
        FastPath.Counts counts = path.counts();
        assertThat(counts.encapsulatedBytes()).isGreaterThan(LENGTH);
        assertThat(counts.decapsulatedBytes()).isGreaterThan(LENGTH);
        assertThat(counts.encapsulated()).as("segments").isGreaterThan(LENGTH / LONGEST);
        assertThat(tunnel.statistics().fromIpv4() + tunnel.statistics().fromIpv6() - judged)
                .as("packets for what takes %d each way", LENGTH / LONGEST)
                .isLessThan(LENGTH / LONGEST / 10);
    }

    @Test
    void what_it_leaves_alone_meets_the_rules_as_ever() {
        open();
        // Two fragments each way.
        node.sh("ping -q -c 1 -W 30 -s 2000 " + SERVER);
        assertThat(path.counts().encapsulated()).isZero();
        node.sh("ping -q -c 1 -W 30 " + SERVER);
        assertThat(path.counts().encapsulated()).isEqualTo(1);
        assertThat(path.counts().decapsulated()).isEqualTo(1);
    }

    @Test
    void all_meets_the_rules_again_when_it_rests_and_when_it_is_gone() throws Exception {
        open();
        path.rest();
        carry(true);
        assertThat(path.counts()).isEqualTo(FastPath.Counts.NONE);
        node.run(path::close);
        assertThat(node.sh(
                        "for d in dstm0 wire0; do tc filter show dev $d ingress; tc filter show dev $d egress; done"))
                .isEmpty();
        long judged = tunnel.statistics().fromIpv4();
        carry(false);
        assertThat(path.counts()).isEqualTo(FastPath.Counts.NONE);
        assertThat(tunnel.statistics().fromIpv4()).isGreaterThan(judged);
    }

    @Test
    void without_the_right_to_load_programs_nothing_is_left_behind() {
        node.drop(21, 38, 39);
        assertThatThrownBy(() -> node.tryCall(() -> datapath.openNodePath(tunnel)))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining("CAP_BPF");
        node.sh("ping -q -c 1 -W 30 " + SERVER);
    }
}
