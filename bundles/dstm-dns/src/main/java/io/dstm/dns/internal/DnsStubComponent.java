package io.dstm.dns.internal;

import io.dstm.api.client.Ipv4OnDemand;
import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReport;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the stub by its configuration; a change opens the new sockets after the old are closed, which takes a moment. */
@Component(
        service = ConfigReport.class,
        configurationPid = StubConfig.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = StubConfigDefinition.class)
public final class DnsStubComponent implements ConfigReport {

    private static final Logger log = LoggerFactory.getLogger(DnsStubComponent.class);
    private static final long RETRY_SECONDS = 10;

    private final Loops loops = Loops.open();
    private final DnsCounters counters = new DnsCounters();

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable Ipv4OnDemand ipv4;

    private volatile Entry report = new Entry(StubConfig.PID, false, List.of(), Instant.now());
    private @Nullable StubConfig config;
    private @Nullable DnsServer server;
    private @Nullable Future<?> retry;

    /** Starts the stub. */
    @Activate
    public DnsStubComponent() {}

    /** Takes a configuration; a wrong one changes nothing but the report. */
    @Activate
    @Modified
    synchronized void configure(Map<String, Object> properties) {
        try {
            StubConfig accepted = StubConfig.read(properties);
            report = new Entry(StubConfig.PID, true, List.of(), Instant.now());
            if (!accepted.equals(config)) {
                config = accepted;
                stopListening();
                listen(accepted);
            }
        } catch (ConfigException refused) {
            report = new Entry(StubConfig.PID, false, refused.problems(), Instant.now());
            log.error(
                    "DSTM-5002 Configuration {} is refused, the one before stays in force: {}",
                    StubConfig.PID,
                    refused.getMessage());
        }
    }

    private void listen(StubConfig wanted) {
        UpstreamChannels upstream = new UpstreamChannels(loops, wanted);
        StubResolver resolver =
                new StubResolver(upstream, () -> Optional.ofNullable(ipv4), wanted.holdTimeout(), counters);
        try {
            server = DnsServer.open(loops, wanted.listen(), wanted.port(), resolver);
            log.info(
                    "DSTM-5001 The DNS stub answers on {} port {} and asks {}",
                    text(wanted.listen()),
                    wanted.port(),
                    text(wanted.upstream()));
        } catch (IOException cannot) {
            log.error("DSTM-5003 The DNS stub {}; tried again in {} s", cannot.getMessage(), RETRY_SECONDS);
            retry = loops.group().schedule(() -> retryInBackground(wanted), RETRY_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static String text(List<InetAddress> addresses) {
        return addresses.stream().map(InetAddress::getHostAddress).collect(Collectors.joining(", "));
    }

    /** Binding waits for the event loop, so the loop itself must not do it. */
    private void retryInBackground(StubConfig wanted) {
        Thread thread = new Thread(() -> listenAgain(wanted), "dstm-dns-retry");
        thread.setDaemon(true);
        thread.start();
    }

    private synchronized void listenAgain(StubConfig wanted) {
        if (server == null && wanted.equals(config)) {
            listen(wanted);
        }
    }

    private void stopListening() {
        if (retry != null) {
            retry.cancel(false);
            retry = null;
        }
        if (server != null) {
            server.close();
            server = null;
        }
    }

    /** Stops answering. */
    @Deactivate
    synchronized void stop() {
        config = null;
        stopListening();
        loops.group().shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
        log.info("DSTM-5004 The DNS stub stopped");
    }

    @Override
    public List<Entry> entries() {
        return List.of(report);
    }
}
