package io.dstm.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class InternetChecksumProperties {

    /** RFC 1071 section 4.1, word by word, as slowly and plainly as can be. */
    private static int plain(byte[] bytes) {
        int sum = 0;
        for (int i = 0; i < bytes.length; i += 2) {
            int low = i + 1 < bytes.length ? bytes[i + 1] & 0xFF : 0;
            sum += (bytes[i] & 0xFF) << 8 | low;
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return ~sum & 0xFFFF;
    }

    @Property
    void equals_the_sum_of_words(@ForAll @Size(max = 200) byte[] bytes, @ForAll @IntRange(max = 7) int offset) {
        ByteBuffer packet = ByteBuffer.allocate(bytes.length + 16).put(offset, bytes);

        assertThat(InternetChecksum.of(packet, offset, bytes.length)).isEqualTo(plain(bytes));
    }

    @Property
    void parts_add_up_to_the_whole(
            @ForAll @Size(min = 2, max = 200) byte[] bytes, @ForAll @IntRange(max = 99) int half) {
        ByteBuffer packet = ByteBuffer.wrap(bytes);
        int split = Math.min(bytes.length, half * 2);

        long parts = InternetChecksum.sum(packet, 0, split) + InternetChecksum.sum(packet, split, bytes.length - split);

        assertThat(InternetChecksum.finish(parts)).isEqualTo(plain(bytes));
    }

    @Property
    void an_update_leaves_the_packet_sound(
            @ForAll @Size(value = 24) byte[] bytes, @ForAll @IntRange(max = 4) int word, @ForAll int value) {
        ByteBuffer packet = ByteBuffer.wrap(bytes);
        int at = 4 + word * 4;
        packet.putShort(0, (short) 0);
        packet.putShort(2, (short) 1);
        int checksum = InternetChecksum.of(packet, 0, 24);
        int old = packet.getInt(at);
        int oldWord = packet.getShort(at);

        packet.putInt(at, value);
        packet.putShort(0, (short) InternetChecksum.update32(checksum, old, value));
        assertThat(InternetChecksum.isSound(packet, 0, 24)).isTrue();

        packet.putInt(at, old);
        packet.putShort(at, (short) value);
        packet.putShort(0, (short) InternetChecksum.update16(checksum, oldWord, value));
        assertThat(InternetChecksum.isSound(packet, 0, 24)).isTrue();
    }

    @Property
    void a_changed_word_is_noticed(
            @ForAll @Size(value = 20) byte[] bytes, @ForAll @IntRange(min = 1, max = 0xFFFE) int by) {
        ByteBuffer packet = ByteBuffer.wrap(bytes);
        packet.putShort(0, (short) 0);
        packet.putShort(0, (short) InternetChecksum.of(packet, 0, 20));
        assertThat(InternetChecksum.isSound(packet, 0, 20)).isTrue();

        int word = packet.getShort(6) & 0xFFFF;
        int other = (word + by) % 0xFFFF;
        if (other != word % 0xFFFF) {
            packet.putShort(6, (short) other);
            assertThat(InternetChecksum.isSound(packet, 0, 20)).isFalse();
        }
    }
}
