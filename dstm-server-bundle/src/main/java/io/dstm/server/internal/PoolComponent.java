package io.dstm.server.internal;

import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/** One pool file: hands what it says to the registry. */
@Component(
        service = PoolComponent.class,
        immediate = true,
        configurationPid = "io.dstm.pool",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = PoolOptions.class, factory = true)
public final class PoolComponent {

    /** DEACTIVATION_REASON_CONFIGURATION_DELETED of the Declarative Services specification, section 112.9. */
    private static final int CONFIGURATION_DELETED = 4;

    private final PoolRegistryComponent pools;
    private final String pid;

    /** For Declarative Services. */
    @Activate
    public PoolComponent(@Reference PoolRegistryComponent pools, Map<String, Object> properties) {
        this.pools = pools;
        pid = String.valueOf(properties.get("service.pid"));
        modified(properties);
    }

    @Modified
    void modified(Map<String, Object> properties) {
        pools.registry().put(pid, properties);
    }

    @Deactivate
    void deactivate(int reason) {
        // A bundle that stops is being updated or the system goes down: the file is still there, and so is the pool.
        if (reason == CONFIGURATION_DELETED) {
            pools.registry().remove(pid);
        }
    }
}
