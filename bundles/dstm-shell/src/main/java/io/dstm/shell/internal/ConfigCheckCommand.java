package io.dstm.shell.internal;

import io.dstm.api.config.ConfigHistory;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code dstm:config-check}. */
@Service
@Command(
        scope = "dstm",
        name = "config-check",
        description =
                "Judges configuration files without applying them: one together with those in etc, a directory as all there is")
public class ConfigCheckCommand extends NodeCommand {

    @Argument(name = "path", description = "The file, named like in etc, or the directory", required = true)
    @Completion(FileCompleter.class)
    String path = "";

    @Reference
    ConfigHistory history;

    @Override
    View view() {
        try {
            return new VerdictsView(history.check(Path.of(path)));
        } catch (IOException unreadable) {
            return View.sentence(path + " cannot be read: " + unreadable);
        }
    }
}
