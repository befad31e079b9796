package io.dstm.console.internal.jmx;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReport;
import io.dstm.console.internal.GuardComponent;
import io.dstm.console.internal.access.Guard;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens JMX over TLS as configured; not at all without a configuration. */
@Component(
        configurationPid = JmxConfig.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        service = ConfigReport.class)
@Designate(ocd = JmxConfigDefinition.class)
public final class JmxComponent implements ConfigReport {

    private static final Logger log = LoggerFactory.getLogger(JmxComponent.class);
    private static final long RETRY_SECONDS = 10;

    private final Guard guard;
    private final ScheduledExecutorService retries = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "dstm-jmx-retry");
        thread.setDaemon(true);
        return thread;
    });
    private volatile Entry entry = new Entry(JmxConfig.PID, false, List.of(), Instant.now());
    private @Nullable JmxConfig config;
    private @Nullable JmxServer server;
    private @Nullable Future<?> retry;

    /** Opens it. */
    @Activate
    public JmxComponent(@Reference GuardComponent guard, Map<String, Object> properties) {
        this.guard = guard.guard();
        modified(properties);
    }

    @Modified
    final synchronized void modified(Map<String, Object> properties) {
        try {
            JmxConfig wanted = JmxConfig.read(properties);
            entry = new Entry(JmxConfig.PID, true, List.of(), Instant.now());
            if (!wanted.equals(config)) {
                close();
                config = wanted;
                open(wanted);
            }
        } catch (ConfigException wrong) {
            entry = new Entry(JmxConfig.PID, false, wrong.problems(), Instant.now());
            log.warn(
                    "DSTM-9002 {} is refused and what was in force stays; correct it: {}",
                    JmxConfig.PID,
                    wrong.getMessage());
        }
    }

    private synchronized void open(JmxConfig wanted) {
        if (server != null || !wanted.equals(config)) {
            return;
        }
        try {
            server = new JmxServer(
                    new Keys(wanted.keystore(), wanted.passwordFile()),
                    wanted.listen(),
                    wanted.host(),
                    wanted.port(),
                    wanted.connectionPort(),
                    guard,
                    ManagementFactory.getPlatformMBeanServer());
            log.info(
                    "DSTM-9003 JMX over TLS is open at service:jmx:rmi:///jndi/rmi://{}:{}/{}",
                    wanted.host(),
                    wanted.port(),
                    JmxServer.NAME);
        } catch (IOException | GeneralSecurityException cannot) {
            log.error(
                    "DSTM-9005 JMX over TLS cannot open ports {} and {} at {}; tried again in {} s: {}",
                    wanted.port(),
                    wanted.connectionPort(),
                    wanted.listen().getHostAddress(),
                    RETRY_SECONDS,
                    cannot.getMessage());
            retry = retries.schedule(() -> open(wanted), RETRY_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void close() {
        if (retry != null) {
            retry.cancel(false);
            retry = null;
        }
        if (server != null) {
            try {
                server.close();
            } catch (IOException late) {
                log.debug("closing JMX over TLS", late);
            }
            server = null;
            log.info("DSTM-9006 JMX over TLS is closed");
        }
    }

    /** Closes it. */
    @Deactivate
    final synchronized void stop() {
        retries.shutdownNow();
        config = null;
        close();
    }

    @Override
    public List<Entry> entries() {
        return List.of(entry);
    }
}
