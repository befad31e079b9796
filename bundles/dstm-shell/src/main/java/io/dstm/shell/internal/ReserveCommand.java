package io.dstm.shell.internal;

import io.dstm.api.management.Order;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code dstm:reserve}. */
@Service
@Command(
        scope = "dstm",
        name = "reserve",
        description = "Keeps an address of a pool for one client, or with --end no longer")
public class ReserveCommand extends OperationCommand {

    @Argument(name = "pool", description = "The pool", required = true)
    @Completion(PoolCompleter.class)
    String pool = "";

    @Argument(index = 1, name = "address", description = "The address, or with a PSID 192.0.2.17#5", required = true)
    String address = "";

    @Argument(
            index = 2,
            name = "client",
            description = "duid:DIGITS, duid:DIGITS/IAID, hw:ADDRESS or source:IPV6-ADDRESS")
    @Completion(ClientCompleter.class)
    String client = "";

    @Option(name = "--end", description = "End the reservation")
    boolean end;

    @Override
    View view() {
        if (end != client.isEmpty()) {
            throw new IllegalArgumentException("name a client, or --end");
        }
        return view(perform(new Order.Reserve(pool, address, client)));
    }
}
