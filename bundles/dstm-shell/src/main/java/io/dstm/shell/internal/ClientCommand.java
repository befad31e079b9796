package io.dstm.shell.internal;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Query;
import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Completion;
import org.jspecify.annotations.Nullable;

/** A command that does something to a client. */
abstract class ClientCommand extends OperationCommand {

    /** No identity has as many leases. */
    private static final int MOST_LEASES = 1000;

    @Argument(
            name = "client",
            required = true,
            description = "The client as dstm:leases shows it, such as duid:0001.../1")
    @Completion(ClientCompleter.class)
    @Nullable
    String client;

    /** Who is meant. */
    ClientId client() {
        if (client == null) {
            throw new IllegalArgumentException("name a client as dstm:leases shows it, such as duid:0001.../1");
        }
        return ClientId.parse(client.trim());
    }

    /** The leases of who is meant: the one, or all of the identity where no number follows it. */
    List<Lease> leases(NodeView.ServerView server) {
        ClientId wanted = client();
        boolean all = client != null && client.indexOf('/') < 0;
        return server.leases(new Query(wanted.identity(), null, 0, MOST_LEASES)).items().stream()
                .filter(lease -> lease.client().identity().equals(wanted.identity())
                        && (all || lease.client().equals(wanted)))
                .toList();
    }
}
