package io.dstm.tep.internal.replay;

import io.dstm.api.tep.CounterValue;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes what became of the packets as JSON, a counter a line for people, {@code grep} and {@code diff}; then the frames that were not
 * given to the rules. Names are letters and hyphens, so nothing needs escaping.
 */
final class CountersFile {

    private final Path file;
    private final OutputStream out;
    private final boolean all;

    /**
     * A file to write.
     *
     * @param all whether counters that are zero are written
     */
    CountersFile(Path file, OutputStream out, boolean all) {
        this.file = file;
        this.out = out;
        this.all = all;
    }

    void write(List<CounterValue> counters, @Nullable Capture in4, @Nullable Capture in6) throws ReplayException {
        List<String> lines = new ArrayList<>();
        for (CounterValue counter : counters) {
            if (all || counter.packets() != 0) {
                lines.add("    \"" + counter.name() + "\": { \"packets\": " + counter.packets() + ", \"bytes\": "
                        + counter.bytes() + " }");
            }
        }
        String text = "{\n  \"counters\": {\n" + String.join(",\n", lines) + (lines.isEmpty() ? "" : "\n")
                + "  },\n  \"skipped\": {\n" + skipped("in4", in4) + ",\n" + skipped("in6", in6) + "\n  }\n}\n";
        try {
            out.write(text.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException unwritable) {
            throw ReplayException.cannotWrite(file, unwritable);
        }
    }

    private static String skipped(String input, @Nullable Capture capture) {
        long notIp = capture == null ? 0 : capture.notIp();
        long cutShort = capture == null ? 0 : capture.cutShort();
        return "    \"" + input + "\": { \"not-ip\": " + notIp + ", \"cut-short\": " + cutShort + " }";
    }
}
