package io.dstm.store.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the file from growing without stopping service. H2 frees a chunk once nothing in it is alive, so a lease that stays
 * unchanged keeps a whole old chunk. A sweep writes every row anew in the order of keys, a few at a time between the commits;
 * the old chunks die and their space is used again. The end of the file is cut off as far as it is free; one page of H2's own
 * that never changes can keep it long until the next start, which harms nothing, since what lies before is used again.
 */
final class H2Compaction {

    /** Files up to this size, in bytes, are left alone. */
    static final long FLOOR = 64L << 20;

    /**
     * What a sweep goes through.
     *
     * @param bytesPerRow what a row needs with its indexes in a file without gaps, about
     */
    private record Table(String name, String key, String rewritten, long bytesPerRow) {

        String count() {
            return "SELECT COUNT(*) FROM " + name;
        }

        /** The last of the keys that {@link #rewrite} shall touch: those behind a key, at most so many. */
        String lastKeyOfStep() {
            return "SELECT MAX(" + key + ") FROM (SELECT " + key + " FROM " + name + " WHERE " + key + " > ? ORDER BY "
                    + key + " FETCH FIRST ? ROWS ONLY) AS step";
        }

        /** Writes rows anew without changing them: from a key (exclusive) to a key (inclusive). */
        String rewrite() {
            return "UPDATE " + name + " SET " + rewritten + " = " + rewritten + " WHERE " + key + " > ? AND " + key
                    + " <= ?";
        }
    }

    /** Seen for a lease: 115 bytes. */
    private static final List<Table> TABLES =
            List.of(new Table("lease", "lease_key", "ends_at", 128), new Table("lease_history", "id", "ended_at", 256));

    /** How many times the needed size a file may have; a steady load of renewals was seen to hold it at ten. */
    private static final long TOLERANCE = 8;

    /**
     * One sweep puts most behind the end and frees what is before; the next fills that and frees the end. With commits in between
     * up to five were seen to be needed.
     */
    private static final int SWEEPS = 8;

    private static final int MOST_IN_VAIN = 3;

    /** Rows a step; takes about 3 ms. */
    private static final int STEP = 512;

    private static final long IDLE_PAUSE_MILLIS = 5;
    private static final long BUSY_PAUSE_MILLIS = 50;

    private static final Logger log = LoggerFactory.getLogger(H2Compaction.class);

    /** Makes commits durable. */
    interface Flush {

        /** Everything so far. */
        void flush(Connection connection) throws SQLException;
    }

    private final Path file;
    private final long floor;

    private boolean sweeping;
    private int sweepsLeft;

    /** Sweeps in a row after which the file was no shorter. */
    private int inVain;

    /** Index of the table that is being swept. */
    private int table;

    private long position;
    private long sizeBefore;
    private long nextStepNanos;

    /** What is small enough to end. */
    private long goal;

    /** What the last sweeps could reach, so that they are not repeated in vain. */
    private long reached;

    H2Compaction(Path file, long floor) {
        this.file = file;
        this.floor = floor;
    }

    /** Forgets a sweep that was under way. */
    void reset() {
        sweeping = false;
    }

    /** Begins a sweep if one is due, and makes a step of the one under way if it is time. */
    long maintain(Connection connection, boolean idle, Flush flush) throws SQLException {
        if (!sweeping) {
            if (!isDue(connection)) {
                return 0;
            }
            sweeping = true;
            sweepsLeft = SWEEPS;
            inVain = 0;
            startOver();
        }
        if (idle || System.nanoTime() - nextStepNanos >= 0) {
            step(connection, flush);
            nextStepNanos = System.nanoTime() + BUSY_PAUSE_MILLIS * 1_000_000;
        }
        return sweeping ? IDLE_PAUSE_MILLIS : 0;
    }

    private boolean isDue(Connection connection) throws SQLException {
        long size = size();
        if (size <= floor || size <= 2 * reached) {
            return false;
        }
        long needed = 0;
        try (Statement statement = connection.createStatement()) {
            for (Table each : TABLES) {
                try (ResultSet count = statement.executeQuery(each.count())) {
                    count.next();
                    needed += each.bytesPerRow() * count.getLong(1);
                }
            }
        }
        connection.commit();
        goal = Math.max(floor, TOLERANCE / 2 * needed);
        return size > TOLERANCE * needed;
    }

    private void startOver() {
        table = 0;
        position = -1;
        sizeBefore = size();
    }

    private void step(Connection connection, Flush flush) throws SQLException {
        long last = lastKeyOfStep(connection);
        if (last < 0 && table < TABLES.size() - 1) {
            table++;
            position = -1;
        } else if (last < 0) {
            endSweep();
        } else {
            try (PreparedStatement rewrite =
                    connection.prepareStatement(TABLES.get(table).rewrite())) {
                rewrite.setLong(1, position);
                rewrite.setLong(2, last);
                rewrite.executeUpdate();
            }
            position = last;
        }
        connection.commit();
        flush.flush(connection);
    }

    private long lastKeyOfStep(Connection connection) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement(TABLES.get(table).lastKeyOfStep())) {
            select.setLong(1, position);
            select.setInt(2, STEP);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                long last = row.getLong(1);
                return row.wasNull() ? -1 : last;
            }
        }
    }

    private void endSweep() {
        long size = size();
        log.debug("The lease file {} went from {} to {} bytes", file, sizeBefore, size);
        sweepsLeft--;
        inVain = size < sizeBefore ? 0 : inVain + 1;
        if (sweepsLeft > 0 && inVain < MOST_IN_VAIN && size > goal) {
            startOver();
        } else {
            sweeping = false;
            reached = size;
        }
    }

    private long size() {
        try {
            return Files.size(file);
        } catch (IOException unreadable) {
            return 0;
        }
    }
}
