package io.dstm.client.internal.engine;

import io.dstm.api.client.ClientLease;
import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.datapath.NetworkControl.Route;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.client.internal.tunnel.NodeTunnel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The 4over6 interface as the kernel has it: the device, its addresses, the default route and the range of local ports. The
 * placeholder is always there, so that a program without a lease gets packets out at all (RFC 7335); while there is a lease, the
 * route prefers its address, so that every new socket has it.
 */
final class NodeInterface {

    private static final Ipv4Prefix EVERYWHERE = new Ipv4Prefix(Ipv4Address.UNSPECIFIED, 0);
    private static final int HOST = 32;

    private final ClientConfig config;
    private final NetworkControl network;
    private final KernelPorts kernelPorts;
    private final Datapath.Tunnel tunnel;
    private @Nullable Ipv4Address carried;

    private NodeInterface(
            ClientConfig config, NetworkControl network, KernelPorts kernelPorts, Datapath.Tunnel tunnel) {
        this.config = config;
        this.network = network;
        this.kernelPorts = kernelPorts;
        this.tunnel = tunnel;
    }

    /** Creates the device with placeholder and default route; nothing is left behind if that fails. */
    static NodeInterface open(
            ClientConfig config, Datapath datapath, NetworkControl network, KernelPorts kernelPorts, NodeTunnel rules)
            throws DatapathException {
        // Any local address: the node's end of the tunnel is known with the lease only, and the rules check it.
        Datapath.Tunnel tunnel = datapath.open(
                new Datapath.Specification(config.device(), config.deviceMtu(), List.of(), config.batch()), rules);
        NodeInterface opened = new NodeInterface(config, network, kernelPorts, tunnel);
        try {
            network.addAddress(tunnel.device(), Ipv4Address.PLACEHOLDER, HOST);
            opened.prefer(Ipv4Address.PLACEHOLDER);
        } catch (DatapathException | RuntimeException failed) {
            tunnel.close();
            throw failed;
        }
        return opened;
    }

    Datapath.Tunnel tunnel() {
        return tunnel;
    }

    /** Shows the leased address to programs, in place of one carried before. */
    void carry(ClientLease lease) throws DatapathException {
        Ipv4Address address = lease.key().address();
        Ipv4Address before = carried;
        if (KernelPorts.wanted(config.localPorts(), lease.key().ports())) {
            kernelPorts.use(lease.key().ports());
        } else {
            kernelPorts.restore();
        }
        network.addAddress(tunnel.device(), address, HOST);
        carried = address;
        prefer(address);
        if (before != null && !before.equals(address)) {
            network.removeAddress(tunnel.device(), before, HOST);
        }
    }

    /** Takes the leased address away. The route goes first: the kernel deletes routes that prefer an address it removes. */
    void putDown() throws DatapathException {
        kernelPorts.restore();
        Ipv4Address address = carried;
        if (address != null) {
            carried = null;
            prefer(Ipv4Address.PLACEHOLDER);
            network.removeAddress(tunnel.device(), address, HOST);
        }
    }

    /** Removes the device, and with it addresses and routes. */
    void close() {
        kernelPorts.restore();
        tunnel.close();
    }

    private void prefer(Ipv4Address source) throws DatapathException {
        network.setRoute(new Route(EVERYWHERE, tunnel.device(), source, config.routeMetric(), 0));
    }
}
