package io.dstm.datapath.internal.linux;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.datapath.NetworkControl.InterfaceInfo;
import io.dstm.api.datapath.NodePath;
import io.dstm.api.net.Ipv6Address;
import io.dstm.datapath.internal.bpf.TcNodePath;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Finds the devices of a node's faster way and puts it there. */
final class NodePathOpener {

    /** In every network the first device. */
    private static final int LOOPBACK = 1;

    private NodePathOpener() {}

    /** Reads the hardware addresses of Ethernet devices by their index. */
    interface Hardware {

        /** As they are now. */
        Map<Integer, Long> read() throws DatapathException;
    }

    static NodePath open(String tunnelDevice, NetworkControl network, Hardware hardware) throws DatapathException {
        int index = network.interfaces().stream()
                .filter(found -> found.name().equals(tunnelDevice))
                .findFirst()
                .orElseThrow(() -> new DatapathException("there is no network device " + tunnelDevice))
                .index();
        // The kernel tells the way to the TEP to devices that forward IPv6. With that of the machine itself this
        // changes nothing else.
        network.writeSwitch("net.ipv6.conf.lo.forwarding", "1");
        return new TcNodePath(tunnelDevice, index, LOOPBACK, node -> devices(node, network, hardware));
    }

    /** The Ethernet devices with this address; if there is none, it is on another kind, and packets may come by any of them. */
    private static Map<Integer, String> devices(Ipv6Address node, NetworkControl network, Hardware hardware)
            throws DatapathException {
        Map<Integer, Long> ethernet = hardware.read();
        List<InterfaceInfo> present = network.interfaces().stream()
                .filter(found -> found.up() && ethernet.containsKey(found.index()))
                .toList();
        List<InterfaceInfo> holders =
                present.stream().filter(found -> found.ipv6().contains(node)).toList();
        Map<Integer, String> devices = new LinkedHashMap<>();
        for (InterfaceInfo found : holders.isEmpty() ? present : holders) {
            if (found.ipv6().stream().anyMatch(Ipv6Address::isRoutableUnicast)) {
                devices.put(found.index(), found.name());
            }
        }
        if (devices.isEmpty()) {
            throw new DatapathException("no Ethernet device that is up has an IPv6 address");
        }
        return devices;
    }
}
