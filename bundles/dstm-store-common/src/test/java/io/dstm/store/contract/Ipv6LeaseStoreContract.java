package io.dstm.store.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6LeaseStore;
import io.dstm.api.ipv6.Ipv6LeaseStore.Change;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.store.common.DurableStore;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the IPv6 leases of every store on disk must do. */
public abstract class Ipv6LeaseStoreContract {

    private static final Instant START = Instant.parse("2026-11-21T06:00:00Z");

    @TempDir
    private Path directory;

    private DurableStore file;
    private Ipv6LeaseStore store;

    /** Opens the store in a directory. */
    protected abstract DurableStore open(Path where) throws Exception;

    @BeforeEach
    final void openStore() throws Exception {
        file = open(directory);
        store = file.ipv6();
    }

    @AfterEach
    final void closeStore() {
        file.close();
    }

    /** Closes the store and opens it again. */
    protected final void restart() throws Exception {
        closeStore();
        openStore();
    }

    /** A lease for tests. */
    protected static Ipv6Lease address(long number, String pool) {
        return new Ipv6Lease(
                new Ipv6Prefix(new Ipv6Address(0x20010db800000001L, number), 128),
                new ClientId("duid:00030001", (int) -number),
                Ipv6LeaseKind.ADDRESS,
                pool,
                number % 2 == 1,
                START,
                START.plusSeconds(number),
                START.plusSeconds(2 * number));
    }

    /** A lease for tests. */
    protected static Ipv6Lease delegated(String prefix) {
        return new Ipv6Lease(
                Ipv6Prefix.parse(prefix),
                new ClientId("duid:00030002", 1),
                Ipv6LeaseKind.PREFIX,
                "lan",
                false,
                START,
                START.plusSeconds(1),
                START.plusSeconds(2));
    }

    /** What the store holds, as it shows it. */
    protected final List<Ipv6Lease> contents() throws Exception {
        List<Ipv6Lease> leases = new ArrayList<>();
        store.load(leases::add);
        return leases;
    }

    /** Commits and waits. */
    protected final void commit(Change... changes) throws Exception {
        store.commit(List.of(changes)).toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @Test
    void finds_what_was_committed_after_a_restart() throws Exception {
        Ipv6Lease high = delegated("fd00:1:2::/48");
        commit(new Change.Put(address(1, "lan")), new Change.Put(address(2, "lan")), new Change.Put(high));
        commit(new Change.Put(delegated("2001:db8:8000::/56")), new Change.Put(delegated("2001:db8:8000::/60")));

        restart();

        assertThat(contents())
                .containsExactlyInAnyOrder(
                        address(1, "lan"),
                        address(2, "lan"),
                        delegated("2001:db8:8000::/56"),
                        delegated("2001:db8:8000::/60"),
                        high);
    }

    @Test
    void the_last_change_to_a_prefix_counts() throws Exception {
        commit(
                new Change.Put(address(1, "a")),
                new Change.Remove(address(1, "a").prefix()),
                new Change.Put(address(1, "b")),
                new Change.Put(address(2, "a")),
                new Change.Remove(address(2, "a").prefix()));
        assertThat(contents()).containsExactly(address(1, "b"));

        commit(new Change.Put(address(1, "c")));
        assertThat(contents()).containsExactly(address(1, "c"));

        commit(
                new Change.Remove(address(1, "c").prefix()),
                new Change.Remove(address(9, "c").prefix()));
        assertThat(contents()).isEmpty();
        commit();
    }

    @Test
    void a_refused_change_does_not_fail_its_neighbours() throws Exception {
        List<CompletableFuture<Void>> stages = new ArrayList<>();
        for (int number = 0; number < 50; number++) {
            String pool = number % 10 == 3 ? "p".repeat(256) : "lan";
            stages.add(
                    store.commit(List.of(new Change.Put(address(number, pool)))).toCompletableFuture());
        }
        for (int number = 0; number < 50; number++) {
            CompletableFuture<Void> stage = stages.get(number);
            if (number % 10 == 3) {
                assertThatThrownBy(() -> stage.get(60, TimeUnit.SECONDS))
                        .isInstanceOf(ExecutionException.class)
                        .hasMessageContaining("DSTM-7016");
            } else {
                stage.get(60, TimeUnit.SECONDS);
            }
        }
        assertThat(contents()).hasSize(45);
    }

    @Test
    void loads_more_than_fits_a_page() throws Exception {
        List<Change> changes = new ArrayList<>();
        for (int number = 0; number < 10_001; number++) {
            changes.add(new Change.Put(address(number, "lan")));
        }
        commit(changes.toArray(Change[]::new));

        assertThat(contents()).hasSize(10_001).doesNotHaveDuplicates();
    }

    @Test
    void fails_what_comes_when_it_is_closed() {
        closeStore();

        assertThatThrownBy(() -> commit(new Change.Put(address(1, "lan"))))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("closed");
    }
}
