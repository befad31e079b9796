package io.dstm.shell.internal;

import io.dstm.api.management.LeaseTransfer;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code dstm:export}. */
@Service
@Command(scope = "dstm", name = "export", description = "Writes every lease to a new JSON file on the server's machine")
public class ExportCommand extends NodeCommand {

    @Argument(name = "file", description = "The file; it must not exist", required = true)
    @Completion(FileCompleter.class)
    String file = "";

    @Reference
    LeaseTransfer transfer;

    @Override
    View view() {
        try {
            return View.sentence(transfer.exportTo(Path.of(file)) + " leases were written to " + file + ".");
        } catch (IOException unable) {
            return View.sentence("Nothing was exported to " + file + ": " + unable);
        }
    }
}
