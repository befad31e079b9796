package io.dstm.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EcnTest {

    private static final int NOT_ECT = 0;
    private static final int ECT_1 = 1;
    private static final int ECT_0 = 2;
    private static final int CE = 3;

    /** RFC 6040 figure 4, row by row; -1 is drop. */
    @ParameterizedTest
    @CsvSource({
        "0, 0 0 0 -1", // Not-ECT
        "2, 2 1 2 3", // ECT(0)
        "1, 1 1 1 3", // ECT(1)
        "3, 3 3 3 3", // CE
    })
    void merges_as_the_figure_says(int inner, String row) {
        String[] expected = row.split(" ");
        for (int outer = 0; outer < 4; outer++) {
            int merged = Ecn.merge(0xB8 | outer, 0x48 | inner);
            int wanted = Integer.parseInt(expected[outer]);
            if (wanted < 0) {
                assertThat(merged & Ecn.DROP).isNotZero();
            } else {
                assertThat(merged & ~Ecn.ODD).isEqualTo(wanted);
            }
        }
    }

    @Test
    void tells_of_what_no_router_should_make() {
        assertThat(Ecn.merge(ECT_0, NOT_ECT) & Ecn.ODD).isNotZero();
        assertThat(Ecn.merge(ECT_1, NOT_ECT) & Ecn.ODD).isNotZero();
        assertThat(Ecn.merge(CE, NOT_ECT) & Ecn.ODD).isNotZero();
        assertThat(Ecn.merge(ECT_0, ECT_1) & Ecn.ODD).isNotZero();
        assertThat(Ecn.merge(ECT_1, CE) & Ecn.ODD).isNotZero();
        assertThat(Ecn.merge(NOT_ECT, CE) & Ecn.ODD).isZero();
        assertThat(Ecn.merge(CE, ECT_0) & Ecn.ODD).isZero();
    }

    @Test
    void a_packet_that_comes_out_has_the_outer_dscp_the_merged_field_and_a_sound_header() {
        ByteBuffer packet = packet(0x48 | ECT_0);

        assertThat(Ecn.decapsulate(packet, 0, 0xB8 | CE)).isEqualTo(CE);

        assertThat(Ipv4Header.tos(packet, 0)).isEqualTo(0xB8 | CE);
        assertThat(Ipv4Header.isChecksumSound(packet, 0)).isTrue();
    }

    @Test
    void a_packet_that_is_to_be_dropped_stays_as_it_is() {
        ByteBuffer packet = packet(0x48);

        assertThat(Ecn.decapsulate(packet, 0, 0xB8 | CE) & Ecn.DROP).isNotZero();

        assertThat(packet).isEqualTo(packet(0x48));
    }

    @Test
    void nobody_on_the_way_may_mark_what_goes_to_an_end_that_would_not_look() {
        assertThat(Ecn.encapsulate(0xB8 | ECT_1, true)).isEqualTo(0xB8);
        assertThat(Ecn.encapsulate(0xB8 | CE, true)).isEqualTo(0xB8);
        assertThat(Ecn.encapsulate(0xB8 | ECT_1, false)).isEqualTo(0xB8 | ECT_1);
    }

    @Test
    void one_marked_fragment_marks_the_packet() {
        assertThat(Ecn.ofFragments(ECT_0, 1 << ECT_0 | 1 << CE)).isEqualTo(CE);
        assertThat(Ecn.ofFragments(ECT_0, 1 << ECT_0 | 1 << NOT_ECT)).isEqualTo(ECT_0);
        assertThat(Ecn.ofFragments(NOT_ECT, 1 << NOT_ECT | 1 << CE)).isEqualTo(Ecn.DROP);
    }

    private static ByteBuffer packet(int tos) {
        ByteBuffer packet = ByteBuffer.allocate(28);
        Ipv4Header.write(packet, 0, tos, 28, 7, 64, IpProtocol.UDP, 0xC0000201, 0xC6336450);
        return packet;
    }
}
