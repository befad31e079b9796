package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseSource;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.dhcpv6.internal.common.NettyTransport;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Offers leases in the lw4o6 container where {@link Dhcpv6ClientComponent} offers them as IA_DSTM; the node's client chooses. */
@Component(
        service = {LeaseSource.class, Lw4o6ClientMXBean.class},
        property = "jmx.objectname=io.dstm:type=Lw4o6Client",
        immediate = true)
public final class Lw4o6ClientComponent implements LeaseSource, Lw4o6ClientMXBean {

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
    public String name() {
        return endpoint.source().name();
    }

    @Override
    public String detail() {
        return endpoint.source().detail();
    }

    @Override
    public CompletableFuture<ClientLease> acquire() {
        return endpoint.source().acquire();
    }

    @Override
    public CompletableFuture<ClientLease> renew(ClientLease lease) {
        return endpoint.source().renew(lease);
    }

    @Override
    public CompletableFuture<ClientLease> rebind(ClientLease lease) {
        return endpoint.source().rebind(lease);
    }

    @Override
    public CompletionStage<Void> release(ClientLease lease) {
        return endpoint.source().release(lease);
    }

    @Override
    public CompletionStage<Void> decline(ClientLease lease) {
        return endpoint.source().decline(lease);
    }

    @Override
    public String getDetail() {
        return detail();
    }

    @Override
    public Map<String, Long> getCounters() {
        Map<String, Long> named = new TreeMap<>();
        endpoint.source().counters().forEach((counter, value) -> named.put(counter.label(), value));
        return named;
    }
}
