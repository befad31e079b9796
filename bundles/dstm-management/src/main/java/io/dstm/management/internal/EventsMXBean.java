package io.dstm.management.internal;

import java.util.Map;

/**
 * What happens on this node: {@code io.dstm:type=Events}. Subscribe to its notifications instead of asking in turns:
 *
 * <ul>
 *   <li>{@code dstm.leases}: what happened to leases in the last second, if anything; user data counts each kind;
 *   <li>{@code dstm.lease}: one event of a lease, while {@link #isSingleLeaseEvents} is on, a hundred a second at most;
 *   <li>{@code dstm.pool.high}, {@code dstm.pool.relaxed}, {@code dstm.pool.exhausted}: a pool passed a threshold;
 *   <li>{@code dstm.tep.lost}, {@code dstm.tep.forwarding}: a TEP does not forward any longer, or does again.
 * </ul>
 */
public interface EventsMXBean {

    /** How many events of leases there were since the start of the bundle, by kind. */
    Map<String, Long> getLeaseEvents();

    /** Whether each event of a lease is told by itself too. */
    boolean isSingleLeaseEvents();

    /** Has each event of a lease told by itself too, or no longer. */
    void setSingleLeaseEvents(boolean on);
}
