package io.dstm.store.internal;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseHistory.End;
import io.dstm.api.lease.LeaseHistory.Entry;
import io.dstm.api.net.Ipv6Address;
import io.dstm.store.common.PackedKey;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;

/** An entry of the log as a row. */
final class HistoryRow {

    private HistoryRow() {}

    /** Fills the parameters of {@link HistorySql#INSERT}; times are seconds since 1970. */
    static void bind(PreparedStatement statement, long id, Lease lease, long from, long to, End end)
            throws SQLException {
        String client = lease.client().identity();
        statement.setLong(1, id);
        statement.setLong(2, PackedKey.pack(lease.key()));
        statement.setLong(3, HistorySql.hash(client));
        statement.setString(4, client);
        statement.setLong(5, Integer.toUnsignedLong(lease.client().association()));
        statement.setLong(6, lease.tunnelSource().high());
        statement.setLong(7, lease.tunnelSource().low());
        statement.setLong(8, lease.tunnelAddress().high());
        statement.setLong(9, lease.tunnelAddress().low());
        statement.setString(10, lease.pool());
        statement.setLong(11, from);
        statement.setLong(12, to);
        statement.setString(13, end.name());
    }

    /** Reads the row under the cursor of any of the {@code FIND} statements. */
    static Entry read(ResultSet row) throws SQLException, StoreProblem {
        long packed = row.getLong(1);
        try {
            return new Entry(
                    PackedKey.unpack(packed),
                    new ClientId(row.getString(2), (int) row.getLong(3)),
                    new Ipv6Address(row.getLong(4), row.getLong(5)),
                    new Ipv6Address(row.getLong(6), row.getLong(7)),
                    row.getString(8),
                    Instant.ofEpochSecond(row.getLong(9)),
                    Instant.ofEpochSecond(row.getLong(10)),
                    End.valueOf(row.getString(11)));
        } catch (IllegalArgumentException | DateTimeException senseless) {
            throw new StoreProblem(
                    StoreFailure.UNREADABLE,
                    "A stored entry of the history with lease_key " + packed + " makes no sense: "
                            + senseless.getMessage(),
                    senseless);
        }
    }
}
