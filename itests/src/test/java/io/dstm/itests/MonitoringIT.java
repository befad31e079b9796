package io.dstm.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files for Prometheus and Grafana, judged by Prometheus's own tool. */
@Order(4)
class MonitoringIT {

    private static final Path FILES = Path.of("../docs/monitoring");
    private static final Path METRICS =
            Path.of("../bundles/dstm-console/src/test/resources/io/dstm/console/internal/view/metrics.txt");
    private static final Pattern METRIC = Pattern.compile("\\bdstm_[a-z_]+");

    private static Lab.Result run(String command) {
        return Lab.finish(Lab.start(List.of("sh", "-c", command)), Duration.ofMinutes(1));
    }

    private static Set<String> metrics(Path file) throws IOException {
        return METRIC.matcher(Files.readString(file))
                .results()
                .map(metric -> metric.group())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void what_is_exposed_is_well_formed() {
        Lab.Result judged = run("promtool check metrics <" + METRICS);
        assertThat(judged.toString()).isEqualTo("exit 0: ");
    }

    @Test
    void alerts_fire_when_they_should_and_not_otherwise() {
        Lab.Result checked =
                run("cd " + FILES + " && promtool check rules alerts.yml && promtool test rules alerts-test.yml");
        assertThat(checked.exit()).as(checked.toString()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"alerts.yml", "grafana-dashboard.json"})
    void no_file_names_a_metric_that_is_not_exposed(String file) throws IOException {
        assertThat(metrics(METRICS)).containsAll(metrics(FILES.resolve(file)));
    }
}
