package io.dstm.server.internal;

import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/** One file of IPv6 addresses and prefixes: hands what it says to the registry. */
@Component(
        service = Ipv6PoolComponent.class,
        immediate = true,
        configurationPid = "io.dstm.ipv6",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = Ipv6PoolOptions.class, factory = true)
public final class Ipv6PoolComponent {

    /** DEACTIVATION_REASON_CONFIGURATION_DELETED of the Declarative Services specification, section 112.9. */
    private static final int CONFIGURATION_DELETED = 4;

    private final Ipv6RegistryComponent pools;
    private final String pid;

    /** For Declarative Services. */
    @Activate
    public Ipv6PoolComponent(@Reference Ipv6RegistryComponent pools, Map<String, Object> properties) {
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
        // A bundle that stops is being updated or the system goes down: the file is still there, and so are the leases.
        if (reason == CONFIGURATION_DELETED) {
            pools.registry().remove(pid);
        }
    }
}
