package io.dstm.shell.internal;

import java.time.Instant;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code dstm:leases}. */
@Service
@Command(scope = "dstm", name = "leases", description = "Shows who has which IPv4 address and ports, and until when")
public class LeasesCommand extends ListCommand {

    @Override
    View view() {
        return node.server()
                .<View>map(server -> new LeasesView(server.leases(query()), Instant.now()))
                .orElse(NO_SERVER);
    }
}
