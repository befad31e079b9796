package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigCheck;
import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigHistory.Difference;
import io.dstm.api.config.ConfigHistory.Snapshot;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReader;
import io.dstm.api.config.ConfigReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigKeeperTest {

    @TempDir
    private Path directory;

    private Instant now = Instant.parse("2026-11-21T12:00:00Z");
    private boolean healthy = true;
    private ConfigKeeper keeper;

    private final ConfigReport report = () -> List.of(new ConfigReport.Entry(
            "io.dstm.server", healthy, healthy ? List.of() : List.of(new ConfigProblem("k", "is wrong")), now));

    private final ConfigCheck check = ConfigCheck.of("io.dstm.server", properties -> {
        ConfigReader reader = new ConfigReader(properties);
        reader.number("size", 1, 0, 10);
        reader.finish();
    });

    @BeforeEach
    void start() throws Exception {
        Files.createDirectories(etc());
        keeper = open();
    }

    private Path etc() {
        return directory.resolve("etc");
    }

    private ConfigKeeper open() {
        return new ConfigKeeper(
                new ConfigFiles(etc()),
                new ConfigArchive(directory.resolve("data/history"), ConfigKeeper.MOST),
                () -> List.of(report),
                () -> List.of(check),
                () -> now);
    }

    private void edit(String name, String text) throws Exception {
        Files.writeString(etc().resolve(name), text);
    }

    private void settle() {
        keeper.look();
        now = now.plus(ConfigKeeper.QUIET);
        keeper.look();
    }

    private List<Integer> numbers() {
        return keeper.snapshots().stream().map(Snapshot::number).toList();
    }

    @Test
    void keeps_what_is_accepted_once() throws Exception {
        edit("io.dstm.server.cfg", "size = 1\n");
        edit("org.apache.other.cfg", "size = 1\n");
        settle();
        settle();
        assertThat(keeper.snapshots())
                .containsExactly(new Snapshot(
                        1,
                        Instant.parse("2026-11-21T12:00:05Z"),
                        "edit of files in etc",
                        java.util.Set.of("io.dstm.server.cfg"),
                        List.of(
                                new Difference("io.dstm.server.cfg", "", null, "there"),
                                new Difference("io.dstm.server.cfg", "size", null, "1"))));
    }

    @Test
    void waits_until_nothing_changes_any_more() throws Exception {
        edit("io.dstm.server.cfg", "size = 1\n");
        keeper.look();
        now = now.plusSeconds(4);
        edit("io.dstm.server.cfg", "size = 2\n");
        keeper.look();
        now = now.plusSeconds(4);
        keeper.look();
        keeper.disturb();
        now = now.plusSeconds(4);
        keeper.look();
        assertThat(numbers()).isEmpty();
        now = now.plusSeconds(1);
        keeper.look();
        assertThat(numbers()).containsExactly(1);
    }

    @Test
    void does_not_keep_what_is_refused() throws Exception {
        edit("io.dstm.server.cfg", "size = 1\n");
        settle();
        healthy = false;
        edit("io.dstm.server.cfg", "size = x\n");
        settle();
        assertThat(numbers()).containsExactly(1);
        assertThat(keeper.pending()).containsExactly(new Difference("io.dstm.server.cfg", "size", "1", "x"));
    }

    @Test
    void brings_back_files_that_changed_came_or_went() throws Exception {
        edit("io.dstm.server.cfg", "# Ours\nsize = 1\n");
        edit("io.dstm.pool-a.cfg", "ranges = 192.0.2.0/24\n");
        settle();
        edit("io.dstm.server.cfg", "size = 2\n");
        Files.delete(etc().resolve("io.dstm.pool-a.cfg"));
        edit("io.dstm.pool-b.cfg", "ranges = 198.51.100.0/24\n");
        settle();
        assertThat(numbers()).containsExactly(2, 1);
        keeper = open();
        assertThat(keeper.rollBack(1, "karaf", false))
                .isEqualTo(ConfigDiff.between(
                        Map.of("io.dstm.server.cfg", "size = 2", "io.dstm.pool-b.cfg", "ranges = 198.51.100.0/24"),
                        Map.of("io.dstm.server.cfg", "size = 1", "io.dstm.pool-a.cfg", "ranges = 192.0.2.0/24")));
        assertThat(Files.readString(etc().resolve("io.dstm.server.cfg"))).isEqualTo("# Ours\nsize = 1\n");
        assertThat(etc().resolve("io.dstm.pool-a.cfg")).exists();
        assertThat(etc().resolve("io.dstm.pool-b.cfg")).doesNotExist();
        settle();
        assertThat(keeper.snapshots()).first().satisfies(snapshot -> {
            assertThat(snapshot.number()).isEqualTo(3);
            assertThat(snapshot.origin()).isEqualTo("return to 1 by karaf");
        });
        assertThat(keeper.towards(1)).isEmpty();
    }

    @Test
    void the_last_ten_are_kept_over_a_restart() throws Exception {
        for (int size = 1; size <= 13; size++) {
            edit("io.dstm.server.cfg", "size = " + size + "\n");
            settle();
        }
        keeper = open();
        assertThat(numbers()).containsExactly(13, 12, 11, 10, 9, 8, 7, 6, 5, 4);
        assertThatThrownBy(() -> keeper.rollBack(3, "karaf", false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no configuration 3 is kept");
        settle();
        assertThat(numbers()).hasSize(10).startsWith(13);
    }

    @Test
    void does_not_go_back_to_what_would_be_refused_unless_told() throws Exception {
        edit("io.dstm.server.cfg", "size = 11\n");
        settle();
        edit("io.dstm.server.cfg", "size = 1\n");
        settle();
        assertThatThrownBy(() -> keeper.rollBack(1, "karaf", false))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("io.dstm.server size: 11 is not within 0 to 10");
        assertThat(Files.readString(etc().resolve("io.dstm.server.cfg"))).isEqualTo("size = 1\n");
        keeper.rollBack(1, "karaf", true);
        assertThat(Files.readString(etc().resolve("io.dstm.server.cfg"))).isEqualTo("size = 11\n");
    }

    @Test
    void judges_a_file_or_a_directory_without_applying_it() throws Exception {
        edit("io.dstm.server.cfg", "size = 1\n");
        Path draft = Files.createDirectories(directory.resolve("draft"));
        Files.writeString(draft.resolve("io.dstm.server.cfg"), "size = 11\nsice = 1\n");
        Files.writeString(draft.resolve("io.dstm.else.cfg"), "a = b\n");
        assertThat(keeper.check(draft.resolve("io.dstm.server.cfg")))
                .hasSize(1)
                .first()
                .satisfies(verdict -> assertThat(verdict.problems())
                        .extracting(ConfigProblem::key)
                        .containsExactly("size", "sice"));
        assertThat(keeper.check(draft))
                .extracting(ConfigCheck.Verdict::pid)
                .containsExactly("io.dstm.else", "io.dstm.server");
        assertThat(keeper.check(etc())).allMatch(ConfigCheck.Verdict::accepted);
        assertThat(Files.readString(etc().resolve("io.dstm.server.cfg"))).isEqualTo("size = 1\n");
        Files.writeString(draft.resolve("notes.txt"), "x");
        assertThatThrownBy(() -> keeper.check(draft.resolve("notes.txt"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_damaged_set_is_left_out() throws Exception {
        edit("io.dstm.server.cfg", "size = 1\n");
        settle();
        Files.writeString(directory.resolve("data/history/00000002.properties"), "number = x\n");
        keeper = open();
        assertThat(numbers()).containsExactly(1);
    }

    @Test
    void secrets_are_hidden_in_differences() throws Exception {
        edit("io.dstm.server.cfg", "auth.secret = 123\n");
        settle();
        assertThat(keeper.snapshots().get(0).differences().get(1).after()).isEqualTo("(hidden)");
    }

    @Test
    void file_names_become_pids() {
        assertThat(ConfigFiles.pid("io.dstm.tep.cfg")).isEqualTo("io.dstm.tep");
        assertThat(ConfigFiles.pid("io.dstm.pool-new-one.cfg")).isEqualTo("io.dstm.pool~new-one");
        assertThat(ConfigFiles.pid("io.dstm.pool~x.cfg")).isEqualTo("io.dstm.pool~x");
    }
}
