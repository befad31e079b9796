package io.dstm.server.internal.ipv6;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv6Address;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

class SortedWordsProperties {

    /** Few enough numbers that they meet again, on both sides of where signed and unsigned differ. */
    private static Ipv6Address key(int number) {
        long[] highs = {0, 1, Long.MAX_VALUE, Long.MIN_VALUE, -1};
        return new Ipv6Address(highs[number % 5], number % 2 == 0 ? number : -number);
    }

    @Property(tries = 60)
    void is_a_sorted_map(@ForAll long seed, @ForAll @IntRange(min = 10, max = 4_000) int numbers) {
        SplittableRandom random = new SplittableRandom(seed);
        SortedWords words = new SortedWords(2);
        TreeMap<Ipv6Address, Ipv6Address> plain = new TreeMap<>();
        for (int step = 0; step < 4 * numbers; step++) {
            Ipv6Address key = key(random.nextInt(numbers));
            // Grows at first and shrinks to nothing in the end.
            if (random.nextInt(4 * numbers) >= step) {
                Ipv6Address value = new Ipv6Address(random.nextLong(), step);
                words.put(key.high(), key.low(), value.high(), value.low());
                plain.put(key, value);
            } else {
                assertThat(words.remove(key.high(), key.low())).isEqualTo(plain.remove(key) != null);
            }
            assertThat(words.size()).isEqualTo(plain.size());
            Ipv6Address asked = key(random.nextInt(numbers));
            same(words, words.find(asked.high(), asked.low()), plain, plain.containsKey(asked) ? asked : null);
            same(words, words.floor(asked.high(), asked.low()), plain, plain.floorKey(asked));
            same(words, words.ceiling(asked.high(), asked.low()), plain, plain.ceilingKey(asked));
            same(words, words.first(), plain, plain.isEmpty() ? null : plain.firstKey());
            long there = words.find(key.high(), key.low());
            if (there != SortedWords.NONE) {
                same(words, words.next(there), plain, plain.higherKey(key));
                same(words, words.previous(there), plain, plain.lowerKey(key));
            }
        }
        assertThat(content(words)).isEqualTo(List.copyOf(plain.entrySet()));
    }

    private static void same(
            SortedWords words, long position, Map<Ipv6Address, Ipv6Address> plain, @Nullable Ipv6Address key) {
        if (key == null) {
            assertThat(position).isEqualTo(SortedWords.NONE);
        } else {
            assertThat(words.address(position)).isEqualTo(key);
            assertThat(words.words(position)).isEqualTo(plain.get(key));
        }
    }

    private static List<Map.Entry<Ipv6Address, Ipv6Address>> content(SortedWords words) {
        List<Map.Entry<Ipv6Address, Ipv6Address>> all = new ArrayList<>();
        for (long at = words.first(); at != SortedWords.NONE; at = words.next(at)) {
            all.add(Map.entry(words.address(at), words.words(at)));
        }
        return all;
    }
}
