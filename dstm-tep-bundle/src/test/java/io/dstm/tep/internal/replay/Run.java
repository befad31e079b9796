package io.dstm.tep.internal.replay;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A run of the program in this process.
 *
 * @param exitCode what the process would end with
 * @param out what it printed
 * @param err what it complained about
 */
record Run(int exitCode, String out, String err) {

    private static final Pattern COUNTER =
            Pattern.compile(" {4}\"([a-z0-9-]+)\": \\{ \"packets\": (\\d+), \"bytes\": (\\d+) },?");

    static Run of(Object... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] texts = new String[arguments.length];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = arguments[i].toString();
        }
        int exitCode = ReplayMain.run(
                texts,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Run(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** The packets of a capture that the program wrote, read by nothing of the program. */
    static List<byte[]> written(Path file) {
        List<byte[]> packets = new ArrayList<>();
        for (ByteBuffer record : records(file)) {
            byte[] packet = new byte[record.remaining() - 16];
            record.get(16, packet);
            packets.add(packet);
        }
        return packets;
    }

    /** The same with their headers, little-endian. */
    static List<ByteBuffer> records(Path file) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            if (bytes.getInt(0) != 0xA1B2C3D4 || bytes.getInt(20) != 101) {
                throw new AssertionError(file + " is no pcap of raw IP");
            }
            List<ByteBuffer> records = new ArrayList<>();
            for (int at = 24; at < bytes.limit(); ) {
                int length = 16 + bytes.getInt(at + 8);
                records.add(bytes.slice(at, length).order(ByteOrder.LITTLE_ENDIAN));
                at += length;
            }
            return records;
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** The packets of each counter in a file that the program wrote. */
    static Map<String, Long> counters(Path file) {
        try {
            Map<String, Long> counters = new LinkedHashMap<>();
            for (String line : Files.readAllLines(file)) {
                Matcher counter = COUNTER.matcher(line);
                if (counter.matches()) {
                    counters.put(counter.group(1), Long.valueOf(counter.group(2)));
                }
            }
            return counters;
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
