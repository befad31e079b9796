package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE1;
import static io.dstm.itests.Lab.NODE2;
import static io.dstm.itests.Lab.WEB;
import static io.dstm.itests.Lab.WEB_ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a shared address carries beside web pages, and what it cannot carry. */
@Order(32)
class SharedStacksIT {

    private static final int COUNT = 10;
    private static final int ESP = 50;

    private static Lab lab;

    @BeforeAll
    static void share_an_address() {
        lab = Lab.shared();
        SharedAddressIT.share(lab);
    }

    @ParameterizedTest
    @ValueSource(strings = {NODE1, NODE2})
    void datagrams_of_eight_kilobytes_each_way(String node) {
        Leased lease = Leased.of(lab, node);
        try (Peer web = Peer.echoingUdp(lab, WEB, WEB_ADDRESS, 7000)) {
            assertThat(Peer.probe(lab, node, "udp", WEB_ADDRESS, 7000, 8192, COUNT))
                    .isEqualTo(COUNT + " of " + COUNT);
        }
        int port = lease.firstPort() + 7;
        try (Peer server = Peer.echoingUdp(lab, node, lease.address(), port)) {
            assertThat(Peer.probe(lab, WEB, "udp", lease.address(), port, 8192, COUNT))
                    .isEqualTo(COUNT + " of " + COUNT);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {NODE1, NODE2})
    void pings_from_a_node_have_identifiers_of_its_set(String node) {
        Leased lease = Leased.of(lab, node);
        try (Wire world = new Wire(lab, WEB, "ping-from-" + node, "icmp")) {
            // An identifier of the other's, or nobody's, set.
            assertThat(ping(node, 7, WEB_ADDRESS)).contains(" 3 received");
            assertThat(ping(node, lease.firstPort() + 3, WEB_ADDRESS)).contains(" 3 received");
            assertThat(world.fields("icmp.type == 8", "icmp.ident").stream()
                            .map(field -> Integer.decode(field.split(",")[0])))
                    .hasSize(6)
                    .allMatch(identifier -> lease.firstPort() <= identifier && identifier <= lease.lastPort());
        }
    }

    /** RFC 7596 section 8.1: by the identifier, as if it were a port. */
    @ParameterizedTest
    @ValueSource(strings = {NODE1, NODE2})
    void pings_from_outside_reach_the_holder_of_their_identifier(String node) {
        Leased lease = Leased.of(lab, node);
        try (Wire access = new Wire(lab, node, "ping-to-" + node, "ip6 proto 4")) {
            assertThat(ping(WEB, lease.firstPort() + 11, lease.address())).contains(" 3 received");
            assertThat(access.fields("icmp.type == 0", "ipv6.src", "ip.src"))
                    .as("answers of the node itself")
                    .hasSize(3)
                    .containsOnly(lease.tunnelSource() + "\t" + lease.address());
        }
    }

    @Test
    void pings_from_outside_with_nobodys_identifier_are_dropped_and_counted() {
        Leased one = Leased.of(lab, NODE1);
        long before = counter("drop-no-destination-binding-ipv4");
        assertThat(lab.run(WEB, "ping", "-e", "7", "-c", "3", "-i", "0.2", "-W", "1", one.address())
                        .output())
                .contains(" 0 received")
                .as("RFC 7596 section 8.1: in silence")
                .doesNotContain("Unreachable");
        assertThat(counter("drop-no-destination-binding-ipv4") - before).isEqualTo(3);
    }

    @Test
    void protocols_without_ports_are_dropped_and_counted_each_way() {
        Leased one = Leased.of(lab, NODE1);
        long before = counter("drop-no-port-ipv4");
        try (Wire access = new Wire(lab, NODE1, "shared-esp", "ip6 proto 4")) {
            Peer.probe(lab, WEB, "raw-send", one.address(), ESP, COUNT);
            Lab.eventually(
                    "the TEP counts them",
                    java.time.Duration.ofSeconds(20),
                    () -> counter("drop-no-port-ipv4") - before == COUNT);
            assertThat(access.fields("esp", "frame.number")).isEmpty();
        }
        long nodeBefore = counter(NODE1, "drop-protocol-ipv4");
        try (Wire world = new Wire(lab, WEB, "shared-esp-up", "proto 50")) {
            Peer.probe(lab, NODE1, "raw-send", WEB_ADDRESS, ESP, COUNT);
            Lab.eventually(
                    "the node counts them",
                    java.time.Duration.ofSeconds(20),
                    () -> counter(NODE1, "drop-protocol-ipv4") - nodeBefore == COUNT);
            // A node that does not care is stopped by the TEP.
            Lab.Result sent = lab.run(
                    NODE1,
                    "python3",
                    lab.file("send.py"),
                    one.tunnelSource(),
                    "2001:db8:a::1",
                    one.address(),
                    WEB_ADDRESS,
                    "esp",
                    "0",
                    "0",
                    String.valueOf(COUNT));
            assertThat(sent.exit()).as(sent.toString()).isZero();
            Lab.eventually(
                    "the TEP counts them",
                    java.time.Duration.ofSeconds(20),
                    () -> counter("drop-no-port-ipv4") - before == 2 * COUNT);
            assertThat(world.fields("esp", "frame.number")).isEmpty();
        }
    }

    private static String ping(String from, int identifier, String to) {
        return lab.run(from, "ping", "-e", String.valueOf(identifier), "-c", "3", "-i", "0.2", "-w", "20", to)
                .output();
    }

    private static long counter(String name) {
        return counter(APPLIANCE, name);
    }

    /** Counters that never moved are not shown. */
    private static long counter(String namespace, String name) {
        return lab.counters(namespace).getOrDefault(name, 0L);
    }
}
