package io.dstm.tep.internal.control;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.tep.TunnelEndPoint;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a TEP as the configuration says. A valid configuration takes effect at once; an invalid one changes nothing and is
 * reported.
 */
public final class TepManager implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(TepManager.class);

    /** Longer than a datapath waits for its threads. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(15);

    /** Where TEPs are made known to servers. */
    @FunctionalInterface
    public interface Registry {

        /** Makes a TEP known; the result takes it back. */
        Runnable register(TunnelEndPoint tep);
    }

    private final Tep.Surroundings surroundings;
    private final Registry registry;

    // Guarded by this.
    private @Nullable Tep tep;
    private Runnable unregister = () -> {};

    private volatile ConfigReport.Entry report;

    /** A manager without a TEP. */
    public TepManager(Tep.Surroundings surroundings, Registry registry) {
        this.surroundings = surroundings;
        this.registry = registry;
        this.report = new ConfigReport.Entry(
                TepConfig.PID, false, List.of(), surroundings.clock().instant());
    }

    /** Takes over a configuration, if it is valid. */
    public synchronized void configure(Map<String, ?> properties) {
        Instant now = surroundings.clock().instant();
        try {
            apply(TepConfig.read(properties));
            report = new ConfigReport.Entry(TepConfig.PID, true, List.of(), now);
        } catch (ConfigException refused) {
            log.error(
                    "DSTM-2005 Configuration {} refused, {}: {}",
                    TepConfig.PID,
                    tep == null ? "there is no TEP until it is valid" : "the one before stays in force",
                    refused.getMessage());
            report = new ConfigReport.Entry(TepConfig.PID, false, refused.problems(), now);
        }
    }

    private void apply(TepConfig config) {
        Tep present = tep;
        if (present != null && present.config().equals(config)) {
            return;
        }
        if (present != null && present.config().isSameTep(config)) {
            present.reconfigure(config);
            log.info("DSTM-2006 Configuration {} applied to TEP {}", TepConfig.PID, config.name());
            return;
        }
        // Servers know a TEP by its name and tunnel address: with another of these it is another one.
        stop(() -> {});
        Tep started = new Tep(config, surroundings);
        tep = started;
        unregister = registry.register(started);
    }

    private void stop(Runnable whenDone) {
        Tep present = tep;
        tep = null;
        unregister.run();
        unregister = () -> {};
        if (present == null) {
            whenDone.run();
        } else {
            present.stop(whenDone);
        }
    }

    /** How the latest configuration fared. */
    public ConfigReport.Entry report() {
        return report;
    }

    /** Stops the TEP, and returns when its tunnel is closed. */
    @Override
    public synchronized void close() {
        CountDownLatch stopped = new CountDownLatch(1);
        stop(stopped::countDown);
        try {
            if (!stopped.await(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("DSTM-2011 The TEP did not stop in {} s; its device may remain", STOP_PATIENCE.toSeconds());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
