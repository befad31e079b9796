package io.dstm.management.internal;

import io.dstm.api.management.Caller;
import io.dstm.api.management.LeaseTransfer;
import io.dstm.api.management.Operations;
import io.dstm.api.management.Order;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.LoggerFactory;

/** The one service by which every door changes this node; nothing gets past its audit, since what it wraps is not a service. */
@Component(service = Operations.class)
public final class OperationsComponent implements Operations {

    /** The logger of the audit; {@code etc/org.ops4j.pax.logging.cfg} gives it a file of its own. */
    static final String AUDIT_LOGGER = "io.dstm.audit";

    private final ExecutorService files = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "dstm-operations");
        thread.setDaemon(true);
        return thread;
    });
    private final Operations operations;

    /** Works on this node. */
    @Activate
    public OperationsComponent(
            @Reference NodeComponent node,
            @Reference ConfigHistoryComponent configuration,
            @Reference LeaseTransfer transfer) {
        operations = new AuditedOperations(
                new LocalOperations(node, configuration, transfer, files),
                LoggerFactory.getLogger(AUDIT_LOGGER)::info,
                InstantSource.system());
    }

    @Deactivate
    void stop() {
        files.shutdown();
    }

    @Override
    public CompletionStage<Outcome> perform(Caller caller, Order order, Duration patience) {
        return operations.perform(caller, order, patience);
    }
}
