package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.LeaseSource;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.dhcpv6.internal.common.ConfigState;
import io.dstm.dhcpv6.internal.common.DuidFile;
import io.dstm.dhcpv6.internal.common.NettyTransport;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Offers leases over DHCPv6 while there is a configuration; a change is heeded by what is asked or sent from then on. */
@Component(
        configurationPid = Dhcpv6ClientComponent.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        service = {LeaseSource.class, ConfigReport.class, Dhcpv6ClientMXBean.class, ClientConfiguration.class},
        property = "jmx.objectname=io.dstm:type=Dhcpv6Client",
        immediate = true)
@Designate(ocd = ClientConfigDefinition.class)
public final class Dhcpv6ClientComponent extends ForwardingLeaseSource
        implements ConfigReport, Dhcpv6ClientMXBean, ClientConfiguration {

    static final String PID = "io.dstm.dhcpv6.client";

    private static final Logger log = LoggerFactory.getLogger(Dhcpv6ClientComponent.class);

    private final ConfigState<ClientSettings> config =
            new ConfigState<>(PID, "DSTM-4202", log, ClientSettings::read, InstantSource.system());
    private final ClientIdentity identity = DuidFile.inKarafData("dhcpv6-client.duid")::get;
    private final ClientEndpoint endpoint;

    /** Is ready to ask, once the configuration is valid. */
    @Activate
    public Dhcpv6ClientComponent(Map<String, Object> properties, @Reference NetworkControl network) {
        config.update(properties);
        endpoint = new ClientEndpoint(
                NettyTransport.best(), new InterfaceLinks(network, config::settings), config::settings, identity);
        endpoint.warmUp();
        endpoint.introduce();
    }

    @Modified
    void modified(Map<String, Object> properties) {
        config.update(properties);
    }

    @Deactivate
    void deactivate() {
        endpoint.close();
    }

    @Override
    Dhcpv6LeaseSource source() {
        return endpoint.source();
    }

    @Override
    public Optional<ClientSettings> settings() {
        return config.settings();
    }

    @Override
    public ClientIdentity identity() {
        return identity;
    }

    @Override
    public List<Entry> entries() {
        return config.entries();
    }

    @Override
    public String getTransport() {
        return endpoint.transport();
    }

    @Override
    public Map<String, Long> getCounters() {
        return named(source().counters());
    }
}
