package io.dstm.datapath.internal.bpf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Packets and octets as programs count them, in a table (PER_CPU_ARRAY) that has an entry for each processor. */
final class ProcessorCounts {

    /** Of one processor's entry: two numbers of 64 bits. */
    static final int BYTES = 16;

    private final int processors = possible();

    /** How many values an entry has: one for every processor there could ever be. */
    private static int possible() {
        try {
            String[] ends = Files.readString(Path.of("/sys/devices/system/cpu/possible"))
                    .strip()
                    .split("[-,]");
            return Integer.parseInt(ends[ends.length - 1]) + 1;
        } catch (IOException | NumberFormatException unknown) {
            return Runtime.getRuntime().availableProcessors();
        }
    }

    /** Packets and octets of all processors; none if {@code map} cannot be read. */
    long[] sum(int map, int key) {
        ByteBuffer values = ByteBuffer.allocateDirect(BYTES * processors).order(ByteOrder.nativeOrder());
        long[] sums = new long[2];
        if (Bpf.lookUp(map, key, values)) {
            for (int i = 0; i < processors; i++) {
                sums[0] += values.getLong(BYTES * i);
                sums[1] += values.getLong(BYTES * i + 8);
            }
        }
        return sums;
    }
}
