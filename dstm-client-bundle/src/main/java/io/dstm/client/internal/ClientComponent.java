package io.dstm.client.internal;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.ClientStatus;
import io.dstm.api.client.Ipv4OnDemand;
import io.dstm.api.client.LeaseSource;
import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.client.internal.engine.ClientConfig;
import io.dstm.client.internal.engine.ClientEngine;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
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

/** The client as OSGi sees it: hands configuration and services to the engine. */
@Component(
        configurationPid = ClientConfig.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        service = {Ipv4OnDemand.class, ConfigReport.class},
        immediate = true)
@Designate(ocd = ClientConfigDefinition.class)
public final class ClientComponent implements Ipv4OnDemand, ConfigReport {

    /** Longer than the engine waits for a release to be confirmed. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(6);

    private static final Logger log = LoggerFactory.getLogger(ClientComponent.class);

    private final Datapath datapath;
    private final NetworkControl network;
    private final ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "dstm-client");
        thread.setDaemon(true);
        return thread;
    });

    /** Guarded by this. Sources that came before there was an engine. */
    private final List<LeaseSource> sources = new ArrayList<>();

    private volatile @Nullable ClientEngine engine;
    private volatile Entry entry = new Entry(ClientConfig.PID, false, List.of(), Instant.EPOCH);

    /** Starts with what the configuration says, or waits for a valid one. */
    @Activate
    public ClientComponent(
            Map<String, Object> properties, @Reference Datapath datapath, @Reference NetworkControl network) {
        this.datapath = datapath;
        this.network = network;
        apply(properties);
    }

    @Modified
    void modified(Map<String, Object> properties) {
        apply(properties);
    }

    @Deactivate
    void deactivate() {
        ClientEngine running = engine;
        if (running != null) {
            running.stop(STOP_PATIENCE);
        }
        loop.shutdownNow();
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    synchronized void bindSource(LeaseSource source) {
        sources.add(source);
        ClientEngine running = engine;
        if (running != null) {
            running.addSource(source);
        }
    }

    synchronized void unbindSource(LeaseSource source) {
        sources.remove(source);
        ClientEngine running = engine;
        if (running != null) {
            running.removeSource(source);
        }
    }

    private synchronized void apply(Map<String, Object> properties) {
        try {
            ClientConfig config = ClientConfig.read(properties);
            ClientEngine running = engine;
            if (running == null) {
                String data = System.getProperty("karaf.data");
                running = new ClientEngine(
                        config,
                        datapath,
                        network,
                        data == null ? null : Path.of(data, "dstm", "client.state"),
                        Clock.systemUTC(),
                        System::nanoTime,
                        loop);
                sources.forEach(running::addSource);
                engine = running;
                running.start();
            } else {
                running.configure(config);
                log.info("DSTM-3011 Configuration {} applied", ClientConfig.PID);
            }
            entry = new Entry(ClientConfig.PID, true, List.of(), Instant.now());
        } catch (ConfigException refused) {
            log.error(
                    "DSTM-3004 Configuration {} refused, {}: {}",
                    ClientConfig.PID,
                    engine == null ? "the client waits for a valid one" : "the one before stays in force",
                    refused.getMessage());
            entry = new Entry(ClientConfig.PID, false, refused.problems(), Instant.now());
        }
    }

    @Override
    public CompletionStage<ClientLease> demand(String reason) {
        ClientEngine running = engine;
        return running == null
                ? CompletableFuture.failedStage(new IllegalStateException(refusal()))
                : running.demand(reason);
    }

    @Override
    public ClientStatus status() {
        ClientEngine running = engine;
        return running == null
                ? new ClientStatus(ClientStatus.State.FAILED, refusal(), "", "", null, List.of())
                : running.status();
    }

    private String refusal() {
        return "configuration " + ClientConfig.PID + " refused: "
                + String.join(
                        "; ",
                        entry.problems().stream().map(ConfigProblem::toString).toList());
    }

    @Override
    public List<Entry> entries() {
        return List.of(entry);
    }
}
