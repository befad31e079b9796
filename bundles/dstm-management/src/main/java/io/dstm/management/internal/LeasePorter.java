package io.dstm.management.internal;

import io.dstm.api.ipv6.Ipv6Decision;
import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.management.LeaseTransfer;
import io.dstm.api.net.Ipv6Address;
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
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Carries leases between a server and files. What comes in keeps its times, and is durable and in the TEP as what was asked for. */
final class LeasePorter implements LeaseTransfer {

    /** Enough to fill the store's groups, few enough to leave room for clients. */
    private static final int UNDER_WAY = 256;

    private final Supplier<@Nullable LeaseService> services;
    private final Supplier<@Nullable Ipv6LeaseService> ipv6Services;
    private final InstantSource clock;

    LeasePorter(
            Supplier<@Nullable LeaseService> services,
            Supplier<@Nullable Ipv6LeaseService> ipv6Services,
            InstantSource clock) {
        this.services = services;
        this.ipv6Services = ipv6Services;
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
        Ipv6LeaseService ipv6 = ipv6Services.get();
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
                    }),
                    visitor -> {
                        if (ipv6 != null) {
                            ipv6.forEachLease(visitor);
                        }
                    });
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
        Ipv6LeaseService ipv6 = ipv6Services.get();
        Findings findings = new Findings();
        read(file, new Judge(service, ipv6, clock.instant(), findings));
        if (!trial && findings.count == 0) {
            takeOver(file, service, ipv6, findings);
        }
        return findings.outcome();
    }

    private static void read(Path file, LeaseFile.Visitor visitor) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            LeaseFile.read(in, visitor);
        }
    }

    /** Looks at the whole file before anything is taken over. */
    private static final class Judge implements LeaseFile.Visitor {

        private final LeaseService service;
        private final @Nullable Ipv6LeaseService ipv6;
        private final Instant now;
        private final Findings findings;
        private final Map<Integer, List<PortSet>> taken = new HashMap<>();
        private final Map<Integer, List<PortSet>> inFile = new HashMap<>();
        private final Set<Long> clients = new HashSet<>();
        private final NavigableMap<Ipv6Address, Ipv6Address> ipv6Taken = new TreeMap<>();
        private final NavigableMap<Ipv6Address, Ipv6Address> ipv6InFile = new TreeMap<>();
        private final Set<Long> ipv6Clients = new HashSet<>();

        Judge(LeaseService service, @Nullable Ipv6LeaseService ipv6, Instant now, Findings findings) {
            this.service = service;
            this.ipv6 = ipv6;
            this.now = now;
            this.findings = findings;
            service.forEachLease(lease -> {
                if (lease.state() != LeaseState.QUARANTINED) {
                    add(taken, lease.key());
                }
            });
            if (ipv6 != null) {
                ipv6.forEachLease(
                        lease -> ipv6Taken.put(lease.address(), lease.prefix().last()));
            }
        }

        @Override
        public void lease(long position, Lease lease) {
            if (!lease.until().isAfter(now)) {
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
            if (!isHeld(lease)) {
                return;
            }
            if (!clients.add(fingerprint(lease.client()))) {
                findings.add(position, lease.client() + " is in the file twice");
            }
            service.leaseOf(lease.client())
                    .ifPresent(other -> findings.add(position, lease.client() + " has " + other.key() + " already"));
        }

        @Override
        public void ipv6Lease(long position, Ipv6Lease lease) {
            if (!lease.until().isAfter(now)) {
                findings.skipped++;
                return;
            }
            findings.leases++;
            if (ipv6 == null) {
                findings.add(position, lease.prefix() + ": this server has no store of IPv6 leases");
                return;
            }
            if (meets(ipv6InFile, lease)) {
                findings.add(position, lease.prefix() + " is in the file twice, or some of it is");
            }
            ipv6InFile.put(lease.address(), lease.prefix().last());
            if (meets(ipv6Taken, lease)) {
                findings.add(position, lease.prefix() + " is lent already, or some of it is");
            }
            if (lease.declined()) {
                return;
            }
            if (!ipv6Clients.add(2 * fingerprint(lease.client()) + (lease.kind() == Ipv6LeaseKind.PREFIX ? 1 : 0))) {
                findings.add(position, lease.client() + " is in the file twice");
            }
            ipv6.leaseOf(lease.client(), lease.kind())
                    .ifPresent(other -> findings.add(position, lease.client() + " has " + other.prefix() + " already"));
        }

        @Override
        public void problem(long position, String problem) {
            findings.add(position, problem);
        }

        private static boolean meets(NavigableMap<Ipv6Address, Ipv6Address> spans, Ipv6Lease lease) {
            Map.Entry<Ipv6Address, Ipv6Address> below =
                    spans.floorEntry(lease.prefix().last());
            return below != null && below.getValue().compareTo(lease.address()) >= 0;
        }
    }

    /** Whether a client has it, and does not just rest or end. */
    private static boolean isHeld(Lease lease) {
        return lease.state() == LeaseState.ACTIVE || lease.state() == LeaseState.PENDING;
    }

    /** 64 bits of who it is: a million clients collide once in thirty million files. */
    private static long fingerprint(ClientId client) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < client.identity().length(); i++) {
            hash = (hash ^ client.identity().charAt(i)) * 0x100000001b3L;
        }
        return 31L * hash + client.association();
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

    private void takeOver(Path file, LeaseService service, @Nullable Ipv6LeaseService ipv6, Findings findings)
            throws IOException {
        Instant now = clock.instant();
        Semaphore room = new Semaphore(UNDER_WAY);
        boolean[] interrupted = {false};
        read(file, new LeaseFile.Visitor() {

            @Override
            public void lease(long position, Lease lease) {
                if (lease.until().isAfter(now)) {
                    one(position, lease.key(), () -> service.adopt(lease).thenApply(LeasePorter::problem));
                }
            }

            @Override
            public void ipv6Lease(long position, Ipv6Lease lease) {
                if (lease.until().isAfter(now) && ipv6 != null) {
                    one(position, lease.prefix(), () -> ipv6.adopt(lease).thenApply(LeasePorter::problem));
                }
            }

            private void one(long position, Object what, Supplier<CompletionStage<String>> adopting) {
                if (interrupted[0]) {
                    return;
                }
                try {
                    room.acquire();
                } catch (InterruptedException enough) {
                    interrupted[0] = true;
                    return;
                }
                adopting.get()
                        .exceptionally(defect -> "the server failed, " + defect)
                        .thenAccept(problem -> {
                            if (problem.isEmpty()) {
                                findings.imported.incrementAndGet();
                            } else {
                                findings.add(position, what + " is not taken over: " + problem);
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
                    "interrupted; " + findings.imported.get() + " leases are taken over by now, and stay");
        }
    }

    /** What is wrong; empty if the lease is as in the file. */
    private static String problem(LeaseDecision decision) {
        return decision instanceof LeaseDecision.Refused refused ? refused.reason() + ", " + refused.message() : "";
    }

    private static String problem(Ipv6Decision decision) {
        return decision instanceof Ipv6Decision.Refused refused ? refused.reason() + ", " + refused.message() : "";
    }
}
