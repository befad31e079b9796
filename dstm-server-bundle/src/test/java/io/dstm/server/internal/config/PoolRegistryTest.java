package io.dstm.server.internal.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.config.ConfigReport;
import io.dstm.server.internal.config.PoolRegistry.View;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PoolRegistryTest {

    private Instant now = Instant.EPOCH;
    private final PoolRegistry registry = new PoolRegistry(() -> now);
    private final List<View> views = new ArrayList<>();

    PoolRegistryTest() {
        registry.subscribe(views::add);
    }

    private void put(String name, String ranges) {
        now = now.plusSeconds(1);
        registry.put("io.dstm.pool~" + name, Map.of("ranges", ranges));
    }

    private List<String> inForce() {
        return views.get(views.size() - 1).pools().stream()
                .map(pool -> pool.name() + " " + pool.spans())
                .toList();
    }

    private ConfigReport.Entry entry(String name) {
        return registry.entries().stream()
                .filter(entry -> entry.pid().equals("io.dstm.pool~" + name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void takes_good_files_over_and_reports_them() {
        put("b", "192.0.2.1");
        put("a", "192.0.2.2");
        assertThat(inForce()).containsExactly("a [192.0.2.2-192.0.2.2]", "b [192.0.2.1-192.0.2.1]");
        assertThat(entry("a").accepted()).isTrue();
        assertThat(entry("a").changed()).isEqualTo(Instant.ofEpochSecond(2));
        assertThat(views).hasSize(3);
    }

    @Test
    void keeps_the_last_good_of_a_broken_file() {
        put("a", "192.0.2.1");
        put("a", "192.0.2.999");
        assertThat(inForce()).containsExactly("a [192.0.2.1-192.0.2.1]");
        assertThat(entry("a").accepted()).isFalse();
        assertThat(entry("a").problems()).extracting("key").contains("ranges");
        assertThat(views).as("nothing changed, nobody is told").hasSize(2);
        put("a", "192.0.2.2");
        assertThat(inForce()).containsExactly("a [192.0.2.2-192.0.2.2]");
        assertThat(entry("a").accepted()).isTrue();
    }

    @Test
    void names_files_that_were_never_good_as_unsettled() {
        put("a", "nonsense");
        View view = registry.view();
        assertThat(view.pools()).isEmpty();
        assertThat(view.unsettled()).containsExactly("a");
        assertThat(views.get(views.size() - 1)).isEqualTo(view);
        put("a", "192.0.2.1");
        assertThat(registry.view().unsettled()).isEmpty();
    }

    @Test
    void refuses_the_later_of_two_that_overlap() {
        put("a", "192.0.2.0/24");
        put("b", "192.0.2.9-192.0.3.9");
        assertThat(inForce()).containsExactly("a [192.0.2.0-192.0.2.255]");
        assertThat(entry("b").accepted()).isFalse();
        assertThat(entry("b").problems().get(0).reason()).contains("pool a");
        assertThat(entry("a").accepted()).isTrue();
        put("c", "198.51.100.1");
        assertThat(entry("a").accepted()).isTrue();
        assertThat(entry("b").accepted()).isFalse();
    }

    @Test
    void refuses_a_change_that_overlaps_and_keeps_the_version_before() {
        put("a", "192.0.2.0/25");
        put("b", "192.0.2.128/25");
        put("a", "192.0.2.0/24");
        assertThat(inForce()).containsExactly("a [192.0.2.0-192.0.2.127]", "b [192.0.2.128-192.0.2.255]");
        assertThat(entry("a").accepted()).isFalse();
        assertThat(entry("b").accepted()).isTrue();
        put("b", "198.51.100.1");
        assertThat(inForce()).containsExactly("a [192.0.2.0-192.0.2.255]", "b [198.51.100.1-198.51.100.1]");
        assertThat(entry("a").accepted()).as("looked at again").isTrue();
    }

    @Test
    void lets_a_range_move_from_file_to_file_in_any_order() {
        put("a", "192.0.2.0/25,198.51.100.1");
        put("b", "192.0.2.128/25");
        put("b", "192.0.2.128/25,198.51.100.1");
        assertThat(entry("b").accepted()).isFalse();
        put("a", "192.0.2.0/25");
        assertThat(inForce())
                .containsExactly("a [192.0.2.0-192.0.2.127]", "b [192.0.2.128-192.0.2.255, 198.51.100.1-198.51.100.1]");
    }

    @Test
    void lets_two_files_swap_their_ranges() {
        put("a", "192.0.2.1");
        put("b", "192.0.2.2");
        put("a", "192.0.2.2");
        assertThat(entry("a").accepted()).isFalse();
        put("b", "192.0.2.1");
        assertThat(inForce()).containsExactly("a [192.0.2.2-192.0.2.2]", "b [192.0.2.1-192.0.2.1]");
        assertThat(registry.entries()).allMatch(ConfigReport.Entry::accepted);
    }

    @Test
    void an_excluded_range_does_not_overlap() {
        registry.put("io.dstm.pool~a", Map.of("ranges", "192.0.2.0/24", "exclude", "192.0.2.128/25"));
        put("b", "192.0.2.128/25");
        assertThat(registry.entries()).allMatch(ConfigReport.Entry::accepted);
    }

    @Test
    void a_deleted_file_frees_its_ranges_for_others() {
        put("a", "192.0.2.1");
        put("b", "192.0.2.1");
        registry.remove("io.dstm.pool~a");
        assertThat(inForce()).containsExactly("b [192.0.2.1-192.0.2.1]");
        assertThat(entry("b").accepted()).isTrue();
        assertThat(registry.entries()).hasSize(1);
        registry.remove("io.dstm.pool~a");
        registry.remove("io.dstm.pool~b");
        assertThat(inForce()).isEmpty();
    }

    @Test
    void refuses_a_second_file_of_one_name_and_a_name_that_is_none() {
        put("a", "192.0.2.1");
        registry.put(
                "io.dstm.pool.77",
                Map.of("ranges", "192.0.2.2", "felix.fileinstall.filename", "file:/etc/io.dstm.pool-a.cfg"));
        registry.put("io.dstm.pool~x y", Map.of("ranges", "192.0.2.3"));
        assertThat(inForce()).containsExactly("a [192.0.2.1-192.0.2.1]");
        assertThat(registry.entries()).filteredOn(entry -> !entry.accepted()).hasSize(2);
    }

    @Test
    void tells_a_new_subscriber_at_once_and_a_former_one_no_more() {
        put("a", "192.0.2.1");
        List<View> late = new ArrayList<>();
        java.util.function.Consumer<View> subscriber = late::add;
        registry.subscribe(subscriber);
        assertThat(late).hasSize(1);
        registry.unsubscribe(subscriber);
        put("b", "192.0.2.2");
        assertThat(late).hasSize(1);
    }
}
