package io.dstm.server.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Sparse bits against a plain bit set. */
class SparseBitsProperties {

    @Property(tries = 200)
    void are_a_set_that_finds_the_next_number_it_lacks(
            @ForAll @IntRange(min = 1, max = 5000) int bound,
            @ForAll long seed,
            @ForAll @IntRange(max = 100) int percent) {
        SparseBits bits = new SparseBits(bound);
        BitSet plain = new BitSet();
        Random random = new Random(seed);
        for (int i = 0; i < 3 * bound; i++) {
            int number = random.nextInt(bound);
            if (random.nextInt(100) < percent) {
                bits.set(number);
                plain.set(number);
            } else {
                bits.clear(number);
                plain.clear(number);
            }
        }
        for (int from = 0; from < bound; from++) {
            int next = plain.nextClearBit(from);
            assertThat(bits.nextClear(from)).isEqualTo(next < bound ? next : -1);
            assertThat(bits.get(from)).isEqualTo(plain.get(from));
        }
    }

    @Test
    void find_the_one_gap_of_a_full_set_and_none_after_it() {
        int bound = 300_000;
        SparseBits bits = new SparseBits(bound);
        for (int i = 0; i < bound; i++) {
            bits.set(i);
        }
        assertThat(bits.nextClear(0)).isEqualTo(-1);
        for (int gap : new int[] {0, 63, 64, 4095, 4096, 262_143, 262_144, bound - 1}) {
            bits.clear(gap);
            assertThat(bits.nextClear(0)).isEqualTo(gap);
            assertThat(bits.nextClear(gap)).isEqualTo(gap);
            assertThat(gap + 1 < bound ? bits.nextClear(gap + 1) : -1).isEqualTo(-1);
            bits.set(gap);
        }
    }

    @Test
    void reach_over_the_largest_pool_there_can_be() {
        long bound = 1L << 48;
        SparseBits bits = new SparseBits(bound);
        assertThat(bits.nextClear(bound - 1)).isEqualTo(bound - 1);
        bits.set(bound - 1);
        assertThat(bits.nextClear(bound - 1)).isEqualTo(-1);
        assertThat(bits.nextClear(bound - 2)).isEqualTo(bound - 2);
        bits.set(0);
        assertThat(bits.nextClear(0)).isEqualTo(1);
    }
}
