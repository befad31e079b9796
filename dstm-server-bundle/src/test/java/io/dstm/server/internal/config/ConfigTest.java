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
                        map("lease.time=90s;lease.time.min=60s;lease.time.max=1h;lease.time.total=1d;renew.percent=30;"
                                + "rebind.percent=60;offer.time=5s;quarantine.time=0s;decline.time=2h;renewal=threshold;"
                                + "renewal.threshold=75;limit.per.client=2;limit.per.prefix=4;limit.prefix.length=48;"
                                + "alarm.high=95;alarm.low=50;remember.time=1h;remember.leases=7;trusted.relays=2")))
                .isEqualTo(new ServerConfig(
                        new Terms(
                                Duration.ofSeconds(90),
                                Duration.ofSeconds(60),
                                Duration.ofHours(1),
                                Duration.ofDays(1),
                                30,
                                60,
                                Duration.ZERO,
                                RenewalPolicy.THRESHOLD,
                                75,
                                2,
                                4,
                                95,
                                50),
                        Duration.ofSeconds(5),
                        Duration.ofHours(2),
                        Duration.ofHours(1),
                        7,
                        48,
                        2));
    }

    @ParameterizedTest
    @CsvSource({
        "lease.time=9s, lease.time",
        "lease.time=soon, lease.time",
        "offer.time=0s, offer.time",
        "renewal=perhaps, renewal",
        "lease.time.min=2h, lease.time.min",
        "lease.time=2h;lease.time.max=1h, lease.time",
        "lease.time.total=30m, lease.time.total",
        "renew.percent=81, renew.percent",
        "rebind.percent=40, rebind.percent",
        "renew.percent=101, renew.percent",
        "alarm.high=70, alarm.high",
        "alarm.low=95, alarm.low",
        "limit.prefix.length=129, limit.prefix.length",
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
        assertThat(pool.terms().over(Terms.DEFAULTS)).isEqualTo(Terms.DEFAULTS);
        assertThat(pool.admission().clients()).isEmpty();
        assertThat(pool.allocator()).isEqualTo(AllocatorKind.HASHED);
    }

    @Test
    void a_pool_file_sets_everything() throws ConfigException {
        PoolConfig pool = PoolConfig.read(
                "p",
                map(
                        "ranges=192.0.2.0/24, 198.51.100.1-198.51.100.9;exclude=192.0.2.0,192.0.2.255;tep=east;psid.length=6;"
                                + "psid.offset=2;system.ports=true;bind.prefix=2001:db8:b::/64;clients=2001:db8::/32,2001:db9::/32;"
                                + "priority=-3;lease.time=2h;quarantine.time=5m;renewal=accept;allocator=random;"
                                + "links=2001:db8:1::/48;interface.ids=ge-0/0/*,0x00ff;remote.ids=9:cpe-*,*:x;"
                                + "subscriber.ids=gold-*;reservations=192.0.2.7#5 duid:00:03:00:01:AA/4294967295,"
                                + " 192.0.2.9 hw:02-00-00-00-00-01,198.51.100.1#0 source:2001:DB8::1"));
        assertThat(pool.ranges()).hasSize(2);
        assertThat(pool.spans().size()).isEqualTo(254 + 9);
        assertThat(pool.tep()).isEqualTo("east");
        assertThat(pool.bindPrefix()).contains(Ipv6Prefix.parse("2001:db8:b::/64"));
        assertThat(pool.admission().clients()).hasSize(2);
        assertThat(pool.priority()).isEqualTo(-3);
        assertThat(pool.allocator()).isEqualTo(AllocatorKind.RANDOM);
        assertThat(pool.admission().links()).containsExactly(Ipv6Prefix.parse("2001:db8:1::/48"));
        assertThat(pool.admission().interfaceIds()).hasSize(2);
        assertThat(pool.admission().remoteIds()).hasSize(2);
        assertThat(pool.admission().subscriberIds()).hasSize(1);
        assertThat(pool.reservations())
                .extracting(Reservation::toString)
                .containsExactly(
                        "192.0.2.7#5 duid:00030001aa/4294967295",
                        "192.0.2.9 hw:020000000001",
                        "198.51.100.1#0 source:2001:db8::1");
        assertThat(pool.terms().leaseTime()).contains(Duration.ofHours(2));
        assertThat(pool.terms().quarantineTime()).contains(Duration.ofMinutes(5));
        assertThat(pool.terms().renewal()).contains(RenewalPolicy.ACCEPT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tep=x | ranges",
                "ranges=, | ranges",
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
                "ranges=192.0.2.0/24;range=x | range",
                "ranges=192.0.2.0/24;psid.offset=7 | psid.offset",
                "ranges=192.0.2.0/24;allocator=best | allocator",
                "ranges=192.0.2.0/24;links=here | links",
                "ranges=192.0.2.0/24;interface.ids=0x0 | interface.ids",
                "ranges=192.0.2.0/24;interface.ids=0x00* | interface.ids",
                "ranges=192.0.2.0/24;interface.ids=a b | interface.ids",
                "ranges=192.0.2.0/24;remote.ids=cpe-1 | remote.ids",
                "ranges=192.0.2.0/24;remote.ids=x:cpe-1 | remote.ids",
                "ranges=192.0.2.0/24;lease.time.min=2h;lease.time=1h | lease.time.min",
                "ranges=192.0.2.0/24;lease.time.min=2h;lease.time.max=1h | lease.time.min",
                "ranges=192.0.2.0/24;lease.time=2h;lease.time.total=1h | lease.time",
                "ranges=192.0.2.0/24;renew.percent=60;rebind.percent=50 | renew.percent",
                "ranges=192.0.2.0/24;alarm.low=60;alarm.high=50 | alarm.low",
                "ranges=192.0.2.0/24;reservations=192.0.2.7 | reservations",
                "ranges=192.0.2.0/24;reservations=192.0.3.7 duid:01 | reservations",
                "ranges=192.0.2.0/24;exclude=192.0.2.7;reservations=192.0.2.7 duid:01 | reservations",
                "ranges=192.0.2.0/24;reservations=192.0.2.7 duid:0 | reservations",
                "ranges=192.0.2.0/24;reservations=192.0.2.7 duid:01/x | reservations",
                "ranges=192.0.2.0/24;reservations=192.0.2.7 mac:01 | reservations",
                "ranges=192.0.2.0/24;reservations=192.0.2.7#1 duid:01 | reservations",
                "ranges=192.0.2.0/24;psid.length=6;reservations=192.0.2.7#64 duid:01 | reservations",
                "ranges=192.0.2.0/24;psid.length=6;reservations=192.0.2.7#0 duid:01 | reservations",
                "ranges=192.0.2.0/24;psid.length=6;reservations=192.0.2.7#x duid:01 | reservations",
                "ranges=192.0.2.0/24;reservations=192.0.2.7 duid:01,192.0.2.7 duid:02 | reservations",
                "ranges=192.0.2.0/24;reservations=192.0.2.7 duid:01,192.0.2.8 duid:01 | reservations",
                "ranges=192.0.2.0/24;psid.length=6;reservations=192.0.2.7#5 duid:01,192.0.2.7#5 duid:02 | reservations",
                "ranges=192.0.2.0/24;psid.length=6;reservations=192.0.2.7#5 duid:01,192.0.2.7 duid:02 | reservations",
                "ranges=192.0.2.0/24;psid.length=6;reservations=192.0.2.7 duid:01,192.0.2.7#5 duid:02 | reservations"
            })
    void a_wrong_pool_file_is_refused_by_its_key(String text, String key) {
        assertThatThrownBy(() -> PoolConfig.read("p", map(text)))
                .isInstanceOfSatisfying(ConfigException.class, wrong -> assertThat(wrong.problems())
                        .anyMatch(problem -> problem.key().equals(key)));
    }

    @Test
    void wrong_ranges_are_not_called_missing_too() {
        assertThatThrownBy(() -> PoolConfig.read("p", map("ranges=192.0.2.0/33")))
                .isInstanceOfSatisfying(ConfigException.class, wrong -> assertThat(wrong.problems())
                        .hasSize(1));
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

    @Test
    void a_pool_says_only_what_is_not_as_the_server_says() throws ConfigException {
        Terms server = ServerConfig.read(map("lease.time.min=30m;lease.time.max=4h;limit.per.client=3"))
                .terms();
        assertThat(PoolConfig.read("p", map("ranges=192.0.2.1;limit.per.prefix=2"))
                        .terms()
                        .over(server))
                .isEqualTo(new Terms(
                        Duration.ofHours(1),
                        Duration.ofMinutes(30),
                        Duration.ofHours(4),
                        Duration.ZERO,
                        50,
                        80,
                        Duration.ofMinutes(2),
                        RenewalPolicy.ACCEPT,
                        90,
                        3,
                        2,
                        90,
                        80));
        Terms own = PoolConfig.read("p", map("ranges=192.0.2.1;lease.time=8h"))
                .terms()
                .over(server);
        assertThat(own.leaseTimeMin()).isEqualTo(Duration.ofHours(8));
        assertThat(own.leaseTimeMax()).isEqualTo(Duration.ofHours(8));
    }

    @ParameterizedTest
    @CsvSource({"5m, 30m", "30m, 30m", "2h, 2h", "9d, 4h", ", 1h"})
    void a_client_gets_the_time_it_would_like_within_bounds(String wish, String time) throws ConfigException {
        Terms terms =
                ServerConfig.read(map("lease.time.min=30m;lease.time.max=4h")).terms();
        assertThat(terms.leaseTime(Optional.ofNullable(wish)
                        .map(text -> Duration.parse("P" + (text.endsWith("d") ? text : "T" + text)))))
                .isEqualTo(Duration.parse("PT" + time));
    }

    @Test
    void what_contradicts_the_servers_file_is_odd_and_gives_way() throws ConfigException {
        Terms server = ServerConfig.read(map("rebind.percent=70;alarm.low=60;alarm.high=80;lease.time.max=2h"))
                .terms();
        PoolConfig pool =
                PoolConfig.read("p", map("ranges=192.0.2.1;renew.percent=75;alarm.high=50;lease.time.min=3h"));
        assertThat(pool.oddities(server)).extracting("key").contains("renew.percent", "alarm.high", "lease.time.min");
        Terms terms = pool.terms().over(server);
        assertThat(terms.rebindPercent()).isEqualTo(75);
        assertThat(terms.alarmLow()).isEqualTo(50);
        assertThat(terms.leaseTimeMin()).isEqualTo(Duration.ofHours(1));
        assertThat(PoolConfig.read("p", map("ranges=192.0.2.1")).oddities(server))
                .isEmpty();
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
        assertThat(PoolConfig.read("p", map("ranges=192.0.2.1")).terms().renewal())
                .isEqualTo(Optional.empty());
    }
}
