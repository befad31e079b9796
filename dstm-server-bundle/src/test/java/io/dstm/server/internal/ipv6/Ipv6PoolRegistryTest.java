package io.dstm.server.internal.ipv6;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.config.ConfigReport.Entry;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class Ipv6PoolRegistryTest {

    private final Ipv6PoolRegistry registry = new Ipv6PoolRegistry(InstantSource.system());
    private final List<List<String>> seen = new ArrayList<>();

    Ipv6PoolRegistryTest() {
        registry.subscribe(pools -> seen.add(
                pools.stream().map(pool -> pool.name() + " " + pool.addresses()).toList()));
    }

    @Test
    void a_file_that_is_wrong_leaves_its_last_good_version_in_force() {
        put("a", "2001:db8:1::1");
        put("a", "nonsense");

        assertThat(last()).containsExactly("a 2001:db8:1::1");
        assertThat(accepted("a")).isFalse();
    }

    @Test
    void of_two_that_overlap_the_later_is_refused_until_the_other_moves() {
        put("a", "2001:db8:1::1-2001:db8:1::9");
        put("b", "2001:db8:1::9");

        assertThat(last()).containsExactly("a 2001:db8:1::1-2001:db8:1::9");
        assertThat(accepted("b")).isFalse();

        put("a", "2001:db8:1::1-2001:db8:1::8");

        assertThat(last()).containsExactly("a 2001:db8:1::1-2001:db8:1::8", "b 2001:db8:1::9");
        assertThat(accepted("a")).isTrue();
        assertThat(accepted("b")).isTrue();
    }

    @Test
    void two_can_swap_what_they_have() {
        put("a", "2001:db8:1::1");
        put("b", "2001:db8:1::2");
        put("a", "2001:db8:1::2");
        assertThat(accepted("a")).isFalse();

        put("b", "2001:db8:1::1");

        assertThat(last()).containsExactly("a 2001:db8:1::2", "b 2001:db8:1::1");
        assertThat(accepted("a")).isTrue();
        assertThat(accepted("b")).isTrue();
    }

    @Test
    void a_refused_change_of_one_does_not_cost_another_what_it_has() {
        put("a", "2001:db8:1::1");
        put("b", "2001:db8:1::2");
        put("b", "2001:db8:1::1");
        put("a", "2001:db8:1::1-2001:db8:1::2");

        assertThat(last()).containsExactly("a 2001:db8:1::1", "b 2001:db8:1::2");
    }

    @Test
    void a_file_that_is_gone_lends_no_more() {
        put("a", "2001:db8:1::1");
        registry.remove("io.dstm.ipv6~a");

        assertThat(last()).isEmpty();
        assertThat(registry.entries()).isEmpty();
    }

    @Test
    void a_pool_is_named_by_its_pid_or_else_by_its_file() {
        assertThat(Ipv6PoolRegistry.nameOf("io.dstm.ipv6~lan", Map.of())).isEqualTo("lan");
        assertThat(Ipv6PoolRegistry.nameOf(
                        "io.dstm.ipv6.1234-5678",
                        Map.of("felix.fileinstall.filename", "file:/opt/etc/io.dstm.ipv6-lan.cfg")))
                .isEqualTo("lan");
        assertThat(Ipv6PoolRegistry.nameOf("io.dstm.ipv6.1234-5678", Map.of())).isEqualTo("1234-5678");
    }

    private void put(String name, String addresses) {
        registry.put("io.dstm.ipv6~" + name, Map.of("interfaces", "eth1", "addresses", addresses));
    }

    private List<String> last() {
        return seen.get(seen.size() - 1);
    }

    private boolean accepted(String name) {
        return registry.entries().stream()
                .filter(entry -> entry.pid().equals("io.dstm.ipv6~" + name))
                .allMatch(Entry::accepted);
    }
}
