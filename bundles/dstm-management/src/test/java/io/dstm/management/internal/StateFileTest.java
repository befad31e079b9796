package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.management.HealthView.Finding;
import io.dstm.api.management.HealthView.Severity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFileTest {

    private final List<Finding> findings = new ArrayList<>();

    @Test
    void says_in_its_first_line_how_the_node_is_and_then_why(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("state");
        StateFile file = new StateFile(() -> List.copyOf(findings), path);
        file.update();
        assertThat(path).hasContent("ready\n");

        findings.add(new Finding(Severity.WARNING, "pool east", "It is nearly full.", "Add ranges."));
        file.update();
        assertThat(path).hasContent("ready\nwarning: pool east: It is nearly full. Add ranges.\n");

        findings.add(new Finding(Severity.NOT_READY, "client", "It waits.", "Wait."));
        file.update();
        assertThat(Files.readAllLines(path)).first().isEqualTo("not-ready");

        findings.add(new Finding(Severity.FAILING, "TEP tep", "It is down.", "Act."));
        file.update();
        assertThat(Files.readAllLines(path)).first().isEqualTo("failing");

        file.remove();
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void a_directory_that_is_not_there_yet_is_no_end(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("run/state");
        StateFile file = new StateFile(() -> List.copyOf(findings), path);
        file.update();
        Files.createDirectory(path.getParent());
        file.update();
        assertThat(path).hasContent("ready\n");
    }
}
