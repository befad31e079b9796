package io.dstm.management.internal;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Prefix;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Takes one page out of a long, unordered list that shows its items one by one. Near the list's begin it keeps no more than the
 * items up to the page's end; far from it, it first finds by numbers alone where the page begins and ends. Either way a page of a
 * million leases makes objects of the page's leases alone, or of nearly no others.
 *
 * @param <T> what is listed
 */
final class Selection<T> {

    /** By address, then by lowest port, the way operators look for a lease. */
    static final Comparator<LeaseKey> ORDER = Comparator.comparingLong(KeyNumber::of);

    /** Up to here items are kept; beyond, numbers. */
    static final int FEW = 2_000;

    /**
     * A list.
     *
     * @param <T> what is listed
     */
    @FunctionalInterface
    interface Source<T> {

        /** Shows what has a wanted key, each at most once; keys it is asked for are those of all items. */
        void show(Predicate<LeaseKey> wanted, Consumer<T> visitor);
    }

    private final Query query;
    private final Function<T, LeaseKey> key;
    private final @Nullable Predicate<T> condition;

    private Selection(Query query, Function<T, LeaseKey> key, @Nullable Predicate<T> condition) {
        this.query = query;
        this.key = key;
        this.condition = condition;
    }

    /**
     * The page that is wanted.
     *
     * @param query which page is wanted, of which addresses and ports
     * @param key the lent address and ports of an item
     * @param condition what else an item must fulfil; {@code null} for nothing, which is faster
     * @param source the list
     */
    static <T> Page<T> of(Query query, Function<T, LeaseKey> key, @Nullable Predicate<T> condition, Source<T> source) {
        return of(query, key, condition, source, FEW);
    }

    /** The same, where more than {@code few} items are many. */
    static <T> Page<T> of(
            Query query, Function<T, LeaseKey> key, @Nullable Predicate<T> condition, Source<T> source, int few) {
        Selection<T> selection = new Selection<>(query, key, condition);
        return query.offset() + query.limit() <= few ? selection.near(source) : selection.far(source);
    }

    private boolean matches(LeaseKey candidate) {
        Ipv4Prefix address = query.address();
        Integer port = query.port();
        return (address == null || address.contains(candidate.address()))
                && (port == null || candidate.ports().contains(port));
    }

    private boolean fulfils(T item) {
        return condition == null || condition.test(item);
    }

    private Page<T> near(Source<T> source) {
        int keep = query.offset() + query.limit();
        long[] total = {0};
        PriorityQueue<T> smallest =
                new PriorityQueue<>((left, right) -> ORDER.compare(key.apply(right), key.apply(left)));
        source.show(
                candidate -> {
                    if (!matches(candidate)) {
                        return false;
                    }
                    if (condition != null) {
                        return true;
                    }
                    total[0]++;
                    return belongs(candidate, smallest, keep);
                },
                item -> {
                    if (condition != null) {
                        if (!condition.test(item)) {
                            return;
                        }
                        total[0]++;
                        if (!belongs(key.apply(item), smallest, keep)) {
                            return;
                        }
                    }
                    if (smallest.size() == keep) {
                        smallest.remove();
                    }
                    smallest.add(item);
                });
        ArrayDeque<T> items = new ArrayDeque<>();
        while (smallest.size() > query.offset()) {
            items.addFirst(smallest.remove());
        }
        return new Page<>(new ArrayList<>(items), query.offset(), total[0]);
    }

    private boolean belongs(LeaseKey candidate, PriorityQueue<T> smallest, int keep) {
        return smallest.size() < keep || keep > 0 && ORDER.compare(candidate, key.apply(smallest.element())) < 0;
    }

    private Page<T> far(Source<T> source) {
        KeyNumbers ranks = new KeyNumbers();
        source.show(
                candidate -> {
                    if (matches(candidate) && condition == null) {
                        ranks.add(KeyNumber.of(candidate));
                        return false;
                    }
                    return condition != null && matches(candidate);
                },
                item -> {
                    if (fulfils(item)) {
                        ranks.add(KeyNumber.of(key.apply(item)));
                    }
                });
        if (query.limit() == 0 || query.offset() >= ranks.size()) {
            return new Page<>(List.of(), query.offset(), ranks.size());
        }
        int end = Math.min(ranks.size(), query.offset() + query.limit()) - 1;
        long first = ranks.nth(query.offset(), 0);
        long last = ranks.nth(end, query.offset());
        List<T> items = new ArrayList<>();
        source.show(
                candidate -> {
                    long rank = KeyNumber.of(candidate);
                    return rank >= first && rank <= last && matches(candidate);
                },
                item -> {
                    if (fulfils(item)) {
                        items.add(item);
                    }
                });
        items.sort((left, right) -> ORDER.compare(key.apply(left), key.apply(right)));
        // What came between the two looks must not make the page longer than was asked for.
        return new Page<>(items.subList(0, Math.min(items.size(), query.limit())), query.offset(), ranks.size());
    }
}
