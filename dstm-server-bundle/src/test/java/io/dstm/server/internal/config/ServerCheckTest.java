package io.dstm.server.internal.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.config.ConfigCheck.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ServerCheckTest {

    private static final Map<String, String> TEP = Map.of("tunnel.address", "2001:db8::1");

    private static Verdict of(String pid, List<Verdict> verdicts) {
        return verdicts.stream()
                .filter(verdict -> verdict.pid().equals(pid))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void good_files_are_accepted_in_order_of_pid_and_others_are_not_judged() {
        List<Verdict> verdicts = ServerCheck.check(
                Map.of(
                        "io.dstm.server", Map.of("lease.time", "2h"),
                        "io.dstm.pool~b", Map.of("ranges", "192.0.2.2"),
                        "io.dstm.pool~a", Map.of("ranges", "192.0.2.1"),
                        "io.dstm.tep", TEP,
                        "org.example", Map.of("x", "y")),
                Set.of());
        assertThat(verdicts)
                .extracting(Verdict::pid)
                .containsExactly("io.dstm.pool~a", "io.dstm.pool~b", "io.dstm.server");
        assertThat(verdicts).allMatch(Verdict::accepted).allMatch(verdict -> verdict.warnings()
                .isEmpty());
    }

    @Test
    void every_problem_of_a_file_is_named() {
        List<Verdict> verdicts = ServerCheck.check(
                Map.of(
                        "io.dstm.server", Map.of("lease.time", "soon", "colour", "red"),
                        "io.dstm.pool~a", Map.of("ranges", "192.0.2.999", "priority", "high")),
                Set.of("tep"));
        assertThat(of("io.dstm.server", verdicts).problems()).extracting("key").containsExactly("lease.time", "colour");
        assertThat(of("io.dstm.pool~a", verdicts).problems()).extracting("key").contains("ranges", "priority");
    }

    @Test
    void pools_that_overlap_are_told_of_each_other() {
        List<Verdict> verdicts = ServerCheck.check(
                Map.of(
                        "io.dstm.pool~a", Map.of("ranges", "192.0.2.0/25"),
                        "io.dstm.pool~b", Map.of("ranges", "192.0.2.100-192.0.2.200"),
                        "io.dstm.pool~c", Map.of("ranges", "192.0.2.201")),
                Set.of("tep"));
        assertThat(of("io.dstm.pool~a", verdicts).problems()).hasToString("[ranges: overlap those of the pool b]");
        assertThat(of("io.dstm.pool~b", verdicts).accepted()).isFalse();
        assertThat(of("io.dstm.pool~c", verdicts).accepted()).isTrue();
    }

    @Test
    void a_tep_that_nobody_is_makes_a_warning() {
        Map<String, Map<String, String>> files = Map.of(
                "io.dstm.pool~a", Map.of("ranges", "192.0.2.1", "tep", "west"),
                "io.dstm.pool~b", Map.of("ranges", "192.0.2.2", "tep", "east"),
                "io.dstm.pool~c", Map.of("ranges", "192.0.2.3"),
                "io.dstm.tep", Map.of("name", "east"));
        List<Verdict> verdicts = ServerCheck.check(files, Set.of("north"));
        assertThat(verdicts).allMatch(Verdict::accepted);
        assertThat(of("io.dstm.pool~a", verdicts).warnings()).singleElement().satisfies(warning -> assertThat(
                        warning.toString())
                .startsWith("tep: there is no TEP named west")
                .endsWith("; there is east, north"));
        assertThat(of("io.dstm.pool~b", verdicts).warnings()).isEmpty();
        assertThat(of("io.dstm.pool~c", verdicts).warnings()).hasSize(1);
        assertThat(of("io.dstm.pool~c", ServerCheck.check(files, Set.of("tep"))).warnings())
                .isEmpty();
    }

    @Test
    void a_pool_at_odds_with_the_servers_terms_makes_a_warning() {
        List<Verdict> verdicts = ServerCheck.check(
                Map.of(
                        "io.dstm.server", Map.of("rebind.percent", "60"),
                        "io.dstm.pool~a", Map.of("ranges", "192.0.2.1", "renew.percent", "70")),
                Set.of("tep"));
        assertThat(of("io.dstm.pool~a", verdicts).accepted()).isTrue();
        assertThat(of("io.dstm.pool~a", verdicts).warnings())
                .hasToString("[renew.percent: 70% is above rebind.percent, which is 60%]");
    }

    @Test
    void a_file_that_names_no_pool_is_refused_as_it_would_be_live() {
        List<Verdict> verdicts = ServerCheck.check(
                Map.of(
                        "io.dstm.pool", Map.of("ranges", "192.0.2.1"),
                        "io.dstm.pool~a", Map.of("ranges", "192.0.2.2"),
                        "io.dstm.pool.1f", Map.of("ranges", "192.0.2.3"),
                        "io.dstm.pool-a", Map.of("ranges", "192.0.2.4")),
                Set.of("tep"));
        assertThat(of("io.dstm.pool", verdicts).problems()).extracting("key").containsExactly("file name");
        assertThat(of("io.dstm.pool~a", verdicts).problems()).extracting("key").containsExactly("file name");
        assertThat(of("io.dstm.pool-a", verdicts).accepted()).isTrue();
        assertThat(verdicts).hasSize(3);
    }
}
