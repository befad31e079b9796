package io.dstm.server.internal;

import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.ipv6.Ipv6LeaseStore;
import io.dstm.server.internal.ipv6.ForwardingIpv6Service;
import io.dstm.server.internal.ipv6.Ipv6LeasesMXBean;
import io.dstm.server.internal.ipv6.Ipv6Server;
import io.dstm.server.internal.ipv6.Ipv6View;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Lends IPv6 addresses and prefixes as long as there is a store for them. */
@Component(
        service = {Ipv6LeaseService.class, Ipv6LeasesMXBean.class},
        property = "jmx.objectname=io.dstm:type=Ipv6Leases",
        immediate = true)
public final class Ipv6Component extends ForwardingIpv6Service implements Ipv6LeasesMXBean {

    private final Ipv6Server server;
    private final Ipv6View view;

    /** For Declarative Services. */
    @Activate
    public Ipv6Component(@Reference Ipv6LeaseStore store, @Reference Ipv6RegistryComponent pools) {
        this(new Ipv6Server(store, pools.registry()));
    }

    private Ipv6Component(Ipv6Server server) {
        super(server.service());
        this.server = server;
        view = new Ipv6View(server.service());
        server.start();
    }

    @Override
    public Map<String, String> getPools() {
        return view.getPools();
    }

    @Override
    public Map<String, Long> getAddresses() {
        return view.getAddresses();
    }

    @Override
    public Map<String, Long> getPrefixes() {
        return view.getPrefixes();
    }

    @Override
    public String holderOf(String address) {
        return view.holderOf(address);
    }

    @Deactivate
    void deactivate() {
        server.close();
    }
}
