package io.dstm.store.common;

import static io.dstm.store.contract.Leases.lease;
import static io.dstm.store.contract.Leases.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.lease.LeaseStore.Change;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GroupWriterTest {

    private final Recording backend = new Recording();
    private final List<CountDownLatch> holds = new ArrayList<>();
    private final GroupWriter<List<Change>> writer = new GroupWriter<>(backend, 100, "test-writer");

    /** Writes down what it is asked to do; can be held before it writes. */
    private static final class Recording implements GroupWriter.Backend<List<Change>> {

        private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
        private volatile Predicate<List<Change>> refuses = changes -> false;
        private volatile RuntimeException defect;
        private volatile boolean flushFails;

        @Override
        public void apply(List<List<Change>> commits) throws StoreProblem {
            List<Change> changes = commits.stream().flatMap(List::stream).toList();
            if (defect != null) {
                throw defect;
            }
            if (refuses.test(changes)) {
                throw new StoreProblem(StoreFailure.REFUSED_CHANGE, "No", null);
            }
            calls.add("apply " + changes.size());
        }

        @Override
        public void flush() throws StoreProblem {
            if (flushFails) {
                throw new StoreProblem(StoreFailure.BROKEN, "The disk is gone", null);
            }
            calls.add("flush");
        }

        @Override
        public long maintain(boolean idle) {
            return 0;
        }

        @Override
        public void close() {
            calls.add("close");
        }
    }

    @AfterEach
    void close() {
        holds.forEach(CountDownLatch::countDown);
        writer.close();
    }

    /** Keeps the thread busy until the returned latch is counted down, so that commits pile up. */
    private CountDownLatch hold() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        holds.add(release);
        writer.call(() -> {
            held.countDown();
            awaitQuietly(release);
            return true;
        });
        assertThat(held.await(60, TimeUnit.SECONDS)).isTrue();
        return release;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    private List<CompletableFuture<Void>> commits(int count) {
        List<CompletableFuture<Void>> stages = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            stages.add(writer.commit(put(lease(number, 1)), 1));
        }
        return stages;
    }

    private static void awaitAll(List<CompletableFuture<Void>> stages) throws Exception {
        CompletableFuture.allOf(stages.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
    }

    @Test
    void commits_that_wait_share_one_flush() throws Exception {
        CountDownLatch release = hold();
        List<CompletableFuture<Void>> stages = commits(50);
        release.countDown();
        awaitAll(stages);
        assertThat(backend.calls).containsExactly("apply 50", "flush");
    }

    @Test
    void a_commit_completes_after_its_flush() throws Exception {
        writer.commit(put(lease(1, 1)), 1)
                .thenRun(() -> backend.calls.add("completed"))
                .get(60, TimeUnit.SECONDS);
        assertThat(backend.calls).containsExactly("apply 1", "flush", "completed");
    }

    @Test
    void a_task_runs_behind_the_commits_before_it() throws Exception {
        CountDownLatch release = hold();
        commits(3);
        CompletableFuture<Boolean> task = writer.call(() -> backend.calls.add("task"));
        List<CompletableFuture<Void>> later = commits(2);
        release.countDown();
        task.get(60, TimeUnit.SECONDS);
        awaitAll(later);
        assertThat(backend.calls).containsExactly("apply 3", "flush", "task", "apply 2", "flush");
    }

    @Test
    void a_long_queue_is_written_in_several_groups() throws Exception {
        writer.setLimit(10_000);
        CountDownLatch release = hold();
        List<CompletableFuture<Void>> stages = commits(2_500);
        release.countDown();
        awaitAll(stages);
        assertThat(backend.calls).containsExactly("apply 1024", "flush", "apply 1024", "flush", "apply 452", "flush");
    }

    @Test
    void refuses_at_once_when_too_many_wait() throws Exception {
        CountDownLatch release = hold();
        List<CompletableFuture<Void>> stages = commits(101);
        assertThat(stages.get(100)).isCompletedExceptionally();
        assertThatThrownBy(() -> stages.get(100).get()).hasMessageContaining("DSTM-7017");
        release.countDown();
        awaitAll(stages.subList(0, 100));
        writer.commit(put(lease(1, 2)), 1).get(60, TimeUnit.SECONDS);
        assertThat(backend.calls).containsExactly("apply 100", "flush", "apply 1", "flush");
    }

    @Test
    void takes_a_commit_larger_than_the_limit_when_nothing_waits() throws Exception {
        List<Change> large = Collections.nCopies(500, new Change.Put(lease(1, 1)));
        writer.commit(large, large.size()).get(60, TimeUnit.SECONDS);
        assertThat(backend.calls).containsExactly("apply 500", "flush");
    }

    @Test
    void one_refused_member_does_not_fail_its_group() throws Exception {
        Change bad = new Change.Put(lease(7, 1));
        backend.refuses = changes -> changes.contains(bad);
        CountDownLatch release = hold();
        List<CompletableFuture<Void>> stages = commits(10);
        release.countDown();
        assertThatThrownBy(() -> stages.remove(7).get(60, TimeUnit.SECONDS)).hasMessageContaining("DSTM-7016");
        awaitAll(stages);
        assertThat(backend.calls).hasSize(10).endsWith("flush").containsOnlyOnce("flush");
    }

    @Test
    void a_failed_flush_fails_the_whole_group() throws Exception {
        backend.flushFails = true;
        CountDownLatch release = hold();
        List<CompletableFuture<Void>> stages = commits(3);
        release.countDown();
        for (CompletableFuture<Void> stage : stages) {
            assertThatThrownBy(() -> stage.get(60, TimeUnit.SECONDS)).hasMessageContaining("DSTM-7015");
        }
        assertThat(backend.calls).containsExactly("apply 3");
    }

    @Test
    void a_failed_flush_after_writing_one_by_one_fails_those_written() throws Exception {
        Change bad = new Change.Put(lease(0, 1));
        backend.refuses = changes -> changes.contains(bad);
        backend.flushFails = true;
        CountDownLatch release = hold();
        List<CompletableFuture<Void>> stages = commits(2);
        release.countDown();
        assertThatThrownBy(() -> stages.get(0).get(60, TimeUnit.SECONDS)).hasMessageContaining("DSTM-7016");
        assertThatThrownBy(() -> stages.get(1).get(60, TimeUnit.SECONDS)).hasMessageContaining("DSTM-7015");
    }

    @Test
    void a_defect_does_not_end_the_thread() throws Exception {
        backend.defect = new IllegalStateException("defect");
        assertThatThrownBy(() -> writer.commit(put(lease(1, 1)), 1).get(60, TimeUnit.SECONDS))
                .hasCauseInstanceOf(StoreProblem.class);
        backend.defect = null;
        writer.commit(put(lease(1, 1)), 1).get(60, TimeUnit.SECONDS);
        assertThat(backend.calls).containsExactly("apply 1", "flush");
    }

    @Test
    void closing_writes_what_waits_and_takes_no_more() throws Exception {
        CountDownLatch release = hold();
        List<CompletableFuture<Void>> stages = commits(20);
        Thread closer = new Thread(writer::close);
        closer.start();
        release.countDown();
        closer.join(10_000);
        assertThat(closer.isAlive()).isFalse();
        assertThat(stages).allMatch(stage -> stage.isDone() && !stage.isCompletedExceptionally());
        assertThat(backend.calls).containsExactly("apply 20", "flush", "close");
        assertThatThrownBy(() -> writer.commit(put(lease(1, 1)), 1).get()).hasMessageContaining("DSTM-7018");
    }

    @Test
    void an_interrupt_does_not_end_the_thread() throws Exception {
        writer.call(() -> {
                    Thread.currentThread().interrupt();
                    return true;
                })
                .get(60, TimeUnit.SECONDS);
        writer.commit(put(lease(1, 1)), 1).get(60, TimeUnit.SECONDS);
        assertThat(backend.calls).containsExactly("apply 1", "flush");
    }
}
