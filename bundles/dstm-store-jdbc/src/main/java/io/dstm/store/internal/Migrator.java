package io.dstm.store.internal;

import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import io.dstm.store.internal.LeaseSql.Migration;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a database to the newest version of the schema. A version is noted after its statements; where a database commits each
 * statement by itself, a crash between them makes the version run again, which its statements bear.
 */
final class Migrator {

    private static final Logger log = LoggerFactory.getLogger(Migrator.class);

    private final List<Migration> migrations;
    private final InstantSource clock;

    /** With migrations numbered from 1 without gaps. */
    Migrator(List<Migration> migrations, InstantSource clock) {
        for (int i = 0; i < migrations.size(); i++) {
            if (migrations.get(i).version() != i + 1) {
                throw new IllegalArgumentException("schema version " + (i + 1) + " is missing");
            }
        }
        this.migrations = List.copyOf(migrations);
        this.clock = clock;
    }

    /** Applies what is missing. */
    void migrate(Connection connection, Dialect dialect) throws SQLException, StoreProblem {
        execute(connection, LeaseSql.CREATE_VERSIONS);
        int present = version(connection);
        if (present > migrations.size()) {
            throw new StoreProblem(
                    StoreFailure.NEWER,
                    dialect.place() + " has schema version " + present + " and this release knows " + migrations.size(),
                    null);
        }
        for (Migration migration : migrations.subList(present, migrations.size())) {
            try {
                apply(connection, migration);
            } catch (SQLException failed) {
                connection.rollback();
                StoreProblem reason = dialect.explain("Migration", failed);
                throw reason.failure() == StoreFailure.DISK_FULL
                        ? reason
                        : new StoreProblem(
                                StoreFailure.NOT_MIGRATED,
                                dialect.place() + " could not be brought to schema version " + migration.version()
                                        + " (" + migration.description() + "): " + reason.getMessage(),
                                failed);
            }
            if (present > 0) {
                log.info(
                        "DSTM-7006 {} was brought to schema version {} ({})",
                        dialect.place(),
                        migration.version(),
                        migration.description());
            }
        }
        connection.commit();
        dialect.flush(connection);
    }

    private static int version(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(LeaseSql.SELECT_VERSION)) {
            row.next();
            return row.getInt(1);
        }
    }

    private void apply(Connection connection, Migration migration) throws SQLException {
        for (String statement : migration.statements()) {
            execute(connection, statement);
        }
        try (PreparedStatement note = connection.prepareStatement(LeaseSql.INSERT_VERSION)) {
            note.setInt(1, migration.version());
            note.setString(2, migration.description());
            note.setLong(3, clock.instant().getEpochSecond());
            note.executeUpdate();
        }
        connection.commit();
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
