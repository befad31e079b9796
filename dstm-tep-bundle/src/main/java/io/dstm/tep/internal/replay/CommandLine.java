package io.dstm.tep.internal.replay;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the operator wants.
 *
 * @param table bindings and policies
 * @param in4 capture of what arrives from the IPv4 side
 * @param in6 capture of what arrives from the tunnel side
 * @param out4 takes what leaves on the IPv4 side
 * @param out6 takes what leaves on the tunnel side
 * @param counters takes the counters
 * @param allCounters whether counters that are zero are written too
 */
record CommandLine(
        Path table,
        Optional<Path> in4,
        Optional<Path> in6,
        Optional<Path> out4,
        Optional<Path> out6,
        Optional<Path> counters,
        boolean allCounters) {

    static final String HELP = """
            usage: tep-replay --table TABLE.json [--in4 A.pcap] [--in6 B.pcap] [--out4 C.pcap] [--out6 D.pcap]
                              [--counters COUNTERS.json] [--all-counters]

            Runs captured packets through the rules of the TEP and writes what would leave.

              --table FILE      bindings and policies, JSON with the names of RFC 8676 (required)
              --in4 FILE        what arrives from the IPv4 side; none or not there: no packets
              --in6 FILE        what arrives from the tunnel side; none or not there: no packets
              --out4 FILE       what leaves on the IPv4 side
              --out6 FILE       what leaves on the tunnel side
              --counters FILE   what became of the packets, JSON
              --all-counters    counters that are zero too
              --help            this text

            Captures: pcap or pcapng; Ethernet with up to two VLAN tags, raw IP or Linux cooked. Both are merged in the order of
            their time stamps, which are the clock of the rules. What leaves is written as pcap, raw IP (link type 101). The same
            input gives the same output. Exit code: 0, or 2 if a file or an option cannot be used; then nothing is written.
            """;

    private static final String ALL_COUNTERS = "--all-counters";
    private static final Set<String> FILES = Set.of("--table", "--in4", "--in6", "--out4", "--out6", "--counters");

    /** Whether somebody asks for {@link #HELP}. */
    static boolean wantsHelp(String[] arguments) {
        return List.of(arguments).contains("--help") || List.of(arguments).contains("-h");
    }

    static CommandLine parse(String[] arguments) throws ReplayException {
        Map<String, Path> files = new LinkedHashMap<>();
        boolean all = false;
        for (int i = 0; i < arguments.length; i++) {
            String argument = arguments[i];
            int equals = argument.startsWith("--") ? argument.indexOf('=') : -1;
            String option = equals < 0 ? argument : argument.substring(0, equals);
            if (argument.equals(ALL_COUNTERS)) {
                all = true;
                continue;
            }
            if (!FILES.contains(option)) {
                throw new ReplayException("unknown option '" + argument + "'; --help lists them");
            }
            if (equals < 0 && ++i == arguments.length) {
                throw new ReplayException(option + " needs a file");
            }
            String file = equals < 0 ? arguments[i] : argument.substring(equals + 1);
            if (files.put(option, path(option, file)) != null) {
                throw new ReplayException(option + " is given twice");
            }
        }
        Path table = files.get("--table");
        if (table == null) {
            throw new ReplayException("--table is missing: the file with bindings and policies; --help says more");
        }
        CommandLine parsed = new CommandLine(
                table,
                Optional.ofNullable(files.get("--in4")),
                Optional.ofNullable(files.get("--in6")),
                Optional.ofNullable(files.get("--out4")),
                Optional.ofNullable(files.get("--out6")),
                Optional.ofNullable(files.get("--counters")),
                all);
        parsed.checkOutputs();
        return parsed;
    }

    private static Path path(String option, String file) throws ReplayException {
        if (file.isEmpty()) {
            throw new ReplayException(option + " needs a file");
        }
        try {
            return Path.of(file);
        } catch (InvalidPathException invalid) {
            throw new ReplayException(option + " cannot be a file: " + invalid.getReason());
        }
    }

    /** An output that is another output or an input would destroy what somebody needs. */
    private void checkOutputs() throws ReplayException {
        List<Path> taken = new ArrayList<>(List.of(table));
        in4.ifPresent(taken::add);
        in6.ifPresent(taken::add);
        for (Optional<Path> output : List.of(out4, out6, counters)) {
            if (output.isPresent()) {
                for (Path other : taken) {
                    if (OutputFiles.isSameRegularFile(output.get(), other)) {
                        throw new ReplayException(output.get() + " would overwrite another file of this run");
                    }
                }
                taken.add(output.get());
            }
        }
    }
}
