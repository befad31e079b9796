package io.dstm.bench.crash;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** {@code bench/crash}. */
public final class Crash {

    private static final int MOST_BROKEN_ROUNDS = 50;

    private Crash() {}

    /** How many rounds; then what each fault is caught by. */
    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100;
        long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : new Random().nextLong();
        System.out.println("seed " + seed);
        boolean good = report(Fault.NONE, rounds, seed).isClean();
        for (Fault fault : List.of(Fault.NO_FLUSH, Fault.ANSWER_BEFORE_COMMIT, Fault.ANSWER_BEFORE_TEP)) {
            good &= !report(fault, MOST_BROKEN_ROUNDS, seed).isClean();
        }
        System.out.println(good ? "GOOD: nothing lost, and each fault is noticed" : "NOT GOOD");
        System.exit(good ? 0 : 1);
    }

    private static Tally report(Fault fault, int rounds, long seed) throws Exception {
        Path directory = Files.createTempDirectory("dstm-crash");
        try (Harness harness = new Harness(directory, fault, seed)) {
            Tally tally = harness.run(rounds, fault != Fault.NONE);
            System.out.println(fault + ": " + tally);
            return tally;
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
