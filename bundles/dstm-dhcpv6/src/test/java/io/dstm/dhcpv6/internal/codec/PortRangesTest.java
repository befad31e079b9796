package io.dstm.dhcpv6.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.PortSet;
import io.dstm.api.net.PortSet.PortRange;
import java.util.List;
import org.junit.jupiter.api.Test;

class PortRangesTest {

    @Test
    void full_address_has_no_ranges() {
        assertThat(PortRanges.of(PortSet.FULL)).isEmpty();
        assertThat(PortRanges.toPortSet(List.of())).contains(PortSet.FULL);
    }

    @Test
    void ranges_that_no_port_set_has() {
        assertThat(PortRanges.toPortSet(List.of(new PortRange(1000, 1999)))).isEmpty();
        assertThat(PortRanges.toPortSet(List.of(new PortRange(1025, 2048)))).isEmpty();
        assertThat(PortRanges.toPortSet(List.of(new PortRange(1024, 2047), new PortRange(4096, 5119))))
                .isEmpty();
        assertThat(PortRanges.toPortSet(List.of(new PortRange(2048, 3071), new PortRange(1024, 2047))))
                .isEmpty();
        assertThat(PortRanges.toPortSet(
                        List.of(new PortRange(0, 32767), new PortRange(0, 32767), new PortRange(0, 32767))))
                .isEmpty();
    }

    /** RFC 7597 appendix A example 1: a = 6, k = 8, PSID 0x34. */
    @Test
    void set_with_an_offset_is_as_many_ranges() {
        PortSet set = new PortSet(6, 8, 0x34);

        assertThat(PortRanges.of(set)).hasSize(63).startsWith(new PortRange(1232, 1235));
        assertThat(PortRanges.toPortSet(PortRanges.of(set))).contains(set);
    }

    @Test
    void offset_beyond_six_has_too_many_ranges() {
        assertThat(PortRanges.canExpress(new PortSet(6, 4, 0))).isTrue();
        assertThat(PortRanges.canExpress(new PortSet(7, 4, 0))).isFalse();
    }
}
