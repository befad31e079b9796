package io.dstm.store.internal;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.LeaseHistory.End;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.store.common.HistorySettings;
import io.dstm.store.common.PackedKey;
import io.dstm.store.common.StoreProblem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the log of former holders, on one connection, within the transaction of the leases: compares each change with what is
 * stored, and writes an entry where a holding ends. Also drops what is too old, a few entries at a time.
 */
final class HistoryLog {

    /** What is dropped at once; takes about as long as a small group of commits. */
    private static final int STEP = 256;

    private static final long IDLE_PAUSE_MILLIS = 5;
    private static final long BUSY_PAUSE_MILLIS = 50;
    private static final long PATIENCE_MILLIS = 30_000;

    private static final Logger log = LoggerFactory.getLogger(HistoryLog.class);

    private final InstantSource clock;
    private final HolderCache cache = new HolderCache();
    private final PreparedStatement selectHeld;
    private final PreparedStatement moved;
    private final PreparedStatement insert;
    private final PreparedStatement insertMoved;
    private final PreparedStatement deleteMoved;
    private final PreparedStatement oldest;
    private final PreparedStatement deleteUpTo;

    private long first;
    private long next;
    private boolean overLimit;
    private boolean moreIsDue;
    private long nextStepNanos = System.nanoTime();

    /**
     * Who holds a key.
     *
     * @param lease as it is stored
     * @param from since when with this tunnel, seconds since 1970; -1 if that has not been looked up
     */
    private record Holder(Lease lease, long from) {}

    HistoryLog(Connection connection, InstantSource clock) throws SQLException {
        this.clock = clock;
        selectHeld = connection.prepareStatement(HistorySql.SELECT_HELD);
        moved = connection.prepareStatement(HistorySql.SELECT_MOVED);
        insert = connection.prepareStatement(HistorySql.INSERT);
        insertMoved = connection.prepareStatement(HistorySql.INSERT_MOVED);
        deleteMoved = connection.prepareStatement(HistorySql.DELETE_MOVED);
        oldest = connection.prepareStatement(HistorySql.SELECT_OLDEST);
        deleteUpTo = connection.prepareStatement(HistorySql.DELETE_UP_TO);
        try (PreparedStatement ends = connection.prepareStatement(HistorySql.SELECT_ENDS);
                ResultSet row = ends.executeQuery()) {
            row.next();
            first = row.getLong(1);
            next = row.wasNull() ? 0 : row.getLong(2) + 1;
        }
        connection.commit();
    }

    /** How many entries there are, about. */
    long count() {
        return next - first;
    }

    /** Writes what ends by the changes; before they are applied, and without a commit. */
    void note(List<Change> changes) throws SQLException, StoreProblem {
        long now = clock.instant().getEpochSecond();
        Map<LeaseKey, Optional<Holder>> holders = new HashMap<>();
        for (Change change : changes) {
            Lease lease = change instanceof Change.Put put ? put.lease() : null;
            LeaseKey key = lease != null ? lease.key() : ((Change.Remove) change).key();
            long packed = PackedKey.pack(key);
            boolean held = lease != null && holds(lease);
            long print = held ? HolderCache.print(Objects.requireNonNull(lease)) : 0;
            Optional<Holder> known = holders.get(key);
            if (known == null && held && cache.isHeldBy(packed, print)) {
                holders.put(key, Optional.of(new Holder(Objects.requireNonNull(lease), -1)));
                continue;
            }
            if (held) {
                cache.put(packed, print);
            } else {
                cache.forget(packed);
            }
            Holder before = (known == null ? stored(packed) : known).orElse(null);
            Holder after = lease != null && held ? follow(before, lease, now) : null;
            if (before != null && (after == null || !sameTunnel(before, after))) {
                end(before, after, change instanceof Change.Put put ? put.why() : null, now);
            }
            holders.put(key, Optional.ofNullable(after));
        }
    }

    /** At the end of a lease its TEP may not have forgotten it yet, so the client holds it until it has. */
    private static boolean holds(Lease lease) {
        return lease.state() == LeaseState.ACTIVE || lease.state() == LeaseState.ENDING;
    }

    private Optional<Holder> stored(long packed) throws SQLException, StoreProblem {
        selectHeld.setLong(1, packed);
        Lease lease;
        try (ResultSet row = selectHeld.executeQuery()) {
            if (!row.next()) {
                return Optional.empty();
            }
            lease = LeaseRow.read(row);
        }
        return Optional.of(new Holder(lease, -1));
    }

    /** Whoever holds the key with {@code lease}: the same as before with the same begin, or somebody from now on. */
    private static Holder follow(@Nullable Holder before, Lease lease, long now) {
        if (before == null || !sameHolding(before.lease(), lease)) {
            return new Holder(lease, lease.since().getEpochSecond());
        }
        return sameTunnel(before, new Holder(lease, before.from()))
                ? new Holder(lease, before.from())
                : new Holder(lease, Math.max(now, lease.since().getEpochSecond()));
    }

    private static boolean sameHolding(Lease before, Lease after) {
        return before.since().getEpochSecond() == after.since().getEpochSecond()
                && before.client().equals(after.client());
    }

    private static boolean sameTunnel(Holder before, Holder after) {
        return sameHolding(before.lease(), after.lease())
                && before.lease().tunnelSource().equals(after.lease().tunnelSource())
                && before.lease().tunnelAddress().equals(after.lease().tunnelAddress());
    }

    private void end(Holder before, @Nullable Holder after, LeaseEvent.@Nullable Kind why, long now)
            throws SQLException {
        Lease lease = before.lease();
        long packed = PackedKey.pack(lease.key());
        long since = lease.since().getEpochSecond();
        long from = before.from() >= 0 ? before.from() : movedAt(packed, since).orElse(since);
        boolean goesOn = after != null && sameHolding(lease, after.lease());
        long until = lease.until().getEpochSecond();
        long to = Math.max(from, goesOn ? now : Math.min(now, until));
        HistoryRow.bind(insert, next++, lease, from, to, goesOn ? End.MOVED : ending(why, until <= now));
        insert.executeUpdate();
        deleteMoved.setLong(1, packed);
        deleteMoved.executeUpdate();
        if (goesOn) {
            insertMoved.setLong(1, packed);
            insertMoved.setLong(2, since);
            insertMoved.setLong(3, Objects.requireNonNull(after).from());
            insertMoved.executeUpdate();
        }
    }

    private Optional<Long> movedAt(long packed, long since) throws SQLException {
        moved.setLong(1, packed);
        moved.setLong(2, since);
        try (ResultSet row = moved.executeQuery()) {
            return row.next() ? Optional.of(row.getLong(1)) : Optional.empty();
        }
    }

    /** Where nobody says why, a lease whose time was up ran out. */
    private static End ending(LeaseEvent.@Nullable Kind why, boolean over) {
        if (why == LeaseEvent.Kind.RELEASED) {
            return End.RELEASED;
        }
        if (why == LeaseEvent.Kind.DECLINED) {
            return End.DECLINED;
        }
        return over || why == LeaseEvent.Kind.EXPIRED ? End.EXPIRED : End.WITHDRAWN;
    }

    /**
     * Drops some of what is too old or too much, if it is time to.
     *
     * @return after how many milliseconds to call again at the latest, 0 for after the next changes
     */
    long purge(Connection connection, HistorySettings settings, boolean idle) throws SQLException {
        if (count() == 0) {
            return 0;
        }
        long wait = nextStepNanos - System.nanoTime();
        if (wait > 0 && !(idle && moreIsDue)) {
            return moreIsDue ? IDLE_PAUSE_MILLIS : wait / 1_000_000 + 1;
        }
        long excess = settings.on() ? count() - settings.limit() : count();
        long oldEnough = clock.instant().minus(settings.keep()).getEpochSecond();
        long last = -1;
        oldest.setInt(1, STEP);
        int due = 0;
        int seen = 0;
        try (ResultSet rows = oldest.executeQuery()) {
            while (rows.next()) {
                seen++;
                long id = rows.getLong(1);
                if (rows.getLong(2) > oldEnough && seen > excess) {
                    break;
                }
                due++;
                last = id;
            }
        }
        noteLimit(settings, excess, due);
        if (due > 0) {
            deleteUpTo.setLong(1, last);
            deleteUpTo.executeUpdate();
            first = last + 1;
        } else if (seen == 0) {
            first = next;
        }
        connection.commit();
        moreIsDue = due == STEP;
        nextStepNanos = System.nanoTime() + (moreIsDue ? BUSY_PAUSE_MILLIS : PATIENCE_MILLIS) * 1_000_000;
        return moreIsDue ? IDLE_PAUSE_MILLIS : PATIENCE_MILLIS;
    }

    /** What was noted last may not have come to the disk. */
    void distrust() {
        cache.clear();
    }

    /** Looks for what to drop at the next moment: the settings have changed. */
    void hurry() {
        nextStepNanos = System.nanoTime();
    }

    private void noteLimit(HistorySettings settings, long excess, int due) {
        boolean over = settings.on() && excess > 0 && due > 0;
        if (over && !overLimit) {
            log.warn(
                    "DSTM-7021 The history has reached history.limit, {} entries, so entries are dropped before history.keep is"
                            + " over; raise the limit or keep less",
                    settings.limit());
        }
        overLimit = over || overLimit && settings.on() && excess > -settings.limit() / 10;
    }
}
