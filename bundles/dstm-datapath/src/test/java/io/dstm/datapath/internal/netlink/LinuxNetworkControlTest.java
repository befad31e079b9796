package io.dstm.datapath.internal.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl.InterfaceInfo;
import io.dstm.api.datapath.NetworkControl.Route;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.api.net.Ipv6Address;
import io.dstm.datapath.internal.testing.Isolated;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What was asked for is compared with what iproute2 sees. */
@Timeout(60)
class LinuxNetworkControlTest {

    private static final Ipv4Prefix ANYWHERE = Ipv4Prefix.parse("0.0.0.0/0");
    private static final Ipv4Address LEASE = Ipv4Address.parse("198.51.100.7");

    private final LinuxNetworkControl network = new LinuxNetworkControl(null);
    private Isolated host;

    @BeforeEach
    void isolate() {
        host = Isolated.create();
        host.sh("ip link add dev0 type veth peer name far0 && ip link set far0 up");
    }

    @AfterEach
    void dissolve() throws Exception {
        if (host != null) {
            host.close();
        }
    }

    private void prepare() {
        host.run(() -> network.prepareDevice("dev0", 1460, 2048));
    }

    @Test
    void a_prepared_device_is_up_without_ipv6_addresses() {
        prepare();
        assertThat(host.sh("ip -j link show dev dev0")).contains("\"UP\"", "\"mtu\":1460", "\"txqlen\":2048");
        assertThat(host.sh("ip -6 addr show dev dev0")).isEmpty();
    }

    private static final Ipv6Address TUNNEL_END = Ipv6Address.parse("2001:db8:1::c000:201:5");

    @Test
    void the_smallest_and_the_largest_mtu_are_set() {
        host.run(() -> network.prepareDevice("dev0", 68, 10));
        assertThat(host.sh("ip -j link show dev dev0")).contains("\"mtu\":68");
        host.run(() -> network.setMtu("dev0", 65535));
        assertThat(host.sh("ip -j link show dev dev0")).contains("\"mtu\":65535");
    }

    @Test
    void an_address_is_given_and_taken() {
        prepare();
        host.run(() -> network.addAddress("dev0", LEASE, 32));
        assertThat(host.sh("ip -j addr show dev dev0")).contains("\"local\":\"198.51.100.7\",\"prefixlen\":32");
        host.run(() -> network.removeAddress("dev0", LEASE, 32));
        assertThat(host.sh("ip -j addr show dev dev0")).doesNotContain("198.51.100.7");
    }

    @Test
    void an_ipv6_address_is_given_and_taken_twice_without_error() {
        prepare();
        for (int i = 0; i < 2; i++) {
            host.run(() -> network.addAddress("far0", TUNNEL_END, 128));
        }
        assertThat(host.sh("ip -6 -o addr show dev far0")).contains("2001:db8:1::c000:201:5/128");
        for (int i = 0; i < 2; i++) {
            host.run(() -> network.removeAddress("far0", TUNNEL_END, 128));
        }
        assertThat(host.sh("ip -6 -o addr show dev far0")).doesNotContain("2001:db8:1::");
        host.run(() -> network.removeAddress("nosuch", TUNNEL_END, 128));
    }

    @Test
    void an_address_of_a_prefix_brings_the_route_to_it() {
        prepare();
        host.run(() -> network.addAddress("dev0", Ipv4Address.PLACEHOLDER, 29));
        assertThat(host.sh("ip -4 route")).contains("192.0.0.0/29 dev dev0 proto kernel scope link src 192.0.0.2");
    }

    @Test
    void giving_and_taking_twice_is_no_error() {
        prepare();
        for (int i = 0; i < 2; i++) {
            host.run(() -> network.addAddress("dev0", LEASE, 32));
        }
        for (int i = 0; i < 2; i++) {
            host.run(() -> network.removeAddress("dev0", LEASE, 32));
        }
        host.run(() -> network.removeAddress("nosuch", LEASE, 32));
    }

    @Test
    void a_route_has_source_metric_and_mtu() {
        prepare();
        host.run(() -> network.addAddress("dev0", LEASE, 32));
        host.run(() -> network.setRoute(new Route(ANYWHERE, "dev0", LEASE, 1024, 1400)));
        assertThat(host.sh("ip -4 route show default"))
                .contains(
                        "default dev dev0",
                        "proto static",
                        "scope link",
                        "src 198.51.100.7",
                        "metric 1024",
                        "mtu 1400");
    }

    @Test
    void setting_a_route_again_replaces_it() {
        prepare();
        host.run(() -> network.addAddress("dev0", Ipv4Address.PLACEHOLDER, 29));
        host.run(() -> network.addAddress("dev0", LEASE, 32));
        host.run(() -> network.setRoute(new Route(ANYWHERE, "dev0", Ipv4Address.PLACEHOLDER, 1024, 0)));
        host.run(() -> network.setRoute(new Route(ANYWHERE, "dev0", LEASE, 1024, 0)));
        assertThat(host.sh("ip -4 route show default").lines()).hasSize(1);
        assertThat(host.sh("ip route get 203.0.113.1")).contains("src 198.51.100.7");
    }

    @Test
    void routes_of_other_metrics_stay() {
        prepare();
        host.run(() -> network.setRoute(new Route(ANYWHERE, "dev0", null, 1024, 0)));
        host.run(() -> network.setRoute(new Route(ANYWHERE, "dev0", null, 0xFFFF_FFFFL, 0)));
        assertThat(host.sh("ip -4 route show default")).contains("metric 1024", "metric 4294967295");
        host.run(() -> network.removeRoute(new Route(ANYWHERE, "dev0", null, 0xFFFF_FFFFL, 0)));
        assertThat(host.sh("ip -4 route show default")).contains("metric 1024").doesNotContain("4294967295");
    }

    @Test
    void a_route_without_device_discards_silently() {
        Route discard = new Route(Ipv4Prefix.parse("198.51.100.0/24"), null, null, 0xFFFF_FFF0L, 0);
        host.run(() -> network.setRoute(discard));
        assertThat(host.sh("ip -4 route")).contains("blackhole 198.51.100.0/24 proto static metric 4294967280");
        host.run(() -> network.removeRoute(discard));
        host.run(() -> network.removeRoute(discard));
        assertThat(host.sh("ip -4 route")).isEmpty();
    }

    @Test
    void removing_a_route_that_is_not_there_is_no_error() {
        prepare();
        host.run(() -> network.removeRoute(new Route(ANYWHERE, "dev0", LEASE, 1024, 0)));
        host.run(() -> network.removeRoute(new Route(ANYWHERE, "nosuch", null, 1024, 0)));
    }

    @Test
    void interfaces_are_listed_as_iproute2_lists_them() {
        prepare();
        host.run(() -> network.addAddress("dev0", LEASE, 32));
        host.sh("ip addr add 2001:db8::7/64 dev far0 nodad");

        List<InterfaceInfo> interfaces = host.call(network::interfaces);

        assertThat(interfaces).extracting(InterfaceInfo::name).containsExactlyInAnyOrder("lo", "dev0", "far0");
        InterfaceInfo device = named(interfaces, "dev0");
        assertThat(device.up()).isTrue();
        assertThat(device.mtu()).isEqualTo(1460);
        assertThat(device.ipv4()).containsExactly(LEASE);
        assertThat(device.index() + ":")
                .isEqualTo(host.sh("ip -o link show dev dev0").split(" ")[0]);
        assertThat(named(interfaces, "far0").ipv6()).contains(Ipv6Address.parse("2001:db8::7"));
        assertThat(named(interfaces, "lo").ipv6()).containsExactly(Ipv6Address.parse("::1"));
    }

    private static InterfaceInfo named(List<InterfaceInfo> interfaces, String name) {
        return interfaces.stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void an_interface_that_is_down_is_listed_as_down() {
        assertThat(named(host.call(network::interfaces), "dev0").up()).isFalse();
    }

    @Test
    void deprecated_addresses_come_last_and_tentative_ones_not_at_all() {
        host.sh("ip link set dev0 up"
                + " && ip addr add 2001:db8::dead/64 dev far0 nodad preferred_lft 0 valid_lft 1000"
                + " && ip addr add 2001:db8::2/64 dev far0 nodad"
                // Optimistic duplicate detection is off, so an address under a cable that is down stays tentative.
                + " && ip link add dev1 type veth peer name far1 && ip addr add 2001:db8:1::1/64 dev dev1"
                + " && ip link set dev1 up");
        List<InterfaceInfo> interfaces = host.call(network::interfaces);
        assertThat(named(interfaces, "far0").ipv6().stream().filter(Ipv6Address::isRoutableUnicast))
                .containsExactly(Ipv6Address.parse("2001:db8::2"), Ipv6Address.parse("2001:db8::dead"));
        assertThat(host.sh("ip addr show dev dev1")).contains("2001:db8:1::1/64 scope global tentative");
        assertThat(named(interfaces, "dev1").ipv6()).isEmpty();
    }

    @Test
    void hundreds_of_interfaces_are_listed() {
        host.sh("for i in $(seq 150); do echo link add v$i type veth peer name w$i;"
                + " echo addr add 10.1.$i.1/24 dev v$i; done | ip -batch -");
        List<InterfaceInfo> interfaces = host.call(network::interfaces);
        assertThat(interfaces).hasSize(303);
        assertThat(named(interfaces, "v150").ipv4()).containsExactly(Ipv4Address.parse("10.1.150.1"));
    }

    @Test
    void the_source_towards_a_destination_is_the_kernels_choice() {
        host.sh("ip link set dev0 up && ip addr add 2001:db8::7/64 dev dev0 nodad"
                + " && ip -6 route add 2001:db8:f::/48 via 2001:db8::1 src 2001:db8::7");
        // Until the kernel has noticed the cable there is no route.
        host.sh(
                "for i in $(seq 100); do ip -6 route get 2001:db8:f::1 >/dev/null 2>&1 && exit 0; sleep 0.02; done; exit 1");
        assertThat(host.call(() -> network.sourceTowards(Ipv6Address.parse("2001:db8:f::1"))))
                .contains(Ipv6Address.parse("2001:db8::7"));
        assertThat(host.call(() -> network.sourceTowards(Ipv6Address.parse("::1"))))
                .contains(Ipv6Address.parse("::1"));
    }

    @Test
    void without_a_route_there_is_no_source() {
        assertThat(host.call(() -> network.sourceTowards(Ipv6Address.parse("2001:db8:f::1"))))
                .isEmpty();
    }

    @Test
    void packets_dropped_on_their_way_out_are_counted() {
        assertThat(host.call(() -> network.droppedBy("dev0"))).isZero();
        assertThat(host.call(() -> network.droppedBy("nosuch"))).isZero();
    }

    private void assertFails(String reason, Isolated.Task task) {
        assertThatThrownBy(() -> host.tryCall(() -> {
                    task.run();
                    return null;
                }))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void says_that_there_is_no_such_device() {
        assertFails(
                "Cannot set the MTU of nosuch to 1400: there is no such device", () -> network.setMtu("nosuch", 1400));
        assertFails(
                "Cannot give nosuch the address 198.51.100.7/32: there is no such device",
                () -> network.addAddress("nosuch", LEASE, 32));
        assertFails(
                "route 0.0.0.0/0 through nosuch and metric 5: there is no such device",
                () -> network.setRoute(new Route(ANYWHERE, "nosuch", null, 5, 0)));
    }

    @Test
    void says_that_the_device_is_down() {
        assertFails("the device is down", () -> network.setRoute(new Route(ANYWHERE, "dev0", null, 5, 0)));
    }

    @Test
    void repeats_the_kernels_own_reason() {
        prepare();
        assertFails("Invalid prefsrc address", () -> network.setRoute(new Route(ANYWHERE, "dev0", LEASE, 5, 0)));
        assertFails("mtu greater than device maximum", () -> network.setMtu("dev0", 70000));
    }

    @Test
    void says_that_the_right_to_configure_is_missing() {
        prepare();
        host.drop(12);
        assertFails("CAP_NET_ADMIN", () -> network.setMtu("dev0", 1400));
        assertFails("CAP_NET_ADMIN", () -> network.addAddress("dev0", LEASE, 32));
        assertThat(host.call(network::interfaces)).isNotEmpty();
    }

    @Test
    void reads_and_writes_switches_with_several_numbers() throws Exception {
        host.run(() -> network.writeSwitch("net.ipv4.ip_local_port_range", "5120 6143"));
        String range = host.call(() -> network.readSwitch("net.ipv4.ip_local_port_range"))
                .orElseThrow();
        assertThat(range.split("\\s+")).containsExactly("5120", "6143");
        host.run(() -> network.writeSwitch("net.ipv4.ip_local_port_range", "32768 60999"));
        assertThat(host.call(() -> network.readSwitch("net.ipv4.ip_local_port_range"))
                        .orElseThrow()
                        .split("\\s+"))
                .containsExactly("32768", "60999");
    }

    @Test
    void a_switch_is_read_and_written() {
        host.run(() -> network.writeSwitch("net.ipv4.ip_forward", "1"));
        assertThat(host.sh("cat /proc/sys/net/ipv4/ip_forward")).isEqualTo("1\n");
        assertThat(host.call(() -> network.readSwitch("net.ipv4.ip_forward"))).contains("1");
        host.run(() -> network.writeSwitch("net.ipv4.conf.dev0.rp_filter", "2"));
        assertThat(host.call(() -> network.readSwitch("net.ipv4.conf.dev0.rp_filter")))
                .contains("2");
    }

    @Test
    void a_dot_in_a_devices_name_is_written_as_a_slash() {
        host.sh("ip link add dev0.7 type veth peer name far7");
        host.run(() -> network.writeSwitch("net.ipv4.conf.dev0/7.rp_filter", "2"));
        assertThat(host.sh("cat /proc/sys/net/ipv4/conf/dev0.7/rp_filter")).isEqualTo("2\n");
    }

    @Test
    void a_switch_that_is_not_there_reads_empty_and_cannot_be_written() {
        assertThat(host.call(() -> network.readSwitch("net.ipv4.no_such_switch")))
                .isEmpty();
        assertThat(host.call(() -> network.readSwitch("net.ipv4"))).isEmpty();
        assertFails(
                "no kernel switch net.ipv4.conf.nosuch.rp_filter",
                () -> network.writeSwitch("net.ipv4.conf.nosuch.rp_filter", "2"));
    }

    @Test
    void a_name_cannot_lead_out_of_the_switches() {
        assertThat(host.call(() -> network.readSwitch("//.//.etc.hostname"))).isEmpty();
        assertFails("no kernel switch", () -> network.writeSwitch("//.//.tmp.x", "2"));
        assertFails("no kernel switch", () -> network.writeSwitch("", "2"));
    }

    @Test
    void repeats_why_the_kernel_refuses_a_value() {
        assertFails(
                "refuses net.ipv4.ip_forward=x: Invalid argument",
                () -> network.writeSwitch("net.ipv4.ip_forward", "x"));
    }

    @Test
    void says_that_the_switches_are_read_only() {
        host.sh("mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys");
        assertFails("/proc/sys is mounted read-only", () -> network.writeSwitch("net.ipv4.ip_forward", "1"));
        host.run(() -> network.writeSwitch("net.ipv4.ip_forward", "0"));
    }
}
