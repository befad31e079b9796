package io.dstm.store.internal;

import io.dstm.store.common.StoreDirectory;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import javax.sql.DataSource;

/**
 * Embedded H2 with its MVStore, one file.
 *
 * <p>H2 does not flush on COMMIT. {@code CHECKPOINT SYNC} writes what was committed as one chunk and calls {@code
 * FileChannel.force}; with {@code WRITE_DELAY=0} there is no background thread that could have taken the commit out of its sight
 * before it reached the file. {@code RETENTION_TIME=0} lets space be used again at once: safe, because a chunk is freed only by
 * one written after it, and between two chunks the file is flushed. For the same reason a transaction must not outgrow H2's write
 * buffer (4 to 19 MB, by heap) between two flushes.
 */
final class H2Dialect implements Dialect {

    /** Makes a data source for a URL. */
    @FunctionalInterface
    interface DataSources {

        /** Without user or password beyond those of the URL. */
        DataSource at(String url) throws SQLException;
    }

    /** Name of the database within the directory; H2 appends {@link #SUFFIX}. */
    private static final String NAME = "leases";

    private static final String SUFFIX = ".mv.db";

    private static final String SETTINGS = ";DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0;TRACE_LEVEL_SYSTEM_OUT=0"
            + ";WRITE_DELAY=0;RETENTION_TIME=0;CACHE_SIZE=32768";

    private static final String UPSERT =
            "MERGE INTO lease (" + LeaseSql.COLUMNS + ") KEY (lease_key) VALUES (" + LeaseSql.PARAMETERS + ")";

    private static final String FLUSH = "CHECKPOINT SYNC";
    private static final String DROP = "SHUTDOWN IMMEDIATELY";

    /** H2's error codes (org.h2.api.ErrorCode), which it promises not to change. */
    private static final int DATABASE_ALREADY_OPEN = 90020;

    private static final int FILE_CORRUPTED = 90030;
    private static final int FILE_VERSION = 90048;
    private static final int FILE_ENCRYPTION = 90049;
    private static final int READ_ONLY = 90097;

    private final DataSources dataSources;
    private final Path directory;
    private final String scheme;
    private final H2Compaction compaction;

    H2Dialect(DataSources dataSources, Path directory) {
        this(dataSources, directory, "file:", H2Compaction.FLOOR);
    }

    /** For tests: with another file system of H2, and compaction of smaller files. */
    H2Dialect(DataSources dataSources, Path directory, String scheme, long compactionFloor) {
        this.dataSources = dataSources;
        this.directory = directory.toAbsolutePath().normalize();
        this.scheme = scheme;
        this.compaction = new H2Compaction(file(), compactionFloor);
    }

    private Path file() {
        return directory.resolve(NAME + SUFFIX);
    }

    @Override
    public String place() {
        return file().toString();
    }

    @Override
    public Connection connect() throws SQLException, StoreProblem {
        prepareDirectory();
        Connection connection = dataSources
                .at("jdbc:h2:" + scheme + directory.resolve(NAME) + SETTINGS)
                .getConnection();
        try {
            connection.setAutoCommit(false);
            flushDirectory();
            return connection;
        } catch (SQLException | StoreProblem failed) {
            connection.close();
            throw failed;
        }
    }

    private void prepareDirectory() throws StoreProblem {
        StoreDirectory.prepare(directory);
        if (Files.exists(file()) && !Files.isWritable(file())) {
            throw StoreDirectory.notWritable(file() + " is not writable", null);
        }
    }

    /** A new file survives a crash only if its name does. */
    private void flushDirectory() throws StoreProblem {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException refused) {
            throw new StoreProblem(
                    StoreFailure.BROKEN,
                    "The directory " + directory + " cannot be flushed (" + refused + ")",
                    refused);
        }
    }

    @Override
    public String upsert() {
        return UPSERT;
    }

    @Override
    public void flush(Connection connection) throws SQLException {
        execute(connection, FLUSH);
    }

    @Override
    public long maintain(Connection connection, boolean idle) throws SQLException {
        return compaction.maintain(connection, idle, this::flush);
    }

    @Override
    public void abandon(Connection connection) {
        compaction.reset();
        try {
            execute(connection, DROP);
        } catch (SQLException expected) {
            // Says that the database is closed, which is the aim.
        }
        try {
            connection.close();
        } catch (SQLException ignored) {
            // Nothing is left to lose: the next connection reads the file anew.
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public StoreProblem explain(String attempt, SQLException exception) {
        StoreFailure failure = failureOf(exception);
        String what =
                switch (failure) {
                    case LOCKED -> "The lease file " + file() + " is in use by another process";
                    case CORRUPT -> "The lease file " + file() + " is damaged (" + reason(exception) + ")";
                    case DISK_FULL -> attempt + " failed: no space left for " + file();
                    case REFUSED_CHANGE -> "The database refuses a change (" + reason(exception) + ")";
                    default -> attempt + " failed for " + file() + " (" + reason(exception) + ")";
                };
        return new StoreProblem(failure, what, exception);
    }

    private static StoreFailure failureOf(SQLException exception) {
        String state = exception.getSQLState() == null ? "" : exception.getSQLState();
        if (state.startsWith("22") || state.startsWith("23")) {
            return StoreFailure.REFUSED_CHANGE;
        }
        for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
            String message = cause instanceof IOException ? String.valueOf(cause.getMessage()) : "";
            String text = message.toLowerCase(Locale.ROOT);
            if (text.contains("no space left") || text.contains("quota exceeded")) {
                return StoreFailure.DISK_FULL;
            }
        }
        return switch (exception.getErrorCode()) {
            case DATABASE_ALREADY_OPEN -> StoreFailure.LOCKED;
            case FILE_CORRUPTED, FILE_VERSION, FILE_ENCRYPTION -> StoreFailure.CORRUPT;
            case READ_ONLY -> StoreFailure.NOT_WRITABLE;
            default -> StoreFailure.BROKEN;
        };
    }

    /** The innermost message, on one line: the outer ones repeat SQL. */
    private static String reason(SQLException exception) {
        Throwable cause = exception;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end).trim();
    }
}
