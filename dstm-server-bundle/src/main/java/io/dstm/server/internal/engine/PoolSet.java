package io.dstm.server.internal.engine;

import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.net.Ipv4Range;
import io.dstm.server.internal.config.PoolConfig;
import io.dstm.server.internal.pool.AllocationState;
import io.dstm.server.internal.pool.KeyCode;
import io.dstm.server.internal.pool.Pool;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The pools of one configuration, disjoint in addresses, with what is taken of them. The set itself never changes; the allocation
 * state inside is the engine thread's, the counts are for everyone.
 */
final class PoolSet {

    private final List<Entry> byPriority;
    private final Map<String, Entry> byName = new HashMap<>();
    private final long[] spanFirst;
    private final long[] spanLast;
    private final Entry[] spanEntry;

    PoolSet(Collection<PoolConfig> configs) {
        List<Entry> entries = new ArrayList<>();
        List<Span> spans = new ArrayList<>();
        for (PoolConfig config : configs) {
            Entry entry = new Entry(new Pool(config));
            entries.add(entry);
            byName.put(config.name(), entry);
            for (Ipv4Range range : entry.pool.spans().toRanges()) {
                spans.add(new Span(range.first().toUnsignedLong(), range.last().toUnsignedLong(), entry));
            }
        }
        entries.sort(
                Comparator.<Entry>comparingInt(entry -> -entry.pool.config().priority())
                        .thenComparing(entry -> entry.pool.name()));
        byPriority = List.copyOf(entries);
        spans.sort(Comparator.comparingLong(Span::first));
        spanFirst = spans.stream().mapToLong(Span::first).toArray();
        spanLast = spans.stream().mapToLong(Span::last).toArray();
        spanEntry = spans.stream().map(Span::entry).toArray(Entry[]::new);
    }

    private record Span(long first, long last, Entry entry) {}

    /** In the order in which they are tried. */
    List<Entry> byPriority() {
        return byPriority;
    }

    @Nullable
    Entry named(String name) {
        return byName.get(name);
    }

    /** The pool that has the address of {@code code}, whatever the shape. */
    @Nullable
    Entry at(long code) {
        long address = KeyCode.address(code);
        int found = java.util.Arrays.binarySearch(spanFirst, address);
        int span = found >= 0 ? found : -found - 2;
        return span < 0 || address > spanLast[span] ? null : spanEntry[span];
    }

    /** The pool that lends {@code code}; {@code null} if a lease of it drains. */
    @Nullable
    Entry owner(long code) {
        Entry entry = at(code);
        return entry != null && entry.pool.slotOf(code) >= 0 ? entry : null;
    }

    /** Notes that what stands under a code was {@code before} and is {@code after}; {@code null} is free. */
    void changed(@Nullable Holding before, @Nullable Holding after) {
        if (before != null) {
            count(before, -1);
        }
        if (after != null) {
            count(after, 1);
        }
        if (before == null && after != null) {
            Entry entry = at(after.code);
            if (entry != null) {
                entry.state.occupy(after.code);
            }
        } else if (before != null && after == null) {
            Entry entry = at(before.code);
            if (entry != null) {
                entry.state.vacate(before.code);
            }
        }
    }

    private void count(Holding holding, int change) {
        Entry owner = owner(holding.code);
        if (owner != null) {
            owner.counter(holding.state).addAndGet(change);
            return;
        }
        Entry former = named(holding.pool);
        if (former != null && holding.state == LeaseState.ACTIVE) {
            former.active.addAndGet(change);
            former.draining.addAndGet(change);
        }
    }

    /** In order of name. */
    List<PoolStatus> status() {
        return byPriority.stream()
                .map(Entry::status)
                .sorted(Comparator.comparing(PoolStatus::name))
                .toList();
    }

    /** One pool and what is taken of it. */
    static final class Entry {
        final Pool pool;
        final AllocationState state;
        /** When its exhaustion was last logged, by the steady clock; the engine's. */
        long exhaustionLogged = Long.MIN_VALUE;

        private final AtomicLong active = new AtomicLong();
        private final AtomicLong offered = new AtomicLong();
        private final AtomicLong quarantined = new AtomicLong();
        private final AtomicLong draining = new AtomicLong();

        private Entry(Pool pool) {
            this.pool = pool;
            this.state = new AllocationState(pool);
        }

        private AtomicLong counter(LeaseState leaseState) {
            return switch (leaseState) {
                case OFFERED, PENDING -> offered;
                case ACTIVE -> active;
                case ENDING, QUARANTINED -> quarantined;
            };
        }

        private PoolStatus status() {
            PoolConfig config = pool.config();
            return new PoolStatus(
                    config.name(),
                    config.ranges(),
                    config.psidLength(),
                    config.psidOffset(),
                    config.tep(),
                    pool.capacity(),
                    active.get(),
                    offered.get(),
                    quarantined.get(),
                    draining.get());
        }
    }
}
