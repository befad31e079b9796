package io.dstm.server.internal.engine;

import io.dstm.api.net.Ipv6Address;
import io.dstm.server.internal.client.ClientKey;
import io.dstm.server.internal.pool.LongWords;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * How many leases each client has, and how many have their tunnels end in each prefix; whatever is not free counts, so that who
 * takes and gives back in turn gains nothing. Counts by hashes that strangers cannot foresee, sixteen bytes a client: two of a
 * million share one with a chance of one in ten million. Used by the engine's thread alone.
 */
final class Usage {

    private static final long SEED = new SplittableRandom().nextLong();

    /**
     * What is counted.
     *
     * @param clients whether leases are counted by client
     * @param prefixes whether they are counted by prefix
     * @param prefixLength how long these prefixes are
     */
    record Shape(boolean clients, boolean prefixes, int prefixLength) {

        /** Nothing. */
        static final Shape NONE = new Shape(false, false, 0);
    }

    private final Shape shape;
    private final LongWords clients = new LongWords();
    private final LongWords prefixes = new LongWords();

    Usage(Shape shape) {
        this.shape = shape;
    }

    Shape shape() {
        return shape;
    }

    /** Notes that what stands under a code was {@code before} and is {@code after}; {@code null} is free. */
    void changed(@Nullable Holding before, @Nullable Holding after) {
        if (before == after || !shape.clients && !shape.prefixes) {
            return;
        }
        if (before != null) {
            count(before, -1);
        }
        if (after != null) {
            count(after, 1);
        }
    }

    private void count(Holding holding, int change) {
        if (shape.clients) {
            long key = holding.client.ownerHash();
            clients.put(key, clients.get(key) + change);
        }
        if (shape.prefixes) {
            long key = prefix(holding.source());
            prefixes.put(key, prefixes.get(key) + change);
        }
    }

    /** How many leases a client has, under whatever identity association. */
    long ofClient(ClientKey client) {
        return clients.get(client.ownerHash());
    }

    /** How many leases have their tunnels end in the prefix of {@code source}. */
    long ofPrefix(Ipv6Address source) {
        return prefixes.get(prefix(source));
    }

    /** Whether two tunnels end in one prefix. */
    boolean samePrefix(Ipv6Address one, Ipv6Address other) {
        return prefix(one) == prefix(other);
    }

    private long prefix(Ipv6Address address) {
        int length = shape.prefixLength;
        long high = length >= 64 ? address.high() : address.high() & -1L << 64 - length;
        long low = length <= 64 ? 0 : address.low() & -1L << 128 - length;
        long mixed = mix(mix(SEED ^ high) ^ low);
        return mixed >>> 1;
    }

    private static long mix(long bits) {
        long mixed = (bits ^ bits >>> 33) * 0xFF51AFD7ED558CCDL;
        mixed = (mixed ^ mixed >>> 33) * 0xC4CEB9FE1A85EC53L;
        return mixed ^ mixed >>> 33;
    }
}
