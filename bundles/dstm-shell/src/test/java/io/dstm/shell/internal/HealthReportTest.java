package io.dstm.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.management.HealthView.Finding;
import io.dstm.api.management.HealthView.Severity;
import java.util.List;
import org.junit.jupiter.api.Test;

class HealthReportTest {

    private static final Finding FULL = new Finding(Severity.FAILING, "pool east", "It is exhausted.", "Give it more.");
    private static final Finding REFUSED =
            new Finding(Severity.WARNING, "configuration io.dstm.tep", "It is refused: a\u001b[2Jb.", "Correct it.");

    @Test
    void says_that_all_is_well() {
        assertThat(new HealthReport(List.of()).text()).isEqualTo("All is well.\n");
        assertThat(Json.write(new HealthReport(List.of()).json())).contains("\"healthy\": true", "\"ready\": true");
    }

    @Test
    void says_what_is_wrong_and_what_to_do_on_two_lines_each() {
        assertThat(new HealthReport(List.of(FULL, REFUSED)).text()).isEqualTo("""
                failing  pool east: It is exhausted.
                    Give it more.
                warning  configuration io.dstm.tep: It is refused: a?[2Jb.
                    Correct it.
                """);
    }

    @Test
    void both_forms_are_those_of_the_files() {
        Golden.assertShows("health", new HealthReport(List.of(FULL, REFUSED)));
    }

    @Test
    void a_warning_leaves_the_node_ready() {
        assertThat(Json.write(new HealthReport(List.of(REFUSED)).json()))
                .contains("\"healthy\": true", "\"ready\": true");
        assertThat(Json.write(new HealthReport(List.of(FULL)).json()))
                .contains("\"healthy\": false", "\"ready\": false");
    }
}
