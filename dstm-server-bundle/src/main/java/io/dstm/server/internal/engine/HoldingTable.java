package io.dstm.server.internal.engine;

import io.dstm.api.net.Ipv6Address;
import io.dstm.server.internal.client.ClientKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A hash table with one writer and any number of readers that never wait: open addressing, a row and a hash a place, so that neither
 * a search nor growth looks at holdings it does not want, which would be a miss of the processor's cache each. Rows are given in
 * order, so holdings that are new together stand together: a collection looks through whatever of the old generation was written
 * to, and places all over the table would be a card of 128 strangers for each of them. A holding never moves to another row, so who
 * walks the rows sees everything that stays in the table meanwhile; growth publishes a new array of places.
 */
abstract class HoldingTable {

    private static final int SMALLEST = 64;

    private static final VarHandle PLACE = MethodHandles.arrayElementVarHandle(long[].class);

    /** Marks a place whose holding was removed, so that searches go on behind it; no row, whatever the hash. */
    private static final long REMOVED = 0xFFFF_FFFFL;

    private static final long ROW_MASK = 0xFFFF_FFFFL;

    private static final int CHUNK_BITS = 10;
    private static final int CHUNK = 1 << CHUNK_BITS;

    /** A hash in the upper half and a row and one in the lower, 0 if it is empty; the row is written before the place that names it. */
    private volatile long[] places = new long[SMALLEST];
    /** Places that are not empty, removed ones included; the writer's. */
    private int used;

    private int live;

    private volatile List<AtomicReferenceArray<@Nullable Holding>> rows = List.of();
    /** Rows that have ever been taken; read by others through {@link #rows}. */
    private int taken;

    /** Rows that may be taken again, and how many; the writer's. */
    private int[] free = new int[SMALLEST];

    private int freeRows;

    /** The hash of what this table is keyed by. */
    abstract int hashOf(Holding holding);

    /** Whether the two have the same key. */
    abstract boolean sameKey(Holding one, Holding other);

    /** How many there are; for the writer. */
    final int size() {
        return live;
    }

    private static boolean isOf(long there, int hash) {
        return (int) (there >>> 32) == hash && (there & ROW_MASK) != REMOVED;
    }

    /** The row that a place names, unless it is empty or its holding was removed. */
    private static int row(long there) {
        return (int) (there & ROW_MASK) - 1;
    }

    private static long place(int hash, int row) {
        return (long) hash << 32 | row + 1L;
    }

    private @Nullable Holding at(int row) {
        return rows.get(row >>> CHUNK_BITS).getAcquire(row & CHUNK - 1);
    }

    private void set(int row, @Nullable Holding holding) {
        rows.get(row >>> CHUNK_BITS).setRelease(row & CHUNK - 1, holding);
    }

    private int takeRow() {
        if (freeRows > 0) {
            return free[--freeRows];
        }
        if (taken >>> CHUNK_BITS == rows.size()) {
            List<AtomicReferenceArray<@Nullable Holding>> more = new ArrayList<>(rows);
            more.add(new AtomicReferenceArray<>(CHUNK));
            rows = List.copyOf(more);
        }
        return taken++;
    }

    private void freeRow(int row) {
        set(row, null);
        if (freeRows == free.length) {
            free = Arrays.copyOf(free, freeRows * 2);
        }
        free[freeRows++] = row;
    }

    /** Puts {@code holding} in place of what has its key. */
    final void put(Holding holding) {
        long[] array = places;
        int mask = array.length - 1;
        int hash = hashOf(holding);
        int reuse = -1;
        int place = spread(hash) & mask;
        while (array[place] != 0) {
            long there = array[place];
            if ((there & ROW_MASK) == REMOVED) {
                reuse = reuse < 0 ? place : reuse;
            } else if (isOf(there, hash) && isSame(row(there), holding)) {
                set(row(there), holding);
                return;
            }
            place = place + 1 & mask;
        }
        live++;
        int row = takeRow();
        set(row, holding);
        PLACE.setRelease(array, reuse >= 0 ? reuse : place, place(hash, row));
        used += reuse >= 0 ? 0 : 1;
        if (used > array.length - (array.length >> 2)) {
            rebuild(array);
        }
    }

    private boolean isSame(int row, Holding holding) {
        Holding there = at(row);
        return there != null && sameKey(there, holding);
    }

    /** Removes what has the key of {@code holding}. */
    final void remove(Holding holding) {
        long[] array = places;
        int mask = array.length - 1;
        int hash = hashOf(holding);
        for (int place = spread(hash) & mask; array[place] != 0; place = place + 1 & mask) {
            long there = array[place];
            if (isOf(there, hash) && isSame(row(there), holding)) {
                PLACE.setRelease(array, place, REMOVED);
                freeRow(row(there));
                live--;
                return;
            }
        }
    }

    private void rebuild(long[] old) {
        int size = SMALLEST;
        while (size < live * 2) {
            size <<= 1;
        }
        long[] anew = new long[size];
        for (long there : old) {
            if (there != 0 && (there & ROW_MASK) != REMOVED) {
                int place = spread((int) (there >>> 32)) & size - 1;
                while (anew[place] != 0) {
                    place = place + 1 & size - 1;
                }
                anew[place] = there;
            }
        }
        used = live;
        places = anew;
    }

    /** What a reader finds of a hash that has the key it looks for; of a row that was given to another meanwhile it finds nothing. */
    final @Nullable Holding find(int hash, Predicate<Holding> sought) {
        long[] present = places;
        int mask = present.length - 1;
        for (int place = spread(hash) & mask; ; place = place + 1 & mask) {
            long there = (long) PLACE.getAcquire(present, place);
            if (there == 0) {
                return null;
            }
            if (isOf(there, hash)) {
                Holding holding = at(row(there));
                if (holding != null && sought.test(holding)) {
                    return holding;
                }
            }
        }
    }

    /** Every holding of this moment, among nulls; for the writer. */
    final @Nullable Holding[] snapshot() {
        @Nullable Holding[] copy = new Holding[taken];
        for (int row = 0; row < copy.length; row++) {
            copy[row] = at(row);
        }
        return copy;
    }

    /** Shows every holding; from any thread. */
    final void forEach(Consumer<Holding> visitor) {
        for (AtomicReferenceArray<@Nullable Holding> chunk : rows) {
            for (int i = 0; i < CHUNK; i++) {
                Holding holding = chunk.getAcquire(i);
                if (holding != null) {
                    visitor.accept(holding);
                }
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
