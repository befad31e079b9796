package io.dstm.store.internal;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HexFormat;

/** An IPv6 lease as a row of its table. */
final class Ipv6Row {

    private static final HexFormat HEX = HexFormat.of();
    private static final int ADDRESS_DIGITS = 32;

    private Ipv6Row() {}

    /** The text that stands for a prefix. */
    static String key(Ipv6Prefix prefix) {
        return HEX.toHexDigits(prefix.address().high())
                + HEX.toHexDigits(prefix.address().low())
                + HEX.toHexDigits((byte) prefix.length());
    }

    private static Ipv6Prefix prefix(String key) {
        byte[] address = HEX.parseHex(key, 0, ADDRESS_DIGITS);
        return new Ipv6Prefix(
                Ipv6Address.ofBytes(address, 0), HexFormat.fromHexDigits(key, ADDRESS_DIGITS, key.length()));
    }

    /** Fills the parameters of {@link Ipv6Sql#INSERT}. */
    static void bind(PreparedStatement statement, Ipv6Lease lease) throws SQLException {
        statement.setString(1, key(lease.prefix()));
        statement.setString(2, lease.client().identity());
        statement.setLong(3, Integer.toUnsignedLong(lease.client().association()));
        statement.setString(4, lease.kind().name());
        statement.setString(5, lease.pool());
        statement.setInt(6, lease.declined() ? 1 : 0);
        statement.setLong(7, lease.since().getEpochSecond());
        statement.setLong(8, lease.preferredUntil().getEpochSecond());
        statement.setLong(9, lease.until().getEpochSecond());
    }

    /** Reads the row under the cursor. */
    static Ipv6Lease read(ResultSet row) throws SQLException, StoreProblem {
        String key = row.getString(1);
        try {
            return new Ipv6Lease(
                    prefix(key),
                    new ClientId(row.getString(2), (int) row.getLong(3)),
                    Ipv6LeaseKind.valueOf(row.getString(4)),
                    row.getString(5),
                    row.getInt(6) != 0,
                    Instant.ofEpochSecond(row.getLong(7)),
                    Instant.ofEpochSecond(row.getLong(8)),
                    Instant.ofEpochSecond(row.getLong(9)));
        } catch (IllegalArgumentException | IndexOutOfBoundsException | DateTimeException senseless) {
            throw new StoreProblem(
                    StoreFailure.UNREADABLE,
                    "The stored IPv6 lease with lease_key " + key + " makes no sense: " + senseless.getMessage(),
                    senseless);
        }
    }
}
