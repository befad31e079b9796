package io.dstm.bench.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The server is killed under load; {@code bench/crash} does it a hundred times. */
class CrashTest {

    private static final int ROUNDS = 5;
    private static final int MOST_BROKEN_ROUNDS = 50;

    @TempDir
    private Path directory;

    private final long seed = new Random().nextLong();

    @Test
    void nothing_that_a_client_was_told_is_lost() throws Exception {
        try (Harness harness = new Harness(directory, Fault.NONE, seed)) {
            Tally tally = harness.run(ROUNDS, false);
            assertThat(tally.isClean()).as("seed " + seed + ", " + tally).isTrue();
            assertThat(tally.rounds).isEqualTo(ROUNDS);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"NONE"},
            mode = EnumSource.Mode.EXCLUDE)
    void the_harness_notices(Fault fault) throws Exception {
        try (Harness harness = new Harness(directory, fault, seed)) {
            Tally tally = harness.run(MOST_BROKEN_ROUNDS, true);
            assertThat(tally.acknowledged).isPositive();
            assertThat(tally.isClean()).isFalse();
        }
    }
}
