package io.dstm.store.internal;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseStore;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.store.common.GroupWriter;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * IPv6 leases in the database of the others, by its one thread: what waits while the thread is busy shares one transaction and one
 * flush.
 */
final class JdbcIpv6LeaseStore implements Ipv6LeaseStore {

    private static final int PAGE = 5_000;

    private static final Logger log = LoggerFactory.getLogger(JdbcIpv6LeaseStore.class);

    private final LeaseDatabase database;
    private final GroupWriter<?> writer;
    private volatile int limit;

    /** Guarded by itself. */
    private final ArrayDeque<Commit> queue = new ArrayDeque<>();

    /** Guarded by queue: how many changes are in it. */
    private int waiting;

    /** Guarded by queue: whether the thread was asked to look. */
    private boolean called;

    /** Guarded by queue: set by the first refusal, reset when the queue was empty. */
    private boolean refusing;

    private record Commit(List<Change> changes, CompletableFuture<@Nullable Void> done) {}

    JdbcIpv6LeaseStore(LeaseDatabase database, GroupWriter<?> writer, int limit) {
        this.database = database;
        this.writer = writer;
        this.limit = limit;
    }

    /** How many changes may wait from now on. */
    void setLimit(int changes) {
        limit = changes;
    }

    @Override
    public void load(Consumer<Ipv6Lease> visitor) throws LeaseStoreException {
        String after = "";
        while (true) {
            String from = after;
            List<Ipv6Lease> page = GroupWriter.await(
                    writer.call(() -> database.with("Reading", connection -> page(connection, from))));
            page.forEach(visitor);
            if (page.size() < PAGE) {
                return;
            }
            after = Ipv6Row.key(page.get(page.size() - 1).prefix());
        }
    }

    private static List<Ipv6Lease> page(Connection connection, String after) throws SQLException, StoreProblem {
        List<Ipv6Lease> leases = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(Ipv6Sql.SELECT_PAGE)) {
            select.setString(1, after);
            select.setInt(2, PAGE);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    leases.add(Ipv6Row.read(rows));
                }
            }
        }
        return leases;
    }

    @Override
    public CompletionStage<@Nullable Void> commit(List<Change> changes) {
        Commit commit = new Commit(List.copyOf(changes), new CompletableFuture<>());
        boolean call;
        boolean full;
        boolean firstRefusal = false;
        synchronized (queue) {
            full = waiting > 0 && waiting + changes.size() > limit;
            if (full) {
                firstRefusal = !refusing;
                refusing = true;
            } else {
                queue.add(commit);
                waiting += changes.size();
            }
            call = !full && !called;
            called |= call;
        }
        if (full) {
            StoreProblem busy = new StoreProblem(
                    StoreFailure.BUSY, "The store is busy: as many changes wait for the disk as may", null);
            if (firstRefusal) {
                log.warn("{}", busy.getMessage());
            }
            return CompletableFuture.failedStage(busy);
        }
        if (call) {
            callThread();
        }
        return commit.done().minimalCompletionStage();
    }

    /** Has the thread write what waits; if there is no thread any more, that fails. */
    private void callThread() {
        CompletableFuture<Boolean> written = writer.call(() -> {
            writeGroup();
            return true;
        });
        var unused = written.whenComplete((done, problem) -> {
            if (problem != null) {
                List<Commit> all;
                synchronized (queue) {
                    all = List.copyOf(queue);
                    queue.clear();
                    waiting = 0;
                    called = false;
                }
                complete(all, problem);
            }
        });
    }

    /** Writes what waits, at most a batch; the rest after others had their turn. */
    private void writeGroup() {
        List<Commit> group = new ArrayList<>();
        boolean more;
        synchronized (queue) {
            int weight = 0;
            while (!queue.isEmpty()
                    && (weight == 0 || weight + queue.element().changes().size() <= LeaseDatabase.BATCH)) {
                weight += queue.element().changes().size();
                group.add(queue.remove());
            }
            waiting -= weight;
            more = !queue.isEmpty();
            called = more;
            refusing &= more;
        }
        if (more) {
            callThread();
        }
        write(group);
    }

    private void write(List<Commit> group) {
        StoreProblem failure = null;
        try {
            List<Change> changes = new ArrayList<>();
            group.forEach(commit -> changes.addAll(commit.changes()));
            if (!changes.isEmpty()) {
                database.with("Writing", connection -> apply(connection, changes));
                database.flush();
            }
        } catch (StoreProblem problem) {
            if (problem.failure() == StoreFailure.REFUSED_CHANGE && group.size() > 1) {
                // One that the database does not take must not fail the others.
                group.forEach(commit -> write(List.of(commit)));
                return;
            }
            failure = problem;
        } catch (RuntimeException | Error defect) {
            failure = new StoreProblem(StoreFailure.BROKEN, "The store failed unexpectedly: " + defect, defect);
            log.error("{}", failure.getMessage());
        }
        complete(group, failure);
    }

    /** Writes the last change to each prefix: all rows go, then those come that stay, which any database can do. */
    private static boolean apply(Connection connection, List<Change> changes) throws SQLException {
        Map<Ipv6Prefix, Change> last = new LinkedHashMap<>();
        for (Change change : changes) {
            last.put(
                    change instanceof Change.Put put ? put.lease().prefix() : ((Change.Remove) change).prefix(),
                    change);
        }
        try (PreparedStatement delete = connection.prepareStatement(Ipv6Sql.DELETE);
                PreparedStatement insert = connection.prepareStatement(Ipv6Sql.INSERT)) {
            for (Ipv6Prefix prefix : last.keySet()) {
                delete.setString(1, Ipv6Row.key(prefix));
                delete.addBatch();
            }
            delete.executeBatch();
            insert(insert, last.values());
        }
        return true;
    }

    private static void insert(PreparedStatement insert, Collection<Change> changes) throws SQLException {
        boolean any = false;
        for (Change change : changes) {
            if (change instanceof Change.Put put) {
                Ipv6Row.bind(insert, put.lease());
                insert.addBatch();
                any = true;
            }
        }
        if (any) {
            insert.executeBatch();
        }
    }

    private static void complete(List<Commit> commits, @Nullable Throwable failure) {
        for (Commit commit : commits) {
            if (failure == null) {
                commit.done().complete(null);
            } else {
                commit.done().completeExceptionally(failure);
            }
        }
    }
}
