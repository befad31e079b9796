package io.dstm.datapath.internal.bpf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The machine's processors, as tables that have an entry for each see them. */
final class Processors {

    private Processors() {}

    /** How many values such an entry has: one for every processor there could ever be. */
    static int possible() {
        try {
            String[] ends = Files.readString(Path.of("/sys/devices/system/cpu/possible"))
                    .strip()
                    .split("[-,]");
            return Integer.parseInt(ends[ends.length - 1]) + 1;
        } catch (IOException | NumberFormatException unknown) {
            return Runtime.getRuntime().availableProcessors();
        }
    }
}
