package io.dstm.client.internal.engine;

import io.dstm.api.client.ClientLease;
import java.time.Duration;
import java.time.Instant;

/**
 * When a lease wants something. Time is measured twice and the later reading counts: by the monotonic clock, which nobody sets,
 * and by the wall clock, which goes on while the machine is suspended. So neither suspending nor setting the clock back makes an
 * address outlive its lease.
 */
final class LeaseTime {

    /** An unending lease (RFC 8415 section 7.7) in nanoseconds that still add up without overflow. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    private final Instant obtained;
    private final long startNanos;
    private final long renew;
    private final long rebind;
    private final long valid;

    LeaseTime(ClientLease lease, Instant now, long nowNanos) {
        this.obtained = lease.obtained();
        Duration age = Duration.between(obtained, now);
        this.startNanos = nowNanos - (age.isNegative() ? 0 : nanos(age));
        this.valid = nanos(lease.valid());
        // T1 = 0 leaves the time to the client (RFC 8415 section 14.2): half and four fifths, as section 21.4
        // recommends.
        boolean given = lease.renewable() && nanos(lease.renewAfter()) > 0;
        this.renew = !lease.renewable() ? Long.MAX_VALUE : given ? nanos(lease.renewAfter()) : valid / 2;
        this.rebind = !lease.renewable()
                ? Long.MAX_VALUE
                : given ? Math.max(renew, nanos(lease.rebindAfter())) : valid / 5 * 4;
    }

    private static long nanos(Duration duration) {
        return duration.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : duration.toNanos();
    }

    private long age(Instant now, long nowNanos) {
        return Math.max(nowNanos - startNanos, nanos(Duration.between(obtained, now)));
    }

    /** The end of validity on the monotonic clock. */
    long endNanos() {
        return startNanos + valid;
    }

    boolean isOver(Instant now, long nowNanos) {
        return age(now, nowNanos) >= valid;
    }

    boolean wantsRebinding(Instant now, long nowNanos) {
        return age(now, nowNanos) >= rebind;
    }

    boolean wantsRenewal(Instant now, long nowNanos) {
        return age(now, nowNanos) >= renew;
    }

    /** How long until the next of these comes true, at least 0. */
    long nanosUntilNext(Instant now, long nowNanos) {
        long age = age(now, nowNanos);
        long next = age < renew ? renew : age < rebind ? rebind : valid;
        return Math.max(0, Math.min(next, valid) - age);
    }
}
