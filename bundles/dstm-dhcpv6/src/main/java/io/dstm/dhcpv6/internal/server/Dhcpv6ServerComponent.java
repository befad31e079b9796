package io.dstm.dhcpv6.internal.server;

import io.dstm.api.config.ConfigReport;
import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.lease.ClientCaller;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.management.MessageCounters;
import io.dstm.dhcpv6.internal.common.ConfigState;
import io.dstm.dhcpv6.internal.common.DuidFile;
import io.dstm.dhcpv6.internal.common.NettyTransport;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
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

/** Runs the DHCPv6 server while there is a lease service and a configuration. */
@Component(
        configurationPid = Dhcpv6ServerComponent.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        service = {ConfigReport.class, ClientCaller.class, MessageCounters.class, Dhcpv6ServerMXBean.class},
        property = "jmx.objectname=io.dstm:type=Dhcpv6Server",
        immediate = true)
@Designate(ocd = ServerConfigDefinition.class)
public final class Dhcpv6ServerComponent implements ConfigReport, ClientCaller, MessageCounters, Dhcpv6ServerMXBean {

    static final String PID = "io.dstm.dhcpv6.server";

    private static final Logger log = LoggerFactory.getLogger(Dhcpv6ServerComponent.class);

    /** A client has asked five times by then; whatever comes later answers nobody. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ConfigState<ServerSettings> config =
            new ConfigState<>(PID, "DSTM-4101", log, ServerSettings::read, InstantSource.system());
    private final ServerEngine engine;
    private final ServerEndpoint endpoint;

    /** Starts with what the configuration says, or waits for a valid one. */
    @Activate
    public Dhcpv6ServerComponent(Map<String, Object> properties, @Reference LeaseService leases) {
        config.update(properties);
        engine = new ServerEngine(leases, InstantSource.system(), PATIENCE);
        endpoint = new ServerEndpoint(
                engine,
                config::settings,
                DuidFile.inKarafData("dhcpv6-server.duid"),
                DuidFile.karafData(),
                NettyTransport.best());
        endpoint.start();
    }

    @Modified
    void modified(Map<String, Object> properties) {
        config.update(properties);
        endpoint.refresh();
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindIpv6(Ipv6LeaseService ipv6) {
        engine.lendIpv6With(ipv6);
    }

    void unbindIpv6(Ipv6LeaseService ipv6) {
        log.debug("{} is gone", ipv6);
        engine.lendIpv6With(null);
    }

    @Deactivate
    void deactivate() {
        endpoint.close();
        log.info("DSTM-4106 The DHCPv6 server stopped.");
    }

    @Override
    public List<Entry> entries() {
        return config.entries("interfaces", endpoint.trouble());
    }

    @Override
    public String name() {
        return "dhcpv6";
    }

    @Override
    public boolean isCallable(ClientId client) {
        return engine.isCallable(client);
    }

    @Override
    public CompletionStage<Outcome> call(ClientId client, Purpose purpose) {
        return engine.call(client, purpose);
    }

    @Override
    public String getDetail() {
        return endpoint.detail();
    }

    @Override
    public String getTransport() {
        return endpoint.transport();
    }

    @Override
    public String endpoint() {
        return "dhcpv6-server";
    }

    @Override
    public Map<String, Long> messageCounters() {
        return getCounters();
    }

    @Override
    public Map<String, Long> getCounters() {
        Map<String, Long> named = new TreeMap<>();
        engine.counters().forEach((counter, value) -> named.put(counter.label(), value));
        return named;
    }
}
