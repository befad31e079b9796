package io.dstm.store.internal;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.store.common.DurableStore;
import io.dstm.store.common.GroupWriter;
import io.dstm.store.common.HistorySettings;
import io.dstm.store.common.PackedKey;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store of leases in a SQL database. A commit that fails because of the disk or the connection may or may not be found after a
 * restart; the next commit for the same key settles it.
 */
final class JdbcLeaseStore implements DurableStore {

    /** Leases read at once while loading; about two megabytes. */
    private static final int PAGE = 5_000;

    private static final Logger log = LoggerFactory.getLogger(JdbcLeaseStore.class);

    private final LeaseDatabase database;
    private final GroupWriter<List<Change>> writer;
    private final HistoryReader reader;
    private final String place;
    private final JdbcIpv6LeaseStore ipv6;
    private volatile HistorySettings history;

    private JdbcLeaseStore(
            LeaseDatabase database,
            GroupWriter<List<Change>> writer,
            JdbcIpv6LeaseStore ipv6,
            HistoryReader reader,
            String place,
            HistorySettings history) {
        this.database = database;
        this.writer = writer;
        this.ipv6 = ipv6;
        this.reader = reader;
        this.place = place;
        this.history = history;
    }

    /**
     * Opens the database, brings its schema up to date and starts the writer.
     *
     * @param limit how many changes may wait at most
     * @param history how much of the past is kept
     * @param clock for the ends of leases
     */
    static JdbcLeaseStore open(Dialect dialect, int limit, HistorySettings history, InstantSource clock)
            throws LeaseStoreException {
        Migrator migrator = new Migrator(LeaseSql.MIGRATIONS, clock);
        LeaseDatabase database = new LeaseDatabase(dialect, migrator, clock, System::nanoTime);
        GroupWriter<List<Change>> writer = new GroupWriter<>(database, limit, "dstm-store");
        HistoryReader reader = new HistoryReader(dialect, clock);
        JdbcIpv6LeaseStore ipv6 = new JdbcIpv6LeaseStore(database, writer, limit);
        JdbcLeaseStore store = new JdbcLeaseStore(database, writer, ipv6, reader, dialect.place(), history);
        try {
            // By the writer too: an interrupted caller would close H2's file under everybody.
            long count = GroupWriter.await(writer.call(() -> {
                database.keepHistory(history);
                database.open();
                return database.count();
            }));
            log.info("DSTM-7001 The lease store {} is open with {} leases", store.place, count);
            return store;
        } catch (LeaseStoreException | RuntimeException failed) {
            reader.close();
            writer.close();
            throw failed;
        }
    }

    @Override
    public void load(Consumer<Lease> visitor) throws LeaseStoreException {
        CompletableFuture<List<Lease>> coming = pageBehind(-1);
        while (true) {
            List<Lease> page = GroupWriter.await(coming);
            boolean last = page.size() < PAGE;
            if (!last) {
                // Read while the visitor is busy with the one before.
                coming = pageBehind(PackedKey.pack(page.get(page.size() - 1).key()));
            }
            page.forEach(visitor);
            if (last) {
                return;
            }
        }
    }

    private CompletableFuture<List<Lease>> pageBehind(long key) {
        return writer.call(() -> database.page(key, PAGE));
    }

    @Override
    public JdbcIpv6LeaseStore ipv6() {
        return ipv6;
    }

    @Override
    public CompletionStage<@Nullable Void> commit(List<Change> changes) {
        return writer.commit(List.copyOf(changes), changes.size()).minimalCompletionStage();
    }

    @Override
    public void setLimit(int changes) {
        writer.setLimit(changes);
        ipv6.setLimit(changes);
    }

    @Override
    public Answer find(Question question) throws LeaseStoreException {
        return GroupWriter.await(reader.find(question));
    }

    @Override
    public Duration keep() {
        return history.keep();
    }

    @Override
    public void keepHistory(HistorySettings settings) {
        history = settings;
        CompletableFuture<?> taken = writer.call(() -> {
            database.keepHistory(settings);
            return settings;
        });
        log.debug("The history is kept for {} from now on ({})", settings.keep(), taken);
    }

    @Override
    public void close() {
        reader.close();
        writer.close();
        log.info("DSTM-7004 The lease store {} is closed", place);
    }
}
