package io.dstm.datapath.internal;

import io.dstm.api.datapath.NetworkControl;
import io.dstm.datapath.internal.netlink.LinuxNetworkControl;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Offers network control. */
@Component(service = NetworkControl.class)
public final class NetworkControlComponent extends LinuxNetworkControl {

    /** Called by SCR. */
    @Activate
    public NetworkControlComponent(BundleContext context) {
        super(NativeDirectory.of(context));
    }
}
