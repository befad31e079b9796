package io.dstm.tep.internal.replay;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The program {@code tep-replay}: the rules of the TEP on captures instead of devices. */
public final class ReplayMain {

    private static final String NAME = "tep-replay: ";
    private static final int OK = 0;
    private static final int DEFECT = 1;
    private static final int UNUSABLE = 2;

    private ReplayMain() {}

    /** Runs the program and ends the process with its exit code. */
    public static void main(String[] arguments) {
        System.exit(run(arguments, System.out, System.err));
    }

    /**
     * Runs the program.
     *
     * @return 0, or 2 if an option or a file cannot be used; then no file has been written
     */
    static int run(String[] arguments, PrintStream out, PrintStream err) {
        if (CommandLine.wantsHelp(arguments)) {
            out.print(CommandLine.HELP);
            return OK;
        }
        try {
            replay(CommandLine.parse(arguments), err);
            return OK;
        } catch (ReplayException unusable) {
            err.println(NAME + unusable.getMessage());
            return UNUSABLE;
        } catch (OutOfMemoryError exhausted) {
            err.println(
                    NAME + "the bindings need more memory than Java may take here; raise it with -Xmx in JAVA_OPTS");
            return UNUSABLE;
        } catch (RuntimeException defect) {
            err.println(NAME + "failed by a defect of its own, please report it with these lines");
            defect.printStackTrace(err);
            return DEFECT;
        }
    }

    private static void replay(CommandLine wanted, PrintStream err) throws ReplayException {
        ReplayTable table = TableFile.read(wanted.table());
        try (Inputs in4 = new Inputs(wanted.in4(), err);
                Inputs in6 = new Inputs(wanted.in6(), err);
                OutputFiles files = new OutputFiles();
                Replay replay = new Replay(table, writer(files, wanted.out4()), writer(files, wanted.out6()))) {
            CountersFile counters = null;
            if (wanted.counters().isPresent()) {
                Path file = wanted.counters().get();
                counters = new CountersFile(file, files.open(file), wanted.allCounters());
            }
            replay.run(in4.capture, in6.capture);
            if (counters != null) {
                counters.write(replay.counters(), in4.capture, in6.capture);
            }
            files.commit();
            if (!table.ignored().isEmpty()) {
                err.println(
                        NAME + wanted.table() + ": not understood and ignored: " + String.join(", ", table.ignored()));
            }
            err.println(NAME + summary(replay, in4.capture, in6.capture));
        }
    }

    /** A capture that need not be there. */
    private static final class Inputs implements AutoCloseable {

        private final @Nullable Capture capture;

        Inputs(Optional<Path> file, PrintStream err) throws ReplayException {
            boolean there = file.isPresent() && !Files.notExists(file.get());
            if (file.isPresent() && !there) {
                err.println(NAME + file.get() + " is not there, so no packets come from that side");
            }
            capture = there ? new Capture(file.get()) : null;
        }

        @Override
        public void close() {
            if (capture != null) {
                capture.close();
            }
        }
    }

    private static @Nullable PcapWriter writer(OutputFiles files, Optional<Path> file) throws ReplayException {
        return file.isPresent() ? new PcapWriter(file.get(), files.open(file.get())) : null;
    }

    private static String summary(Replay replay, @Nullable Capture in4, @Nullable Capture in6) {
        long notIp = 0;
        long cutShort = 0;
        for (Capture capture : new @Nullable Capture[] {in4, in6}) {
            notIp += capture == null ? 0 : capture.notIp();
            cutShort += capture == null ? 0 : capture.cutShort();
        }
        return "in " + (in4 == null ? 0 : in4.packets()) + " IPv4 side, " + (in6 == null ? 0 : in6.packets())
                + " tunnel side; out " + replay.sent4() + " IPv4 side, " + replay.sent6() + " tunnel side; skipped "
                + notIp + " not IP"
                + (cutShort == 0 ? "" : ", " + cutShort + " cut short by the capture (use tcpdump -s 0)");
    }
}
