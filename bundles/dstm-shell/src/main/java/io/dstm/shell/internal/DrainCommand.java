package io.dstm.shell.internal;

import io.dstm.api.management.Order;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code dstm:drain}. */
@Service
@Command(
        scope = "dstm",
        name = "drain",
        description = "Stops a pool from lending and prolonging, or with --off lets it again")
public class DrainCommand extends OperationCommand {

    @Argument(name = "pool", description = "The pool", required = true)
    @Completion(PoolCompleter.class)
    String pool = "";

    @Option(name = "--off", description = "Let it lend again")
    boolean off;

    @Option(
            name = "--yes",
            aliases = {"-y"},
            description = "Do not ask")
    boolean yes;

    @Override
    View view() {
        if (!off && !Confirmation.given(session, yes, "Let every lease of pool " + pool + " run out?")) {
            return View.sentence("Nothing was changed.");
        }
        return view(perform(new Order.Drain(pool, !off)));
    }
}
