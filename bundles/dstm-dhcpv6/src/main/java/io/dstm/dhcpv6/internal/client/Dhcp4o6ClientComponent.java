package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.LeaseSource;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.dhcpv6.internal.common.NettyTransport;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Offers leases over DHCPv4 inside DHCPv6 where {@link Dhcpv6ClientComponent} offers them over DHCPv6; the node's client chooses. */
@Component(
        service = {LeaseSource.class, Dhcp4o6ClientMXBean.class},
        property = "jmx.objectname=io.dstm:type=Dhcp4o6Client",
        immediate = true)
public final class Dhcp4o6ClientComponent extends ForwardingLeaseSource implements Dhcp4o6ClientMXBean {

    private final Dhcp4o6Endpoint endpoint;

    /** Is ready to ask. */
    @Activate
    public Dhcp4o6ClientComponent(@Reference ClientConfiguration configuration, @Reference NetworkControl network) {
        endpoint = new Dhcp4o6Endpoint(NettyTransport.best(), network, configuration);
    }

    @Deactivate
    void deactivate() {
        endpoint.close();
    }

    @Override
    Dhcp4o6LeaseSource source() {
        return endpoint.source();
    }

    @Override
    public Map<String, Long> getCounters() {
        return named(source().counters());
    }
}
