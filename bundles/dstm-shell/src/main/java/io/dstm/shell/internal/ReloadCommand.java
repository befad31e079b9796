package io.dstm.shell.internal;

import io.dstm.api.management.Order;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code dstm:reload}. */
@Service
@Command(scope = "dstm", name = "reload", description = "Has every configuration file of etc read again")
public class ReloadCommand extends OperationCommand {

    @Override
    View view() {
        return view(perform(new Order.Reload()));
    }
}
