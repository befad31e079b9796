package io.dstm.shell.internal;

import io.dstm.api.management.LeaseTransfer;
import io.dstm.api.management.Order;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code dstm:import}. */
@Service
@Command(
        scope = "dstm",
        name = "import",
        description = "Has the server take over what a JSON file of leases says; nothing is if anything in it is wrong")
public class ImportCommand extends OperationCommand {

    @Argument(name = "file", description = "The file, as dstm:export writes it", required = true)
    @Completion(FileCompleter.class)
    String file = "";

    @Option(name = "--dry-run", description = "Judge the file, and take nothing over")
    boolean dryRun;

    /** Made by the shell. */
    public ImportCommand() {
        wait = 600; // A large file takes its time.
    }

    @Reference
    LeaseTransfer transfer;

    @Override
    View view() {
        try {
            LeaseTransfer.Outcome judged = transfer.importFrom(Path.of(file), true);
            return dryRun || judged.problemCount() > 0
                    ? new ImportView(judged, dryRun)
                    : view(perform(new Order.Import(Path.of(file), false)));
        } catch (IOException unable) {
            return View.sentence("Nothing was imported from " + file + ": " + unable.getMessage());
        }
    }
}
