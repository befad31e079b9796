package io.dstm.management.internal;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Prefix;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Takes one page out of a long, unordered list that is shown to it item by item. It keeps no more than the items up to the page's
 * end, so that a page of a million leases does not copy and sort a million.
 *
 * @param <T> what is listed
 */
final class Selection<T> implements Consumer<T> {

    /** By address, then by lowest port, the way operators look for a lease. */
    static final Comparator<LeaseKey> ORDER = Comparator.comparing(LeaseKey::address)
            .thenComparingInt(key -> key.ports().firstPort())
            .thenComparingInt(key -> key.ports().psidLength());

    private final Query query;
    private final Function<T, LeaseKey> key;
    private final Predicate<T> condition;
    private final Comparator<T> order;
    private final PriorityQueue<T> smallest;
    private final int keep;
    private long total;

    /**
     * An empty selection.
     *
     * @param query which page is wanted, and of which addresses
     * @param key the lent address and ports of an item
     * @param condition what else an item must fulfil
     */
    Selection(Query query, Function<T, LeaseKey> key, Predicate<T> condition) {
        this.query = query;
        this.key = key;
        this.condition = condition;
        this.order = (left, right) -> ORDER.compare(key.apply(left), key.apply(right));
        this.keep = query.offset() + query.limit();
        this.smallest = new PriorityQueue<>(order.reversed());
    }

    @Override
    public void accept(T item) {
        if (!matches(item)) {
            return;
        }
        total++;
        if (smallest.size() < keep) {
            smallest.add(item);
        } else if (keep > 0 && order.compare(item, smallest.element()) < 0) {
            smallest.remove();
            smallest.add(item);
        }
    }

    private boolean matches(T item) {
        Ipv4Prefix address = query.address();
        Integer port = query.port();
        return (address == null || address.contains(key.apply(item).address()))
                && (port == null || key.apply(item).ports().contains(port))
                && condition.test(item);
    }

    /** The page. Ends the selection. */
    Page<T> page() {
        ArrayDeque<T> items = new ArrayDeque<>();
        while (smallest.size() > query.offset()) {
            items.addFirst(smallest.remove());
        }
        return new Page<>(new ArrayList<>(items), query.offset(), total);
    }
}
