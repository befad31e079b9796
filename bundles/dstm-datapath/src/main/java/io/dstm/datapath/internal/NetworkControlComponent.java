package io.dstm.datapath.internal;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.datapath.internal.netlink.LinuxNetworkControl;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Offers network control. */
@Component(service = NetworkControl.class)
public final class NetworkControlComponent implements NetworkControl {

    private final LinuxNetworkControl network;

    /** Called by SCR. */
    @Activate
    public NetworkControlComponent(BundleContext context) {
        network = new LinuxNetworkControl(NativeDirectory.of(context));
    }

    @Override
    public List<InterfaceInfo> interfaces() throws DatapathException {
        return network.interfaces();
    }

    @Override
    public void addAddress(String device, Ipv4Address address, int prefixLength) throws DatapathException {
        network.addAddress(device, address, prefixLength);
    }

    @Override
    public void removeAddress(String device, Ipv4Address address, int prefixLength) throws DatapathException {
        network.removeAddress(device, address, prefixLength);
    }

    @Override
    public void setRoute(Route route) throws DatapathException {
        network.setRoute(route);
    }

    @Override
    public void removeRoute(Route route) throws DatapathException {
        network.removeRoute(route);
    }

    @Override
    public void setMtu(String device, int mtu) throws DatapathException {
        network.setMtu(device, mtu);
    }

    @Override
    public Optional<Ipv6Address> sourceTowards(Ipv6Address destination) {
        return network.sourceTowards(destination);
    }

    @Override
    public Optional<String> readSwitch(String name) {
        return network.readSwitch(name);
    }

    @Override
    public void writeSwitch(String name, String value) throws DatapathException {
        network.writeSwitch(name, value);
    }
}
