package io.dstm.server.internal.engine;

import io.dstm.api.net.Ipv6Address;
import io.dstm.server.internal.client.ClientKey;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A hash table with one writer and any number of readers that never wait: open addressing, a reference and a hash a place, so that
 * neither a search nor growth looks at holdings it does not want, which would be a miss of the processor's cache each. A holding
 * never moves within an array, so who walks one sees everything that stays in the table meanwhile; growth publishes a new array.
 */
abstract class HoldingTable {

    private static final int SMALLEST = 64;

    /** Marks a place whose holding was removed, so that searches go on behind it. */
    private static final Object REMOVED = new Object();

    /**
     * The places of one size. A hash is written before the reference that makes it count, so who sees a reference sees its hash; of
     * a holding that is being removed one may see another's, and miss it.
     */
    private static final class Places {
        private final AtomicReferenceArray<Object> holdings;
        private final int[] hashes;

        private Places(int size) {
            holdings = new AtomicReferenceArray<>(size);
            hashes = new int[size];
        }
    }

    private volatile Places places = new Places(SMALLEST);
    /** Places that are not empty, removed ones included; the writer's. */
    private int used;

    private int live;

    /** The hash of what this table is keyed by. */
    abstract int hashOf(Holding holding);

    /** Whether the two have the same key. */
    abstract boolean sameKey(Holding one, Holding other);

    /** How many there are; for the writer. */
    final int size() {
        return live;
    }

    /** Puts {@code holding} in place of what has its key. */
    final void put(Holding holding) {
        AtomicReferenceArray<Object> array = places.holdings;
        int[] hashes = places.hashes;
        int mask = hashes.length - 1;
        int hash = hashOf(holding);
        int reuse = -1;
        int place = spread(hash) & mask;
        while (true) {
            Object there = array.getPlain(place);
            if (there == null) {
                break;
            }
            if (there == REMOVED) {
                reuse = reuse < 0 ? place : reuse;
            } else if (hashes[place] == hash && sameKey((Holding) there, holding)) {
                array.setRelease(place, holding);
                return;
            }
            place = place + 1 & mask;
        }
        live++;
        if (reuse >= 0) {
            hashes[reuse] = hash;
            array.setRelease(reuse, holding);
            return;
        }
        hashes[place] = hash;
        array.setRelease(place, holding);
        used++;
        if (used > hashes.length - (hashes.length >> 2)) {
            rebuild(places);
        }
    }

    /** Removes what has the key of {@code holding}. */
    final void remove(Holding holding) {
        AtomicReferenceArray<Object> array = places.holdings;
        int[] hashes = places.hashes;
        int mask = hashes.length - 1;
        int hash = hashOf(holding);
        for (int place = spread(hash) & mask; ; place = place + 1 & mask) {
            Object there = array.getPlain(place);
            if (there == null) {
                return;
            }
            if (there != REMOVED && hashes[place] == hash && sameKey((Holding) there, holding)) {
                array.setRelease(place, REMOVED);
                live--;
                return;
            }
        }
    }

    private void rebuild(Places old) {
        int size = SMALLEST;
        while (size < live * 2) {
            size <<= 1;
        }
        Places anew = new Places(size);
        for (int i = 0; i < old.hashes.length; i++) {
            Object there = old.holdings.getPlain(i);
            if (there != null && there != REMOVED) {
                int place = spread(old.hashes[i]) & size - 1;
                while (anew.holdings.getPlain(place) != null) {
                    place = place + 1 & size - 1;
                }
                anew.hashes[place] = old.hashes[i];
                anew.holdings.setPlain(place, there);
            }
        }
        used = live;
        places = anew;
    }

    /** What a reader finds of a hash that has the key it looks for. */
    final @Nullable Holding find(int hash, Predicate<Holding> sought) {
        Places present = places;
        int mask = present.hashes.length - 1;
        for (int place = spread(hash) & mask; ; place = place + 1 & mask) {
            Object there = present.holdings.getAcquire(place);
            if (there == null) {
                return null;
            }
            if (present.hashes[place] == hash && there instanceof Holding holding && sought.test(holding)) {
                return holding;
            }
        }
    }

    /** Every holding of this moment, among other objects and nulls; for the writer. */
    final Object[] snapshot() {
        AtomicReferenceArray<Object> array = places.holdings;
        Object[] copy = new Object[array.length()];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = array.getPlain(i);
        }
        return copy;
    }

    /** Shows every holding; from any thread. */
    final void forEach(Consumer<Holding> visitor) {
        AtomicReferenceArray<Object> array = places.holdings;
        for (int i = 0; i < array.length(); i++) {
            if (array.getAcquire(i) instanceof Holding holding) {
                visitor.accept(holding);
            }
        }
    }

    private static int spread(int hash) {
        return hash ^ hash >>> 16;
    }

    /** By what is lent. */
    static final class ByCode extends HoldingTable {

        /** The holding of {@code code}; from any thread. */
        @Nullable
        Holding get(long code) {
            return find(hash(code), holding -> holding.code == code);
        }

        private static int hash(long code) {
            return (int) (code * 0x9E3779B97F4A7C15L >>> 32);
        }

        @Override
        int hashOf(Holding holding) {
            return hash(holding.code);
        }

        @Override
        boolean sameKey(Holding one, Holding other) {
            return one.code == other.code;
        }
    }

    /** By who has it. */
    static final class ByClient extends HoldingTable {

        /** The holding of {@code client}; from any thread. */
        @Nullable
        Holding get(ClientKey client) {
            return find(client.hashCode(), holding -> holding.client.equals(client));
        }

        @Override
        int hashOf(Holding holding) {
            return holding.client.hashCode();
        }

        @Override
        boolean sameKey(Holding one, Holding other) {
            return one.client.equals(other.client);
        }
    }

    /** By the client's end of its tunnel. */
    static final class BySource extends HoldingTable {

        /** Keeps strangers from choosing addresses that fall into one place of the table. */
        private static final long SEED = new SplittableRandom().nextLong();

        /** The holding with {@code source}; from any thread. */
        @Nullable
        Holding get(Ipv6Address source) {
            return find(hash(source), holding -> holding.hasSource(source));
        }

        private static int hash(Ipv6Address source) {
            long mixed = (SEED ^ source.high()) * 0x9E3779B97F4A7C15L;
            mixed = (mixed ^ mixed >>> 29 ^ source.low()) * 0xC4CEB9FE1A85EC53L;
            return (int) ((mixed ^ mixed >>> 33) * 0x9E3779B97F4A7C15L >>> 32);
        }

        @Override
        int hashOf(Holding holding) {
            return hash(holding.source());
        }

        @Override
        boolean sameKey(Holding one, Holding other) {
            return one.hasSource(other.source());
        }
    }
}
