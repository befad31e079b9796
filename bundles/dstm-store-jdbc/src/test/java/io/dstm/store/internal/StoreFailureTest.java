package io.dstm.store.internal;

import static io.dstm.store.contract.Leases.contents;
import static io.dstm.store.contract.Leases.key;
import static io.dstm.store.contract.Leases.lease;
import static io.dstm.store.contract.Leases.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import io.dstm.store.contract.StoreProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators read when something is wrong, and that the store goes on once it is mended. */
class StoreFailureTest {

    @TempDir
    private Path directory;

    private Path file() {
        return directory.resolve("leases.mv.db");
    }

    private void writeOneLease() throws Exception {
        try (JdbcLeaseStore store = H2.open(directory)) {
            store.commit(put(lease(1, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void a_file_where_the_directory_should_be() throws Exception {
        Path inTheWay = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> H2.open(inTheWay))
                .isInstanceOf(StoreProblem.class)
                .hasMessage("DSTM-7010 Leases cannot be stored: " + inTheWay + " is not a directory; "
                        + StoreFailure.NOT_WRITABLE.remedy());
        assertThatThrownBy(() -> H2.open(inTheWay.resolve("below"))).hasMessageStartingWith("DSTM-7010 ");
    }

    @Test
    void a_directory_that_cannot_be_created() {
        // Not even root can.
        assertThatThrownBy(() -> H2.open(Path.of("/proc/dstm/leases"))).hasMessageStartingWith("DSTM-7010 ");
    }

    @Test
    void a_damaged_file() throws Exception {
        writeOneLease();
        byte[] bytes = Files.readAllBytes(file());
        java.util.Arrays.fill(bytes, (byte) 'x');
        Files.write(file(), bytes);
        assertThatThrownBy(() -> H2.open(directory))
                .isInstanceOf(StoreProblem.class)
                .hasMessageStartingWith("DSTM-7012 The lease file " + file() + " is damaged")
                .hasMessageEndingWith(StoreFailure.CORRUPT.remedy());
        assertThat(Files.readAllBytes(file())).as("evidence is left alone").isEqualTo(bytes);
    }

    @Test
    void a_file_that_another_process_has_open() throws Exception {
        Process other = StoreProcess.start(Child.class, "hold", directory);
        try {
            StoreProcess.awaitLine(other, "open");
            assertThatThrownBy(() -> H2.open(directory))
                    .isInstanceOf(StoreProblem.class)
                    .hasMessage("DSTM-7011 The lease file " + file() + " is in use by another process; "
                            + StoreFailure.LOCKED.remedy());
        } finally {
            other.destroyForcibly().waitFor();
        }
        H2.open(directory).close();
    }

    @Test
    void a_row_that_makes_no_sense() throws Exception {
        writeOneLease();
        try (var connection = H2.dialect(directory).connect();
                var statement = connection.createStatement()) {
            statement.executeUpdate("UPDATE lease SET state = 'LOST'");
            connection.commit();
        }
        try (JdbcLeaseStore store = H2.open(directory)) {
            assertThatThrownBy(() -> store.load(lease -> {})).hasMessageStartingWith("DSTM-7019 The stored lease");
        }
    }

    @Test
    void a_full_disk_fails_commits_until_there_is_space() throws Exception {
        CutFileSystem.Disk disk = CutFileSystem.disk(file());
        H2Dialect dialect = new H2Dialect(H2::at, directory, CutFileSystem.SCHEME + ":", H2Compaction.FLOOR);
        try (JdbcLeaseStore store = H2.open(dialect)) {
            store.commit(put(lease(1, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS);
            disk.setFull(true);
            for (int attempt = 0; attempt < 3; attempt++) {
                assertThatThrownBy(() -> store.commit(put(lease(2, 1)))
                                .toCompletableFuture()
                                .get(60, TimeUnit.SECONDS))
                        .isInstanceOf(ExecutionException.class)
                        .hasMessageContaining("DSTM-7013 ")
                        .hasMessageContaining("no space left for " + file());
            }
            disk.setFull(false);
            awaitCommit(store);
            assertThat(contents(store)).containsKeys(key(1), key(3));
        }
        try (JdbcLeaseStore store = H2.open(directory)) {
            assertThat(contents(store)).containsKeys(key(1), key(3));
        }
    }

    /** The database is opened anew at most once a second. */
    private static void awaitCommit(JdbcLeaseStore store) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (true) {
            try {
                store.commit(put(lease(3, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS);
                return;
            } catch (ExecutionException notYet) {
                assertThat(System.nanoTime()).as(notYet.getMessage()).isLessThan(deadline);
                Thread.yield();
            }
        }
    }
}
