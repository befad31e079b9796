package io.dstm.management.internal;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Range;
import java.util.ArrayList;
import java.util.Arrays;
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

    /** For so long nobody makes it anew. */
    static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** After so long whoever asks waits for a new one. */
    static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final int longFrom;
    private final LongSupplier nanoTime;
    private final Executor beside;
    private final AtomicBoolean renewing = new AtomicBoolean();
    private volatile boolean knownLong;
    private volatile @Nullable Kept kept;

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

    private static final class Kept {
        private final long madeNanos;
        private final long[] codes;

        private Kept(long madeNanos, long[] codes) {
            this.madeNanos = madeNanos;
            this.codes = codes;
        }
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
        Kept order = condition == null && query.port() == null ? order(source) : null;
        if (order != null) {
            return page(order.codes, query, key, lookup);
        }
        Page<T> page = Selection.of(query, key, condition, source);
        if (page.total() >= longFrom) {
            knownLong = true;
        }
        return page;
    }

    private @Nullable <T> Kept order(Selection.Source<T> source) {
        if (!knownLong) {
            return null;
        }
        Kept present = kept;
        long age = present == null ? Long.MAX_VALUE : nanoTime.getAsLong() - present.madeNanos;
        if (present == null || age > KEPT_NANOS) {
            return renew(source);
        }
        if (age > FRESH_NANOS && renewing.compareAndSet(false, true)) {
            beside.execute(() -> {
                try {
                    renew(source);
                } finally {
                    renewing.set(false);
                }
            });
        }
        return present;
    }

    private <T> @Nullable Kept renew(Selection.Source<T> source) {
        long now = nanoTime.getAsLong();
        Selection.Ranks codes = new Selection.Ranks();
        source.show(
                candidate -> {
                    codes.add(KeyNumber.of(candidate));
                    return false;
                },
                nobody -> {});
        if (codes.size() < longFrom) {
            knownLong = false;
            kept = null;
            return null;
        }
        Kept made = new Kept(now, codes.sorted());
        kept = made;
        return made;
    }

    private static <T> Page<T> page(long[] codes, Query query, Function<T, LeaseKey> key, Lookup<T> lookup) {
        int begin = 0;
        int end = codes.length;
        if (query.address() != null) {
            Ipv4Range range = query.address().toRange();
            begin = position(codes, KeyNumber.first(range.first().toUnsignedLong()));
            end = position(codes, KeyNumber.first(range.last().toUnsignedLong() + 1));
        }
        int from = (int) Math.min(end, (long) begin + query.offset());
        int to = (int) Math.min(end, (long) from + query.limit());
        List<LeaseKey> keys = new ArrayList<>(to - from);
        for (int i = from; i < to; i++) {
            keys.add(KeyNumber.toKey(codes[i]));
        }
        List<T> items = new ArrayList<>(keys.size());
        lookup.find(keys, items::add);
        items.sort((left, right) -> Selection.ORDER.compare(key.apply(left), key.apply(right)));
        return new Page<>(items, query.offset(), end - begin);
    }

    /** How many codes are smaller. */
    private static int position(long[] codes, long code) {
        int found = Arrays.binarySearch(codes, code);
        return found < 0 ? -found - 1 : found;
    }
}
