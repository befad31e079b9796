package io.dstm.shell.internal;

import io.dstm.api.config.ConfigHistory;
import io.dstm.api.config.ConfigHistory.Difference;
import io.dstm.api.management.Operations.Outcome;
import io.dstm.api.management.Operations.Result;
import io.dstm.api.management.Order;
import java.io.IOException;
import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code dstm:config-rollback}. */
@Service
@Command(
        scope = "dstm",
        name = "config-rollback",
        description = "Makes the files of etc what they were in an accepted configuration")
public class ConfigRollbackCommand extends OperationCommand {

    @Argument(name = "number", description = "The number that dstm:config-history shows", required = true)
    @Completion(SnapshotCompleter.class)
    int number;

    @Option(name = "--dry-run", description = "Show what would change, and change nothing")
    boolean dryRun;

    @Option(name = "--force", description = "Do it though a check says that it would be refused")
    boolean force;

    @Option(
            name = "--yes",
            aliases = {"-y"},
            description = "Do not ask")
    boolean yes;

    @Reference
    ConfigHistory history;

    @Override
    View view() {
        try {
            List<Difference> differences = history.towards(number);
            if (differences.isEmpty()) {
                return View.sentence("The files are those of configuration " + number + " already.");
            }
            if (dryRun) {
                return new DifferencesView("Would change:", differences);
            }
            if (!Confirmation.given(
                    session, yes, "Change " + differences.size() + " settings back to configuration " + number + "?")) {
                return View.sentence("Nothing was changed.");
            }
            Outcome outcome = perform(new Order.RollBack(number, force));
            return outcome.result() == Result.DONE ? new DifferencesView("Changed:", differences) : view(outcome);
        } catch (IOException unable) {
            return View.sentence("A file cannot be read or written: " + unable);
        }
    }
}
