package io.dstm.api.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelayInfoTest {

    @ParameterizedTest
    @CsvSource({"ge-0/0/1.100,ge-0/0/1.100", "a b,0x612062", "x*,0x782a", "0xff,0x30786666", "'a,b',0x612c62"})
    void octets_are_spelt_so_that_no_two_look_alike(String octets, String spelt) {
        assertThat(RelayInfo.spell(octets.getBytes(StandardCharsets.ISO_8859_1)))
                .isEqualTo(spelt);
    }

    @Test
    void octets_outside_ascii_and_none_at_all_are_digits() {
        assertThat(RelayInfo.spell(new byte[] {0, (byte) 0xFF, 'a'})).isEqualTo("0x00ff61");
        assertThat(RelayInfo.spell(new byte[0])).isEqualTo("0x");
    }
}
