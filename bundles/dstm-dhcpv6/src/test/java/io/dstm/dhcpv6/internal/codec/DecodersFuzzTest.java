package io.dstm.dhcpv6.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Jazzer's way into the decoders: a test run judges the corpus; with {@code JAZZER_FUZZ=1} it looks for octets that lead somewhere new.
 * Whatever octets are, they are a message or a typed error, and what is read is written and read alike.
 */
class DecodersFuzzTest {

    private static final MessageCodec CODEC = new MessageCodec(DstmCodes.DEFAULT);

    private static void judge(byte[] octets) {
        if (CODEC.decode(octets) instanceof Decoded.Good good) {
            byte[] written = CODEC.encode(good.message());
            assertThat(CODEC.decode(written)).isEqualTo(good);
        }
    }

    @FuzzTest(maxDuration = "5m")
    void dhcpv6_messages(byte[] octets) {
        judge(octets);
    }

    @FuzzTest(maxDuration = "5m")
    void dhcpv4_messages_inside(byte[] octets) {
        if (Dhcp4Codec.decode(Octets.of(octets)) instanceof Dhcp4Decoded.Good good) {
            assertThat(Dhcp4Codec.decode(Dhcp4Codec.encode(good.message()))).isEqualTo(good);
        }
    }

    /** What the lw4o6 container of a Reply holds. */
    @FuzzTest(maxDuration = "5m")
    void softwire_options(byte[] octets) {
        if (octets.length > 60_000) {
            return;
        }
        OctetWriter reply = new OctetWriter().u8(MessageType.REPLY.code()).u24(1);
        int begin = reply.u16(OptionCode.S46_CONT_LW.value()).beginLength();
        reply.octets(octets, octets.length);
        reply.endLength(begin);
        byte[] message = reply.toBytes();
        judge(message);
        if (CODEC.decode(message) instanceof Decoded.Good good) {
            good.message().options().all(Option.S46ContLw.class).forEach(container -> assertThat(Lw4o6.read(container))
                    .isNotNull());
        }
    }
}
