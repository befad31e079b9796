package io.dstm.shell.internal;

import io.dstm.api.management.NodeView;
import io.dstm.api.tep.CounterValue;
import java.util.List;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** Completes names of the TEPs' counters. */
@Service
public class CounterCompleter implements Completer {

    @Reference
    NodeView node;

    @Override
    public int complete(Session session, CommandLine commandLine, List<String> candidates) {
        List<String> names = node.teps().stream()
                .flatMap(tep -> tep.counters().stream())
                .map(CounterValue::name)
                .distinct()
                .toList();
        return new StringsCompleter(names).complete(session, commandLine, candidates);
    }
}
