package io.dstm.datapath.internal.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class NetlinkMessageTest {

    private static ByteBuffer buffer(byte[] octets) {
        return ByteBuffer.wrap(octets).order(ByteOrder.nativeOrder());
    }

    private static List<NetlinkMessage> parse(ByteBuffer message) {
        return NetlinkMessage.parse(message, message.limit());
    }

    @Test
    void a_request_is_read_back_with_its_nested_attributes() {
        NetlinkRequest request = new NetlinkRequest(16, NetlinkRequest.FLAG_ACK).link(7, 1, 1);
        request.text(3, "dstm0").octet(9, 200).number(4, 1460);
        int outer = request.begin(26);
        int inner = request.begin(10);
        request.octet(8, 1).end(inner).end(outer);

        List<NetlinkMessage> messages = parse(request.finish());

        assertThat(messages).hasSize(1);
        NetlinkMessage message = messages.get(0);
        assertThat(message.type()).isEqualTo(16);
        assertThat(message.flags()).isEqualTo(5);
        assertThat(message.body().getInt(4)).isEqualTo(7);
        var attributes = message.attributes(16);
        assertThat(attributes).containsOnlyKeys(3, 9, 4, 26);
        assertThat(NetlinkMessage.text(attributes.get(3))).isEqualTo("dstm0");
        assertThat(attributes.get(9).get(0)).isEqualTo((byte) 200);
        assertThat(attributes.get(4).getInt(0)).isEqualTo(1460);
        assertThat(attributes.get(26).capacity()).isEqualTo(12);
    }

    @Test
    void an_error_carries_number_and_reason() {
        ByteBuffer error = buffer(new byte[64]);
        error.putInt(0, 16 + 20 + 12);
        error.putShort(4, (short) NetlinkMessage.ERROR);
        error.putShort(6, (short) 0x300);
        error.putInt(16, -22);
        error.putShort(36, (short) 9).putShort(38, (short) 1).put(40, "wrong".getBytes());

        NetlinkMessage message = NetlinkMessage.parse(error, 48).get(0);

        assertThat(message.errno()).isEqualTo(22);
        assertThat(message.reason()).contains("wrong");
    }

    @Test
    void an_error_that_repeats_the_request_has_its_reason_behind_it() {
        ByteBuffer error = buffer(new byte[64]);
        error.putInt(0, 16 + 4 + 24 + 12);
        error.putShort(4, (short) NetlinkMessage.ERROR);
        error.putShort(6, (short) 0x200);
        error.putInt(16, -1).putInt(20, 24);
        error.putShort(44, (short) 9).putShort(46, (short) 1).put(48, "right".getBytes());

        assertThat(NetlinkMessage.parse(error, 56).get(0).reason()).contains("right");
    }

    @Test
    void a_message_that_claims_to_be_longer_than_the_answer_ends_the_list() {
        ByteBuffer answer = buffer(new byte[40]);
        answer.putInt(0, 16).putInt(16, 100);
        assertThat(NetlinkMessage.parse(answer, 40)).hasSize(1);
    }

    @Property(tries = 2000)
    void any_octets_are_read_without_failure(
            @ForAll @Size(max = 200) byte[] octets, @ForAll @IntRange(max = 60) int firstLength) {
        if (octets.length >= 16) {
            buffer(octets).putInt(0, firstLength);
        }
        for (NetlinkMessage message : NetlinkMessage.parse(buffer(octets), octets.length)) {
            message.errno();
            message.reason();
            message.attributes(8).values().forEach(NetlinkMessage::text);
            message.attributes(16);
        }
        List<NetlinkMessage> messages = NetlinkMessage.parse(buffer(octets), octets.length);
        InterfaceReader.read(messages, messages);
    }
}
