package io.dstm.store.internal;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv6Address;
import io.dstm.store.common.PackedKey;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;

/** A lease as a row of the table, in the order of {@link LeaseSql#COLUMNS}. */
final class LeaseRow {

    private LeaseRow() {}

    /** Fills the parameters of a statement. */
    static void bind(PreparedStatement statement, Lease lease) throws SQLException {
        statement.setLong(1, PackedKey.pack(lease.key()));
        statement.setString(2, lease.client().identity());
        statement.setLong(3, Integer.toUnsignedLong(lease.client().association()));
        statement.setLong(4, lease.tunnelSource().high());
        statement.setLong(5, lease.tunnelSource().low());
        statement.setLong(6, lease.tunnelAddress().high());
        statement.setLong(7, lease.tunnelAddress().low());
        statement.setString(8, lease.pool());
        statement.setString(9, lease.state().name());
        statement.setLong(10, lease.since().getEpochSecond());
        statement.setLong(11, lease.until().getEpochSecond());
    }

    /** Reads the row under the cursor. */
    static Lease read(ResultSet row) throws SQLException, StoreProblem {
        long packed = row.getLong(1);
        try {
            return new Lease(
                    PackedKey.unpack(packed),
                    new ClientId(row.getString(2), (int) row.getLong(3)),
                    new Ipv6Address(row.getLong(4), row.getLong(5)),
                    new Ipv6Address(row.getLong(6), row.getLong(7)),
                    row.getString(8),
                    LeaseState.valueOf(row.getString(9)),
                    Instant.ofEpochSecond(row.getLong(10)),
                    Instant.ofEpochSecond(row.getLong(11)));
        } catch (IllegalArgumentException | DateTimeException senseless) {
            throw new StoreProblem(
                    StoreFailure.UNREADABLE,
                    "The stored lease with lease_key " + packed + " makes no sense: " + senseless.getMessage(),
                    senseless);
        }
    }
}
