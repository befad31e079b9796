package io.dstm.dhcpv6.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

/** The last value that fits, and the first that does not. */
class BoundsTest {

    private static Octets octets(int length) {
        return Octets.of(new byte[length]);
    }

    @Test
    void a_duid_has_3_to_130_octets() {
        assertThat(new Option.ClientId(octets(3)).duid().length()).isEqualTo(3);
        assertThat(new Option.ServerId(octets(130)).duid().length()).isEqualTo(130);
        assertThatIllegalArgumentException().isThrownBy(() -> new Option.ClientId(octets(2)));
        assertThatIllegalArgumentException().isThrownBy(() -> new Option.RelayId(octets(131)));
    }

    @Test
    void a_time_has_32_bits() {
        assertThat(new Option.CltTime(0).seconds()).isZero();
        assertThat(new Option.CltTime(0xFFFF_FFFFL).seconds()).isEqualTo(0xFFFF_FFFFL);
        assertThatIllegalArgumentException().isThrownBy(() -> new Option.CltTime(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Option.CltTime(0x1_0000_0000L));
        assertThat(new Dhcp4Option.LeaseTime(0).seconds()).isZero();
        assertThat(new Dhcp4Option.LeaseTime(0xFFFF_FFFFL).seconds()).isEqualTo(0xFFFF_FFFFL);
        assertThatIllegalArgumentException().isThrownBy(() -> new Dhcp4Option.LeaseTime(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Dhcp4Option.LeaseTime(0x1_0000_0000L));
    }

    @Test
    void a_preference_has_8_bits_and_an_elapsed_time_16() {
        assertThat(new Option.Preference(0).value()).isZero();
        assertThat(new Option.Preference(255).value()).isEqualTo(255);
        assertThatIllegalArgumentException().isThrownBy(() -> new Option.Preference(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Option.Preference(256));
        assertThat(new Option.ElapsedTime(0).hundredths()).isZero();
        assertThat(new Option.ElapsedTime(0xFFFF).hundredths()).isEqualTo(0xFFFF);
        assertThatIllegalArgumentException().isThrownBy(() -> new Option.ElapsedTime(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Option.ElapsedTime(0x1_0000));
    }

    @Test
    void an_association_keeps_all_its_bits_and_the_duid_all_its_octets() {
        for (int iaid : new int[] {0x01020304, 0x81828384, 0x00FF00FF, -1, 0}) {
            for (int length : new int[] {3, 130}) {
                assertThat(Dhcp4Option.ClientId.of(iaid, octets(length)).node())
                        .contains(new Dhcp4Option.NodeId(iaid, octets(length)));
            }
        }
        assertThat(Dhcp4Option.ClientId.of(1, octets(2)).node()).isEmpty();
        assertThat(Dhcp4Option.ClientId.of(1, octets(131)).node()).isEmpty();
    }

    @Test
    void octets_are_equal_by_what_they_are() {
        assertThat(Octets.parse("0102")).isEqualTo(Octets.parse("0102")).hasSameHashCodeAs(Octets.parse("0102"));
        assertThat(Octets.parse("0102")).isNotEqualTo(Octets.parse("0103")).isNotEqualTo(Octets.parse("010200"));
        assertThat(Octets.parse("0102")).isNotEqualTo("0102");
    }
}
