package io.dstm.dhcpv6.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.PortSet;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class PortRangesProperties {

    @Provide
    Arbitrary<PortSet> portSets() {
        return Messages.portSet();
    }

    @Property
    void ranges_of_a_set_make_a_set_of_the_same_ports(@ForAll("portSets") PortSet set) {
        if (PortRanges.canExpress(set)) {
            PortSet back = PortRanges.toPortSet(PortRanges.of(set)).orElseThrow();
            assertThat(back.ranges()).isEqualTo(set.ranges());
        } else {
            assertThat(PortRanges.toPortSet(set.ranges())).isEmpty();
        }
    }
}
