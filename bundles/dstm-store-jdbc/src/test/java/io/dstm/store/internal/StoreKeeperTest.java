package io.dstm.store.internal;

import static io.dstm.store.contract.Leases.contents;
import static io.dstm.store.contract.Leases.lease;
import static io.dstm.store.contract.Leases.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigReport.Entry;
import io.dstm.api.lease.LeaseStore;
import io.dstm.store.common.DurableStore;
import io.dstm.store.common.StoreConfig;
import io.dstm.store.common.StoreKeeper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreKeeperTest {

    @TempDir
    private Path directory;

    private final Offered offered = new Offered();
    private final AtomicInteger attempts = new AtomicInteger();
    private final StoreKeeper keeper = new StoreKeeper(
            StoreConfig.Engine.H2,
            config -> {
                attempts.incrementAndGet();
                return JdbcLeaseStore.open(
                        H2.dialect(config.directory()), config.queueLimit(), config.history(), InstantSource.system());
            },
            offered,
            InstantSource.system(),
            Duration.ofMillis(1));

    private static final class Offered implements StoreKeeper.Offer {

        private volatile LeaseStore store;
        private final AtomicInteger published = new AtomicInteger();

        @Override
        public void publish(DurableStore open) {
            assertThat(store).isNull();
            store = open;
            published.incrementAndGet();
        }

        @Override
        public void withdraw() {
            store = null;
        }
    }

    @AfterEach
    void close() {
        keeper.close();
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private Entry entry() {
        return keeper.entries().get(0);
    }

    private Map<String, Object> in(String name) {
        return Map.of("engine", "h2", "directory", directory.resolve(name).toString());
    }

    private void configureAndAwait(String name) {
        keeper.configure(in(name));
        await(() -> keeper.entries().stream().anyMatch(Entry::accepted) && offered.store != null);
    }

    @Test
    void offers_the_store_once_it_is_open() throws Exception {
        assertThat(entry().accepted()).isFalse();
        configureAndAwait("a");
        offered.store.commit(put(lease(1, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(entry().pid()).isEqualTo("io.dstm.store");
    }

    @Test
    void tries_again_until_the_store_can_be_opened() throws Exception {
        Path inTheWay = Files.createFile(directory.resolve("a"));
        keeper.configure(in("a"));
        await(() -> attempts.get() >= 3);
        assertThat(offered.store).isNull();
        assertThat(entry().accepted()).isFalse();
        assertThat(entry().problems()).singleElement().satisfies(problem -> {
            assertThat(problem.key()).isEqualTo("directory");
            assertThat(problem.reason()).startsWith("DSTM-7010 ");
        });
        Files.delete(inTheWay);
        await(() -> offered.store != null);
        await(() -> entry().accepted());
    }

    @Test
    void an_invalid_first_configuration_opens_nothing() {
        keeper.configure(Map.of("queue.limit", "many"));
        assertThat(entry().accepted()).isFalse();
        assertThat(entry().problems()).hasSize(1);
        assertThat(attempts).hasValue(0);
        configureAndAwait("a");
    }

    @Test
    void an_invalid_later_configuration_changes_nothing() {
        configureAndAwait("a");
        LeaseStore open = offered.store;
        keeper.configure(
                Map.of("engine", "h2", "directory", directory.resolve("b").toString(), "queue.limit", "0"));
        assertThat(entry().accepted()).isFalse();
        assertThat(offered.store).isSameAs(open);
    }

    @Test
    void a_new_limit_needs_no_new_store() throws Exception {
        configureAndAwait("a");
        LeaseStore open = offered.store;
        var before = entry();
        keeper.configure(
                Map.of("engine", "h2", "directory", directory.resolve("a").toString(), "queue.limit", "1"));
        await(() -> entry() != before);
        assertThat(offered.store).isSameAs(open);
        assertThat(attempts).hasValue(1);
    }

    @Test
    void a_new_directory_brings_a_new_store() throws Exception {
        configureAndAwait("a");
        LeaseStore old = offered.store;
        old.commit(put(lease(1, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS);
        keeper.configure(in("b"));
        await(() -> offered.store != null && offered.store != old);
        assertThat(contents(offered.store)).isEmpty();
        assertThatThrownBy(() -> old.load(lease -> {})).hasMessageContaining("DSTM-7018");
        keeper.configure(in("a"));
        await(() -> offered.published.get() == 3);
        assertThat(contents(offered.store)).hasSize(1);
    }

    @Test
    void a_new_directory_that_cannot_be_opened_leaves_the_old_store() throws Exception {
        configureAndAwait("a");
        LeaseStore old = offered.store;
        Files.createFile(directory.resolve("b"));
        keeper.configure(in("b"));
        await(() -> !entry().accepted());
        assertThat(entry().problems().get(0).reason()).startsWith("DSTM-7010 ");
        assertThat(offered.store).isSameAs(old);
        old.commit(put(lease(1, 1))).toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @Test
    void another_engine_closes_the_store() throws Exception {
        configureAndAwait("a");
        LeaseStore open = offered.store;
        keeper.configure(Map.of("directory", directory.resolve("a").toString()));
        await(() -> keeper.entries().isEmpty());
        assertThat(offered.store).isNull();
        assertThatThrownBy(() -> open.load(lease -> {})).hasMessageContaining("DSTM-7018");
        configureAndAwait("a");
    }

    @Test
    void closing_withdraws_the_store_and_closes_it() {
        configureAndAwait("a");
        LeaseStore open = offered.store;
        keeper.close();
        assertThat(offered.store).isNull();
        assertThatThrownBy(() -> open.load(lease -> {})).hasMessageContaining("DSTM-7018");
    }
}
