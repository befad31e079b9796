package io.dstm.shell.internal;

import io.dstm.api.management.Order;
import java.nio.file.Path;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code dstm:export}. */
@Service
@Command(scope = "dstm", name = "export", description = "Writes every lease to a new JSON file on the server's machine")
public class ExportCommand extends OperationCommand {

    @Argument(name = "file", description = "The file; it must not exist", required = true)
    @Completion(FileCompleter.class)
    String file = "";

    /** Made by the shell. */
    public ExportCommand() {
        wait = 600; // A million leases take their time.
    }

    @Override
    View view() {
        return view(perform(new Order.Export(Path.of(file))));
    }
}
