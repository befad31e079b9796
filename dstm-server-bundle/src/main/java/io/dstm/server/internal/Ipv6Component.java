package io.dstm.server.internal;

import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.ipv6.Ipv6LeaseStore;
import io.dstm.server.internal.ipv6.ForwardingIpv6Service;
import io.dstm.server.internal.ipv6.Ipv6Server;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Lends IPv6 addresses and prefixes as long as there is a store for them. */
@Component(service = Ipv6LeaseService.class, immediate = true)
public final class Ipv6Component extends ForwardingIpv6Service {

    private final Ipv6Server server;

    /** For Declarative Services. */
    @Activate
    public Ipv6Component(@Reference Ipv6LeaseStore store, @Reference Ipv6RegistryComponent pools) {
        this(new Ipv6Server(store, pools.registry()));
    }

    private Ipv6Component(Ipv6Server server) {
        super(server.service());
        this.server = server;
        server.start();
    }

    @Deactivate
    void deactivate() {
        server.close();
    }
}
