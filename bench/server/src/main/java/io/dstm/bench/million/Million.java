package io.dstm.bench.million;

import com.sun.management.OperatingSystemMXBean;
import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.bench.server.OpenStore;
import io.dstm.bench.server.TableTep;
import io.dstm.server.internal.config.PoolRegistry;
import io.dstm.server.internal.config.ServerConfig;
import io.dstm.server.internal.engine.LeaseServer;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * {@code bench/million}: {@code fill} makes a lease file, {@code serve} starts a server on it and measures. The product's store,
 * engine and TEP table; asked by calls of the lease service, as DHCPv6 does.
 */
public final class Million {

    private static final int FIRST = 0x0A000000;
    private static final int AT_ONCE = 64;
    private static final int SECONDS = 10;

    /** Renewals a second while pools change, each noted by how long it took. */
    private static final int WATCH_A_SECOND = 500;

    private Million() {}

    /** {@code fill|serve}, directory, number of leases. */
    public static void main(String[] arguments) throws Exception {
        long begun = ManagementFactory.getRuntimeMXBean().getStartTime();
        Path directory = Path.of(arguments[1]);
        int leases = Integer.parseInt(arguments[2]);
        if (arguments[0].equals("fill")) {
            fill(directory, leases);
        } else {
            serve(directory, leases, begun);
        }
        System.exit(0);
    }

    private static ClientId client(int number) {
        return new ClientId(String.format(Locale.ROOT, "duid:00010001%08x02005e%06x", number, number & 0xFFFFFF), 1);
    }

    private static Ipv6Address source(int number) {
        return new Ipv6Address(0x20010DB8_00000000L | number >>> 8, 0x02005EFFFE000000L | number);
    }

    private static void fill(Path directory, int leases) throws Exception {
        Files.createDirectories(directory);
        LeaseStore store = OpenStore.in(directory);
        Instant now = Instant.ofEpochSecond(Instant.now().getEpochSecond());
        Ipv6Address tep = new TableTep().tunnelAddress();
        Random random = new Random(1);
        List<CompletableFuture<?>> under = new ArrayList<>();
        for (int i = 0; i < leases; i++) {
            Lease lease = new Lease(
                    new LeaseKey(new Ipv4Address(FIRST + i), PortSet.FULL),
                    client(i),
                    source(i),
                    tep,
                    "big",
                    LeaseState.ACTIVE,
                    now,
                    now.plusSeconds(36_000 + random.nextInt(3_600)));
            under.add(store.commit(List.of(new LeaseStore.Change.Put(lease))).toCompletableFuture());
            if (under.size() == 5_000) {
                CompletableFuture.allOf(under.toArray(CompletableFuture[]::new)).join();
                under.clear();
            }
        }
        CompletableFuture.allOf(under.toArray(CompletableFuture[]::new)).join();
        ((AutoCloseable) store).close();
        long octets = 0;
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                octets += Files.size(file);
            }
        }
        System.out.printf("| files of leases | %d MB |%n", octets >> 20);
    }

    private static void serve(Path directory, int leases, long begun) throws Exception {
        LeaseStore store = OpenStore.in(directory);
        LeaseServer server = new LeaseServer(store);
        TableTep tep = new TableTep();
        server.engine().configure(ServerConfig.read(Map.of("lease.time", "10h")));
        PoolRegistry pools = new PoolRegistry(InstantSource.system());
        pools.put("io.dstm.pool~big", Map.of("ranges", "10.0.0.0/11"));
        pools.subscribe(server.engine()::setPools);
        server.start();
        server.engine().addTep(tep);
        while (!(renew(server.engine(), 0).join() instanceof LeaseDecision.Granted)) {
            Thread.sleep(5);
        }
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        System.out.printf(
                "| start of the JVM until the first answer | %.1f s, %.1f s of processor |%n",
                (System.currentTimeMillis() - begun) / 1e3, system.getProcessCpuTime() / 1e9);
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        System.out.printf("| heap after a collection | %d MB |%n", runtime.totalMemory() - runtime.freeMemory() >> 20);

        renewals(server.engine(), leases, SECONDS);
        long cpu = system.getProcessCpuTime();
        long count = renewals(server.engine(), leases, SECONDS);
        System.out.printf(
                "| renewals, each durable | %d/s, %.0f µs of processor each |%n",
                count / SECONDS, (system.getProcessCpuTime() - cpu) / 1e3 / count);

        report("answers without a change", watch(server.engine(), leases, () -> sleep(3_000)));
        long[] took = new long[1];
        report(
                "answers while a range comes",
                watch(server.engine(), leases, () -> took[0] = change(server, pools, "10.0.0.0/11,10.64.0.0/16")));
        System.out.printf("| a range comes: in force after | %d ms |%n", took[0]);
        report(
                "answers while a range goes",
                watch(server.engine(), leases, () -> took[0] = change(server, pools, "10.0.0.0/11")));
        System.out.printf("| a range goes: in force after | %d ms |%n", took[0]);
        System.out.printf("| bindings at the TEP | %d |%n", tep.bindingCount());
    }

    /** Saves the pool's file anew; how long until it is in force, in milliseconds. */
    private static long change(LeaseServer server, PoolRegistry pools, String ranges) {
        long before = server.engine().pools().get(0).capacity();
        long begun = System.nanoTime();
        pools.put("io.dstm.pool~big", Map.of("ranges", ranges));
        while (server.engine().pools().get(0).capacity() == before) {
            sleep(1);
        }
        long took = (System.nanoTime() - begun) / 1_000_000;
        // The TEP follows.
        sleep(2_000);
        return took;
    }

    private static void report(String what, long[] micros) {
        Arrays.sort(micros);
        System.out.printf(
                "| %s | p50 %.1f, p99 %.1f, longest %.1f ms |%n",
                what,
                micros[micros.length / 2] / 1e3,
                micros[micros.length * 99 / 100] / 1e3,
                micros[micros.length - 1] / 1e3);
    }

    private static CompletableFuture<LeaseDecision> renew(LeaseService service, int number) {
        return service.renew(new AllocationRequest(client(number), source(number), null, true, null, "bench"))
                .toCompletableFuture();
    }

    private static long renewals(LeaseService service, int leases, int seconds) throws InterruptedException {
        Random random = new Random(7);
        Semaphore window = new Semaphore(AT_ONCE);
        AtomicLong count = new AtomicLong();
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        while (System.nanoTime() < end) {
            window.acquire();
            var unused = renew(service, random.nextInt(leases)).whenComplete((decision, failure) -> {
                if (decision instanceof LeaseDecision.Granted) {
                    count.incrementAndGet();
                }
                window.release();
            });
        }
        window.acquire(AT_ONCE);
        return count.get();
    }

    /** Runs {@code meanwhile} while leases are renewed steadily; how long each took, in microseconds. */
    private static long[] watch(LeaseService service, int leases, Runnable meanwhile) throws InterruptedException {
        AtomicBoolean stop = new AtomicBoolean();
        List<Long> micros = java.util.Collections.synchronizedList(new ArrayList<>());
        Thread asker = new Thread(() -> {
            Random random = new Random(9);
            List<CompletableFuture<?>> all = new ArrayList<>();
            long next = System.nanoTime();
            while (!stop.get()) {
                long begun = System.nanoTime();
                all.add(renew(service, random.nextInt(leases))
                        .thenAccept(decision -> micros.add((System.nanoTime() - begun) / 1_000)));
                next += 1_000_000_000L / WATCH_A_SECOND;
                LockSupport.parkNanos(next - System.nanoTime());
            }
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
        });
        asker.start();
        sleep(500);
        meanwhile.run();
        stop.set(true);
        asker.join();
        return micros.stream().mapToLong(Long::longValue).toArray();
    }

    private static void sleep(long millis) {
        LockSupport.parkNanos(millis * 1_000_000);
    }
}
