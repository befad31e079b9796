package io.dstm.management.internal;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.management.LeaseTransfer;
import io.dstm.api.net.PortSet;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries leases between a server and files. What comes in is asked for like by a client that wishes for what it had, so every rule
 * of the server holds, the lease is durable and the TEP has it; its times begin anew.
 */
final class LeasePorter implements LeaseTransfer {

    /** Enough to fill the store's groups, few enough to leave room for clients. */
    private static final int UNDER_WAY = 256;

    private final Supplier<@Nullable LeaseService> services;
    private final InstantSource clock;

    LeasePorter(Supplier<@Nullable LeaseService> services, InstantSource clock) {
        this.services = services;
        this.clock = clock;
    }

    private LeaseService service() throws IOException {
        LeaseService service = services.get();
        if (service == null) {
            throw new IOException("there is no server on this node");
        }
        return service;
    }

    @Override
    public long exportTo(Path file) throws IOException {
        LeaseService service = service();
        // For its owner alone: it says who has which address.
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file, StandardOpenOption.WRITE))) {
            return LeaseFile.write(
                    out,
                    clock.instant(),
                    visitor -> service.forEachLease(lease -> {
                        if (lease.state() != LeaseState.OFFERED) {
                            visitor.accept(lease);
                        }
                    }));
        }
    }

    /** What has been said so far. */
    private static final class Findings {

        private final List<String> problems = new ArrayList<>();
        private long count;
        private long leases;
        private long skipped;
        private final AtomicLong imported = new AtomicLong();

        synchronized void add(long position, String problem) {
            count++;
            if (problems.size() < MOST_PROBLEMS) {
                problems.add(position == 0 ? problem : "lease " + position + ": " + problem);
            }
        }

        synchronized Outcome outcome() {
            return new Outcome(leases, skipped, imported.get(), problems, count);
        }
    }

    @Override
    public Outcome importFrom(Path file, boolean trial) throws IOException {
        LeaseService service = service();
        Findings findings = new Findings();
        judge(file, service, findings);
        if (!trial && findings.count == 0) {
            lend(file, service, findings);
        }
        return findings.outcome();
    }

    private static void read(Path file, LeaseFile.Visitor visitor) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            LeaseFile.read(in, visitor);
        }
    }

    /** Looks at the whole file before anything is lent. */
    private static void judge(Path file, LeaseService service, Findings findings) throws IOException {
        Map<Integer, List<PortSet>> taken = new HashMap<>();
        service.forEachLease(lease -> {
            if (lease.state() != LeaseState.QUARANTINED) {
                add(taken, lease.key());
            }
        });
        Map<Integer, List<PortSet>> inFile = new HashMap<>();
        Set<Long> clients = new HashSet<>();
        read(file, new LeaseFile.Visitor() {

            @Override
            public void lease(long position, Lease lease) {
                if (lease.state() != LeaseState.ACTIVE) {
                    findings.skipped++;
                    return;
                }
                findings.leases++;
                if (overlaps(inFile, lease.key())) {
                    findings.add(position, lease.key() + " is in the file twice, or ports of it are");
                }
                add(inFile, lease.key());
                if (overlaps(taken, lease.key())) {
                    findings.add(position, lease.key() + " is lent already, or ports of it are");
                }
                // 64 bits of who it is: a million clients collide once in thirty million files.
                long who = 31L * fingerprint(lease.client().identity())
                        + lease.client().association();
                if (!clients.add(who)) {
                    findings.add(position, lease.client() + " is in the file twice");
                }
                service.leaseOf(lease.client())
                        .ifPresent(
                                other -> findings.add(position, lease.client() + " has " + other.key() + " already"));
            }

            @Override
            public void problem(long position, String problem) {
                findings.add(position, problem);
            }
        });
    }

    private static long fingerprint(String text) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }

    private static void add(Map<Integer, List<PortSet>> keys, LeaseKey key) {
        keys.merge(key.address().value(), List.of(key.ports()), (before, more) -> {
            List<PortSet> both = before instanceof ArrayList<PortSet> ? before : new ArrayList<>(before);
            both.addAll(more);
            return both;
        });
    }

    private static boolean overlaps(Map<Integer, List<PortSet>> keys, LeaseKey key) {
        return keys.getOrDefault(key.address().value(), List.of()).stream()
                .anyMatch(ports -> ports.overlaps(key.ports()));
    }

    private static void lend(Path file, LeaseService service, Findings findings) throws IOException {
        Semaphore room = new Semaphore(UNDER_WAY);
        boolean[] interrupted = {false};
        read(file, new LeaseFile.Visitor() {

            @Override
            public void lease(long position, Lease lease) {
                if (lease.state() != LeaseState.ACTIVE || interrupted[0]) {
                    return;
                }
                try {
                    room.acquire();
                } catch (InterruptedException enough) {
                    interrupted[0] = true;
                    return;
                }
                lendOne(service, lease).thenAccept(problem -> {
                    if (problem.isEmpty()) {
                        findings.imported.incrementAndGet();
                    } else {
                        findings.add(position, problem);
                    }
                    room.release();
                });
            }

            @Override
            public void problem(long position, String problem) {
                findings.add(position, problem);
            }
        });
        try {
            room.acquire(UNDER_WAY);
        } catch (InterruptedException enough) {
            interrupted[0] = true;
        }
        if (interrupted[0]) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(
                    "interrupted; " + findings.imported.get() + " leases are lent by now, and stay");
        }
    }

    /** Completes with what is wrong; empty if the lease is as in the file. */
    private static CompletionStage<String> lendOne(LeaseService service, Lease lease) {
        AllocationRequest request = new AllocationRequest(
                lease.client(),
                lease.tunnelSource(),
                lease.key(),
                !lease.ports().isFull(),
                null,
                "import");
        return service.allocate(request)
                .thenCompose(decision -> {
                    if (decision instanceof LeaseDecision.Refused refused) {
                        return CompletableFuture.completedStage(
                                lease.key() + " is not lent: " + refused.reason() + ", " + refused.message());
                    }
                    LeaseKey given = ((LeaseDecision.Granted) decision).lease().key();
                    if (given.equals(lease.key())) {
                        return CompletableFuture.completedStage("");
                    }
                    // No pool has it, or somebody was faster; the client shall not wake up with something else.
                    return service.release(lease.client(), given)
                            .thenApply(done -> lease.key() + " cannot be lent to " + lease.client()
                                    + ": it is in no pool that this client may use, or taken by now");
                })
                .exceptionally(defect -> lease.key() + " is not lent: the server failed, " + defect);
    }
}
