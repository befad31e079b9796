package io.dstm.datapath.internal.nativecode;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.datapath.PacketMemory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class UntouchedMemoryTest {

    @Test
    void what_is_written_from_its_first_to_its_last_byte_is_there() {
        PacketMemory memory = new PacketMemory(64, 32, 65_728, UntouchedMemory::take);
        ByteBuffer bytes = memory.bytes();
        assertThat(bytes.isDirect()).isTrue();
        assertThat(bytes.capacity()).isEqualTo(96 * 65_728);
        bytes.putInt(0, 0x01020304);
        bytes.put(bytes.capacity() - 1, (byte) 9);
        assertThat(bytes.get(0)).isEqualTo((byte) 1);
        assertThat(bytes.get(bytes.capacity() - 1)).isEqualTo((byte) 9);
    }
}
