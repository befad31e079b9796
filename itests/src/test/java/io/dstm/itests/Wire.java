package io.dstm.itests;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A recording of a namespace's access wire, decoded by tcpdump and tshark: tools that are not ours. */
final class Wire implements AutoCloseable {

    private final Lab lab;
    private final String name;
    private final Path file;
    private boolean recording = true;

    Wire(Lab lab, String namespace, String name, String... filter) {
        this.lab = lab;
        this.name = name;
        String[] command = new String[3 + filter.length];
        command[0] = "capture";
        command[1] = namespace;
        command[2] = name;
        System.arraycopy(filter, 0, command, 3, filter.length);
        this.file = Path.of(lab.lab(command));
    }

    /** Ends the recording. */
    @Override
    public void close() {
        if (recording) {
            recording = false;
            lab.lab("capture-stop", name);
        }
    }

    /** One line a packet that passes a tshark display filter, with the named fields tab-separated. Ends the recording. */
    List<String> fields(String filter, String... fields) {
        return fields(List.of(), filter, fields);
    }

    /** The same with tshark told more. */
    List<String> fields(List<String> options, String filter, String... fields) {
        close();
        java.util.ArrayList<String> command = new java.util.ArrayList<>(
                List.of("tshark", "-n", "-r", file.toString(), "-Y", filter, "-T", "fields", "-E", "occurrence=a"));
        command.addAll(options);
        for (String field : fields) {
            command.add("-e");
            command.add(field);
        }
        return decode(command);
    }

    /** One line a packet that passes a tcpdump filter, as tcpdump prints it. Ends the recording. */
    List<String> lines(String filter) {
        close();
        return decode(List.of("tcpdump", "-n", "-v", "-r", file.toString(), filter));
    }

    private List<String> decode(List<String> command) {
        Lab.Result result = Lab.finish(Lab.start(command), Duration.ofMinutes(1));
        if (result.exit() != 0) {
            throw new AssertionError(command + ": " + result);
        }
        return result.output()
                .lines()
                .filter(line -> !line.startsWith("Running as user") && !line.startsWith("reading from file"))
                .toList();
    }
}
