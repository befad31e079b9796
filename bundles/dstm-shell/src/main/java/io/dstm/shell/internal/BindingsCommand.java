package io.dstm.shell.internal;

import io.dstm.api.management.Query;
import java.time.Instant;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code dstm:bindings}. */
@Service
@Command(scope = "dstm", name = "bindings", description = "Shows what the TEP lets through the tunnel, and for whom")
public class BindingsCommand extends ListCommand {

    @Override
    View view() {
        Query query = query();
        var teps = node.teps().stream()
                .map(tep -> new BindingsView.OfTep(tep.name(), tep.bindings(query)))
                .toList();
        return teps.isEmpty() ? NO_TEP : new BindingsView(teps, Instant.now());
    }
}
