package io.dstm.store.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseStore.Change;
import io.dstm.store.common.DurableStore;
import io.dstm.store.common.GroupWriter;
import io.dstm.store.contract.Ipv6LeaseStoreContract;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdbcIpv6LeaseStoreTest extends Ipv6LeaseStoreContract {

    @Override
    protected DurableStore open(Path where) throws Exception {
        return H2.open(where);
    }

    @Test
    void shows_them_in_the_order_of_their_prefixes() throws Exception {
        Ipv6Lease high = delegated("fd00:1:2::/48");
        commit(new Change.Put(address(1, "lan")), new Change.Put(address(2, "lan")), new Change.Put(high));
        commit(new Change.Put(delegated("2001:db8:8000::/56")), new Change.Put(delegated("2001:db8:8000::/60")));

        restart();

        assertThat(contents())
                .containsExactly(
                        address(1, "lan"),
                        address(2, "lan"),
                        delegated("2001:db8:8000::/56"),
                        delegated("2001:db8:8000::/60"),
                        high);
    }

    @Test
    void refuses_what_is_too_much_at_once_and_goes_on(@TempDir Path another) throws Exception {
        LeaseDatabase database = new LeaseDatabase(
                H2.dialect(another),
                new Migrator(LeaseSql.MIGRATIONS, InstantSource.system()),
                InstantSource.system(),
                System::nanoTime);
        try (GroupWriter writer = new GroupWriter(database, 1, "test")) {
            CountDownLatch busy = new CountDownLatch(1);
            CompletableFuture<Boolean> blocked = writer.call(() -> {
                try {
                    return busy.await(60, TimeUnit.SECONDS);
                } catch (InterruptedException impossible) {
                    throw new IllegalStateException(impossible);
                }
            });
            JdbcIpv6LeaseStore small = new JdbcIpv6LeaseStore(database, writer, 1);
            CompletableFuture<Void> first =
                    small.commit(List.of(new Change.Put(address(1, "lan")))).toCompletableFuture();
            CompletableFuture<Void> second =
                    small.commit(List.of(new Change.Put(address(2, "lan")))).toCompletableFuture();
            assertThat(second).isCompletedExceptionally();
            busy.countDown();

            first.get(60, TimeUnit.SECONDS);
            assertThat(blocked).isCompletedWithValue(true);
            small.commit(List.of(new Change.Put(address(2, "lan"))))
                    .toCompletableFuture()
                    .get(60, TimeUnit.SECONDS);
            List<Ipv6Lease> leases = new ArrayList<>();
            small.load(leases::add);
            assertThat(leases).hasSize(2);
        }
    }
}
