package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.LeaseSource;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.dhcpv6.internal.common.NettyTransport;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Offers leases in the lw4o6 container where {@link Dhcpv6ClientComponent} offers them as IA_DSTM; the node's client chooses. */
@Component(
        service = {LeaseSource.class, Lw4o6ClientMXBean.class},
        property = "jmx.objectname=io.dstm:type=Lw4o6Client",
        immediate = true)
public final class Lw4o6ClientComponent extends ForwardingLeaseSource implements Lw4o6ClientMXBean {

    private final Lw4o6Endpoint endpoint;

    /** Is ready to ask. */
    @Activate
    public Lw4o6ClientComponent(@Reference ClientConfiguration configuration, @Reference NetworkControl network) {
        endpoint = new Lw4o6Endpoint(NettyTransport.best(), network, configuration);
    }

    @Deactivate
    void deactivate() {
        endpoint.close();
    }

    @Override
    Lw4o6LeaseSource source() {
        return endpoint.source();
    }

    @Override
    public Map<String, Long> getCounters() {
        return named(source().counters());
    }
}
