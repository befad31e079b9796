package io.dstm.store.internal;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;

/** A lease as a row of the table, in the order of {@link LeaseSql#COLUMNS}. */
final class LeaseRow {

    private static final int ADDRESS_SHIFT = 25;

    /** How many packed keys an address has; they are neighbours. */
    static final long KEYS_PER_ADDRESS = 1L << ADDRESS_SHIFT;

    private static final int OFFSET_SHIFT = 21;
    private static final int LENGTH_SHIFT = 16;

    private LeaseRow() {}

    /** The number that stands for a key. */
    static long pack(LeaseKey key) {
        PortSet ports = key.ports();
        return key.address().toUnsignedLong() << ADDRESS_SHIFT
                | (long) ports.offset() << OFFSET_SHIFT
                | (long) ports.psidLength() << LENGTH_SHIFT
                | ports.psid();
    }

    /**
     * The key that a number stands for.
     *
     * @throws IllegalArgumentException if it stands for none
     */
    static LeaseKey unpack(long packed) {
        if (packed < 0 || packed >>> (ADDRESS_SHIFT + Integer.SIZE) != 0) {
            throw new IllegalArgumentException("lease_key " + packed + " is out of range");
        }
        PortSet ports = new PortSet(
                (int) (packed >>> OFFSET_SHIFT) & 0xF, (int) (packed >>> LENGTH_SHIFT) & 0x1F, (int) packed & 0xFFFF);
        return new LeaseKey(new Ipv4Address((int) (packed >>> ADDRESS_SHIFT)), ports);
    }

    /** Fills the parameters of a statement. */
    static void bind(PreparedStatement statement, Lease lease) throws SQLException {
        statement.setLong(1, pack(lease.key()));
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
                    unpack(packed),
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
