package io.dstm.store.contract;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStoreException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A store that forgets at the end of the process: for tests of its users. Commits complete on the caller's thread. */
public final class MemoryLeaseStore implements LeaseStore, LeaseHistory, AutoCloseable {

    private final Map<LeaseKey, Lease> leases;

    /** Who holds what now, as it would be told if nothing else happened. */
    private final Map<LeaseKey, Holder> holders;

    private final List<Entry> past;
    private final InstantSource clock;
    private final Duration keep;
    private boolean closed;

    private record Holder(Entry entry, Instant since) {}

    /** An empty store without a history. */
    public MemoryLeaseStore() {
        this(InstantSource.system(), Duration.ZERO);
    }

    /** An empty store. */
    public MemoryLeaseStore(InstantSource clock, Duration keep) {
        this(new LinkedHashMap<>(), new LinkedHashMap<>(), new ArrayList<>(), clock, keep);
    }

    private MemoryLeaseStore(
            Map<LeaseKey, Lease> leases,
            Map<LeaseKey, Holder> holders,
            List<Entry> past,
            InstantSource clock,
            Duration keep) {
        this.leases = leases;
        this.holders = holders;
        this.past = past;
        this.clock = clock;
        this.keep = keep;
    }

    /** A store with what this one held, as after a restart. */
    public MemoryLeaseStore restarted() {
        return restarted(clock, keep);
    }

    /** The same with another clock and another time to keep. */
    public synchronized MemoryLeaseStore restarted(InstantSource newClock, Duration newKeep) {
        return new MemoryLeaseStore(
                new LinkedHashMap<>(leases), new LinkedHashMap<>(holders), new ArrayList<>(past), newClock, newKeep);
    }

    @Override
    public synchronized void load(Consumer<Lease> visitor) throws LeaseStoreException {
        if (closed) {
            throw new LeaseStoreException("the store is closed", null);
        }
        List.copyOf(leases.values()).forEach(visitor);
    }

    @Override
    public synchronized CompletionStage<Void> commit(List<Change> changes) {
        if (closed) {
            return CompletableFuture.failedFuture(new LeaseStoreException("the store is closed", null));
        }
        for (Change change : changes) {
            if (change instanceof Change.Put put) {
                Lease lease = wholeSeconds(put.lease());
                leases.put(lease.key(), lease);
                note(lease.key(), lease, put.why());
            } else if (change instanceof Change.Remove remove) {
                leases.remove(remove.key());
                note(remove.key(), null, null);
            }
        }
        return CompletableFuture.completedFuture(null);
    }

    private void note(LeaseKey key, Lease lease, LeaseEvent.Kind why) {
        Holder holder = holders.remove(key);
        boolean held = lease != null && (lease.state() == LeaseState.ACTIVE || lease.state() == LeaseState.ENDING);
        Instant now = Instant.ofEpochSecond(clock.instant().getEpochSecond());
        Instant from = held ? lease.since() : now;
        // Without a history nothing is compared, so nobody knows of moves.
        if (holder != null && !keep.isZero()) {
            Entry before = holder.entry();
            boolean goesOn = held
                    && before.client().equals(lease.client())
                    && holder.since().equals(lease.since());
            boolean unmoved = goesOn
                    && before.tunnelSource().equals(lease.tunnelSource())
                    && before.tunnelAddress().equals(lease.tunnelAddress());
            if (unmoved) {
                from = before.from();
            } else {
                Instant end = goesOn || before.to().isAfter(now) ? now : before.to();
                Instant to = end.isBefore(before.from()) ? before.from() : end;
                from = goesOn ? (now.isBefore(lease.since()) ? lease.since() : now) : from;
                past.add(ended(
                        before,
                        to,
                        goesOn ? End.MOVED : ending(why, !before.to().isAfter(now))));
            }
        }
        if (held) {
            holders.put(
                    key,
                    new Holder(
                            new Entry(
                                    key,
                                    lease.client(),
                                    lease.tunnelSource(),
                                    lease.tunnelAddress(),
                                    lease.pool(),
                                    from,
                                    lease.until(),
                                    End.HELD),
                            lease.since()));
        }
    }

    private static End ending(LeaseEvent.Kind why, boolean over) {
        if (why == LeaseEvent.Kind.RELEASED) {
            return End.RELEASED;
        }
        if (why == LeaseEvent.Kind.DECLINED) {
            return End.DECLINED;
        }
        return over || why == LeaseEvent.Kind.EXPIRED ? End.EXPIRED : End.WITHDRAWN;
    }

    private static Entry ended(Entry entry, Instant to, End end) {
        return new Entry(
                entry.key(),
                entry.client(),
                entry.tunnelSource(),
                entry.tunnelAddress(),
                entry.pool(),
                entry.from(),
                to,
                end);
    }

    @Override
    public synchronized Answer find(Question question) {
        Instant now = clock.instant();
        List<Entry> found = new ArrayList<>(past);
        holders.values().stream()
                .map(Holder::entry)
                .forEach(entry -> found.add(entry.to().isAfter(now) ? entry : ended(entry, entry.to(), End.EXPIRED)));
        List<Entry> matching = found.stream()
                .filter(entry -> matches(entry, question))
                .sorted(Comparator.comparing(Entry::from)
                        .thenComparing(entry -> entry.key().address())
                        .thenComparing(entry -> entry.key().ports().firstPort())
                        .thenComparing(Entry::to))
                .toList();
        return new Answer(
                matching.stream()
                        .skip(question.offset())
                        .limit(question.limit())
                        .toList(),
                question.offset(),
                matching.size());
    }

    private static boolean matches(Entry entry, Question question) {
        boolean inTime = entry.from().isBefore(question.to())
                && (entry.to().isAfter(question.from())
                        || entry.to().equals(entry.from()) && !entry.from().isBefore(question.from()));
        return inTime
                && (question.address() == null || entry.key().address().equals(question.address()))
                && (question.port() == null || entry.key().ports().contains(question.port()))
                && (question.client() == null || entry.client().identity().equals(question.client()));
    }

    @Override
    public Duration keep() {
        return keep;
    }

    private static Lease wholeSeconds(Lease lease) {
        return new Lease(
                lease.key(),
                lease.client(),
                lease.tunnelSource(),
                lease.tunnelAddress(),
                lease.pool(),
                lease.state(),
                Instant.ofEpochSecond(lease.since().getEpochSecond()),
                Instant.ofEpochSecond(lease.until().getEpochSecond()));
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}
