package io.dstm.shell.internal;

import io.dstm.api.lease.ClientCaller.Purpose;
import io.dstm.api.lease.ClientId;
import io.dstm.api.management.Order;
import java.util.Locale;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code dstm:call}. */
@Service
@Command(
        scope = "dstm",
        name = "call",
        description = "Calls a client (DHCPv6: Reconfigure), so that it asks now: to renew its lease, or to take one")
public class CallCommand extends ClientCommand {

    @Option(name = "--purpose", description = "What the client is to send: renew, rebind or inform")
    @Completion(
            value = StringsCompleter.class,
            values = {"renew", "rebind", "inform"})
    String purpose = "renew";

    @Override
    View view() {
        ClientId whom = client();
        Purpose wanted = purpose();
        return node.server().isEmpty() ? NO_SERVER : view(perform(new Order.Call(whom, wanted)));
    }

    private Purpose purpose() {
        try {
            return Purpose.valueOf(purpose.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException("--purpose is renew, rebind or inform", wrong);
        }
    }
}
