package io.dstm.server.internal.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigException;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Prefix;
import java.io.InputStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class ConfigTest {

    private static Map<String, String> map(String text) {
        Map<String, String> map = new HashMap<>();
        for (String property : text.split(";")) {
            if (!property.isBlank()) {
                map.put(
                        property.substring(0, property.indexOf('=')).trim(),
                        property.substring(property.indexOf('=') + 1).trim());
            }
        }
        return map;
    }

    @Test
    void an_empty_server_file_means_the_defaults() throws ConfigException {
        assertThat(ServerConfig.read(Map.of())).isEqualTo(ServerConfig.DEFAULTS);
    }

    @Test
    void a_server_file_sets_everything() throws ConfigException {
        assertThat(ServerConfig.read(
                        map("lease.time=90s;offer.time=5s;quarantine.time=0s;decline.time=2h;renewal=refuse")))
                .isEqualTo(new ServerConfig(
                        Duration.ofSeconds(90),
                        Duration.ofSeconds(5),
                        Duration.ZERO,
                        Duration.ofHours(2),
                        RenewalPolicy.REFUSE));
    }

    @ParameterizedTest
    @CsvSource({
        "lease.time=9s, lease.time",
        "lease.time=soon, lease.time",
        "offer.time=0s, offer.time",
        "renewal=perhaps, renewal",
        "leasetime=1h, leasetime"
    })
    void a_wrong_server_file_is_refused_by_its_key(String text, String key) {
        assertThatThrownBy(() -> ServerConfig.read(map(text)))
                .isInstanceOfSatisfying(ConfigException.class, wrong -> assertThat(wrong.problems())
                        .anyMatch(problem -> problem.key().equals(key)));
    }

    @Test
    void a_pool_file_needs_only_its_ranges() throws ConfigException {
        PoolConfig pool = PoolConfig.read("p", map("ranges=192.0.2.0/24"));
        assertThat(pool.ranges()).containsExactly(Ipv4Range.parse("192.0.2.0/24"));
        assertThat(pool.tep()).isEqualTo("tep");
        assertThat(pool.psidLength()).isZero();
        assertThat(pool.leaseTime()).isEmpty();
        assertThat(pool.clients()).isEmpty();
    }

    @Test
    void a_pool_file_sets_everything() throws ConfigException {
        PoolConfig pool = PoolConfig.read(
                "p",
                map(
                        "ranges=192.0.2.0/24, 198.51.100.1-198.51.100.9;exclude=192.0.2.0,192.0.2.255;tep=east;psid.length=6;"
                                + "psid.offset=2;system.ports=true;bind.prefix=2001:db8:b::/64;clients=2001:db8::/32,2001:db9::/32;"
                                + "priority=-3;lease.time=2h;quarantine.time=5m;renewal=accept"));
        assertThat(pool.ranges()).hasSize(2);
        assertThat(pool.spans().size()).isEqualTo(254 + 9);
        assertThat(pool.tep()).isEqualTo("east");
        assertThat(pool.bindPrefix()).contains(Ipv6Prefix.parse("2001:db8:b::/64"));
        assertThat(pool.clients()).hasSize(2);
        assertThat(pool.priority()).isEqualTo(-3);
        assertThat(pool.leaseTime()).contains(Duration.ofHours(2));
        assertThat(pool.quarantineTime()).contains(Duration.ofMinutes(5));
        assertThat(pool.renewal()).contains(RenewalPolicy.ACCEPT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tep=x | ranges",
                "ranges=192.0.2.0/33 | ranges",
                "ranges=192.0.2.9-192.0.2.1 | ranges",
                "ranges=192.0.2.1/24 | ranges",
                "ranges=192.0.2.0/24,192.0.2.7 | ranges",
                "ranges=224.0.0.0/24 | ranges",
                "ranges=127.0.0.1 | ranges",
                "ranges=0.0.0.0/0 | ranges",
                "ranges=192.0.0.2 | ranges",
                "ranges=192.0.2.0/24;exclude=192.0.0.0/16 | exclude",
                "ranges=192.0.2.0/24;psid.length=17 | psid.length",
                "ranges=192.0.2.0/24;psid.length=12;psid.offset=5 | psid.length",
                "ranges=192.0.2.0/24;psid.length=4;psid.offset=7 | psid.offset",
                "ranges=192.0.2.0/24;bind.prefix=2001:db8::1/64 | bind.prefix",
                "ranges=192.0.2.0/24;bind.prefix=2001:db8::/96 | bind.prefix",
                "ranges=192.0.2.0/24;clients=everyone | clients",
                "ranges=192.0.2.0/24;lease.time=1s | lease.time",
                "ranges=192.0.2.0/24;renewal=maybe | renewal",
                "ranges=192.0.2.0/24;range=x | range"
            })
    void a_wrong_pool_file_is_refused_by_its_key(String text, String key) {
        assertThatThrownBy(() -> PoolConfig.read("p", map(text)))
                .isInstanceOfSatisfying(ConfigException.class, wrong -> assertThat(wrong.problems())
                        .anyMatch(problem -> problem.key().equals(key)));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "io.dstm.pool~east, -, east",
                "io.dstm.pool~a.b-c, -, a.b-c",
                "io.dstm.pool.5f0e, file:/opt/etc/io.dstm.pool-east.cfg, east",
                "io.dstm.pool.5f0e, file:/opt/etc/io.dstm.pool~a.b.cfg, a.b",
                "io.dstm.pool.5f0e, file:/opt/etc/other.cfg, 5f0e",
                "io.dstm.pool-west, -, west",
                "io.dstm.pool, -, ''"
            })
    void a_pool_is_named_by_its_file(String pid, String file, String name) {
        Map<String, String> properties = file == null ? Map.of() : Map.of("felix.fileinstall.filename", file);
        assertThat(PoolName.of(pid, properties)).isEqualTo(name);
    }

    /** What tools show as defaults must be what is in force without a key. */
    @Test
    void the_described_defaults_are_the_real_ones() throws Exception {
        assertThat(ServerConfig.read(described("ServerOptions"))).isEqualTo(ServerConfig.DEFAULTS);
        Map<String, String> pool = described("PoolOptions");
        assertThat(pool).containsKeys("exclude", "tep", "psid.length", "clients", "priority", "renewal");
        pool.put("ranges", "192.0.2.0/24");
        assertThat(PoolConfig.read("p", pool)).isEqualTo(PoolConfig.read("p", map("ranges=192.0.2.0/24")));
    }

    private static Map<String, String> described(String options) throws Exception {
        Map<String, String> defaults = new HashMap<>();
        try (InputStream xml = ConfigTest.class.getResourceAsStream(
                "/OSGI-INF/metatype/io.dstm.server.internal." + options + ".xml")) {
            NodeList attributes = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(xml)
                    .getElementsByTagName("AD");
            for (int i = 0; i < attributes.getLength(); i++) {
                Element attribute = (Element) attributes.item(i);
                defaults.put(attribute.getAttribute("id"), attribute.getAttribute("default"));
            }
        }
        return defaults;
    }

    @Test
    void overrides_are_empty_without_a_key() throws ConfigException {
        assertThat(PoolConfig.read("p", map("ranges=192.0.2.1")).renewal()).isEqualTo(Optional.empty());
    }
}
