package io.dstm.server.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Spans against plain sets of numbers, at both ends of the address space. */
class AddressSpansProperties {

    private static final int WORLD = 64;

    @Property
    void are_the_set_of_their_addresses(
            @ForAll @Size(max = 6) List<@IntRange(max = 4095) Integer> in,
            @ForAll @Size(max = 6) List<@IntRange(max = 4095) Integer> out,
            @ForAll boolean high) {
        long base = high ? 0x1_0000_0000L - WORLD : 0;
        TreeSet<Long> expected = numbers(in, base);
        expected.removeAll(numbers(out, base));
        AddressSpans spans = AddressSpans.of(ranges(in, base)).without(ranges(out, base));
        assertThat(spans.size()).isEqualTo(expected.size());
        assertThat(spans.isEmpty()).isEqualTo(expected.isEmpty());
        List<Long> sorted = new ArrayList<>(expected);
        for (int i = 0; i < sorted.size(); i++) {
            assertThat(spans.addressAt(i)).isEqualTo(sorted.get(i));
        }
        for (long address = base; address < base + WORLD; address++) {
            assertThat(spans.indexOf(address)).isEqualTo(sorted.indexOf(address));
        }
        assertThat(AddressSpans.of(spans.toRanges()).toRanges()).isEqualTo(spans.toRanges());
        for (int i = 1; i < spans.toRanges().size(); i++) {
            assertThat(spans.toRanges().get(i).first().toUnsignedLong())
                    .as("adjacent ranges are one")
                    .isGreaterThan(spans.toRanges().get(i - 1).last().toUnsignedLong() + 1);
        }
    }

    @Property
    void overlap_if_they_share_an_address(
            @ForAll @Size(max = 4) List<@IntRange(max = 4095) Integer> one,
            @ForAll @Size(max = 4) List<@IntRange(max = 4095) Integer> other) {
        TreeSet<Long> common = numbers(one, 0);
        common.retainAll(numbers(other, 0));
        assertThat(AddressSpans.of(ranges(one, 0)).overlaps(AddressSpans.of(ranges(other, 0))))
                .isEqualTo(!common.isEmpty());
    }

    private static List<Ipv4Range> ranges(List<Integer> coded, long base) {
        return coded.stream()
                .map(code -> {
                    long one = base + code % WORLD;
                    long other = base + code / WORLD;
                    return new Ipv4Range(
                            new Ipv4Address((int) Math.min(one, other)), new Ipv4Address((int) Math.max(one, other)));
                })
                .toList();
    }

    private static TreeSet<Long> numbers(List<Integer> coded, long base) {
        TreeSet<Long> numbers = new TreeSet<>();
        for (Ipv4Range range : ranges(coded, base)) {
            for (long n = range.first().toUnsignedLong(); n <= range.last().toUnsignedLong(); n++) {
                numbers.add(n);
            }
        }
        return numbers;
    }
}
