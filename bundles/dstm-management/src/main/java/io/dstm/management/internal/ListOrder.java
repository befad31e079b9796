package io.dstm.management.internal;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Range;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The order of a long list as of some seconds ago. To find a page among a million leases all of them have to be looked at, a third of
 * a second and tens of megabytes of objects each time, and a dashboard asks all day. So the order of a list of so many is kept as
 * numbers while somebody asks, made anew beside those who ask, and a page's items are looked up by their keys: what they say is of now.
 */
final class ListOrder {

    /** From here on a list is long; shorter ones are looked at as they are. */
    static final int LONG = 200_000;

    /** For so long at least nobody makes it anew. */
    static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** For so long at most. */
    static final long FRESH_MOST_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** After so long whoever asks waits for a new one. */
    static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** So many times as long as making it took passes in between, within these bounds. */
    static final long SHARE = 50;

    private final int longFrom;
    private final LongSupplier nanoTime;
    private final Executor beside;
    private final AtomicBoolean renewing = new AtomicBoolean();
    private volatile boolean knownLong;

    /** Held by who makes the order, so that others who need it wait for that one. Taken before the lock of this object. */
    private final Object making = new Object();

    /** What the next order is made in, so that making it leaves nothing to collect; guarded by making. */
    private KeyNumbers next = new KeyNumbers();

    private long[] room = new long[0];

    // Guarded by this.
    private KeyNumbers numbers = new KeyNumbers();
    private boolean kept;
    private long madeNanos;
    private long tookNanos;

    /** The order of one list, which is short as far as is known. */
    ListOrder() {
        this(LONG, System::nanoTime, ForkJoinPool.commonPool());
    }

    /** The order of a list that is long with so many items. */
    ListOrder(int longFrom, LongSupplier nanoTime, Executor beside) {
        this.longFrom = longFrom;
        this.nanoTime = nanoTime;
        this.beside = beside;
    }

    /** Finds items by key. */
    @FunctionalInterface
    interface Lookup<T> {
        void find(Collection<LeaseKey> keys, Consumer<T> visitor);
    }

    /**
     * A page of all items, or of those of some addresses.
     *
     * @param query which page
     * @param key of an item
     * @param condition what else an item must fulfil; {@code null} for nothing
     * @param source shows the list
     * @param lookup finds items by key
     */
    <T> Page<T> page(
            Query query,
            Function<T, LeaseKey> key,
            @Nullable Predicate<T> condition,
            Selection.Source<T> source,
            Lookup<T> lookup) {
        if (condition == null && query.port() == null && knownLong) {
            keep(source);
            Page<T> page = page(query, key, lookup);
            if (page != null) {
                return page;
            }
        }
        Page<T> page = Selection.of(query, key, condition, source);
        if (page.total() >= longFrom) {
            knownLong = true;
        }
        return page;
    }

    /** Sees to an order that is young enough: makes it, or has it made beside who asks. */
    private <T> void keep(Selection.Source<T> source) {
        long age;
        synchronized (this) {
            age = kept ? nanoTime.getAsLong() - madeNanos : Long.MAX_VALUE;
            if (age <= freshNanos()) {
                return;
            }
        }
        if (age > KEPT_NANOS) {
            make(source);
        } else if (renewing.compareAndSet(false, true)) {
            beside.execute(() -> {
                try {
                    make(source);
                } finally {
                    renewing.set(false);
                }
            });
        }
    }

    private long freshNanos() {
        return Math.min(FRESH_MOST_NANOS, Math.max(FRESH_NANOS, SHARE * tookNanos));
    }

    /** Makes it, unless another did just now. */
    private <T> void make(Selection.Source<T> source) {
        synchronized (making) {
            long begun = nanoTime.getAsLong();
            synchronized (this) {
                if (kept && begun - madeNanos <= freshNanos()) {
                    return;
                }
            }
            next.clear();
            source.show(
                    candidate -> {
                        next.add(KeyNumber.of(candidate));
                        return false;
                    },
                    nobody -> {});
            room = next.sort(room);
            long took = nanoTime.getAsLong() - begun;
            synchronized (this) {
                kept = next.size() >= longFrom;
                knownLong = kept;
                KeyNumbers former = numbers;
                numbers = kept ? next : new KeyNumbers();
                next = kept ? former : new KeyNumbers();
                madeNanos = begun;
                tookNanos = took;
                room = kept ? room : new long[0];
            }
        }
    }

    /** A page by the order that is kept; {@code null} if there is none. */
    private <T> @Nullable Page<T> page(Query query, Function<T, LeaseKey> key, Lookup<T> lookup) {
        List<LeaseKey> keys = new ArrayList<>();
        int total;
        synchronized (this) {
            if (!kept) {
                return null;
            }
            int begin = 0;
            int end = numbers.size();
            if (query.address() != null) {
                Ipv4Range range = query.address().toRange();
                begin = numbers.below(KeyNumber.first(range.first().toUnsignedLong()));
                end = numbers.below(KeyNumber.first(range.last().toUnsignedLong() + 1));
            }
            total = end - begin;
            int from = (int) Math.min(end, (long) begin + query.offset());
            int to = (int) Math.min(end, (long) from + query.limit());
            for (int i = from; i < to; i++) {
                keys.add(KeyNumber.toKey(numbers.get(i)));
            }
        }
        List<T> items = new ArrayList<>(keys.size());
        lookup.find(keys, items::add);
        items.sort((left, right) -> Selection.ORDER.compare(key.apply(left), key.apply(right)));
        return new Page<>(items, query.offset(), total);
    }
}
