package io.dstm.store.internal;

import io.dstm.store.common.StoreProblem;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * What differs between databases; everything else is standard SQL. An instance serves one database and is used by one thread at a
 * time; connections alone may be asked for and failures explained by others too.
 */
interface Dialect {

    /** Where the leases lie, for messages. */
    String place();

    /**
     * A connection to the one database of this dialect, with auto-commit off; creates what is missing.
     *
     * @throws StoreProblem if what lies beneath the database is in the way
     */
    Connection connect() throws SQLException, StoreProblem;

    /** Inserts a lease, or replaces the one with its key; parameters are {@link LeaseSql#COLUMNS}. */
    String upsert();

    /** Makes everything committed so far survive a crash of the machine. */
    void flush(Connection connection) throws SQLException;

    /**
     * Has a moment for upkeep, such as a step of compaction; leaves no transaction open.
     *
     * @param idle whether nothing else is to be done
     * @return after how many milliseconds it wants another moment at the latest; 0 for after the next commit
     */
    long maintain(Connection connection, boolean idle) throws SQLException;

    /** Lets go of a connection that failed, without waiting for anything to be written. */
    void abandon(Connection connection);

    /** Says what an exception means. */
    StoreProblem explain(String attempt, SQLException exception);
}
