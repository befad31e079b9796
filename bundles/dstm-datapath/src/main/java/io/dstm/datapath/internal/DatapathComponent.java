package io.dstm.datapath.internal;

import io.dstm.api.datapath.Datapath;
import io.dstm.datapath.internal.linux.LinuxDatapath;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** Offers the datapath. What the machine lacks is said when a tunnel is opened, to whoever wanted it. */
@Component(service = Datapath.class)
public final class DatapathComponent extends LinuxDatapath {

    /** Called by SCR. */
    @Activate
    public DatapathComponent(BundleContext context) {
        super(NativeDirectory.of(context));
    }

    /** Closes what its users have left open. */
    @Deactivate
    void deactivate() {
        close();
    }
}
