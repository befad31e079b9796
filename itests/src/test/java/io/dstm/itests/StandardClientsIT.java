package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * DHCPv6 clients of Debian, unchanged, get addresses, prefixes and softwires of the appliance, directly and through relays; a
 * tunnel made of what they are told reaches the IPv4 world.
 */
@Order(80)
class StandardClientsIT {

    private static Lab lab;
    private static Guest near;
    private static Guest far;
    private static Wire nearWire;
    private static Wire farWire;

    @BeforeAll
    static void lend_ipv6_too() {
        lab = Lab.shared();
        lab.lab("guests");
        lab.lab("relay-start");
        lab.configure(
                APPLIANCE,
                "io.dstm.pool-guests",
                "ranges = 192.0.2.96-192.0.2.111",
                "bind.prefix = 2001:db8:a::/64",
                "quarantine.time = 1s",
                "tep = tep");
        for (String[] link : new String[][] {
            {"access", "interfaces = access", "a", "f0"},
            {"far", "links = 2001:db8:b::/64", "b", "f1"},
            {"aside", "links = 2001:db8:c::/64", "c", "f2"}
        }) {
            lab.configure(
                    APPLIANCE,
                    "io.dstm.ipv6-" + link[0],
                    link[1],
                    "addresses = 2001:db8:" + link[2] + "::1:0/112",
                    "prefixes = 2001:db8:" + link[3] + "00::/40",
                    "preferred.lifetime = 40s",
                    "valid.lifetime = 60s",
                    "t1 = 4s",
                    "t2 = 30s",
                    "dns.servers = 2001:db8:a::53",
                    "dns.search = example.test");
        }
        near = new Guest(lab, "guest");
        far = new Guest(lab, "farguest");
        nearWire = new Wire(lab, "guest", "near", "udp", "port", "546", "or", "udp", "port", "547");
        farWire = new Wire(lab, "farguest", "far", "udp", "port", "546", "or", "udp", "port", "547");
        Lab.pause(Duration.ofSeconds(2));
    }

    @AfterAll
    static void lend_ipv4_alone() {
        nearWire.close();
        farWire.close();
        for (String pid : new String[] {
            "io.dstm.pool-guests",
            "io.dstm.pool-far",
            "io.dstm.pool-aside",
            "io.dstm.ipv6-access",
            "io.dstm.ipv6-far",
            "io.dstm.ipv6-aside"
        }) {
            lab.unconfigure(APPLIANCE, pid);
        }
    }

    /** The one lease of this address, as the appliance shows it. */
    private static Leased lent(String address) {
        return Leased.active(lab).stream()
                .filter(lease -> lease.address().equals(address))
                .findFirst()
                .orElseThrow(() -> new AssertionError(address + " is not lent: " + Leased.all(lab)));
    }

    private static void assertGone(String address) {
        Lab.eventually(address + " is given back", Duration.ofSeconds(10), () -> Leased.active(lab).stream()
                .noneMatch(lease -> lease.address().equals(address)));
    }

    @Test
    @Order(1)
    void dhclient_gets_address_prefix_and_softwire_renews_carries_ipv4_and_releases() {
        near.write(
                "dhcp/dhclient6.conf", "option dhcp6.s46-cont-lw code 96 = string;", "also request dhcp6.s46-cont-lw;");
        near.writeHook("dhcp/dhclient-script", "exec /sbin/dhclient-script");
        String[] dhclient = {
            "dhclient",
            "-6",
            "-d",
            "-N",
            "-P",
            "-cf",
            "/etc/dhcp/dhclient6.conf",
            "-sf",
            "/etc/dhcp/dhclient-script",
            "-pf",
            "/run/dhclient.pid",
            "access"
        };
        Process client = near.start(dhclient);
        Softwire softwire;
        try {
            // It tells of address and prefix one after the other.
            Lab.eventually("the client tells of address and prefix", Duration.ofSeconds(30), () -> {
                List<Map<String, String>> told = near.told();
                return told.stream().anyMatch(call -> call.containsKey("new_ip6_address"))
                        && told.stream().anyMatch(call -> call.containsKey("new_ip6_prefix"));
            });
            Map<String, String> bound = near.told().stream()
                    .filter(call -> call.containsKey("new_ip6_address"))
                    .findFirst()
                    .orElseThrow();
            assertThat(near.told()).anySatisfy(call -> assertThat(call.get("new_ip6_prefix"))
                    .startsWith("2001:db8:f0")
                    .endsWith("/56"));
            assertThat(bound).containsEntry("new_dhcp6_name_servers", "2001:db8:a::53");
            assertThat(near.addresses()).contains(bound.get("new_ip6_address"));

            softwire = Softwire.parse(bound.get("new_dhcp6_s46_cont_lw"));
            assertThat(lent(softwire.address()).tunnelSource()).isEqualTo(softwire.tunnelEnd());
            assertThat(softwire.tep()).isEqualTo("2001:db8:a::1");
            Process tunnel = softwire.raise(lab, "guest");
            try {
                assertThat(lab.whoAmI("guest")[0]).isEqualTo(softwire.address());
                near.awaitTold("RENEW6");
                assertThat(lab.whoAmI("guest")[0]).isEqualTo(softwire.address());
            } finally {
                softwire.lower(lab, "guest", tunnel);
            }
        } finally {
            near.end(client, "TERM");
        }
        dhclient[2] = "-r";
        assertThat(near.run(dhclient).exit()).isZero();
        assertGone(softwire.address());
    }

    @Test
    @Order(2)
    void dhcpcd_behind_a_relay_gets_address_prefix_and_softwire_renews_and_releases() {
        far.write(
                "dhcpcd.conf",
                "duid",
                "ipv6only",
                "noipv6rs",
                "define6 96 binhex s46_cont_lw",
                "option dhcp6_s46_cont_lw",
                "interface access",
                "  ia_na 1",
                "  ia_pd 2");
        far.writeHook("dhcpcd-hook", "exit 0");
        Process client =
                far.start("dhcpcd", "-B", "-d", "-6", "-f", "/etc/dhcpcd.conf", "-c", "/etc/dhcpcd-hook", "access");
        Map<String, String> bound = far.awaitTold("BOUND6");
        assertThat(bound.get("new_dhcp6_ia_na1_ia_addr1")).startsWith("2001:db8:b::1:");
        assertThat(bound.get("new_dhcp6_ia_pd1_prefix1")).startsWith("2001:db8:f1");
        Softwire softwire = Softwire.parse(bound.get("new_dhcp6_s46_cont_lw"));
        assertThat(lent(softwire.address()).tunnelSource()).isEqualTo(softwire.tunnelEnd());
        far.awaitTold("RENEW6");
        assertThat(far.end(client, "ALRM")).contains("RELEASE6");
        assertGone(softwire.address());
    }

    @Test
    @Order(3)
    void dibbler_gets_address_and_prefix_renews_and_releases() {
        near.write(
                "dibbler/client.conf",
                "log-level 8",
                "duid-type duid-ll",
                "iface access {",
                "  ia",
                "  pd",
                "  option dns-server",
                "}");
        Process client = near.start("dibbler-client", "run");
        Guest.awaitWritten(client, "added to access/");
        Guest.awaitWritten(client, "Generating RENEW");
        Guest.awaitWritten(client, "updated on access/");
        assertThat(near.addresses()).anyMatch(address -> address.startsWith("2001:db8:a::1:"));
        String said = near.end(client, "TERM");
        assertThat(said).contains("2001:db8:f0", "Sending RELEASE", "Received REPLY");
        assertThat(said).doesNotContain("Client Error");
    }

    @Test
    @Order(4)
    void wide_gets_address_and_prefix_renews_and_releases() {
        wide(near, "2001:db8:a::1:");
    }

    private static void wide(Guest guest, String addresses) {
        guest.write(
                "wide-dhcpv6/dhcp6c.conf",
                "interface access {",
                "  send ia-na 1;",
                "  send ia-pd 2;",
                "  request domain-name-servers;",
                "};",
                "id-assoc na 1 { };",
                "id-assoc pd 2 { };");
        Process client = guest.start("dhcp6c", "-D", "-f", "-c", "/etc/wide-dhcpv6/dhcp6c.conf", "access");
        Guest.awaitWritten(client, "add an address " + addresses);
        Guest.awaitWritten(client, "create a prefix 2001:db8:f");
        Guest.awaitWritten(client, "update an address " + addresses);
        assertThat(guest.addresses()).anyMatch(address -> address.startsWith(addresses));
        assertThat(guest.end(client, "TERM")).contains("got an expected reply, sleeping", "state=RELEASE");
    }

    @Test
    @Order(5)
    void wide_behind_dibblers_relay_does_the_same() {
        Guest relay = new Guest(lab, "relay");
        relay.write(
                "dibbler/relay.conf",
                "log-level 8",
                "iface far {",
                "  client multicast yes",
                "  interface-id 77",
                "}",
                "iface access {",
                "  server multicast yes",
                "}");
        lab.lab("relay-stop");
        Process program = relay.start("dibbler-relay", "run");
        try {
            Guest.awaitWritten(program, "Accepting messages");
            wide(far, "2001:db8:b::1:");
        } finally {
            relay.end(program, "TERM");
            lab.lab("relay-start");
        }
    }

    /** odhcp6c is not in Debian: lab/odhcp6c.py sends its packets and reads by its rules. */
    @Test
    @Order(6)
    void openwrts_client_gets_a_shared_softwire_that_kea_would_write_in_the_same_octets() {
        lab.configure(
                APPLIANCE,
                "io.dstm.pool-guests",
                "ranges = 192.0.2.112",
                "psid.length = 6",
                "bind.prefix = 2001:db8:a::/64",
                "quarantine.time = 1s",
                "tep = tep");
        Lab.pause(Duration.ofSeconds(2));
        Map<String, String> ours = odhcp6c("guest");
        assertThat(ours)
                .containsEntry("ipv4", "192.0.2.112")
                .containsEntry("bindprefix", "2001:db8:a::/64")
                .containsEntry("br", "2001:db8:a::1")
                .containsEntry("offset", "0")
                .containsEntry("psidlen", "6");
        assertThat(ours.get("address")).startsWith("2001:db8:a::1:");
        assertThat(ours.get("prefix")).endsWith("/56");
        assertThat(Integer.parseInt(ours.get("psid"))).isBetween(1, 63);

        try (Kea kea = new Kea(lab, "192.0.2.112, 2001:db8:a::/64", "0, " + ours.get("psid") + "/6", "2001:db8:a::1")) {
            assertThat(odhcp6c("farguest").get("LW4O6")).isEqualTo(ours.get("LW4O6"));
        }
    }

    /** Two links behind one relay, which numbers them 7 and 9 in its Interface-Id, in the order of the processor. */
    @Test
    @Order(8)
    void what_the_relay_says_of_the_link_chooses_the_pool() {
        Process relay = null;
        lab.lab("relay-stop");
        try {
            relay = lab.spawn("relay", "dhcrelay", "-6", "-d", "-l", "far#7", "-l", "aside#9", "-u", "access");
            Guest.awaitWritten(relay, "Sending on");
            linkPools("links = 2001:db8:b::/64", "links = 2001:db8:c::/64");
            assertLent("farguest", "192.0.2.12[0-3]");
            assertLent("asideguest", "192.0.2.12[4-7]");
            linkPools("interface.ids = 0x00000009, 0x09000000", "interface.ids = 0x00000007, 0x07000000");
            assertLent("farguest", "192.0.2.12[4-7]");
            assertLent("asideguest", "192.0.2.12[0-3]");
        } finally {
            if (relay != null) {
                relay.destroy();
                Lab.finish(relay, Duration.ofSeconds(20));
            }
            lab.lab("relay-start");
        }
    }

    /** Two pools of four addresses, for whom each of these keys lets in; nothing else is there for who has no IPv6 address. */
    private static void linkPools(String first, String second) {
        lab.unconfigure(APPLIANCE, "io.dstm.pool-guests");
        String[][] pools = {{"far", "192.0.2.120-192.0.2.123", first}, {"aside", "192.0.2.124-192.0.2.127", second}};
        for (String[] pool : pools) {
            lab.configure(
                    APPLIANCE,
                    "io.dstm.pool-" + pool[0],
                    "ranges = " + pool[1],
                    pool[2],
                    "bind.prefix = 2001:db8:a::/64",
                    "quarantine.time = 1s",
                    "tep = tep");
        }
    }

    /** Files take a while to be read. */
    private static void assertLent(String guest, String address) {
        Lab.eventually(guest + " is lent " + address, Duration.ofSeconds(60), () -> odhcp6c(guest)
                .getOrDefault("ipv4", "")
                .matches(address));
    }

    private static Map<String, String> odhcp6c(String namespace) {
        Lab.Result result = lab.run(namespace, "python3", lab.file("odhcp6c.py"), "access");
        assertThat(result.exit()).as("odhcp6c on %s: %s", namespace, result).isZero();
        Map<String, String> told = new java.util.LinkedHashMap<>();
        result.output()
                .lines()
                .filter(line -> line.contains("="))
                .forEach(line -> told.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
        return told;
    }

    @Test
    @Order(7)
    void a_tunnel_with_a_shared_softwire_keeps_to_its_ports() {
        near.forget();
        Process client = near.start(
                "dhclient",
                "-6",
                "-d",
                "-N",
                "-cf",
                "/etc/dhcp/dhclient6.conf",
                "-sf",
                "/etc/dhcp/dhclient-script",
                "-lf",
                "/var/lib/dhcp/dhclient-shared.leases",
                "-pf",
                "/run/dhclient.pid",
                "access");
        try {
            Softwire softwire = Softwire.parse(near.awaitTold("BOUND6").get("new_dhcp6_s46_cont_lw"));
            assertThat(softwire.address()).isEqualTo("192.0.2.112");
            Process tunnel = softwire.raise(lab, "guest");
            try {
                String[] seen = lab.whoAmI("guest");
                assertThat(seen[0]).isEqualTo("192.0.2.112");
                assertThat(Integer.parseInt(seen[1])).isBetween(softwire.firstPort(), softwire.lastPort());
            } finally {
                softwire.lower(lab, "guest", tunnel);
            }
        } finally {
            near.end(client, "TERM");
        }
    }

    @Test
    @Order(8)
    void dibbler_that_agreed_is_called_and_renews_at_once() {
        // It would not renew by itself before the test is over.
        lab.configure(
                APPLIANCE,
                "io.dstm.ipv6-access",
                "interfaces = access",
                "addresses = 2001:db8:a::1:0/112",
                "preferred.lifetime = 20m",
                "valid.lifetime = 30m");
        Lab.eventually("the new times are in force", Duration.ofSeconds(30), () -> lab.log(APPLIANCE)
                .contains("2001:db8:a::1:ffff on interfaces access"));
        near.write(
                "dibbler/client.conf",
                "log-level 8",
                "duid-type duid-ll",
                "reconfigure-accept 1",
                "auth-protocol reconfigure-key",
                // Without it the program ends before it has sent anything.
                "auth-methods digest-hmac-md5",
                "iface access {",
                "  ia",
                "}");
        try (Wire wire = new Wire(lab, "guest", "called", "udp", "port", "546", "or", "udp", "port", "547")) {
            Process client = near.start("dibbler-client", "run");
            try {
                Guest.awaitWritten(client, "added to access/");
                String told = lab.shell(APPLIANCE, "dstm:call " + near.duid());
                assertThat(told).as("%s", Lab.soFar(client)).contains(" came.");
                Guest.awaitWritten(client, "updated on access/");
            } finally {
                near.end(client, "TERM");
            }
            assertThat(wire.fields("dhcpv6.msgtype >= 5 && dhcpv6.msgtype != 8", "dhcpv6.msgtype"))
                    .containsSequence("10", "5", "7");
        }
    }

    @Test
    @Order(9)
    void the_wire_shows_softwires_and_nothing_malformed() {
        for (Wire wire : new Wire[] {nearWire, farWire}) {
            assertThat(wire.fields("dhcpv6.msgtype == 7 && dhcpv6.option.type == 96", "frame.number"))
                    .isNotEmpty();
            assertThat(wire.fields("_ws.malformed || dhcpv6.malformed_option", "frame.number"))
                    .isEqualTo(List.of());
        }
    }
}
