package io.dstm.shell.internal;

import io.dstm.api.management.Order;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code dstm:resync}. */
@Service
@Command(scope = "dstm", name = "resync", description = "Has the table of a TEP compared with the leases")
public class ResyncCommand extends OperationCommand {

    @Argument(name = "tep", description = "The TEP; tep if none is named")
    @Completion(TepCompleter.class)
    String tep = "tep";

    @Override
    View view() {
        return view(perform(new Order.Resync(tep)));
    }
}
