package io.dstm.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.config.ConfigCheck.Verdict;
import io.dstm.api.config.ConfigHistory;
import io.dstm.api.config.ConfigHistory.Difference;
import io.dstm.api.config.ConfigHistory.Snapshot;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.management.Caller;
import io.dstm.api.management.Operations.Outcome;
import io.dstm.api.management.Operations.Result;
import io.dstm.api.management.Role;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ConfigViewsTest {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private static final List<Difference> DIFFERENCES = List.of(
            new Difference("io.dstm.pool-new.cfg", "", null, "there"),
            new Difference("io.dstm.pool-new.cfg", "ranges", null, "192.0.2.0/24"),
            new Difference("io.dstm.server.cfg", "lease.time", "1h", "2h"),
            new Difference("io.dstm.server.cfg", "offer.time", "30s", null),
            new Difference("io.dstm.tep.cfg", "", "comments", "other comments"));

    private static final List<Snapshot> SNAPSHOTS = List.of(
            new Snapshot(12, NOON, "return to 10 by karaf", Set.of("io.dstm.server.cfg"), DIFFERENCES),
            new Snapshot(11, NOON.minusSeconds(60), "edit of files in etc", Set.of(), List.of()));

    @Test
    void history() {
        Golden.assertShows("config-history", new ConfigHistoryView(SNAPSHOTS));
        Golden.assertShows("config-history-none", new ConfigHistoryView(List.of()));
    }

    @Test
    void state() {
        Golden.assertShows(
                "config",
                new ConfigView(
                        List.of(
                                new ConfigReport.Entry("io.dstm.server", true, List.of(), NOON),
                                new ConfigReport.Entry(
                                        "io.dstm.pool~new",
                                        false,
                                        List.of(new ConfigProblem("ranges", "is required")),
                                        NOON)),
                        SNAPSHOTS,
                        DIFFERENCES.subList(2, 3)));
        Golden.assertShows("config-none", new ConfigView(List.of(), List.of(), List.of()));
    }

    @Test
    void what_a_return_would_change() {
        Golden.assertShows("differences", new DifferencesView("A return to 10 would change:", DIFFERENCES));
    }

    @Test
    void what_came_of_an_order() {
        Golden.assertShows(
                "outcome",
                OperationCommand.view(new Outcome(Result.DONE, "Pool main drains.", "drain = false", "drain = true")));
        Golden.assertShows(
                "outcome-refused", OperationCommand.view(new Outcome(Result.REFUSED, "There is no TEP west.")));
    }

    @Test
    void messages() {
        Golden.assertShows(
                "messages",
                new MessagesView(new TreeMap<>(Map.of(
                        "dhcpv6-server",
                        new TreeMap<>(Map.of("in-solicit", 1234L, "drop-too-short", 0L, "out-reply", 17L)),
                        "dhcpv6-client",
                        new TreeMap<>(Map.of("in-reply", 0L))))));
        Golden.assertShows("messages-none", new MessagesView(new TreeMap<>()));
    }

    @Test
    void verdicts() {
        Golden.assertShows(
                "config-check",
                new VerdictsView(List.of(
                        new Verdict("io.dstm.pool~new", List.of(new ConfigProblem("ranges", "is required")), List.of()),
                        new Verdict(
                                "io.dstm.server",
                                List.of(),
                                List.of(new ConfigProblem("lease.time", "is shorter than the offer"))))));
    }

    private static final class History implements ConfigHistory {

        private final List<String> done = new ArrayList<>();

        @Override
        public List<Snapshot> snapshots() {
            return SNAPSHOTS;
        }

        @Override
        public List<Difference> pending() {
            return List.of();
        }

        @Override
        public List<Difference> towards(int number) {
            return number == 12 ? List.of() : DIFFERENCES;
        }

        @Override
        public List<Difference> rollBack(int number, String who, boolean evenIfRefused) {
            throw new UnsupportedOperationException("past the audit");
        }

        @Override
        public List<Verdict> check(Path fileOrDirectory) {
            return List.of();
        }
    }

    @Test
    void a_return_is_shown_before_it_is_done() {
        History history = new History();
        ConfigRollbackCommand command = new ConfigRollbackCommand();
        command.history = history;
        command.who = () -> Optional.of(new Caller("ada", Optional.of(Role.ADMIN), "shell", "::1"));
        command.operations = (caller, order, patience) -> {
            history.done.add(order.name() + " " + order.arguments() + " by " + caller.name());
            return CompletableFuture.completedStage(new Outcome(Result.DONE, "Done."));
        };
        command.number = 12;
        assertThat(command.view().text()).isEqualTo("The files are those of configuration 12 already.\n");
        command.number = 11;
        command.dryRun = true;
        assertThat(command.view().text()).startsWith("Would change:\n  + io.dstm.pool-new.cfg\n");
        assertThat(history.done).isEmpty();
        command.dryRun = false;
        assertThat(command.view().text()).startsWith("Changed:\n  + io.dstm.pool-new.cfg\n");
        assertThat(history.done).containsExactly("config-rollback {number=11, force=false} by ada");
    }
}
