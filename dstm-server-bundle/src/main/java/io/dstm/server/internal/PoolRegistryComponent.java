package io.dstm.server.internal;

import io.dstm.api.config.ConfigReport;
import io.dstm.server.internal.config.PoolRegistry;
import java.time.InstantSource;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Keeps the pool registry, and reports on it whether or not there is a server to use it. */
@Component(
        service = {PoolRegistryComponent.class, ConfigReport.class},
        // Not made anew, and thereby empty, whenever nobody happens to use it.
        immediate = true)
public final class PoolRegistryComponent implements ConfigReport {

    private final PoolRegistry registry = new PoolRegistry(InstantSource.system());

    /** For Declarative Services. */
    @Activate
    public PoolRegistryComponent() {}

    PoolRegistry registry() {
        return registry;
    }

    @Override
    public List<Entry> entries() {
        return registry.entries();
    }
}
