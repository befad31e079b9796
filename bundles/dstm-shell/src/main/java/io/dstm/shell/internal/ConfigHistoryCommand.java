package io.dstm.shell.internal;

import io.dstm.api.config.ConfigHistory;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.jspecify.annotations.Nullable;

/** {@code dstm:config-history}. */
@Service
@Command(
        scope = "dstm",
        name = "config-history",
        description = "Shows the last accepted configurations and how each came about")
public class ConfigHistoryCommand extends NodeCommand {

    @Argument(name = "number", description = "The number of one of them, to see it alone")
    @Completion(SnapshotCompleter.class)
    @Nullable
    Integer number;

    @Reference
    ConfigHistory history;

    @Override
    View view() {
        Integer one = number;
        return new ConfigHistoryView(history.snapshots().stream()
                .filter(snapshot -> one == null || snapshot.number() == one)
                .toList());
    }
}
