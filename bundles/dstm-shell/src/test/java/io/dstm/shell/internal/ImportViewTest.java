package io.dstm.shell.internal;

import io.dstm.api.management.LeaseTransfer.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImportViewTest {

    @Test
    void everything_was_imported() {
        Golden.assertShows("import", new ImportView(new Outcome(3, 0, 3, List.of(), 0), false));
    }

    @Test
    void every_problem_is_named_up_to_a_bound() {
        Golden.assertShows(
                "import-problems",
                new ImportView(
                        new Outcome(
                                3,
                                1,
                                0,
                                List.of(
                                        "lease 2: 192.0.2.1 is lent already, or ports of it are",
                                        "lease 3: 'pool' is missing"),
                                7),
                        true));
    }
}
