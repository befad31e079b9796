package io.dstm.dhcpv6.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

class Dhcp4CodecProperties {

    private static final int FIRST_OPTION = 240;

    @Provide
    Arbitrary<Dhcp4Message> messages() {
        return Dhcp4Messages.any();
    }

    @Property
    void what_is_written_is_read_again(@ForAll("messages") Dhcp4Message message) {
        assertThat(Dhcp4Codec.decode(Dhcp4Codec.encode(message))).isEqualTo(new Dhcp4Decoded.Good(message));
    }

    /** Whatever was understood is written back as it was meant: reading it again changes nothing more. */
    @Property
    void what_is_read_is_written_and_read_alike(@ForAll("messages") Dhcp4Message message, @ForAll long seed) {
        byte[] mutated = mutated(Dhcp4Codec.encode(message).toBytes(), new Random(seed));
        if (Dhcp4Codec.decode(Octets.of(mutated)) instanceof Dhcp4Decoded.Good good) {
            assertThat(Dhcp4Codec.decode(Dhcp4Codec.encode(good.message()))).isEqualTo(good);
        }
    }

    @Property
    void random_octets_are_a_message_or_an_error(@ForAll @Size(max = 600) byte[] octets) {
        assertJudged(octets);
    }

    @Property
    void random_options_are_a_message_or_an_error(
            @ForAll("messages") Dhcp4Message message, @ForAll @Size(max = 400) byte[] options) {
        byte[] octets = Arrays.copyOf(Dhcp4Codec.encode(message).toBytes(), FIRST_OPTION + options.length);
        System.arraycopy(options, 0, octets, FIRST_OPTION, options.length);
        assertJudged(octets);
    }

    @Property(tries = 100)
    void a_cut_message_is_a_message_or_an_error(@ForAll("messages") Dhcp4Message message) {
        byte[] whole = Dhcp4Codec.encode(message).toBytes();
        for (int length = 0; length < whole.length; length++) {
            assertJudged(Arrays.copyOf(whole, length));
        }
    }

    private static void assertJudged(byte[] octets) {
        if (Dhcp4Codec.decode(Octets.of(octets)) instanceof Dhcp4Decoded.Bad bad) {
            assertThat(bad.error().offset()).isBetween(0, octets.length);
            assertThat(bad.error().section()).startsWith("RFC ");
        }
    }

    private static byte[] mutated(byte[] octets, Random random) {
        byte[] mutated = octets.clone();
        for (int i = 0; i <= random.nextInt(4); i++) {
            mutated[random.nextInt(mutated.length)] = (byte) random.nextInt();
        }
        return mutated;
    }
}
