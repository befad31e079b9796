package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.NODE2;
import static io.dstm.itests.Lab.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** A node that gets its IPv4 by DHCPv4 over DHCPv6 (RFC 7341, 7618, 8539) reaches the IPv4 world as any other. */
@Order(28)
class Dhcp4o6IT {

    private static final Duration LEASE = Duration.ofSeconds(12);

    private static Lab lab;
    private static Wire wire;

    @BeforeAll
    static void node2_asks_by_dhcpv4() {
        lab = Lab.shared();
        lab.configure(
                APPLIANCE,
                "io.dstm.pool-main",
                "ranges = 192.0.2.1-192.0.2.14",
                "lease.time = " + LEASE.toSeconds() + "s",
                "tep = tep");
        lab.giveBack(NODE2);
        wire = new Wire(lab, NODE2, "dhcp4o6", "udp", "port", "546", "or", "udp", "port", "547");
        askBy("dhcp4o6");
    }

    /** Restores what other tests expect of node2 and of the pool. */
    @AfterAll
    static void node2_asks_as_before() {
        wire.close();
        askBy("dhcpv6");
        lab.configure(APPLIANCE, "io.dstm.pool-main", "ranges = 192.0.2.1-192.0.2.14", "tep = tep");
    }

    private static void askBy(String source) {
        lab.configure(NODE2, "io.dstm.client", "source = " + source, "idle.release = 0s");
        eventually("node2 asks by " + source, Duration.ofSeconds(20), () -> lab.json(NODE2, "dstm:status")
                .toString()
                .contains("\"" + source + "\""));
    }

    @Test
    @Order(1)
    void a_page_by_name_with_a_whole_address() {
        assertThat(lab.curl(NODE2, "http://www.example.test/")).contains("Served over IPv4 alone");
        Leased lease = Leased.of(lab, NODE2);
        assertThat(lab.whoAmI(NODE2)[0]).isEqualTo(lease.address());
        assertThat(lease.firstPort()).isZero();
        assertThat(lease.lastPort()).isEqualTo(65535);
    }

    @Test
    @Order(2)
    void a_lease_that_is_renewed_outlives_its_time() {
        Leased lease = Leased.of(lab, NODE2);
        Lab.pause(LEASE.plusSeconds(3));
        assertThat(lab.whoAmI(NODE2)[0]).isEqualTo(lease.address());
        assertThat(Leased.of(lab, NODE2)).isEqualTo(lease);
    }

    @Test
    @Order(3)
    void a_lease_that_is_given_back_is_gone() {
        lab.configure(NODE2, "io.dstm.client", "source = dhcp4o6", "idle.release = 1s");
        eventually("the lease is given back", LEASE, () -> lab.leasedAddresses(NODE2)
                .isEmpty());
        eventually("the appliance knows", Duration.ofSeconds(3), () -> Leased.active(lab).stream()
                .noneMatch(lease -> lease.tunnelSource().equals("2001:db8:a::12")));
        lab.configure(NODE2, "io.dstm.client", "source = dhcp4o6", "idle.release = 0s");
    }

    @Test
    @Order(4)
    void a_node_that_asks_in_another_way_has_the_same_one_lease() {
        lab.curl(NODE2, "http://www.example.test/");
        Leased byDhcp4o6 = Leased.of(lab, NODE2);
        askBy("dhcpv6");
        lab.curl(NODE2, "http://www.example.test/");
        assertThat(Leased.of(lab, NODE2)).isEqualTo(byDhcp4o6);
        assertThat(Leased.active(lab))
                .filteredOn(lease -> lease.client().equals(byDhcp4o6.client()))
                .hasSize(1);
        askBy("dhcp4o6");
    }

    @Test
    @Order(5)
    void flows_of_a_shared_address_come_from_its_ports() {
        SharedAddressIT.share(lab);
        askBy("dhcp4o6");
        lab.curl(NODE2, "http://www.example.test/");
        Leased lease = Leased.of(lab, NODE2);
        assertThat(lease.address()).isEqualTo("192.0.2.64");
        assertThat(lease.lastPort() - lease.firstPort()).isEqualTo(1023);
        for (int i = 0; i < 5; i++) {
            String[] seen = lab.whoAmI(NODE2);
            assertThat(seen[0]).isEqualTo("192.0.2.64");
            assertThat(Integer.parseInt(seen[1])).isBetween(lease.firstPort(), lease.lastPort());
        }
    }

    @Test
    @Order(6)
    void the_wire_shows_dhcpv4_inside_dhcpv6_and_nothing_malformed() {
        assertThat(wire.fields("dhcpv6.msgtype == 20", "ipv6.src"))
                .as("questions come from the link-local address")
                .isNotEmpty()
                .allMatch(source -> source.startsWith("fe80::"));
        assertThat(dhcp4Types("dhcpv6.msgtype == 20"))
                .as("DISCOVER, REQUEST, RELEASE")
                .contains("1", "3", "7");
        assertThat(dhcp4Types("dhcpv6.msgtype == 21")).as("OFFER, ACK").contains("2", "5");
        assertThat(wire.fields("_ws.malformed || dhcpv6.malformed_option", "frame.number"))
                .isEqualTo(List.of());
    }

    /** The values of option 53, which stands first behind the magic cookie: tshark does not look inside option 87. */
    private static List<String> dhcp4Types(String filter) {
        return wire.fields(filter, "udp.payload").stream()
                .map(payload -> payload.replace(":", "").replaceFirst(".*6382536335010(.).*", "$1"))
                .toList();
    }
}
