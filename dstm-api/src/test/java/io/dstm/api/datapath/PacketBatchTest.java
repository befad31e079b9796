package io.dstm.api.datapath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class PacketBatchTest {

    private final PacketMemory memory = new PacketMemory(4, 2, 2048);

    @Test
    void keeps_packets_in_order_until_full() {
        PacketBatch batch = new PacketBatch(memory, 2);
        assertThat(batch.add(64, 100)).isTrue();
        assertThat(batch.add(2112, 200)).isTrue();
        assertThat(batch.add(4160, 300)).isFalse();
        assertThat(batch.count()).isEqualTo(2);
        assertThat(batch.offset(1)).isEqualTo(2112);
        assertThat(batch.length(1)).isEqualTo(200);
    }

    @Test
    void hands_out_each_spare_once() {
        PacketOutput out = new PacketOutput(memory);
        assertThat(out.takeSpare()).isEqualTo(4 * 2048 + 64);
        assertThat(out.takeSpare()).isEqualTo(5 * 2048 + 64);
        assertThat(out.takeSpare()).isEqualTo(-1);
        out.clear();
        assertThat(out.takeSpare()).isEqualTo(4 * 2048 + 64);
    }

    @Test
    void refuses_impossible_sizes() {
        assertThatIllegalArgumentException().isThrownBy(() -> new PacketMemory(0, 0, 2048));
        assertThatIllegalArgumentException().isThrownBy(() -> new PacketMemory(1, 0, 100));
        assertThatIllegalArgumentException().isThrownBy(() -> new PacketBatch(memory, 1).setCount(2));
    }
}
