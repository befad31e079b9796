package io.dstm.store.contract;

import io.dstm.store.common.DurableStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;

/** Another process with a store: a {@code main} of a store's tests that calls {@link #run}. */
public final class StoreProcess {

    /** Callers that commit. */
    static final int CALLERS = 8;

    /** Keys of each. */
    static final int KEYS = 5;

    /** Each caller has so many commits under way. */
    private static final int AT_ONCE = 20;

    private StoreProcess() {}

    /** Starts {@code main} with what {@link #run} shall do. */
    public static Process start(Class<?> main, String what, Path directory) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        main.getName(),
                        what,
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Waits for what the process says first, and gives what it says next. */
    public static BufferedReader awaitLine(Process process, String expected) throws IOException {
        BufferedReader lines = process.inputReader();
        String line = lines.readLine();
        if (!expected.equals(line)) {
            throw new AssertionError("the child said " + line);
        }
        return lines;
    }

    /** Opens a store in a directory. */
    @FunctionalInterface
    public interface Opening {

        /** Opens it. */
        DurableStore open(Path directory) throws Exception;
    }

    /** {@code hold}: opens and waits. a number: commits without end from that version on and prints what was acknowledged. */
    public static void run(Opening opening, String... arguments) throws Exception {
        DurableStore store = opening.open(Path.of(arguments[1]));
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

    private static void load(DurableStore store, int caller, long first, PrintStream out) {
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
