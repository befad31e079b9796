package io.dstm.store.internal;

import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseHistory.Answer;
import io.dstm.api.lease.LeaseHistory.Entry;
import io.dstm.api.lease.LeaseHistory.Question;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.PortSet;
import io.dstm.store.common.HistoryAnswers;
import io.dstm.store.common.PackedKey;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Answers questions about the past, on a connection and a thread of its own, so that no commit waits for a question and no
 * interrupted caller harms the file.
 */
final class HistoryReader implements AutoCloseable {

    private static final long CLOSING_SECONDS = 10;

    private final Dialect dialect;
    private final InstantSource clock;
    private final ExecutorService executor = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "dstm-store-history");
        thread.setDaemon(true);
        return thread;
    });

    /** Used by the thread alone. */
    private @Nullable Connection connection;

    HistoryReader(Dialect dialect, InstantSource clock) {
        this.dialect = dialect;
        this.clock = clock;
    }

    /** Begins to look for the answer. */
    CompletableFuture<Answer> find(Question question) {
        return submit(() -> {
            List<Entry> entries = read(question);
            return HistoryAnswers.answer(entries, question, clock.instant());
        });
    }

    private CompletableFuture<Answer> submit(Callable<Answer> task) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        try {
            executor.execute(() -> {
                try {
                    answer.complete(task.call());
                } catch (Throwable failed) {
                    answer.completeExceptionally(failed);
                }
            });
        } catch (RejectedExecutionException closed) {
            answer.completeExceptionally(new StoreProblem(StoreFailure.CLOSED, "The store is closed", closed));
        }
        return answer;
    }

    private List<Entry> read(Question question) throws StoreProblem {
        boolean fresh = connection == null;
        try {
            return readOnce(question);
        } catch (SQLException failed) {
            letGo();
            if (fresh) {
                throw dialect.explain("Reading the history", failed);
            }
        }
        // The writer may have opened the file anew since, which ends every older connection.
        try {
            return readOnce(question);
        } catch (SQLException failed) {
            letGo();
            throw dialect.explain("Reading the history", failed);
        }
    }

    private List<Entry> readOnce(Question question) throws SQLException, StoreProblem {
        Connection on = connection;
        if (on == null) {
            on = dialect.connect();
            connection = on;
            // What ends between the two reads would otherwise be missing from both.
            on.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        }
        List<Entry> entries = new ArrayList<>();
        Ipv4Address address = question.address();
        if (address != null) {
            long first = PackedKey.pack(new LeaseKey(address, PortSet.FULL));
            long behind = first + PackedKey.KEYS_PER_ADDRESS;
            select(on, HistorySql.FIND_NOW_BY_KEY, entries, first, behind);
            select(on, HistorySql.FIND_BY_KEY, entries, times(question, first, behind));
        } else {
            String client = String.valueOf(question.client());
            select(on, HistorySql.FIND_NOW_BY_CLIENT, entries, client);
            select(on, HistorySql.FIND_BY_CLIENT, entries, times(question, HistorySql.hash(client), client));
        }
        on.commit();
        return entries;
    }

    private static Object[] times(Question question, Object first, Object second) {
        long from = question.from().getEpochSecond();
        // The end is exclusive, but of whole seconds: what begins in the last second is in it.
        Instant to = question.to();
        long behind = to.getNano() > 0 && to.getEpochSecond() < Instant.MAX.getEpochSecond()
                ? to.getEpochSecond() + 1
                : to.getEpochSecond();
        return new Object[] {first, second, behind, from, from};
    }

    private static void select(Connection on, String sql, List<Entry> into, Object... parameters)
            throws SQLException, StoreProblem {
        try (PreparedStatement statement = on.prepareStatement(sql)) {
            int at = 1;
            for (Object parameter : parameters) {
                statement.setObject(at++, parameter);
            }
            statement.setInt(at, LeaseHistory.MOST_MATCHES + 1);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    into.add(HistoryRow.read(rows));
                }
            }
        }
        if (into.size() > LeaseHistory.MOST_MATCHES) {
            throw new StoreProblem(
                    StoreFailure.TOO_MUCH,
                    "More than " + LeaseHistory.MOST_MATCHES + " entries of the history match",
                    null);
        }
    }

    private void letGo() {
        Connection present = connection;
        connection = null;
        if (present != null) {
            try {
                present.close();
            } catch (SQLException ignored) {
                // It failed before; nothing was written through it.
            }
        }
    }

    /** Ends the thread when what was asked before is answered. */
    @Override
    public void close() {
        try {
            executor.execute(this::letGo);
        } catch (RejectedExecutionException ignored) {
            // Closed before.
        }
        executor.shutdown();
        try {
            // A question that takes longer lets go of the connection when it is answered.
            executor.awaitTermination(CLOSING_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
