package io.dstm.itests;

import static io.dstm.itests.Lab.APPLIANCE;
import static io.dstm.itests.Lab.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Configurations that every part accepted come back by a command, and stay over a restart. */
@Order(55)
class ConfigHistoryIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String POOL = "io.dstm.pool-history";
    private static final String RANGES = "ranges = 192.0.2.96/28";

    private static Lab lab;
    private static int before;
    private static int with;

    @BeforeAll
    static void something_is_accepted() {
        lab = Lab.shared();
        lab.unconfigure(APPLIANCE, POOL);
        eventually(
                "the present files are kept",
                PATIENCE,
                () -> newest() > 0
                        && lab.json(APPLIANCE, "dstm:config").path("pending").isEmpty());
        before = newest();
    }

    private static JsonNode kept() {
        return lab.json(APPLIANCE, "dstm:config-history").path("configurations");
    }

    private static int newest() {
        return kept().path(0).path("number").asInt();
    }

    private static List<String> pools() {
        return lab.json(APPLIANCE, "dstm:pools").findValuesAsText("name");
    }

    private static Path file() {
        return lab.karafFile(APPLIANCE, "etc/" + POOL + ".cfg");
    }

    /** Karaf writes files that it has read once more, empty for a moment. */
    private static void awaitKept() {
        eventually("the file is as it was kept", PATIENCE, () -> {
            String text = Files.readString(file());
            return text.startsWith("# Kept with its comment") && text.contains(RANGES);
        });
    }

    private static void pool(String ranges) {
        lab.configure(APPLIANCE, POOL, "# Kept with its comment", ranges, "tep = tep");
    }

    @Test
    @Order(1)
    void what_every_part_accepts_is_kept_with_what_changed() {
        pool(RANGES);
        eventually("the new pool is kept", PATIENCE, () -> newest() > before);
        with = newest();
        assertThat(pools()).contains("history");
        assertThat(kept().path(0).path("differences").findValuesAsText("after")).contains("192.0.2.96/28");
    }

    @Test
    @Order(2)
    void what_is_refused_is_shown_and_not_kept() {
        pool("ranges = nowhere");
        eventually("the refusal shows", PATIENCE, () -> lab.shell(APPLIANCE, "dstm:config")
                .contains("io.dstm.pool~history: ranges"));
        assertThat(lab.json(APPLIANCE, "dstm:config").path("pending").findValuesAsText("after"))
                .containsExactly("nowhere");
        assertThat(newest()).isEqualTo(with);
    }

    @Test
    @Order(3)
    void a_file_is_judged_without_being_applied(@TempDir Path drafts) throws IOException {
        Path draft = drafts.resolve("io.dstm.pool-draft.cfg");
        Files.writeString(draft, "ranges = 192.0.2.300\n");
        String verdict = lab.shell(APPLIANCE, "dstm:config-check " + draft);
        assertThat(verdict).contains("io.dstm.pool~draft: would be refused").contains("ranges: ");
        assertThat(pools()).doesNotContain("draft");
        assertThat(lab.shell(APPLIANCE, "dstm:config-check " + lab.karafFile(APPLIANCE, "etc")))
                .contains("io.dstm.pool~history: would be refused")
                .contains("io.dstm.pool~main: would be accepted");
    }

    @Test
    @Order(4)
    void a_return_mends_what_was_broken() {
        assertThat(lab.shell(APPLIANCE, "dstm:config-rollback --yes " + with)).contains("nowhere -> 192.0.2.96/28");
        awaitKept();
        eventually("everything is accepted again", PATIENCE, () -> !lab.shell(APPLIANCE, "dstm:config")
                .contains("REFUSED"));
        assertThat(pools()).contains("history");
    }

    @Test
    @Order(5)
    void files_that_came_later_go_and_stay_gone_over_a_restart() {
        lab.shell(APPLIANCE, "dstm:config-rollback --yes " + before);
        assertThat(file()).doesNotExist();
        eventually("the pool goes", PATIENCE, () -> !pools().contains("history"));
        eventually("the return is kept", PATIENCE, () -> newest() > with);
        assertThat(kept().path(0).path("origin").asText()).startsWith("return to " + before + " by ");

        lab.lab("karaf-stop", APPLIANCE);
        lab.lab("karaf-start", APPLIANCE);

        eventually("the main pool is back", PATIENCE, () -> pools().contains("main"));
        assertThat(pools()).doesNotContain("history");
        assertThat(file()).doesNotExist();
        assertThat(kept().findValuesAsText("number")).contains(String.valueOf(before), String.valueOf(with));
    }

    @Test
    @Order(6)
    void files_that_went_come_back() {
        lab.shell(APPLIANCE, "dstm:config-rollback --yes " + with);
        awaitKept();
        eventually("the pool comes", PATIENCE, () -> pools().contains("history"));
        lab.unconfigure(APPLIANCE, POOL);
        eventually("the pool goes", PATIENCE, () -> !pools().contains("history"));
    }
}
