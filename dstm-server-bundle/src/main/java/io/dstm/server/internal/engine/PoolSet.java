package io.dstm.server.internal.engine;

import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.net.Ipv4Range;
import io.dstm.server.internal.config.PoolConfig;
import io.dstm.server.internal.config.ServerConfig;
import io.dstm.server.internal.config.Terms;
import io.dstm.server.internal.pool.AllocationState;
import io.dstm.server.internal.pool.Allocator;
import io.dstm.server.internal.pool.KeyCode;
import io.dstm.server.internal.pool.Pool;
import java.security.SecureRandom;
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

    private static final SecureRandom RANDOM = new SecureRandom();

    private final List<Entry> byPriority;
    private final Map<String, Entry> byName = new HashMap<>();
    private final long[] spanFirst;
    private final long[] spanLast;
    private final Entry[] spanEntry;

    private final Usage usage;

    /** Pools of which nothing is counted by client. */
    PoolSet(Collection<PoolConfig> configs) {
        this(configs, ServerConfig.DEFAULTS, List.of());
    }

    /**
     * Pools of which nothing is taken.
     *
     * @param server what holds where they say nothing
     * @param former the pools before, whose places in going round and alarms go on in those of their names
     */
    PoolSet(Collection<PoolConfig> configs, ServerConfig server, List<Entry> former) {
        usage = new Usage(shape(configs, server));
        Map<String, Entry> formerByName = new HashMap<>();
        former.forEach(entry -> formerByName.put(entry.pool.name(), entry));
        List<Entry> entries = new ArrayList<>();
        List<Span> spans = new ArrayList<>();
        for (PoolConfig config : configs) {
            Entry entry = new Entry(new Pool(config), formerByName.get(config.name()));
            entries.add(entry);
            byName.put(config.name(), entry);
            for (Ipv4Range range : entry.pool.spans().toRanges()) {
                spans.add(new Span(range.first().toUnsignedLong(), range.last().toUnsignedLong(), entry));
            }
        }
        entries.sort(
                Comparator.<Entry>comparingInt(entry -> -entry.pool.config().priority())
                        // Whole addresses are kept for clients that can live with nothing less.
                        .thenComparing(entry -> entry.pool.lendsFullAddresses())
                        .thenComparing(entry -> entry.pool.name()));
        byPriority = List.copyOf(entries);
        spans.sort(Comparator.comparingLong(Span::first));
        spanFirst = spans.stream().mapToLong(Span::first).toArray();
        spanLast = spans.stream().mapToLong(Span::last).toArray();
        spanEntry = spans.stream().map(Span::entry).toArray(Entry[]::new);
    }

    private record Span(long first, long last, Entry entry) {}

    /** What has to be counted for the limits that these files set. */
    static Usage.Shape shape(Collection<PoolConfig> configs, ServerConfig server) {
        boolean clients = false;
        boolean prefixes = false;
        for (PoolConfig config : configs) {
            Terms terms = config.terms().over(server.terms());
            clients |= terms.limitPerClient() > 0;
            prefixes |= terms.limitPerPrefix() > 0;
        }
        return clients || prefixes ? new Usage.Shape(clients, prefixes, server.limitPrefixLength()) : Usage.Shape.NONE;
    }

    /** What is counted by client and prefix. */
    Usage usage() {
        return usage;
    }

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
        return entry != null && entry.pool.lends(code) ? entry : null;
    }

    /** Notes that what stands under a code was {@code before} and is {@code after}; {@code null} is free. */
    void changed(@Nullable Holding before, @Nullable Holding after) {
        if (before != null) {
            count(before, -1);
        }
        if (after != null) {
            count(after, 1);
        }
        usage.changed(before, after);
        if (before == null && after != null) {
            Entry entry = at(after.code);
            if (entry != null) {
                entry.occupy(after.code);
            }
        } else if (before != null && after == null) {
            Entry entry = at(before.code);
            if (entry != null) {
                entry.vacate(before.code);
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
        final Allocator allocator;
        /** When its exhaustion was last logged, by the steady clock; the engine's. */
        long exhaustionLogged = Long.MIN_VALUE;

        private final AtomicLong active = new AtomicLong();
        private final AtomicLong offered = new AtomicLong();
        private final AtomicLong quarantined = new AtomicLong();
        private final AtomicLong draining = new AtomicLong();

        private final AtomicLong reserved = new AtomicLong();
        private final Alarm alarm;
        private @Nullable Terms server;
        private Terms terms = Terms.DEFAULTS;

        private Entry(Pool pool, @Nullable Entry former) {
            this.pool = pool;
            this.state = new AllocationState(pool);
            boolean same = former != null
                    && former.pool.config().allocator() == pool.config().allocator();
            allocator = former != null && same
                    ? former.allocator
                    : Allocator.of(pool.config().allocator(), RANDOM);
            alarm = former != null ? former.alarm : new Alarm();
            reserved.set(state.idleReserved());
        }

        /** On what terms it lends where the server has these; for the engine's thread. */
        Terms terms(Terms ofServer) {
            if (!ofServer.equals(server)) {
                server = ofServer;
                terms = pool.config().terms().over(ofServer);
            }
            return terms;
        }

        /** What was said of it; for the engine's thread. */
        Alarm alarm() {
            return alarm;
        }

        /** Whether less than so many percent of it are lent, rest or are reserved. */
        boolean usedBelow(int percent) {
            long free = status().free();
            return 100 * (pool.capacity() - free) < percent * pool.capacity();
        }

        private void occupy(long code) {
            state.occupy(code);
            reserved.set(state.idleReserved());
        }

        private void vacate(long code) {
            state.vacate(code);
            reserved.set(state.idleReserved());
        }

        private AtomicLong counter(LeaseState leaseState) {
            return switch (leaseState) {
                case OFFERED, PENDING -> offered;
                case ACTIVE -> active;
                case ENDING, QUARANTINED -> quarantined;
            };
        }

        /** It at this moment; from any thread. */
        PoolStatus status() {
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
                    draining.get(),
                    reserved.get(),
                    config.drain());
        }
    }

    /** What was last said of a pool. */
    static final class Alarm {
        boolean high;
        boolean exhausted;
    }
}
