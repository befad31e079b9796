package io.dstm.shell.internal;

import io.dstm.api.lease.Lease;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Query;
import io.dstm.api.tep.Binding;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/**
 * Completes from what the node has at this moment: the server's leases, without a server the TEPs' bindings. Of many only those are
 * asked for that what is typed may lead to, so the millionth is found as the first is.
 */
abstract class NodeCompleter implements Completer {

    /** Nobody reads further; who wants more types more. */
    static final int MOST = 500;

    private final Function<Lease, String> ofLease;
    private final Function<Binding, String> ofBinding;

    @Reference
    NodeView node;

    NodeCompleter(Function<Lease, String> ofLease, Function<Binding, String> ofBinding) {
        this.ofLease = ofLease;
        this.ofBinding = ofBinding;
    }

    /** What to ask for when {@code typed} is there already. */
    abstract Query query(String typed);

    private static String typed(CommandLine commandLine) {
        String word = commandLine.getCursorArgument();
        return word == null ? "" : word.substring(0, Math.min(word.length(), commandLine.getArgumentPosition()));
    }

    @Override
    public int complete(Session session, CommandLine commandLine, List<String> candidates) {
        Query query = query(typed(commandLine));
        Stream<String> texts = node.server()
                .map(server -> server.leases(query).items().stream().map(ofLease))
                .orElseGet(() -> node.teps().stream()
                        .flatMap(tep -> tep.bindings(query).items().stream())
                        .map(ofBinding));
        return new StringsCompleter(texts.distinct().toList()).complete(session, commandLine, candidates);
    }
}
