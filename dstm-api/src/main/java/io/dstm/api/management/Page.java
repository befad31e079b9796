package io.dstm.api.management;

import java.util.List;

/**
 * Part of a long list.
 *
 * @param items the part
 * @param offset how many items come before it
 * @param total how many items match in all
 * @param <T> what is listed
 */
public record Page<T>(List<T> items, int offset, long total) {

    /** Keeps the list unchangeable. */
    public Page {
        items = List.copyOf(items);
    }

    /** Whether items come after this part. */
    public boolean hasMore() {
        return offset + items.size() < total;
    }
}
