package io.dstm.store.journal.internal;

import io.dstm.store.contract.Leases;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;

/** Another process with a store. */
final class Child {

    /** Callers that commit. */
    static final int CALLERS = 8;

    /** Keys of each. */
    static final int KEYS = 5;

    /** Each caller has so many commits under way. */
    private static final int AT_ONCE = 20;

    private Child() {}

    static Process start(String what, Path directory) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Child.class.getName(),
                        what,
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    static BufferedReader awaitLine(Process process, String expected) throws IOException {
        BufferedReader lines = process.inputReader();
        String line = lines.readLine();
        if (!expected.equals(line)) {
            throw new AssertionError("the child said " + line);
        }
        return lines;
    }

    /** {@code hold}: opens and waits. a number: commits without end from that version on and prints what was acknowledged. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[1]);
        JournalLeaseStore store = Journals.open(directory);
        PrintStream out = System.out;
        out.println("open");
        if (arguments[0].equals("hold")) {
            new Semaphore(0).acquire();
        }
        long first = Long.parseLong(arguments[0]);
        for (int caller = 0; caller < CALLERS; caller++) {
            int number = caller;
            new Thread(() -> load(store, number, first, out)).start();
        }
    }

    private static void load(JournalLeaseStore store, int caller, long first, PrintStream out) {
        Semaphore window = new Semaphore(AT_ONCE);
        for (long version = first; ; version++) {
            window.acquireUninterruptibly();
            long written = version;
            store.commit(Leases.put(Leases.lease(key(caller, version), version)))
                    .whenComplete((nothing, failure) -> {
                        if (failure == null) {
                            out.println(caller + " " + written);
                        }
                        window.release();
                    });
        }
    }

    /** Which key a caller's change goes to. */
    static int key(int caller, long version) {
        return caller * KEYS + (int) (version % KEYS);
    }
}
