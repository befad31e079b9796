package io.dstm.server.internal;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.LatencyHistogram;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseListener;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.PoolListener;
import io.dstm.api.tep.TunnelEndPoint;
import io.dstm.server.internal.config.PoolRegistry;
import io.dstm.server.internal.config.ServerConfig;
import io.dstm.server.internal.engine.ForwardingLeaseService;
import io.dstm.server.internal.engine.LatencyRecorder;
import io.dstm.server.internal.engine.LeaseServer;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server as a service: gives the engine its store, its pools, its TEPs and its configuration. */
@Component(
        service = {LeaseService.class, ConfigReport.class},
        immediate = true,
        configurationPid = ServerComponent.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = ServerOptions.class)
public final class ServerComponent extends ForwardingLeaseService implements ConfigReport {

    static final String PID = "io.dstm.server";

    private static final Logger log = LoggerFactory.getLogger(ServerComponent.class);

    private final LeaseServer server;
    private final PoolRegistry pools;
    private final Consumer<PoolRegistry.View> poolsToEngine;
    /** Names of the TEPs that are there, one that two have twice. */
    private final List<String> teps = new CopyOnWriteArrayList<>();

    private final LatencyRecorder allocationTimes = new LatencyRecorder();

    private volatile @Nullable Entry entry;
    private boolean everAccepted;

    /** For Declarative Services. */
    @Activate
    public ServerComponent(
            @Reference LeaseStore store, @Reference PoolRegistryComponent pools, Map<String, Object> properties) {
        this(new LeaseServer(store), pools.registry(), properties);
    }

    private ServerComponent(LeaseServer server, PoolRegistry pools, Map<String, Object> properties) {
        super(server.engine());
        this.server = server;
        this.pools = pools;
        poolsToEngine = server.engine()::setPools;
        modified(properties);
        server.start();
        pools.teps(Set.of());
        pools.subscribe(poolsToEngine);
    }

    @Modified
    void modified(Map<String, Object> properties) {
        try {
            ServerConfig config = ServerConfig.read(properties);
            server.engine().configure(config);
            pools.serverTerms(config.terms());
            log.info("DSTM-1003 The configuration {} is in force: {}", PID, config);
            entry = new Entry(PID, true, List.of(), Instant.now());
            everAccepted = true;
        } catch (ConfigException wrong) {
            entry = new Entry(PID, false, wrong.problems(), Instant.now());
            log.error(
                    "DSTM-1002 The configuration {} is refused, {}; mend the file and save it again: {}",
                    PID,
                    everAccepted ? "the one before stays in force" : "nothing is lent",
                    wrong.getMessage());
        }
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindTep(TunnelEndPoint tep) {
        server.engine().addTep(tep);
        teps.add(tep.name());
        pools.teps(new HashSet<>(teps));
    }

    void unbindTep(TunnelEndPoint tep) {
        server.engine().removeTep(tep);
        teps.remove(tep.name());
        pools.teps(new HashSet<>(teps));
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindListener(LeaseListener listener) {
        server.engine().addListener(listener);
    }

    void unbindListener(LeaseListener listener) {
        server.engine().removeListener(listener);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindPoolListener(PoolListener listener) {
        server.engine().addPoolListener(listener);
    }

    void unbindPoolListener(PoolListener listener) {
        server.engine().removePoolListener(listener);
    }

    @Override
    public CompletionStage<LeaseDecision> allocate(AllocationRequest request) {
        long begin = System.nanoTime();
        return super.allocate(request).whenComplete((decision, defect) -> {
            if (decision instanceof LeaseDecision.Granted) {
                allocationTimes.record(System.nanoTime() - begin);
            }
        });
    }

    @Override
    public Optional<LatencyHistogram> allocationTimes() {
        return Optional.of(allocationTimes.histogram());
    }

    @Deactivate
    void deactivate() {
        pools.unsubscribe(poolsToEngine);
        server.close();
    }

    @Override
    public List<Entry> entries() {
        Entry present = entry;
        return present == null ? List.of() : List.of(present);
    }
}
