package io.dstm.dhcpv6.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

class MessageCodecProperties {

    private static final MessageCodec CODEC = new MessageCodec(DstmCodes.DEFAULT);

    @Provide
    Arbitrary<Message> messages() {
        return Messages.any();
    }

    @Property
    void what_is_written_is_read_again(@ForAll("messages") Message message) {
        assertThat(CODEC.decode(CODEC.encode(message))).isEqualTo(new Decoded.Good(message));
    }

    /** Whatever was understood is written back as it was meant: reading it again changes nothing more. */
    @Property
    void what_is_read_is_written_and_read_alike(@ForAll("messages") Message message, @ForAll long seed) {
        if (CODEC.decode(mutated(CODEC.encode(message), new Random(seed))) instanceof Decoded.Good good) {
            // By octets: a text that was no UTF-8 grows in the first writing, and an error knows its place behind it.
            byte[] once = CODEC.encode(good.message());
            assertThat(CODEC.decode(once)).isInstanceOf(Decoded.Good.class);
            assertThat(CODEC.encode(((Decoded.Good) CODEC.decode(once)).message()))
                    .isEqualTo(once);
        }
    }

    @Property
    void random_octets_are_a_message_or_an_error(@ForAll @Size(max = 600) byte[] octets) {
        assertThat(CODEC.decode(octets)).isNotNull();
    }

    @Property
    void a_mutated_message_is_a_message_or_an_error(@ForAll("messages") Message message, @ForAll long seed) {
        assertJudged(mutated(CODEC.encode(message), new Random(seed)));
    }

    @Property(tries = 100)
    void a_cut_message_is_a_message_or_an_error(@ForAll("messages") Message message) {
        byte[] whole = CODEC.encode(message);
        for (int length = 0; length < whole.length; length++) {
            assertJudged(Arrays.copyOf(whole, length));
        }
    }

    private static void assertJudged(byte[] octets) {
        if (CODEC.decode(octets) instanceof Decoded.Bad bad) {
            assertThat(bad.error().offset()).isBetween(0, octets.length);
            assertThat(bad.error().section()).matches("(RFC|draft-).*");
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
