package io.dstm.tep.internal.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class AddressRangesProperties {

    @Property
    void contain_what_one_of_the_ranges_contains(
            @ForAll @Size(max = 12) List<@IntRange(max = 60) Integer> firsts, @ForAll @IntRange(max = 9) int length) {
        List<Ipv4Range> ranges = new ArrayList<>();
        for (int first : firsts) {
            ranges.add(new Ipv4Range(address(first), address(first + (length + first) % 7)));
        }
        AddressRanges set = AddressRanges.of(ranges);

        for (int i = -1; i < 80; i++) {
            Ipv4Address address = address(i);
            assertThat(set.contains(address.value()))
                    .isEqualTo(ranges.stream().anyMatch(range -> range.contains(address)));
        }
        for (int i = 1; i < set.ranges().size(); i++) {
            assertThat(set.ranges().get(i).first().toUnsignedLong())
                    .isGreaterThan(set.ranges().get(i - 1).last().toUnsignedLong() + 1);
        }
    }

    @Property
    void contain_another_set_if_they_contain_each_of_its_addresses(
            @ForAll @Size(max = 9) List<@IntRange(max = 60) Integer> ours,
            @ForAll @Size(max = 2) List<@IntRange(max = 60) Integer> others) {
        AddressRanges set = ranges(ours, 9);
        AddressRanges other = ranges(others, 3);

        boolean all = true;
        for (int i = -1; i < 80; i++) {
            int address = address(i).value();
            all &= set.contains(address) || !other.contains(address);
        }
        assertThat(set.containsAll(other)).isEqualTo(all);
        assertThat(set.containsAll(set)).isTrue();
    }

    private static AddressRanges ranges(List<Integer> firsts, int length) {
        return AddressRanges.of(firsts.stream()
                .map(first -> new Ipv4Range(address(first), address(first + length)))
                .toList());
    }

    /** Around the sign bit of an int. */
    private static Ipv4Address address(int offset) {
        return new Ipv4Address(0x7FFFFFE0 + offset);
    }
}
