package io.dstm.store.internal;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.store.common.GroupWriter;
import io.dstm.store.common.HistorySettings;
import io.dstm.store.common.PackedKey;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leases in a database, on one connection. For one thread. A failure that concerns more than one change drops the connection;
 * the next use opens the database anew, at most once a second.
 */
final class LeaseDatabase implements GroupWriter.Backend<List<Change>> {

    /** How many changes go into a transaction before what is written of it is flushed, see {@link H2Dialect}. */
    static final int BATCH = GroupWriter.LARGEST_GROUP;

    private static final long REOPEN_NANOS = 1_000_000_000L;

    private static final Logger log = LoggerFactory.getLogger(LeaseDatabase.class);

    private final Dialect dialect;
    private final Migrator migrator;
    private final InstantSource clock;
    private final LongSupplier nanos;

    /** Used by the thread of the database alone. */
    private HistorySettings historySettings = HistorySettings.NONE;

    private @Nullable Session session;
    private @Nullable StoreProblem broken;
    private long brokenSince;

    /** One connection with its statements. */
    private record Session(
            Connection connection,
            PreparedStatement put,
            PreparedStatement remove,
            PreparedStatement page,
            HistoryLog history) {}

    LeaseDatabase(Dialect dialect, Migrator migrator, InstantSource clock, LongSupplier nanos) {
        this.dialect = dialect;
        this.migrator = migrator;
        this.clock = clock;
        this.nanos = nanos;
    }

    /** Says how much of the past is kept from now on. */
    void keepHistory(HistorySettings settings) {
        historySettings = settings;
        if (session != null) {
            session.history().distrust();
            session.history().hurry();
        }
    }

    /** Opens the database and brings its schema up to date. */
    void open() throws StoreProblem {
        Connection connection = null;
        try {
            connection = dialect.connect();
            migrator.migrate(connection, dialect);
            session = new Session(
                    connection,
                    connection.prepareStatement(dialect.upsert()),
                    connection.prepareStatement(LeaseSql.DELETE),
                    connection.prepareStatement(LeaseSql.SELECT_PAGE),
                    new HistoryLog(connection, clock));
        } catch (SQLException failed) {
            abandon(connection);
            throw dialect.explain("Opening", failed);
        } catch (StoreProblem failed) {
            abandon(connection);
            throw failed;
        }
    }

    private void abandon(@Nullable Connection connection) {
        session = null;
        if (connection != null) {
            dialect.abandon(connection);
        }
    }

    private Session session() throws StoreProblem {
        Session open = session;
        if (open != null) {
            return open;
        }
        StoreProblem reason = broken;
        if (reason != null && nanos.getAsLong() - brokenSince < REOPEN_NANOS) {
            throw reason;
        }
        try {
            open();
        } catch (StoreProblem again) {
            broken = again;
            brokenSince = nanos.getAsLong();
            throw again;
        }
        broken = null;
        log.info("DSTM-7005 {} was opened anew; leases are stored again", dialect.place());
        return session();
    }

    /** Decides whether the connection can go on after a failure. */
    private StoreProblem failed(String attempt, Session on, SQLException exception) {
        StoreProblem problem = dialect.explain(attempt, exception);
        if (problem.failure() == StoreFailure.REFUSED_CHANGE) {
            try {
                on.history().distrust();
                on.connection().rollback();
                return problem;
            } catch (SQLException alsoFailed) {
                problem.addSuppressed(alsoFailed);
            }
        }
        log.error("{}; no lease is stored until then, tried again every second", problem.getMessage());
        log.debug("What the database said", exception);
        abandon(on.connection());
        broken = problem;
        brokenSince = nanos.getAsLong();
        return problem;
    }

    @Override
    public void apply(List<List<Change>> commits) throws StoreProblem {
        List<Change> changes = new ArrayList<>();
        commits.forEach(changes::addAll);
        Session on = session();
        try {
            for (int from = 0; from < changes.size(); from += BATCH) {
                int to = Math.min(from + BATCH, changes.size());
                write(on, changes.subList(from, to));
                if (to < changes.size()) {
                    dialect.flush(on.connection());
                }
            }
            on.connection().commit();
        } catch (SQLException exception) {
            throw failed("Writing", on, exception);
        }
    }

    private void write(Session on, List<Change> changes) throws SQLException, StoreProblem {
        if (historySettings.on()) {
            on.history().note(changes);
        }
        for (Change change : lastOfEachKey(changes)) {
            if (change instanceof Change.Put put) {
                LeaseRow.bind(on.put(), put.lease());
                on.put().addBatch();
            } else if (change instanceof Change.Remove remove) {
                on.remove().setLong(1, PackedKey.pack(remove.key()));
                on.remove().addBatch();
            }
        }
        on.put().executeBatch();
        on.remove().executeBatch();
    }

    private static Collection<Change> lastOfEachKey(List<Change> changes) {
        Map<LeaseKey, Change> last = new LinkedHashMap<>();
        for (Change change : changes) {
            last.put(change instanceof Change.Put put ? put.lease().key() : ((Change.Remove) change).key(), change);
        }
        return last.values();
    }

    @Override
    public void flush() throws StoreProblem {
        Session on = session();
        try {
            dialect.flush(on.connection());
        } catch (SQLException exception) {
            throw failed("Flushing", on, exception);
        }
    }

    /** Something done on the connection, in a transaction of its own. */
    @FunctionalInterface
    interface Work<T> {

        /** Leaves the commit to the caller. */
        T on(Connection connection) throws SQLException, StoreProblem;
    }

    /** Does {@code work} and commits it; not yet flushed. */
    <T> T with(String attempt, Work<T> work) throws StoreProblem {
        Session on = session();
        try {
            T result = work.on(on.connection());
            on.connection().commit();
            return result;
        } catch (SQLException exception) {
            throw failed(attempt, on, exception);
        }
    }

    /** The leases behind a key in the order of keys, at most {@code limit}. */
    List<Lease> page(long after, int limit) throws StoreProblem {
        Session on = session();
        try {
            on.page().setLong(1, after);
            on.page().setInt(2, limit);
            List<Lease> leases = new ArrayList<>(limit);
            try (ResultSet rows = on.page().executeQuery()) {
                while (rows.next()) {
                    leases.add(LeaseRow.read(rows));
                }
            }
            on.connection().commit();
            return leases;
        } catch (SQLException exception) {
            throw failed("Reading", on, exception);
        }
    }

    /** How many leases are stored. */
    long count() throws StoreProblem {
        Session on = session();
        try (Statement statement = on.connection().createStatement();
                ResultSet row = statement.executeQuery(LeaseSql.COUNT)) {
            row.next();
            return row.getLong(1);
        } catch (SQLException exception) {
            throw failed("Reading", on, exception);
        }
    }

    @Override
    public long maintain(boolean idle) {
        Session on = session;
        if (on == null) {
            return 0;
        }
        try {
            long purge = on.history().purge(on.connection(), historySettings, idle);
            long upkeep = dialect.maintain(on.connection(), idle);
            return purge == 0 || upkeep == 0 ? Math.max(purge, upkeep) : Math.min(purge, upkeep);
        } catch (SQLException exception) {
            failed("Upkeep", on, exception);
            return 0;
        }
    }

    @Override
    public void close() {
        Session on = session;
        session = null;
        if (on != null) {
            try {
                on.connection().close();
            } catch (SQLException exception) {
                log.warn("{}", dialect.explain("Closing", exception).getMessage());
                dialect.abandon(on.connection());
            }
        }
    }
}
