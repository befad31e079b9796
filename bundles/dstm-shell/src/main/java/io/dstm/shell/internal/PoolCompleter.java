package io.dstm.shell.internal;

import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.NodeView;
import java.util.List;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** Completes names of pools. */
@Service
public class PoolCompleter implements Completer {

    @Reference
    NodeView node;

    @Override
    public int complete(Session session, CommandLine commandLine, List<String> candidates) {
        return new StringsCompleter(node.server().stream()
                        .flatMap(server -> server.pools().stream())
                        .map(PoolStatus::name)
                        .toList())
                .complete(session, commandLine, candidates);
    }
}
