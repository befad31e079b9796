package io.dstm.store.common;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * The store's configuration, PID {@code io.dstm.store}.
 *
 * @param engine which store is meant
 * @param directory where the leases lie, absolute
 * @param queueLimit how many changes may wait for the disk
 * @param history how much of the past is kept
 */
public record StoreConfig(Engine engine, Path directory, int queueLimit, HistorySettings history) {

    /** What keeps the leases on disk; each is a bundle. */
    public enum Engine {
        /** Log files of its own. */
        JOURNAL,
        /** The database H2. */
        H2
    }

    /** The PID. */
    public static final String PID = "io.dstm.store";

    /** Key of the directory. */
    public static final String DIRECTORY = "directory";

    /** The faster one, which needs no other bundle. */
    static final String DEFAULT_ENGINE = "journal";

    /** In Karaf's own place for data; the variable is also expanded here, for containers without it. */
    public static final String DEFAULT_DIRECTORY = "${karaf.data}/dstm/leases";

    /** About two seconds of a fast disk's work. */
    public static final int DEFAULT_QUEUE_LIMIT = 50_000;

    /** Long enough for most complaints to arrive; how long it may or must be is for the law of the place to say. */
    public static final String DEFAULT_HISTORY_KEEP = "7d";

    /** About a gigabyte. */
    public static final long DEFAULT_HISTORY_LIMIT = 5_000_000;

    private static final String VARIABLE = "${karaf.data}";
    private static final String PROPERTY = "karaf.data";

    /**
     * Reads and checks the whole configuration.
     *
     * @throws ConfigException naming everything that is wrong
     */
    public static StoreConfig read(Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        Path fallback = directory(DEFAULT_DIRECTORY);
        StoreConfig config = new StoreConfig(
                reader.choice("engine", Engine.JOURNAL),
                reader.optional(DIRECTORY, StoreConfig::directory).orElse(fallback),
                reader.number("queue.limit", DEFAULT_QUEUE_LIMIT, 1, 10_000_000),
                new HistorySettings(
                        reader.duration("history.keep", Duration.ofDays(7), Duration.ZERO, Duration.ofDays(3650)),
                        reader.longNumber("history.limit", DEFAULT_HISTORY_LIMIT, 1_000, 1_000_000_000)));
        reader.finish();
        return config;
    }

    private static Path directory(String text) {
        if (text.indexOf(';') >= 0) {
            throw new IllegalArgumentException("a directory with a semicolon cannot be named to the database");
        }
        try {
            return Path.of(text.replace(VARIABLE, System.getProperty(PROPERTY, "data")))
                    .toAbsolutePath()
                    .normalize();
        } catch (InvalidPathException wrong) {
            throw new IllegalArgumentException("'" + text + "' is not a path", wrong);
        }
    }
}
