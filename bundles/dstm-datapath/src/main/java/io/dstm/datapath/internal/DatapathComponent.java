package io.dstm.datapath.internal;

import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.datapath.internal.linux.LinuxDatapath;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** Offers the datapath. What is missing on the machine is said when a tunnel is opened, where somebody hears it. */
@Component(service = Datapath.class)
public final class DatapathComponent implements Datapath {

    private final LinuxDatapath datapath;

    /** Called by SCR. */
    @Activate
    public DatapathComponent(BundleContext context) {
        datapath = new LinuxDatapath(NativeDirectory.of(context));
    }

    /** Closes what its users have left open. */
    @Deactivate
    void deactivate() {
        datapath.close();
    }

    @Override
    public Tunnel open(Specification specification, PacketProcessor processor) throws DatapathException {
        return datapath.open(specification, processor);
    }

    @Override
    public String description() {
        return datapath.description();
    }
}
