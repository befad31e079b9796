package io.dstm.shell.internal;

import io.dstm.api.management.NodeView;
import java.time.Instant;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.jspecify.annotations.Nullable;

/** {@code dstm:trace}. */
@Service
@Command(
        scope = "dstm",
        name = "trace",
        description = "Shows the last packets that ended in a counter of the TEP, decoded, with the binding that was"
                + " compared. The first call begins to record, for ten minutes after the latest call")
public class TraceCommand extends NodeCommand {

    @Argument(name = "counter", description = "The counter, such as drop-foreign-port-ipv6")
    @Completion(CounterCompleter.class)
    @Nullable
    String counter;

    @Option(name = "--count", description = "How many packets to show, up to 64")
    int count = 16;

    @Option(name = "--off", description = "Stop to record, and forget the packets")
    boolean off;

    @Override
    View view() {
        if (node.teps().isEmpty()) {
            return NO_TEP;
        }
        if (off) {
            node.teps().forEach(NodeView.TepView::endTrace);
            return View.sentence("No packets are recorded any more.");
        }
        String chosen = counter;
        if (chosen == null) {
            throw new IllegalArgumentException(
                    "name a counter, such as drop-foreign-port-ipv6; dstm:status lists those" + " that counted");
        }
        return new TraceView(
                node.teps().stream()
                        .map(tep -> new TraceView.OfTep(
                                tep.name(), tep.trace(chosen, count).orElse(null)))
                        .toList(),
                Instant.now());
    }
}
