package io.dstm.api.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class Ipv6RangeTest {

    @Test
    void reads_ranges_prefixes_and_addresses() {
        assertThat(Ipv6Range.parse("2001:db8::1 - 2001:db8::ff"))
                .isEqualTo(new Ipv6Range(Ipv6Address.parse("2001:db8::1"), Ipv6Address.parse("2001:db8::ff")));
        assertThat(Ipv6Range.parse("2001:db8::/64")).hasToString("2001:db8::-2001:db8::ffff:ffff:ffff:ffff");
        assertThat(Ipv6Range.parse("2001:db8::7")).hasToString("2001:db8::7");
        assertThatThrownBy(() -> Ipv6Range.parse("2001:db8::2-2001:db8::1"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void contains_both_ends_and_nothing_beyond_them() {
        Ipv6Range range = Ipv6Range.parse("2001:db8::1-2001:db8::3");

        assertThat(range.contains(Ipv6Address.parse("2001:db8::"))).isFalse();
        assertThat(range.contains(Ipv6Address.parse("2001:db8::1"))).isTrue();
        assertThat(range.contains(Ipv6Address.parse("2001:db8::3"))).isTrue();
        assertThat(range.contains(Ipv6Address.parse("2001:db8::4"))).isFalse();
    }

    @Test
    void overlaps_when_one_address_is_in_both() {
        Ipv6Range range = Ipv6Range.parse("2001:db8::10-2001:db8::20");

        assertThat(range.overlaps(Ipv6Range.parse("2001:db8::20-2001:db8::30"))).isTrue();
        assertThat(range.overlaps(Ipv6Range.parse("2001:db8::/64"))).isTrue();
        assertThat(range.overlaps(Ipv6Range.parse("2001:db8::21"))).isFalse();
        assertThat(range.overlaps(Ipv6Range.parse("8000::/1"))).isFalse();
    }

    @Test
    void prefixes_end_where_they_should() {
        assertThat(Ipv6Prefix.parse("2001:db8::/61").last())
                .isEqualTo(Ipv6Address.parse("2001:db8:0:7:ffff:ffff:ffff:ffff"));
        assertThat(Ipv6Prefix.parse("2001:db8::/120").last()).isEqualTo(Ipv6Address.parse("2001:db8::ff"));
        assertThat(Ipv6Prefix.parse("2001:db8::/32").contains(Ipv6Prefix.parse("2001:db8:1::/48")))
                .isTrue();
        assertThat(Ipv6Prefix.parse("2001:db8:1::/48").contains(Ipv6Prefix.parse("2001:db8::/32")))
                .isFalse();
    }
}
