package io.dstm.shell.internal;

import io.dstm.api.management.HealthView;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code dstm:health}. */
@Service
@Command(scope = "dstm", name = "health", description = "Says what is wrong with this node and what to do about it")
public class HealthCommand extends NodeCommand {

    @Reference
    HealthView health;

    @Override
    View view() {
        return new HealthReport(health.findings());
    }
}
