package io.dstm.shell.internal;

import io.dstm.api.config.ConfigHistory;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code dstm:config}. */
@Service
@Command(
        scope = "dstm",
        name = "config",
        description =
                "Shows which configurations are in force, why others are not, and what has changed since the last accepted")
public class ConfigCommand extends NodeCommand {

    @Reference
    ConfigHistory history;

    @Override
    View view() {
        return new ConfigView(node.configurations(), history.snapshots(), history.pending());
    }
}
