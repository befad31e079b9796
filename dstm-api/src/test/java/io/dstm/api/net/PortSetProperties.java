package io.dstm.api.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class PortSetProperties {

    @Provide
    Arbitrary<PortSet> sets() {
        return Arbitraries.integers().between(0, 15).flatMap(offset -> Arbitraries.integers()
                .between(0, 16 - offset)
                .flatMap(length -> Arbitraries.integers()
                        .between(0, (1 << length) - 1)
                        .map(psid -> new PortSet(offset, length, psid))));
    }

    @Property(tries = 300)
    void contains_exactly_the_ports_of_its_ranges(@ForAll("sets") PortSet set) {
        BitSet listed = bits(set);
        BitSet contained = new BitSet();
        for (int port = 0; port < 65536; port++) {
            contained.set(port, set.contains(port));
        }
        assertThat(contained).isEqualTo(listed);
        assertThat(set.size()).isEqualTo(listed.cardinality());
        assertThat(set.firstPort()).isEqualTo(listed.nextSetBit(0));
        assertThat(set.lastPort()).isEqualTo(listed.length() - 1);
    }

    @Property(tries = 300)
    void counts_its_ports_in_ascending_order(@ForAll("sets") PortSet set) {
        int expected = -1;
        BitSet ports = bits(set);
        for (int index = 0; index < set.size(); index++) {
            expected = ports.nextSetBit(expected + 1);
            assertThat(set.portAt(index)).isEqualTo(expected);
        }
    }

    @Property(tries = 300)
    void overlaps_exactly_when_a_port_is_in_both(@ForAll("sets") PortSet one, @ForAll("sets") PortSet other) {
        assertThat(one.overlaps(other)).isEqualTo(bits(one).intersects(bits(other)));
    }

    @Property(tries = 300)
    void sets_of_one_address_share_no_port_and_leave_none_out(@ForAll("sets") PortSet set) {
        BitSet all = new BitSet();
        int total = 0;
        int step = Math.max(1, (1 << set.psidLength()) / 64);
        for (int psid = 0; psid < 1 << set.psidLength(); psid += step) {
            PortSet sibling = new PortSet(set.offset(), set.psidLength(), psid);
            total += sibling.size();
            all.or(bits(sibling));
        }
        assertThat(all.cardinality()).isEqualTo(total);
    }

    private static BitSet bits(PortSet set) {
        BitSet ports = new BitSet(65536);
        set.ranges().forEach(range -> ports.set(range.first(), range.last() + 1));
        return ports;
    }
}
