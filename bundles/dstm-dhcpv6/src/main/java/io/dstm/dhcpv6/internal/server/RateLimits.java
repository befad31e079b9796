package io.dstm.dhcpv6.internal.server;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Octets;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How many messages are taken from one client, and from one link: a token bucket each, which holds two seconds' worth. Only so many
 * buckets are kept, those used last, so strangers cannot fill the heap; who makes identities up to get a full bucket each time is
 * held by the link's. For any thread.
 */
final class RateLimits {

    /** Clients that are remembered: some 10 MB. */
    static final int MOST_CLIENTS = 65_536;

    /** Links that are remembered, a port of a switch being one. */
    static final int MOST_LINKS = 16_384;

    private static final long BURST_SECONDS = 2;
    private static final long MILLIS = 1000;

    /**
     * Who sends.
     *
     * @param source its IPv6 address
     * @param client its DUID; none if it does not say. An address alone would make one of all who share it, a DUID alone would let
     *     strangers use up another's bucket from afar
     */
    record Sender(Ipv6Address source, Octets client) {}

    /**
     * Where messages come in.
     *
     * @param link an address of the link, or ::
     * @param port what the relay calls its interface; none if it does not say
     * @param device the server's interface, if the client is on its link
     */
    record Door(Ipv6Address link, Octets port, String device) {}

    /** Thousandths of a message, so that slow rates work too. */
    private static final class Bucket {
        long left;
        long filled;

        Bucket(long left, long filled) {
            this.left = left;
            this.filled = filled;
        }

        boolean take(int rate, long now) {
            // A clock that was set back must not stop the filling.
            long passed = Math.max(0, now - filled);
            filled = now;
            left = Math.min(full(rate), left + Math.min(passed, BURST_SECONDS * MILLIS) * rate);
            if (left < MILLIS) {
                return false;
            }
            left -= MILLIS;
            return true;
        }
    }

    private final InstantSource clock;
    private final Map<Sender, Bucket> clients = bounded(MOST_CLIENTS);
    private final Map<Door, Bucket> links = bounded(MOST_LINKS);

    RateLimits(InstantSource clock) {
        this.clock = clock;
    }

    private static <K> Map<K, Bucket> bounded(int most) {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, Bucket> eldest) {
                return size() > most;
            }
        };
    }

    private static long full(int rate) {
        return BURST_SECONDS * MILLIS * rate;
    }

    /** Lets a message in, or says why not. A client that sends too much does not use up its link's bucket too. */
    Optional<ServerCounter> admit(OperationSettings settings, Sender sender, Door door) {
        long now = clock.millis();
        if (settings.clientRate() > 0) {
            synchronized (clients) {
                if (!clients.computeIfAbsent(sender, anew -> new Bucket(full(settings.clientRate()), now))
                        .take(settings.clientRate(), now)) {
                    return Optional.of(ServerCounter.DROP_RATE_CLIENT);
                }
            }
        }
        if (settings.linkRate() > 0) {
            synchronized (links) {
                if (!links.computeIfAbsent(door, anew -> new Bucket(full(settings.linkRate()), now))
                        .take(settings.linkRate(), now)) {
                    return Optional.of(ServerCounter.DROP_RATE_LINK);
                }
            }
        }
        return Optional.empty();
    }

    /** How many buckets there are. */
    int size() {
        synchronized (clients) {
            synchronized (links) {
                return clients.size() + links.size();
            }
        }
    }
}
