package io.dstm.tep.internal;

import io.dstm.api.config.ConfigReport;
import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.tep.TunnelEndPoint;
import io.dstm.tep.internal.control.Control;
import io.dstm.tep.internal.control.Tep;
import io.dstm.tep.internal.control.TepConfig;
import io.dstm.tep.internal.control.TepManager;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/** The TEP as OSGi sees it: brings configuration and services together, and offers the TEP once it is configured. */
@Component(
        configurationPid = TepConfig.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        service = ConfigReport.class,
        immediate = true)
@Capability(namespace = "osgi.service", attribute = "objectClass:List<String>='io.dstm.api.tep.TunnelEndPoint'")
@Designate(ocd = TepConfigDefinition.class)
public final class TepComponent implements ConfigReport {

    private final BundleContext context;
    private final Control.OwnThread control = new Control.OwnThread("dstm-tep-control");
    private final TepManager manager;

    /** Called by SCR. */
    @Activate
    public TepComponent(
            BundleContext context,
            @Reference Datapath datapath,
            @Reference NetworkControl network,
            Map<String, Object> properties) {
        this.context = context;
        this.manager = new TepManager(
                new Tep.Surroundings(
                        datapath, network, control, Clock.systemUTC(), System::nanoTime, new SecureRandom().nextLong()),
                this::register);
        manager.configure(properties);
    }

    private Runnable register(TunnelEndPoint tep) {
        ServiceRegistration<TunnelEndPoint> registration = context.registerService(
                TunnelEndPoint.class, tep, FrameworkUtil.asDictionary(Map.of("name", tep.name())));
        return registration::unregister;
    }

    @Modified
    void modified(Map<String, Object> properties) {
        manager.configure(properties);
    }

    @Deactivate
    void deactivate() {
        manager.close();
        control.close();
    }

    @Override
    public List<Entry> entries() {
        return List.of(manager.report());
    }
}
