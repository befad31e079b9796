package io.dstm.shell.internal;

import io.dstm.api.management.LeaseTransfer;
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
public class ImportCommand extends NodeCommand {

    @Argument(name = "file", description = "The file, as dstm:export writes it", required = true)
    @Completion(FileCompleter.class)
    String file = "";

    @Option(name = "--dry-run", description = "Judge the file, and take nothing over")
    boolean dryRun;

    @Reference
    LeaseTransfer transfer;

    @Override
    View view() {
        try {
            return new ImportView(transfer.importFrom(Path.of(file), dryRun), dryRun);
        } catch (IOException unable) {
            return View.sentence("Nothing was imported from " + file + ": " + unable.getMessage());
        }
    }
}
