package io.dstm.store.contract;

import static io.dstm.store.contract.Leases.contents;
import static io.dstm.store.contract.Leases.key;
import static io.dstm.store.contract.Leases.lease;
import static io.dstm.store.contract.Leases.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.store.common.DurableStore;
import io.dstm.store.common.StoreProblem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store on disk must do beyond {@link LeaseStoreContract}. */
public abstract class DurableStoreContract extends LeaseStoreContract {

    @TempDir
    private Path directory;

    /** Opens the store in a directory, which need not be there. */
    protected abstract DurableStore open(Path where) throws Exception;

    /** The names of the files of a small store. */
    protected abstract String[] files();

    @Override
    protected final LeaseStore create() throws Exception {
        return open(directory.resolve("a/b"));
    }

    @Override
    protected final void close(LeaseStore open) {
        ((DurableStore) open).close();
    }

    @Override
    protected final LeaseStore reopen(LeaseStore closed) throws Exception {
        return create();
    }

    /** A pool's name has at most 255 characters on disk. */
    private static Lease refused(int number) {
        Lease lease = lease(number, 1);
        return new Lease(
                lease.key(),
                lease.client(),
                lease.tunnelSource(),
                lease.tunnelAddress(),
                "p".repeat(256),
                lease.state(),
                lease.since(),
                lease.until());
    }

    @Test
    void a_commit_with_a_refused_change_changes_nothing() throws Exception {
        assertThatThrownBy(() -> store().commit(List.of(new Change.Put(lease(1, 1)), new Change.Put(refused(2))))
                        .toCompletableFuture()
                        .get(60, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(StoreProblem.class)
                .hasMessageStartingWith("DSTM-7016 ");
        assertThat(contents(store())).isEmpty();
    }

    @Test
    void a_refused_change_does_not_fail_its_neighbours() throws Exception {
        List<CompletableFuture<Void>> stages = new java.util.ArrayList<>();
        for (int number = 0; number < 100; number++) {
            Lease lease = number % 10 == 3 ? refused(number) : lease(number, 1);
            stages.add(store().commit(put(lease)).toCompletableFuture());
        }
        for (int number = 0; number < 100; number++) {
            CompletableFuture<Void> stage = stages.get(number);
            if (number % 10 == 3) {
                assertThatThrownBy(() -> stage.get(60, TimeUnit.SECONDS)).hasMessageContaining("DSTM-7016");
            } else {
                stage.get(60, TimeUnit.SECONDS);
            }
        }
        assertThat(contents(store())).hasSize(90).doesNotContainKey(key(3)).containsKey(key(4));
    }

    @Test
    void an_interrupted_reader_does_not_harm_the_store() throws Exception {
        for (int attempt = 0; attempt < 20; attempt++) {
            Thread.currentThread().interrupt();
            try {
                store().load(lease -> {});
            } catch (StoreProblem interrupted) {
                assertThat(interrupted).hasMessageContaining("interrupted");
            }
            assertThat(Thread.interrupted()).isTrue();
        }
        store().commit(put(lease(1, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(contents(store())).hasSize(1);
    }

    @Test
    void only_the_owner_may_look_into_the_directory() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("a/b"))))
                .isEqualTo("rwx------");
    }

    @Test
    void leaves_nothing_but_its_files() throws Exception {
        store().commit(put(lease(1, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS);
        try (var files = Files.list(directory.resolve("a/b"))) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder(files());
        }
    }
}
