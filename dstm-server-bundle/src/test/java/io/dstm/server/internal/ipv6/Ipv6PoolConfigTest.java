package io.dstm.server.internal.ipv6;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigException;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class Ipv6PoolConfigTest {

    @Test
    void reads_every_key() throws ConfigException {
        Ipv6PoolConfig config = Ipv6PoolConfig.read(
                "lan",
                Map.ofEntries(
                        Map.entry("interfaces", "eth1"),
                        Map.entry("links", "2001:db8:1::/64"),
                        Map.entry("addresses", "2001:db8:1::/64"),
                        Map.entry("prefixes", "2001:db8:8000::/36"),
                        Map.entry("exclude", "2001:db8:1::1-2001:db8:1::ff, 2001:db8:8000::/56"),
                        Map.entry("delegated.length", "56"),
                        Map.entry("delegated.length.shortest", "48"),
                        Map.entry("delegated.length.longest", "64"),
                        Map.entry("reservations", "00:03:00:01:aa=2001:db8:1::5, 00030001AA=2001:db8:8001::/56"),
                        Map.entry("preferred.lifetime", "30m"),
                        Map.entry("valid.lifetime", "1h"),
                        Map.entry("t1", "10m"),
                        Map.entry("t2", "20m"),
                        Map.entry("decline.time", "2h"),
                        Map.entry("leases.per.client", "3"),
                        Map.entry("leases.max", "7"),
                        Map.entry("dns.servers", "2001:db8::53"),
                        Map.entry("dns.search", "example.org., lab.example.org"),
                        Map.entry("ntp.servers", "2001:db8::123, ntp.example.org"),
                        Map.entry("aftr.name", "aftr.example.org."),
                        Map.entry("information.refresh.time", "1h"),
                        Map.entry("sol.max.rt", "2m"),
                        Map.entry("inf.max.rt", "3m")));

        assertThat(config.addresses()).hasToString("2001:db8:1::100-2001:db8:1:0:ffff:ffff:ffff:ffff");
        assertThat(config.prefixes().contains(Ipv6Prefix.parse("2001:db8:8000::/56")))
                .isFalse();
        assertThat(config.prefixes().contains(Ipv6Prefix.parse("2001:db8:8000:100::/56")))
                .isTrue();
        assertThat(config.reservedFor("duid:00030001aa", Ipv6LeaseKind.ADDRESS))
                .contains(Ipv6Prefix.parse("2001:db8:1::5"));
        assertThat(config.reservedFor("duid:00030001aa", Ipv6LeaseKind.PREFIX))
                .contains(Ipv6Prefix.parse("2001:db8:8001::/56"));
        assertThat(config.times())
                .isEqualTo(new Ipv6PoolConfig.Times(
                        Duration.ofMinutes(30), Duration.ofHours(1), Duration.ofMinutes(10), Duration.ofMinutes(20)));
        assertThat(config.options().searchDomains()).containsExactly("example.org", "lab.example.org");
        assertThat(config.options().ntpServers()).containsExactly(Ipv6Address.parse("2001:db8::123"));
        assertThat(config.options().ntpNames()).containsExactly("ntp.example.org");
        assertThat(config.options().aftrName()).isEqualTo("aftr.example.org");
        assertThat(config.options().solMaxRt()).isEqualTo(Duration.ofMinutes(2));
    }

    @Test
    void t1_and_t2_follow_the_preferred_lifetime() throws ConfigException {
        Ipv6PoolConfig config = Ipv6PoolConfig.read("lan", Map.of("interfaces", "eth1", "preferred.lifetime", "100s"));

        assertThat(config.times().renewAfter()).isEqualTo(Duration.ofSeconds(50));
        assertThat(config.times().rebindAfter()).isEqualTo(Duration.ofSeconds(80));
    }

    @Test
    void names_every_problem() {
        assertThatThrownBy(() -> Ipv6PoolConfig.read(
                        "lan",
                        Map.of(
                                "addresses", "fe80::/64",
                                "prefixes", "2001:db8::/60",
                                "preferred.lifetime", "3h",
                                "t1", "2h",
                                "t2", "90m",
                                "reservations", "xyz=2001:db8::1",
                                "dns.search", "-..",
                                "ntp.servers", "not a name",
                                "adresses", "2001:db8::/64")))
                .isInstanceOfSatisfying(ConfigException.class, wrong -> assertThat(wrong.problems())
                        .extracting(problem -> problem.key())
                        .containsExactlyInAnyOrder(
                                "interfaces",
                                "addresses",
                                "prefixes",
                                "preferred.lifetime",
                                "t1",
                                "reservations",
                                "dns.search",
                                "ntp.servers",
                                "adresses"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "one.example, other.example", "2001:db8::1", "-..", "a b"})
    void the_name_of_a_tunnel_end_point_is_one(String text) {
        assertThatThrownBy(() -> Ipv6PoolConfig.read("lan", Map.of("interfaces", "eth1", "aftr.name", text)))
                .isInstanceOfSatisfying(ConfigException.class, wrong -> assertThat(wrong.problems())
                        .extracting(problem -> problem.key())
                        .containsExactly("aftr.name"));
    }

    @Test
    void an_address_is_either_lent_or_delegated() {
        assertThatThrownBy(() -> Ipv6PoolConfig.read(
                        "lan",
                        Map.of(
                                "interfaces", "eth1",
                                "addresses", "2001:db8:8001::/64",
                                "prefixes", "2001:db8:8000::/36")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("overlaps prefixes");
    }

    @Test
    void serves_its_interfaces_the_relays_of_its_links_and_its_own_addresses() throws ConfigException {
        Ipv6PoolConfig config = Ipv6PoolConfig.read(
                "lan", Map.of("interfaces", "eth1", "links", "2001:db8:1::/64", "addresses", "2001:db8:2::/64"));
        Ipv6Address local = Ipv6Address.parse("fe80::1");

        assertThat(config.serves(new Ipv6Link("eth1", null, List.of(), local))).isTrue();
        assertThat(config.serves(new Ipv6Link("eth2", null, List.of(), local))).isFalse();
        assertThat(config.serves(new Ipv6Link(null, Ipv6Address.parse("2001:db8:1::1"), List.of(), local)))
                .isTrue();
        assertThat(config.serves(new Ipv6Link(null, Ipv6Address.parse("2001:db8:3::1"), List.of(), local)))
                .isFalse();
        assertThat(config.serves(new Ipv6Link(null, null, List.of(), Ipv6Address.parse("2001:db8:2::7"))))
                .isTrue();
        assertThat(config.serves(new Ipv6Link(null, null, List.of(), local))).isFalse();
    }

    /** What tools show as defaults must be what is in force without a key. */
    @Test
    void the_described_defaults_are_the_real_ones() throws Exception {
        Map<String, Object> described = new HashMap<>(describedDefaults());
        described.put("interfaces", "eth1");

        assertThat(Ipv6PoolConfig.read("lan", described))
                .isEqualTo(Ipv6PoolConfig.read("lan", Map.of("interfaces", "eth1")));
    }

    private static Map<String, String> describedDefaults() throws Exception {
        Path file = Path.of("target/classes/OSGI-INF/metatype/io.dstm.server.internal.Ipv6PoolOptions.xml");
        assertThat(Files.exists(file)).isTrue();
        NodeList attributes = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(file.toFile())
                .getElementsByTagName("AD");
        Map<String, String> defaults = new HashMap<>();
        for (int i = 0; i < attributes.getLength(); i++) {
            Element attribute = (Element) attributes.item(i);
            defaults.put(attribute.getAttribute("id"), attribute.getAttribute("default"));
        }
        assertThat(defaults).hasSizeGreaterThan(15);
        return defaults;
    }
}
