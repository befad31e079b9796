package io.dstm.store.internal;

import static io.dstm.store.contract.Leases.contents;
import static io.dstm.store.contract.Leases.lease;
import static io.dstm.store.contract.Leases.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseHistory.Question;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.store.common.StoreProblem;
import io.dstm.store.internal.LeaseSql.Migration;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigratorTest {

    private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(1_700_000_000));
    private static final InstantSource CLOCK_AFTER = InstantSource.fixed(Instant.ofEpochSecond(1_700_000_010));
    private static final int NEXT = LeaseSql.MIGRATIONS.size() + 1;
    private static final Migration ADDS_NOTE = new Migration(
            NEXT,
            "notes",
            List.of(
                    "ALTER TABLE lease ADD COLUMN IF NOT EXISTS note VARCHAR(10)",
                    "UPDATE lease SET note = 'old' WHERE note IS NULL"));

    @TempDir
    private Path directory;

    private void migrate(List<Migration> migrations) throws Exception {
        H2Dialect dialect = H2.dialect(directory);
        try (Connection connection = dialect.connect()) {
            new Migrator(migrations, CLOCK).migrate(connection, dialect);
        }
    }

    private List<String> query(String sql) throws Exception {
        List<String> values = new ArrayList<>();
        try (Connection connection = H2.dialect(directory).connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }

    private static List<Migration> plus(Migration... further) {
        List<Migration> all = new ArrayList<>(LeaseSql.MIGRATIONS);
        all.addAll(List.of(further));
        return all;
    }

    private void writeOneLease() throws Exception {
        try (JdbcLeaseStore store = H2.open(directory)) {
            store.commit(put(lease(1, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    /** Written out, so that a change of the schema without a migration fails here. */
    @Test
    void reads_what_version_1_wrote() throws Exception {
        try (Connection connection = H2.dialect(directory).connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE dstm_schema (version INTEGER PRIMARY KEY,"
                    + " description VARCHAR(200) NOT NULL, applied_at BIGINT NOT NULL)");
            statement.execute("INSERT INTO dstm_schema VALUES (1, 'leases', 1700000000)");
            statement.execute("CREATE TABLE lease (lease_key BIGINT PRIMARY KEY, client VARCHAR(300) NOT NULL,"
                    + " association BIGINT NOT NULL, tunnel_source_high BIGINT NOT NULL,"
                    + " tunnel_source_low BIGINT NOT NULL, tunnel_address_high BIGINT NOT NULL,"
                    + " tunnel_address_low BIGINT NOT NULL, pool VARCHAR(255) NOT NULL, state VARCHAR(16) NOT NULL,"
                    + " started_at BIGINT NOT NULL, ends_at BIGINT NOT NULL)");
            // 192.0.2.1, offset 6, length 8, PSID 52: 0xC0000201 << 25 | 6 << 21 | 8 << 16 | 52
            statement.execute("INSERT INTO lease VALUES (108086408283422772, 'duid:000100012c', 4294967295,"
                    + " 2306139568115548160, 1, 2306139568115548160, 2, 'default', 'ACTIVE',"
                    + " 1700000000, 1700003600)");
            connection.commit();
        }
        try (JdbcLeaseStore store = H2.open(H2.dialect(directory), H2.KEEP, CLOCK_AFTER)) {
            assertThat(contents(store).values())
                    .containsExactly(new Lease(
                            new LeaseKey(Ipv4Address.parse("192.0.2.1"), new PortSet(6, 8, 52)),
                            new ClientId("duid:000100012c", -1),
                            Ipv6Address.parse("2001:db8::1"),
                            Ipv6Address.parse("2001:db8::2"),
                            "default",
                            LeaseState.ACTIVE,
                            Instant.ofEpochSecond(1_700_000_000),
                            Instant.ofEpochSecond(1_700_003_600)));
            // Who holds something since before the history began is known from the lease.
            store.commit(List.of(
                            new Change.Remove(new LeaseKey(Ipv4Address.parse("192.0.2.1"), new PortSet(6, 8, 52)))))
                    .toCompletableFuture()
                    .get(60, TimeUnit.SECONDS);
            assertThat(store.find(Question.at(
                                    Ipv4Address.parse("192.0.2.1"), null, Instant.ofEpochSecond(1_700_000_000)))
                            .entries())
                    .extracting(entry -> entry.client() + " " + entry.to() + " " + entry.end())
                    .containsExactly(
                            "duid:000100012c/4294967295 " + Instant.ofEpochSecond(1_700_000_010) + " WITHDRAWN");
        }
    }

    @Test
    void notes_each_version_with_its_time() throws Exception {
        migrate(plus(ADDS_NOTE));
        migrate(plus(ADDS_NOTE));
        String[] expected = plus(ADDS_NOTE).stream()
                .map(migration -> migration.version() + " " + migration.description() + " 1700000000")
                .toArray(String[]::new);
        assertThat(query("SELECT version || ' ' || description || ' ' || applied_at FROM dstm_schema ORDER BY version"))
                .containsExactly(expected);
    }

    @Test
    void keeps_leases_through_a_migration() throws Exception {
        writeOneLease();
        migrate(plus(ADDS_NOTE));
        assertThat(query("SELECT note FROM lease")).containsExactly("old");
    }

    @Test
    void goes_on_after_a_crash_between_two_statements() throws Exception {
        writeOneLease();
        Migration broken = new Migration(
                NEXT, "notes", List.of(ADDS_NOTE.statements().get(0), "UPDATE no_such_table SET note = 'old'"));
        assertThatThrownBy(() -> migrate(plus(broken)))
                .isInstanceOf(StoreProblem.class)
                .hasMessageStartingWith("DSTM-7020 ")
                .hasMessageContaining("schema version " + NEXT + " (notes)");
        assertThat(query("SELECT MAX(version) FROM dstm_schema")).containsExactly(String.valueOf(NEXT - 1));
        migrate(plus(ADDS_NOTE));
        assertThat(query("SELECT note FROM lease")).containsExactly("old");
    }

    @Test
    void refuses_a_file_of_a_newer_release() throws Exception {
        migrate(plus(ADDS_NOTE));
        assertThatThrownBy(() -> H2.open(directory))
                .isInstanceOf(StoreProblem.class)
                .hasMessageStartingWith("DSTM-7014 ")
                .hasMessageContaining("has schema version " + NEXT + " and this release knows " + (NEXT - 1));
    }

    @Test
    void every_version_is_there() {
        assertThatThrownBy(() -> new Migrator(List.of(ADDS_NOTE), CLOCK)).isInstanceOf(IllegalArgumentException.class);
        assertThat(LeaseSql.MIGRATIONS).isNotEmpty();
        new Migrator(LeaseSql.MIGRATIONS, CLOCK);
    }
}
