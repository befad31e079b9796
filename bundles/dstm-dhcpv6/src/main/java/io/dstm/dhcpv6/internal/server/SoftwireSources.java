package io.dstm.dhcpv6.internal.server;

import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Who may have which softwire source (RFC 8539 section 8): nobody another client's, even while that is being lent, and nobody a new
 * one too often.
 */
final class SoftwireSources {

    /** "the default minimum client source address update interval is 60 seconds" (RFC 8539 section 8.1). */
    static final Duration LEAST_BETWEEN_MOVES = Duration.ofSeconds(60);

    /** Clients that may move within an interval; beyond, all keep what they have. Bounds what moving costs. */
    static final int MOST_MOVES = 65_536;

    private final LeaseDesk leases;
    private final InstantSource clock;
    private final Map<Ipv6Address, ClientId> claims = new HashMap<>();

    /** When each client moved last, longest ago first. */
    private final LinkedHashMap<ClientId, Instant> moves = new LinkedHashMap<>();

    SoftwireSources(LeaseDesk leases, InstantSource clock) {
        this.leases = leases;
        this.clock = clock;
    }

    /** Claims {@code source} until {@link #settle} if no other client has or claims it; whether that went well. */
    boolean claim(Ipv6Address source, ClientId client) {
        synchronized (this) {
            ClientId other = claims.putIfAbsent(source, client);
            if (other != null) {
                return other.equals(client);
            }
        }
        // Outside the lock, since it may look at every lease.
        if (leases.isTunnelSourceTaken(source, client)) {
            settle(source, client);
            return false;
        }
        return true;
    }

    /** The lease service has answered: what was claimed is a lease's now, or nobody's. */
    synchronized void settle(Ipv6Address source, ClientId client) {
        claims.remove(source, client);
    }

    /** Whether {@code client} may have another source now; if so, it has moved. */
    synchronized boolean move(ClientId client) {
        Instant now = clock.instant();
        Iterator<Instant> oldest = moves.values().iterator();
        while (oldest.hasNext() && !oldest.next().plus(LEAST_BETWEEN_MOVES).isAfter(now)) {
            oldest.remove();
        }
        if (moves.containsKey(client) || moves.size() >= MOST_MOVES) {
            return false;
        }
        moves.put(client, now);
        return true;
    }
}
