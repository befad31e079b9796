package io.dstm.api.management;

import io.dstm.api.net.Ipv4Prefix;
import org.jspecify.annotations.Nullable;

/**
 * Which leases or bindings to show. Conditions that are absent let everything through.
 *
 * @param client part of the client's identity or of its tunnel source; {@code null} for any
 * @param address where the lent address lies; {@code null} for anywhere
 * @param port a port that the lent port set has; {@code null} for any
 * @param offset how many matches to skip, from 0
 * @param limit how many matches to show at most, 0 to {@link #MOST}
 */
public record Query(
        @Nullable String client,
        @Nullable Ipv4Prefix address,
        @Nullable Integer port,
        int offset,
        int limit) {

    /** The longest page: a list of this length still fits a screen's scrollback and a small heap. */
    public static final int MOST = 10_000;

    /** The furthest offset and limit together; who needs more narrows the conditions. */
    public static final int FURTHEST = 1_000_000;

    /** Checks the ranges. */
    public Query {
        if (port != null && (port < 0 || port > 0xFFFF)) {
            throw new IllegalArgumentException("port " + port + " is not within 0 to 65535");
        }
        if (limit < 0 || limit > MOST) {
            throw new IllegalArgumentException("limit " + limit + " is not within 0 to " + MOST);
        }
        if (offset < 0 || offset > FURTHEST - MOST) {
            throw new IllegalArgumentException("offset " + offset + " is not within 0 to " + (FURTHEST - MOST));
        }
    }

    /** Whatever the port. */
    public Query(@Nullable String client, @Nullable Ipv4Prefix address, int offset, int limit) {
        this(client, address, null, offset, limit);
    }

    /** The first {@code limit} of everything. */
    public static Query first(int limit) {
        return new Query(null, null, 0, limit);
    }
}
