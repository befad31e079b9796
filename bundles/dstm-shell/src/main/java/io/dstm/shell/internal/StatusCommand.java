package io.dstm.shell.internal;

import java.time.Instant;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code dstm:status}. */
@Service
@Command(
        scope = "dstm",
        name = "status",
        description = "Shows the roles of this node, how they are, and configurations that were refused")
public class StatusCommand extends NodeCommand {

    @Override
    View view() {
        return StatusView.of(node, Instant.now());
    }
}
