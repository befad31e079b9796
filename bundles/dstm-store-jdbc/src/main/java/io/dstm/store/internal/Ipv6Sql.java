package io.dstm.store.internal;

import java.util.List;

/** The table of IPv6 leases; every statement is standard SQL. */
final class Ipv6Sql {

    /**
     * The key is address and length in hexadecimal: text sorts as the addresses do in every database. Times are seconds since
     * 1970; the association is unsigned.
     */
    static final List<String> CREATE = List.of("""
            CREATE TABLE IF NOT EXISTS ipv6_lease (
                lease_key VARCHAR(34) PRIMARY KEY,
                client VARCHAR(300) NOT NULL,
                association BIGINT NOT NULL,
                kind VARCHAR(16) NOT NULL,
                pool VARCHAR(255) NOT NULL,
                declined INTEGER NOT NULL,
                started_at BIGINT NOT NULL,
                preferred_until BIGINT NOT NULL,
                ends_at BIGINT NOT NULL
            )""");

    private static final String COLUMNS =
            "lease_key, client, association, kind, pool, declined, started_at, preferred_until, ends_at";

    /** Parameters as {@link Ipv6Row} binds them. */
    static final String INSERT = "INSERT INTO ipv6_lease (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

    /** Forgets a lease by key. */
    static final String DELETE = "DELETE FROM ipv6_lease WHERE lease_key = ?";

    /** Reads on from a key (exclusive), at most so many. */
    static final String SELECT_PAGE =
            "SELECT " + COLUMNS + " FROM ipv6_lease WHERE lease_key > ? ORDER BY lease_key FETCH FIRST ? ROWS ONLY";

    private Ipv6Sql() {}
}
