package io.dstm.server.internal;

import io.dstm.api.config.ConfigReport;
import io.dstm.server.internal.ipv6.Ipv6PoolRegistry;
import java.time.InstantSource;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Keeps the registry of IPv6 pools, and reports on it whether or not there is a store to lend with. */
@Component(
        service = {Ipv6RegistryComponent.class, ConfigReport.class},
        // Not made anew, and thereby empty, whenever nobody happens to use it.
        immediate = true)
public final class Ipv6RegistryComponent implements ConfigReport {

    private final Ipv6PoolRegistry registry = new Ipv6PoolRegistry(InstantSource.system());

    /** For Declarative Services. */
    @Activate
    public Ipv6RegistryComponent() {}

    Ipv6PoolRegistry registry() {
        return registry;
    }

    @Override
    public List<Entry> entries() {
        return registry.entries();
    }
}
