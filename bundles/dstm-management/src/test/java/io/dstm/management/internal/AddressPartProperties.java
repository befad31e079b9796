package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv6Address;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Parts of addresses are found by numbers as they are by text. */
class AddressPartProperties {

    /** Groups with few digits, so that many are zero, short or alike. */
    @Provide
    Arbitrary<Ipv6Address> addresses() {
        Arbitrary<Long> half = Arbitraries.of(0L, 1L, 0xAL, 0x12L, 0x120L, 0x1200L, 0xFFFFL, 0x2001L, 0xDB8L)
                .array(Long[].class)
                .ofSize(4)
                .map(groups -> groups[0] << 48 | groups[1] << 32 | groups[2] << 16 | groups[3]);
        return Combinators.combine(half, half).as(Ipv6Address::new);
    }

    @Property
    void a_part_of_the_text_is_found(@ForAll("addresses") Ipv6Address address, @ForAll int begin, @ForAll int length) {
        String text = address.toString();
        int from = Math.floorMod(begin, text.length());
        String part = text.substring(from, Math.min(text.length(), from + 1 + Math.floorMod(length, 12)));
        assertThat(new AddressPart(part).isIn(address)).as(part).isTrue();
    }

    @Property
    void a_part_of_another_text_is_found_where_it_is_there_too(
            @ForAll("addresses") Ipv6Address address,
            @ForAll("addresses") Ipv6Address other,
            @ForAll int begin,
            @ForAll int length) {
        String text = other.toString();
        int from = Math.floorMod(begin, text.length());
        String part = text.substring(from, Math.min(text.length(), from + 1 + Math.floorMod(length, 7)));
        assertThat(new AddressPart(part).isIn(address))
                .as(part)
                .isEqualTo(address.toString().contains(part));
    }
}
