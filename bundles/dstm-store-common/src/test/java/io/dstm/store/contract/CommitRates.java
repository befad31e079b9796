package io.dstm.store.contract;

import io.dstm.api.lease.Lease;
import io.dstm.store.common.DurableStore;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Measures durable commits a second by number of commits under way. Arguments: directory, leases, seconds a run, and what a commit
 * does: {@code renew} (default), or {@code lend} for a new holder in place of the former, which the history notes.
 */
public final class CommitRates {

    private static final int[] CALLERS = {1, 16, 256, 1024};

    private CommitRates() {}

    /** Prints a line a run. */
    public static void run(StoreProcess.Opening opening, String... arguments) throws Exception {
        int leases = Integer.parseInt(arguments[1]);
        long seconds = Long.parseLong(arguments[2]);
        boolean lend = arguments.length > 3 && arguments[3].equals("lend");
        try (DurableStore store = opening.open(Path.of(arguments[0]))) {
            for (int from = 0; from < leases; from += 1000) {
                var changes = new java.util.ArrayList<io.dstm.api.lease.LeaseStore.Change>();
                for (int number = from; number < from + 1000; number++) {
                    changes.add(new io.dstm.api.lease.LeaseStore.Change.Put(Leases.lease(number, 0)));
                }
                store.commit(changes).toCompletableFuture().get();
            }
            long start = System.nanoTime();
            AtomicInteger loaded = new AtomicInteger();
            store.load(lease -> loaded.incrementAndGet());
            System.out.printf("%d leases loaded in %.2f s%n", loaded.get(), (System.nanoTime() - start) / 1e9);
            for (int round = 0; round < 2; round++) {
                for (int callers : CALLERS) {
                    run(store, leases, callers, seconds, lend, round > 0);
                }
            }
        }
    }

    /** What the store's thread has used; unlike the rate, a busy machine changes it little. */
    private static long cpuNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(info -> info != null && info.getThreadName().equals("dstm-store"))
                .mapToLong(info -> threads.getThreadCpuTime(info.getThreadId()))
                .sum();
    }

    private static Lease since(Lease lease, long second) {
        return new Lease(
                lease.key(),
                lease.client(),
                lease.tunnelSource(),
                lease.tunnelAddress(),
                lease.pool(),
                lease.state(),
                Instant.ofEpochSecond(second),
                lease.until());
    }

    private static void run(DurableStore store, int leases, int callers, long seconds, boolean lend, boolean print)
            throws Exception {
        Semaphore window = new Semaphore(callers);
        long[] micros = new long[5_000_000];
        AtomicInteger done = new AtomicInteger();
        Random random = new Random();
        long cpuBefore = cpuNanos();
        long start = System.nanoTime();
        for (int version = 1; System.nanoTime() - start < seconds * 1_000_000_000L; version++) {
            window.acquire();
            long began = System.nanoTime();
            Lease lease = Leases.lease(random.nextInt(leases), version);
            store.commit(Leases.put(lend ? since(lease, Leases.EPOCH + version) : lease))
                    .whenComplete((nothing, failure) -> {
                        micros[done.getAndIncrement()] = (System.nanoTime() - began) / 1000;
                        window.release();
                    });
        }
        window.acquire(callers);
        double took = (System.nanoTime() - start) / 1e9;
        int count = done.get();
        long cpu = cpuNanos() - cpuBefore;
        Arrays.sort(micros, 0, count);
        if (print) {
            System.out.printf(
                    "%5d under way: %7.0f commits/s, median %.2f ms, p99 %.2f ms, longest %.1f ms, %.1f us CPU each%n",
                    callers,
                    count / took,
                    micros[count / 2] / 1e3,
                    micros[(int) (count * 0.99)] / 1e3,
                    micros[count - 1] / 1e3,
                    cpu / 1e3 / count);
        }
    }
}
