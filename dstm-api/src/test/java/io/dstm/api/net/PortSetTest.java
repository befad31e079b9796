package io.dstm.api.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.dstm.api.net.PortSet.PortRange;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PortSetTest {

    /** RFC 7597 appendix A example 1 and appendix B examples 1 and 2. */
    @ParameterizedTest
    @CsvSource({
        "6, 8, 0x34, 63, 1232, 1235, 2256, 2259, 64720, 64723",
        "6, 8, 0x00, 63, 1024, 1027, 2048, 2051, 64512, 64515",
    })
    void gives_the_ranges_of_rfc_7597(
            int offset,
            int length,
            String psid,
            int count,
            int first1,
            int last1,
            int first2,
            int last2,
            int firstLast,
            int lastLast) {
        List<PortRange> ranges = new PortSet(offset, length, Integer.decode(psid)).ranges();
        assertThat(ranges).hasSize(count);
        assertThat(ranges.get(0)).isEqualTo(new PortRange(first1, last1));
        assertThat(ranges.get(1)).isEqualTo(new PortRange(first2, last2));
        assertThat(ranges.get(count - 1)).isEqualTo(new PortRange(firstLast, lastLast));
    }

    @Test
    void gives_one_block_without_offset() {
        assertThat(new PortSet(0, 6, 0).ranges()).containsExactly(new PortRange(0, 1023));
        assertThat(new PortSet(0, 6, 5).ranges()).containsExactly(new PortRange(5120, 6143));
        assertThat(PortSet.FULL.ranges()).containsExactly(new PortRange(0, 65535));
        assertThat(new PortSet(0, 16, 22788).ranges()).containsExactly(new PortRange(22788, 22788));
    }

    @Test
    void reads_an_aligned_range_as_a_set() {
        assertThat(PortSet.ofRange(5120, 6143)).isEqualTo(new PortSet(0, 6, 5));
        assertThat(PortSet.ofRange(0, 65535)).isEqualTo(PortSet.FULL);
        assertThat(PortSet.ofRange(80, 80)).isEqualTo(new PortSet(0, 16, 80));
    }

    @ParameterizedTest
    @CsvSource({"5120, 6142", "5121, 6144", "100, 50", "-1, 0", "65535, 65536", "65536, 131071"})
    void refuses_a_range_that_is_no_set(int first, int last) {
        assertThatIllegalArgumentException().isThrownBy(() -> PortSet.ofRange(first, last));
    }

    @ParameterizedTest
    @CsvSource({"-1, 0, 0", "16, 0, 0", "0, 17, 0", "6, 11, 0", "0, 4, 16", "0, 4, -1", "0, 0, 1"})
    void refuses_impossible_parameters(int offset, int length, int psid) {
        assertThatIllegalArgumentException().isThrownBy(() -> new PortSet(offset, length, psid));
    }

    @Test
    void says_what_it_is() {
        assertThat(PortSet.FULL).hasToString("all");
        assertThat(new PortSet(0, 6, 5)).hasToString("5120-6143");
        assertThat(new PortSet(6, 8, 0x34)).hasToString("psid 52/8 offset 6");
    }

    @Test
    void is_full_only_with_every_port() {
        assertThat(PortSet.FULL.isFull()).isTrue();
        assertThat(PortSet.FULL.size()).isEqualTo(65536);
        assertThat(new PortSet(1, 0, 0).isFull()).isFalse();
        assertThat(new PortSet(1, 0, 0).size()).isEqualTo(32768);
    }
}
