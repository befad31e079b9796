package io.dstm.shell.internal;

import io.dstm.api.config.ConfigHistory;
import java.util.List;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** Completes numbers of kept configurations. */
@Service
public class SnapshotCompleter implements Completer {

    @Reference
    ConfigHistory history;

    @Override
    public int complete(Session session, CommandLine commandLine, List<String> candidates) {
        return new StringsCompleter(history.snapshots().stream()
                        .map(snapshot -> Integer.toString(snapshot.number()))
                        .toList())
                .complete(session, commandLine, candidates);
    }
}
