package io.dstm.server.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.dstm.server.internal.config.AllocatorKind;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds of every allocator, and what is particular to each. */
class AllocatorProperties {

    private static final long SEED = 20261121;

    private static long lend(Allocator allocator, AllocationState state, long client) {
        long slot = allocator.choose(state, mixed(client));
        if (slot >= 0) {
            assertThat(state.isFreeSlot(slot)).as("slot %s is free", slot).isTrue();
            state.occupy(state.pool().codeAt(slot));
        }
        return slot;
    }

    private static long mixed(long client) {
        long bits = (client + 1) * 0x9E3779B97F4A7C15L;
        return (bits ^ bits >>> 32) * 0xFF51AFD7ED558CCDL;
    }

    /** Everything is lent once before the pool is exhausted, whatever was given back meanwhile; what is reserved never is. */
    @Property(tries = 200)
    void everything_is_lent_before_the_pool_is_exhausted(
            @ForAll AllocatorKind kind,
            @ForAll @IntRange(max = 4) int k,
            @ForAll @IntRange(min = 1, max = 60) int addresses,
            @ForAll long seed,
            @ForAll boolean reserve) {
        Pool pool = PoolTest.pool(
                "ranges=192.0.2.1-192.0.2." + addresses,
                "psid.length=" + k,
                "system.ports=true",
                reserve ? "reservations=192.0.2.1 duid:01" : "exclude=198.51.100.1");
        AllocationState state = new AllocationState(pool);
        long lendable = pool.capacity() - (reserve ? 1 << k : 0);
        Random random = new Random(seed);
        Allocator allocator = Allocator.of(kind, random);
        List<Long> lent = new ArrayList<>();
        for (int i = 0; i < 3 * lendable; i++) {
            if (!lent.isEmpty() && random.nextInt(3) == 0) {
                state.vacate(pool.codeAt(lent.remove(random.nextInt(lent.size()))));
            } else {
                long slot = lend(allocator, state, random.nextLong());
                assertThat(slot < 0).isEqualTo(lent.size() == lendable);
                if (slot >= 0) {
                    lent.add(slot);
                }
            }
        }
        while (lent.size() < lendable) {
            lent.add(lend(allocator, state, random.nextLong()));
        }
        assertThat(new HashSet<>(lent)).hasSize((int) lendable).doesNotContain(-1L);
        assertThat(lend(allocator, state, 1)).isEqualTo(-1);
        assertThat(state.idleReserved()).isEqualTo(reserve ? 1 << k : 0);
    }

    /** A search that looked at every slot would look at a hundred billion here, and not come to an end. */
    @ParameterizedTest
    @EnumSource
    void the_last_free_slots_of_a_large_pool_are_found_in_a_few_steps(AllocatorKind kind) {
        Pool pool = PoolTest.pool("ranges=10.0.0.0/13");
        AllocationState state = new AllocationState(pool);
        Allocator allocator = Allocator.of(kind, new Random(SEED));
        for (long slot = 0; slot < pool.capacity(); slot++) {
            if (slot % 100 != 7) {
                state.occupy(pool.codeAt(slot));
            }
        }
        Set<Long> found = new HashSet<>();
        for (long client = 0; client < 5243; client++) {
            found.add(lend(allocator, state, client));
        }
        assertThat(found).hasSize(5243).doesNotContain(-1L);
        assertThat(lend(allocator, state, 1)).isEqualTo(-1);
        for (long turn = 0; turn < 200_000; turn++) {
            long given = mixed(turn) >>> 45;
            state.vacate(pool.codeAt(given));
            assertThat(lend(allocator, state, turn)).isEqualTo(given);
        }
    }

    /** A /8 of 64 port sets each has a billion slots. What is allocated bounds what is kept. */
    @ParameterizedTest
    @EnumSource
    void memory_follows_the_leases_and_not_the_size_of_the_pool(AllocatorKind kind) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        lendSome(kind, 10);
        long before = threads.getCurrentThreadAllocatedBytes();
        lendSome(kind, 10_000);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(allocated).as("octets allocated for 10,000 leases of a /8").isLessThan(32L << 20);
    }

    private static void lendSome(AllocatorKind kind, int leases) {
        Pool pool = PoolTest.pool("ranges=10.0.0.0/8", "psid.length=6");
        AllocationState state = new AllocationState(pool);
        Allocator allocator = Allocator.of(kind, new Random(SEED));
        for (int client = 0; client < leases; client++) {
            long slot = allocator.choose(state, mixed(client));
            state.occupy(pool.codeAt(slot));
        }
    }

    @Example
    void hashed_gives_a_client_the_same_again() {
        Pool pool = PoolTest.pool("ranges=192.0.2.0/24");
        AllocationState state = new AllocationState(pool);
        Allocator allocator = Allocator.of(AllocatorKind.HASHED, new Random(SEED));
        for (int client = 0; client < 50; client++) {
            long slot = lend(allocator, state, client);
            state.vacate(pool.codeAt(slot));
            assertThat(lend(allocator, state, client)).isEqualTo(slot);
            state.vacate(pool.codeAt(slot));
        }
    }

    @Example
    void iterative_lends_again_last_what_was_given_back_last() {
        Pool pool = PoolTest.pool("ranges=192.0.2.10-192.0.2.14");
        AllocationState state = new AllocationState(pool);
        Allocator allocator = Allocator.of(AllocatorKind.ITERATIVE, new Random(SEED));
        for (int i = 0; i < 3; i++) {
            assertThat(lend(allocator, state, i)).isEqualTo(i);
            state.vacate(pool.codeAt(i));
        }
        assertThat(lend(allocator, state, 3)).isEqualTo(3);
        assertThat(lend(allocator, state, 4)).isEqualTo(4);
        assertThat(lend(allocator, state, 5)).isZero();
    }

    @Example
    void iterative_goes_on_where_it_was_when_the_pool_changes() {
        Allocator allocator = Allocator.of(AllocatorKind.ITERATIVE, new Random(SEED));
        AllocationState before = new AllocationState(PoolTest.pool("ranges=192.0.2.10-192.0.2.14"));
        for (int i = 0; i < 3; i++) {
            lend(allocator, before, i);
        }
        Pool grown = PoolTest.pool("ranges=192.0.2.1-192.0.2.20");
        assertThat(KeyCode.toKey(grown.codeAt(allocator.choose(new AllocationState(grown), 0))))
                .hasToString("192.0.2.13");
        Pool holed = PoolTest.pool("ranges=192.0.2.1-192.0.2.20", "exclude=192.0.2.12-192.0.2.15");
        assertThat(KeyCode.toKey(holed.codeAt(allocator.choose(new AllocationState(holed), 0))))
                .hasToString("192.0.2.16");
        Pool gone = PoolTest.pool("ranges=192.0.2.1-192.0.2.9");
        assertThat(KeyCode.toKey(gone.codeAt(allocator.choose(new AllocationState(gone), 0))))
                .as("behind its end it begins anew")
                .hasToString("192.0.2.1");
    }

    @Example
    void random_spreads_evenly_over_what_is_free() {
        Pool pool = PoolTest.pool("ranges=192.0.2.0/28");
        AllocationState state = new AllocationState(pool);
        for (int slot = 0; slot < 8; slot++) {
            state.occupy(pool.codeAt(slot));
        }
        RandomGenerator random = new Random(SEED);
        Allocator allocator = Allocator.of(AllocatorKind.RANDOM, random);
        int[] counts = new int[16];
        for (int i = 0; i < 8_000; i++) {
            counts[(int) allocator.choose(state, 0)]++;
        }
        for (int slot = 0; slot < 16; slot++) {
            assertThat(counts[slot]).isBetween(slot < 8 ? 0 : 850, slot < 8 ? 0 : 1150);
        }
    }
}
