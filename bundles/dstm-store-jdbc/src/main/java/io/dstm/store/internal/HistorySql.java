package io.dstm.store.internal;

import java.util.List;

/**
 * The log of former holders. Who holds something now is the lease itself, so a renewal writes nothing here: a row is written when
 * a holding ends. Rows are numbered in the order of writing, so the oldest are found and dropped without an index on time.
 */
final class HistorySql {

    /** Key and client are found by index; the client by a hash of its identity, which keeps the index small. */
    private static final String CREATE_HISTORY = """
            CREATE TABLE IF NOT EXISTS lease_history (
                id BIGINT PRIMARY KEY,
                lease_key BIGINT NOT NULL,
                client_hash BIGINT NOT NULL,
                client VARCHAR(300) NOT NULL,
                association BIGINT NOT NULL,
                tunnel_source_high BIGINT NOT NULL,
                tunnel_source_low BIGINT NOT NULL,
                tunnel_address_high BIGINT NOT NULL,
                tunnel_address_low BIGINT NOT NULL,
                pool VARCHAR(255) NOT NULL,
                started_at BIGINT NOT NULL,
                ended_at BIGINT NOT NULL,
                ending VARCHAR(16) NOT NULL
            )""";

    /** Since when a lease that moved has had its tunnel; the lease's own begin does not change. */
    private static final String CREATE_MOVED = """
            CREATE TABLE IF NOT EXISTS lease_moved (
                lease_key BIGINT PRIMARY KEY,
                started_at BIGINT NOT NULL,
                moved_at BIGINT NOT NULL
            )""";

    /** What makes the tables. */
    static final List<String> CREATE = List.of(
            CREATE_HISTORY,
            "CREATE INDEX IF NOT EXISTS lease_history_key ON lease_history (lease_key)",
            "CREATE INDEX IF NOT EXISTS lease_history_client ON lease_history (client_hash)",
            CREATE_MOVED);

    /** The columns in the order in which {@link HistoryRow} writes them. */
    private static final String COLUMNS = "id, lease_key, client_hash, client, association, tunnel_source_high,"
            + " tunnel_source_low, tunnel_address_high, tunnel_address_low, pool, started_at, ended_at, ending";

    /** Writes an entry. */
    static final String INSERT =
            "INSERT INTO lease_history (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    /** The lease that is stored under a key, if a client holds it. */
    static final String SELECT_HELD =
            "SELECT " + LeaseSql.COLUMNS + " FROM lease WHERE lease_key = ? AND state IN ('ACTIVE', 'ENDING')";

    /** When the lease with a key and a begin moved last. */
    static final String SELECT_MOVED = "SELECT moved_at FROM lease_moved WHERE lease_key = ? AND started_at = ?";

    /** Forgets that a lease moved. */
    static final String DELETE_MOVED = "DELETE FROM lease_moved WHERE lease_key = ?";

    /** Notes that a lease moved. */
    static final String INSERT_MOVED = "INSERT INTO lease_moved (lease_key, started_at, moved_at) VALUES (?, ?, ?)";

    /** The first and the last number in use. */
    static final String SELECT_ENDS = "SELECT MIN(id), MAX(id) FROM lease_history";

    /** The oldest entries, at most so many. */
    static final String SELECT_OLDEST = "SELECT id, ended_at FROM lease_history ORDER BY id FETCH FIRST ? ROWS ONLY";

    /** Drops entries up to a number. */
    static final String DELETE_UP_TO = "DELETE FROM lease_history WHERE id <= ?";

    /** An entry of no length matches in its second. */
    private static final String IN_TIME =
            " AND started_at < ? AND (ended_at > ? OR ended_at = started_at AND started_at >= ?)";

    private static final String SELECT = "SELECT lease_key, client, association, tunnel_source_high, tunnel_source_low,"
            + " tunnel_address_high, tunnel_address_low, pool, started_at, ended_at, ending FROM lease_history WHERE ";

    private static final String AT_MOST = " FETCH FIRST ? ROWS ONLY";

    /** Entries by keys, from inclusive and to exclusive. */
    static final String FIND_BY_KEY = SELECT + "lease_key >= ? AND lease_key < ?" + IN_TIME + AT_MOST;

    /** Entries by client. */
    static final String FIND_BY_CLIENT = SELECT + "client_hash = ? AND client = ?" + IN_TIME + AT_MOST;

    private static final String SELECT_NOW =
            "SELECT l.lease_key, l.client, l.association, l.tunnel_source_high, l.tunnel_source_low,"
                    + " l.tunnel_address_high, l.tunnel_address_low, l.pool, COALESCE(m.moved_at, l.started_at),"
                    + " l.ends_at, 'HELD' FROM lease l LEFT JOIN lease_moved m"
                    + " ON m.lease_key = l.lease_key AND m.started_at = l.started_at"
                    + " WHERE l.state IN ('ACTIVE', 'ENDING') AND ";

    /** Present holders by keys, from inclusive and to exclusive. */
    static final String FIND_NOW_BY_KEY = SELECT_NOW + "l.lease_key >= ? AND l.lease_key < ?" + AT_MOST;

    /** Present holders by client. Reads all leases: an index would have to be kept at every renewal. */
    static final String FIND_NOW_BY_CLIENT = SELECT_NOW + "l.client = ?" + AT_MOST;

    private HistorySql() {}

    /** FNV-1a of 64 bits: good enough to find by, and the same in every process. */
    static long hash(String client) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < client.length(); i++) {
            hash = (hash ^ client.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }
}
