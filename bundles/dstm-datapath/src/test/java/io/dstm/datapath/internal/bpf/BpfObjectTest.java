package io.dstm.datapath.internal.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.datapath.DatapathException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The file that the build makes, and files that it does not. */
class BpfObjectTest {

    private static byte[] file() throws Exception {
        try (InputStream stream = BpfObject.class.getResourceAsStream("/bpf/forward.o")) {
            return stream.readAllBytes();
        }
    }

    private static Map<String, Integer> maps() {
        Map<String, Integer> maps = new HashMap<>();
        for (String name : new String[] {
            "settings",
            "links",
            "counts",
            "devices",
            "exits",
            "routes",
            "truth",
            "bindings",
            "tunnels",
            "sockets",
            "ways",
            "followed"
        }) {
            maps.put(name, 7);
        }
        return maps;
    }

    private static int calls(ByteBuffer code, int function) {
        int calls = 0;
        for (int at = 0; at < code.capacity(); at += 8) {
            calls += code.get(at) == (byte) 0x85 && code.getInt(at + 4) == function ? 1 : 0;
        }
        return calls;
    }

    @Test
    void an_older_kernel_is_given_the_clock_that_it_knows() throws Exception {
        ByteBuffer code = BpfObject.parse(file()).instructions("xdp", maps());
        int coarse = calls(code, 160);
        assertThat(coarse).isPositive();

        ByteBuffer older = BpfObject.withExactClock(code);

        assertThat(calls(older, 160)).isZero();
        assertThat(calls(older, 5)).isEqualTo(coarse);
        assertThat(calls(code, 160)).isEqualTo(coarse);
    }

    @Test
    void a_map_or_section_that_is_missing_is_named() throws Exception {
        BpfObject object = BpfObject.parse(file());
        assertThatThrownBy(() -> object.instructions("xdp", Map.of()))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining("which is no map");
        assertThatThrownBy(() -> object.instructions("tc", maps()))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining("tc");
    }

    @Test
    void a_file_that_is_cut_off_is_refused() throws Exception {
        byte[] file = file();
        for (int length : new int[] {0, 63, 64, 100, file.length / 2}) {
            assertThatThrownBy(
                            () -> BpfObject.parse(Arrays.copyOf(file, length)).instructions("xdp", maps()))
                    .isInstanceOf(DatapathException.class);
        }
    }
}
