package io.dstm.store.internal;

import java.util.List;

/**
 * The schema and every statement that all databases understand. A lease's key is packed into one number, so that a lease is one
 * row in one tree: with a key of four columns the same load took 2.4 times as long. From high to low: 32 bits of address, 4 of
 * PSID offset, 5 of PSID length, 16 of PSID; so all leases of an address or prefix are neighbours.
 */
final class LeaseSql {

    /** Which versions of the schema a database has been through. */
    static final String CREATE_VERSIONS = """
            CREATE TABLE IF NOT EXISTS dstm_schema (
                version INTEGER PRIMARY KEY,
                description VARCHAR(200) NOT NULL,
                applied_at BIGINT NOT NULL
            )""";

    /** The newest version of the schema a database has. */
    static final String SELECT_VERSION = "SELECT MAX(version) FROM dstm_schema";

    /** Notes a version: number, description, seconds since 1970. */
    static final String INSERT_VERSION = "INSERT INTO dstm_schema (version, description, applied_at) VALUES (?, ?, ?)";

    /** Times are seconds since 1970; IPv6 addresses are two signed halves; the association is unsigned. */
    private static final String CREATE_LEASE = """
            CREATE TABLE IF NOT EXISTS lease (
                lease_key BIGINT PRIMARY KEY,
                client VARCHAR(300) NOT NULL,
                association BIGINT NOT NULL,
                tunnel_source_high BIGINT NOT NULL,
                tunnel_source_low BIGINT NOT NULL,
                tunnel_address_high BIGINT NOT NULL,
                tunnel_address_low BIGINT NOT NULL,
                pool VARCHAR(255) NOT NULL,
                state VARCHAR(16) NOT NULL,
                started_at BIGINT NOT NULL,
                ends_at BIGINT NOT NULL
            )""";

    /** Every version of the schema in order. Released ones never change; a statement must bear being run twice. */
    static final List<Migration> MIGRATIONS = List.of(
            new Migration(1, "leases", List.of(CREATE_LEASE)),
            new Migration(2, "history", HistorySql.CREATE),
            new Migration(3, "IPv6 leases", Ipv6Sql.CREATE));

    /** The columns in the order in which {@link LeaseRow} writes and reads them. */
    static final String COLUMNS = "lease_key, client, association, tunnel_source_high, tunnel_source_low,"
            + " tunnel_address_high, tunnel_address_low, pool, state, started_at, ends_at";

    /** As many parameters as columns. */
    static final String PARAMETERS = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";

    /** Forgets a lease by key. */
    static final String DELETE = "DELETE FROM lease WHERE lease_key = ?";

    /** Reads on from a key (exclusive), at most so many. */
    static final String SELECT_PAGE =
            "SELECT " + COLUMNS + " FROM lease WHERE lease_key > ? ORDER BY lease_key FETCH FIRST ? ROWS ONLY";

    /** How many leases there are. */
    static final String COUNT = "SELECT COUNT(*) FROM lease";

    private LeaseSql() {}

    /**
     * One version of the schema.
     *
     * @param version its number, from 1 without gaps
     * @param description what it brings, in a few words
     * @param statements what makes it from the version before
     */
    record Migration(int version, String description, List<String> statements) {}
}
