package io.dstm.server.internal.engine;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.Binding;
import io.dstm.server.internal.client.ClientKey;
import io.dstm.server.internal.pool.KeyCode;
import java.time.Instant;

/**
 * A {@link Lease} packed for memory: 64 bytes and the client's identity, where the record with its parts takes four times as much.
 * Immutable for readers; every change of a lease is a new holding in the same place.
 */
final class Holding {

    final long code;
    final ClientKey client;
    final Ipv6Address tunnelAddress;
    final String pool;
    final LeaseState state;
    private final long sourceHigh;
    private final long sourceLow;
    /** Unsigned seconds since 1970, good until 2106. */
    private final int since;

    private final int until;

    /** The second for which a timer is set, unsigned, 0 for none; only the engine's thread looks at it. */
    private int armed;

    Holding(
            long code,
            ClientKey client,
            Ipv6Address source,
            Ipv6Address tunnelAddress,
            String pool,
            LeaseState state,
            long since,
            long until) {
        this.code = code;
        this.client = client;
        this.sourceHigh = source.high();
        this.sourceLow = source.low();
        this.tunnelAddress = tunnelAddress;
        this.pool = pool;
        this.state = state;
        this.since = seconds(since);
        this.until = seconds(until);
    }

    private static int seconds(long value) {
        return (int) Math.max(0, Math.min(0xFFFF_FFFFL, value));
    }

    /** Packs a stored lease. */
    static Holding of(Lease lease, Ipv6Address sharedTunnelAddress, String sharedPool) {
        return new Holding(
                KeyCode.of(lease.key()),
                ClientKey.of(lease.client()),
                lease.tunnelSource(),
                sharedTunnelAddress,
                sharedPool,
                lease.state(),
                lease.since().getEpochSecond(),
                lease.until().getEpochSecond());
    }

    Lease toLease() {
        return toLease(state);
    }

    /** The lease as it will be: what goes to the store while the client has not heard of it. */
    Lease toLease(LeaseState as) {
        return toLease(as, client.toClientId());
    }

    /** As {@link #toLease(LeaseState)}, for who has the client's identity at hand and need not have it spelt again. */
    Lease toLease(LeaseState as, ClientId identity) {
        return new Lease(
                key(),
                identity,
                source(),
                tunnelAddress,
                pool,
                as,
                Instant.ofEpochSecond(since()),
                Instant.ofEpochSecond(until()));
    }

    /** As {@code Binding.of(toLease())}, without what a binding does not need. */
    Binding toBinding() {
        return new Binding(key(), source(), tunnelAddress, Instant.ofEpochSecond(until()));
    }

    LeaseKey key() {
        return KeyCode.toKey(code);
    }

    Ipv6Address source() {
        return new Ipv6Address(sourceHigh, sourceLow);
    }

    boolean hasSource(Ipv6Address source) {
        return source.high() == sourceHigh && source.low() == sourceLow;
    }

    long since() {
        return Integer.toUnsignedLong(since);
    }

    long until() {
        return Integer.toUnsignedLong(until);
    }

    /** The second for which a timer is set, 0 for none. */
    long armed() {
        return Integer.toUnsignedLong(armed);
    }

    void arm(long second) {
        armed = seconds(second);
    }

    /**
     * The next step of its life.
     *
     * @throws IllegalStateException if the life of a lease has no such step
     */
    Holding to(LeaseState next, long nextUntil) {
        if (!state.mayBecome(next)) {
            throw new IllegalStateException("lease " + key() + " cannot go from " + state + " to " + next);
        }
        return new Holding(code, client, source(), tunnelAddress, pool, next, since(), nextUntil);
    }

    /** The same in the hands of {@code holder}. */
    Holding heldBy(ClientKey holder) {
        return new Holding(code, holder, source(), tunnelAddress, pool, state, since(), until());
    }

    /** The same in a state that a restart or a failure leads to, outside the usual steps. */
    Holding as(LeaseState other) {
        return new Holding(code, client, source(), tunnelAddress, pool, other, since(), until());
    }

    /** The same anew, for the table. */
    Holding copy() {
        return as(state);
    }

    @Override
    public String toString() {
        return key() + " " + state + " " + client;
    }
}
