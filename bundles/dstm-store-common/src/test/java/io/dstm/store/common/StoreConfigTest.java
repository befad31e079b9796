package io.dstm.store.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StoreConfigTest {

    private final String before = System.getProperty("karaf.data");

    @AfterEach
    void restore() {
        if (before == null) {
            System.clearProperty("karaf.data");
        } else {
            System.setProperty("karaf.data", before);
        }
    }

    @Test
    void works_without_a_file() throws Exception {
        System.setProperty("karaf.data", "/var/lib/karaf/data");
        assertThat(StoreConfig.read(Map.of()))
                .isEqualTo(new StoreConfig(
                        StoreConfig.Engine.JOURNAL,
                        Path.of("/var/lib/karaf/data/dstm/leases"),
                        50_000,
                        new HistorySettings(Duration.ofDays(7), 5_000_000)));
    }

    @Test
    void lies_below_the_working_directory_outside_karaf() throws Exception {
        System.clearProperty("karaf.data");
        assertThat(StoreConfig.read(Map.of()).directory())
                .isEqualTo(Path.of("data/dstm/leases").toAbsolutePath());
    }

    @Test
    void takes_every_key() throws Exception {
        assertThat(StoreConfig.read(Map.of(
                        "engine",
                        "h2",
                        "directory",
                        "/srv/x/../leases",
                        "queue.limit",
                        "7",
                        "history.keep",
                        "0",
                        "history.limit",
                        "1000")))
                .isEqualTo(new StoreConfig(
                        StoreConfig.Engine.H2, Path.of("/srv/leases"), 7, new HistorySettings(Duration.ZERO, 1_000)));
    }

    @Test
    void names_everything_that_is_wrong() {
        assertThatThrownBy(() -> StoreConfig.read(Map.of(
                        "engine",
                        "oracle",
                        "directory",
                        "/srv;INIT=x",
                        "queue.limit",
                        "0",
                        "directroy",
                        "/srv",
                        "history.keep",
                        "-1")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("directory: ")
                .hasMessageContaining("engine: ")
                .hasMessageContaining("queue.limit: 0 is not within 1 to 10000000")
                .hasMessageContaining("history.keep: '-1' is not a time span")
                .hasMessageContaining("directroy: is not a known key");
    }

    @Test
    void the_description_for_tools_has_the_same_defaults() throws Exception {
        StoreConfig described = StoreConfig.read(Map.of(
                "engine", StoreConfigDefinition.class.getMethod("engine").getDefaultValue(),
                "directory", StoreConfigDefinition.class.getMethod("directory").getDefaultValue(),
                "queue.limit",
                        StoreConfigDefinition.class.getMethod("queue_limit").getDefaultValue(),
                "history.keep",
                        StoreConfigDefinition.class.getMethod("history_keep").getDefaultValue(),
                "history.limit",
                        StoreConfigDefinition.class.getMethod("history_limit").getDefaultValue()));
        assertThat(described).isEqualTo(StoreConfig.read(Map.of()));
        assertThat(StoreConfigDefinition.class.getDeclaredMethods()).hasSize(5);
    }
}
