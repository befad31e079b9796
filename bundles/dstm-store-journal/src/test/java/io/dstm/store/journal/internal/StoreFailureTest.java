package io.dstm.store.journal.internal;

import static io.dstm.store.contract.Leases.contents;
import static io.dstm.store.contract.Leases.key;
import static io.dstm.store.contract.Leases.lease;
import static io.dstm.store.contract.Leases.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.lease.LeaseStoreException;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import io.dstm.store.contract.StoreProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators read when something is wrong, and that the store goes on once it is mended. */
class StoreFailureTest {

    @TempDir
    private Path directory;

    private Path file() {
        return directory.resolve("leases-1.log");
    }

    private void writeOneLease() throws Exception {
        try (JournalLeaseStore store = Journals.open(directory)) {
            store.commit(put(lease(1, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void a_file_where_the_directory_should_be() throws Exception {
        Path inTheWay = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> Journals.open(inTheWay))
                .isInstanceOf(StoreProblem.class)
                .hasMessage("DSTM-7010 Leases cannot be stored: " + inTheWay + " is not a directory; "
                        + StoreFailure.NOT_WRITABLE.remedy());
        assertThatThrownBy(() -> Journals.open(inTheWay.resolve("below"))).hasMessageStartingWith("DSTM-7010 ");
    }

    @Test
    void a_directory_that_cannot_be_created() {
        // Not even root can.
        assertThatThrownBy(() -> Journals.open(Path.of("/proc/dstm/leases"))).hasMessageStartingWith("DSTM-7010 ");
    }

    @Test
    void a_damaged_file() throws Exception {
        writeOneLease();
        byte[] bytes = Files.readAllBytes(file());
        java.util.Arrays.fill(bytes, (byte) 'x');
        Files.write(file(), bytes);
        assertThatThrownBy(() -> Journals.open(directory))
                .isInstanceOf(StoreProblem.class)
                .hasMessageStartingWith("DSTM-7012 The leases in " + directory + " are damaged (leases-1.log")
                .hasMessageEndingWith(StoreFailure.CORRUPT.remedy());
        assertThat(Files.readAllBytes(file())).as("evidence is left alone").isEqualTo(bytes);
    }

    @Test
    void a_file_that_another_process_has_open() throws Exception {
        Process other = StoreProcess.start(Child.class, "hold", directory);
        try {
            StoreProcess.awaitLine(other, "open");
            assertThatThrownBy(() -> Journals.open(directory))
                    .isInstanceOf(StoreProblem.class)
                    .hasMessage("DSTM-7011 The leases in " + directory + " are in use by another process; "
                            + StoreFailure.LOCKED.remedy());
        } finally {
            other.destroyForcibly().waitFor();
        }
        Journals.open(directory).close();
    }

    @Test
    void a_file_of_a_newer_release() throws Exception {
        writeOneLease();
        byte[] bytes = Files.readAllBytes(file());
        bytes[11] = Segment.VERSION + 1;
        Files.write(file(), bytes);
        assertThatThrownBy(() -> Journals.open(directory)).hasMessageStartingWith("DSTM-7014 ");
    }

    @Test
    void leases_of_the_other_engine() throws Exception {
        Path other = Files.createFile(directory.resolve("leases.mv.db"));
        assertThatThrownBy(() -> Journals.open(directory))
                .hasMessageStartingWith("DSTM-7024 The leases in " + directory + " are in leases.mv.db");
        Files.delete(other);
        Journals.open(directory).close();
        Files.createFile(other);
        Journals.open(directory).close();
    }

    @Test
    void a_file_that_is_missing() throws Exception {
        try (JournalLeaseStore store = Journals.open(directory)) {
            for (int number = 0; number < 1_000; number++) {
                store.commit(put(lease(number, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS);
            }
        }
        Path second = directory.resolve("leases-2.log");
        byte[] bytes = Files.readAllBytes(second);
        Files.delete(second);
        assertThatThrownBy(() -> Journals.open(directory)).hasMessageStartingWith("DSTM-7012 ");
        assertThat(file()).as("evidence is left alone").exists();
        Files.write(second, bytes);
        try (JournalLeaseStore store = Journals.open(directory)) {
            assertThat(contents(store)).hasSize(1_000);
        }
    }

    @Test
    void a_full_disk_fails_commits_until_there_is_space() throws Exception {
        SimulatedDisk disk = new SimulatedDisk();
        try (JournalLeaseStore store = open(disk)) {
            store.commit(put(lease(1, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS);
            disk.setFull(true);
            for (int attempt = 0; attempt < 3; attempt++) {
                assertThatThrownBy(() -> store.commit(put(lease(2, 1)))
                                .toCompletableFuture()
                                .get(60, TimeUnit.SECONDS))
                        .isInstanceOf(ExecutionException.class)
                        .hasMessageContaining("DSTM-7013 ")
                        .hasMessageContaining("no space left in memory");
            }
            disk.setFull(false);
            awaitCommit(store);
            assertThat(contents(store)).containsOnlyKeys(key(1), key(3));
        }
        try (JournalLeaseStore store = open(disk)) {
            assertThat(contents(store)).containsOnlyKeys(key(1), key(3));
        }
    }

    @Test
    void a_disk_that_fails_and_comes_back() throws Exception {
        SimulatedDisk disk = new SimulatedDisk();
        try (JournalLeaseStore store = open(disk)) {
            store.commit(put(lease(1, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS);
            disk.setFailing(true);
            assertThatThrownBy(() ->
                            store.commit(put(lease(2, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS))
                    .hasMessageContaining("DSTM-7015 ");
            disk.setFailing(false);
            awaitCommit(store);
        }
        try (JournalLeaseStore store = open(disk)) {
            assertThat(contents(store)).containsOnlyKeys(key(1), key(3));
        }
    }

    private static JournalLeaseStore open(Disk disk) throws LeaseStoreException {
        return Journals.open(disk, Journals.KEEP, InstantSource.system());
    }

    /** The disk is tried again at most once a second. */
    private static void awaitCommit(JournalLeaseStore store) throws Exception {
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
