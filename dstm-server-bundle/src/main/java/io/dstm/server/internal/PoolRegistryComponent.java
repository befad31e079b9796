package io.dstm.server.internal;

import io.dstm.api.config.ConfigCheck;
import io.dstm.api.config.ConfigReport;
import io.dstm.server.internal.config.PoolRegistry;
import io.dstm.server.internal.config.ServerCheck;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Keeps the pool registry, reports on it and judges new files, whether or not there is a server to use it. */
@Component(
        service = {PoolRegistryComponent.class, ConfigReport.class, ConfigCheck.class},
        // Not made anew, and thereby empty, whenever nobody happens to use it.
        immediate = true)
public final class PoolRegistryComponent implements ConfigReport, ConfigCheck {

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

    @Override
    public Set<String> pids() {
        return ServerCheck.PIDS;
    }

    @Override
    public List<Verdict> check(Map<String, ? extends Map<String, ?>> configurations) {
        return ServerCheck.check(configurations, registry.teps());
    }
}
