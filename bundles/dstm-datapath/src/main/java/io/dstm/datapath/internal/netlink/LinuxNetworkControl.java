package io.dstm.datapath.internal.netlink;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.datapath.internal.nativecode.Errno;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Network control over rtnetlink and /proc/sys. Keeps no state. */
public class LinuxNetworkControl implements NetworkControl {

    private static final int SET_LINK = 16;
    private static final int GET_LINK = 18;
    private static final int NEW_ADDRESS = 20;
    private static final int DELETE_ADDRESS = 21;
    private static final int GET_ADDRESS = 22;
    private static final int NEW_ROUTE = 24;
    private static final int DELETE_ROUTE = 25;

    private static final int FAMILY_IPV4 = 2;
    private static final int FAMILY_IPV6 = 10;

    /** Length of a link message's fixed part. */
    private static final int LINK_FIXED = 16;

    private static final int LINK_NAME = 3;
    private static final int LINK_MTU = 4;
    private static final int LINK_QUEUE = 13;
    private static final int LINK_STATISTICS = 23;
    private static final int LINK_FAMILIES = 26;
    private static final int LINK_IPV6_ADDRESS_GENERATION = 8;
    private static final int NO_ADDRESS_GENERATION = 1;
    private static final int LINK_UP = 1;

    /** Where tx_dropped lies in struct rtnl_link_stats64: behind seven other numbers. */
    private static final int SENT_DROPPED_OFFSET = 7 * 8;

    private static final int ADDRESS = 1;
    private static final int ADDRESS_LOCAL = 2;

    private static final int ROUTE_DESTINATION = 1;
    private static final int ROUTE_DEVICE = 4;
    private static final int ROUTE_METRIC = 6;
    private static final int ROUTE_SOURCE = 7;
    private static final int ROUTE_METRICS = 8;
    private static final int METRIC_MTU = 2;
    private static final int TABLE_MAIN = 254;
    private static final int PROTOCOL_STATIC = 4;
    private static final int SCOPE_UNIVERSE = 0;
    private static final int SCOPE_LINK = 253;
    private static final int SCOPE_NOWHERE = 255;
    private static final int TYPE_UNICAST = 1;
    private static final int TYPE_BLACKHOLE = 6;

    /** The discard port: a connected UDP socket sends nothing, it only makes the kernel choose a route and a source. */
    private static final int ANY_PORT = 9;

    private final Netlink netlink;
    private final KernelSwitches switches = new KernelSwitches(Path.of("/proc/sys"));

    /**
     * Control of the kernel, and the network namespace, that the calling thread runs in.
     *
     * @param nativeDirectory where the native library may be copied to; {@code null} for the temporary directory
     */
    public LinuxNetworkControl(@Nullable Path nativeDirectory) {
        this.netlink = new Netlink(nativeDirectory);
    }

    @Override
    public List<InterfaceInfo> interfaces() throws DatapathException {
        try {
            return InterfaceReader.read(
                    netlink.request(new NetlinkRequest(GET_LINK, NetlinkRequest.FLAG_DUMP).link(0, 0, 0)),
                    netlink.request(new NetlinkRequest(GET_ADDRESS, NetlinkRequest.FLAG_DUMP).address(0, 0, 0, 0)));
        } catch (NetlinkException failure) {
            throw explained("Cannot list the network interfaces", failure);
        }
    }

    @Override
    public void addAddress(String device, Ipv4Address address, int prefixLength) throws DatapathException {
        add(device, FAMILY_IPV4, address.toBytes(), address + "/" + prefixLength, prefixLength);
    }

    @Override
    public void addAddress(String device, Ipv6Address address, int prefixLength) throws DatapathException {
        add(device, FAMILY_IPV6, address.toBytes(), address + "/" + prefixLength, prefixLength);
    }

    private void add(String device, int family, byte[] address, String text, int prefixLength)
            throws DatapathException {
        try {
            netlink.request(addressRequest(
                    NEW_ADDRESS,
                    NetlinkRequest.FLAG_CREATE | NetlinkRequest.FLAG_EXCLUSIVE,
                    index(device),
                    family,
                    address,
                    prefixLength));
        } catch (NetlinkException failure) {
            if (failure.errno() != Errno.EEXIST) {
                throw explained("Cannot give " + device + " the address " + text, failure);
            }
        }
    }

    @Override
    public void removeAddress(String device, Ipv4Address address, int prefixLength) throws DatapathException {
        remove(device, FAMILY_IPV4, address.toBytes(), address + "/" + prefixLength, prefixLength);
    }

    @Override
    public void removeAddress(String device, Ipv6Address address, int prefixLength) throws DatapathException {
        remove(device, FAMILY_IPV6, address.toBytes(), address + "/" + prefixLength, prefixLength);
    }

    private void remove(String device, int family, byte[] address, String text, int prefixLength)
            throws DatapathException {
        try {
            netlink.request(addressRequest(DELETE_ADDRESS, 0, index(device), family, address, prefixLength));
        } catch (NetlinkException failure) {
            if (failure.errno() != Errno.EADDRNOTAVAIL && failure.errno() != Errno.ENODEV) {
                throw explained("Cannot take the address " + text + " from " + device, failure);
            }
        }
    }

    private static NetlinkRequest addressRequest(
            int type, int flags, int index, int family, byte[] address, int prefixLength) {
        return new NetlinkRequest(type, flags | NetlinkRequest.FLAG_ACK)
                .address(family, prefixLength, SCOPE_UNIVERSE, index)
                .bytes(ADDRESS_LOCAL, address)
                .bytes(ADDRESS, address);
    }

    @Override
    public void setRoute(Route route) throws DatapathException {
        try {
            netlink.request(routeRequest(
                    NEW_ROUTE,
                    NetlinkRequest.FLAG_CREATE | NetlinkRequest.FLAG_REPLACE,
                    PROTOCOL_STATIC,
                    route.device() == null ? SCOPE_UNIVERSE : SCOPE_LINK,
                    route));
        } catch (NetlinkException failure) {
            throw explained("Cannot set the route " + describe(route), failure);
        }
    }

    /** Removes the route; the kernel takes a metric of 0 for any, so then the one with the lowest metric goes. */
    @Override
    public void removeRoute(Route route) throws DatapathException {
        try {
            netlink.request(routeRequest(DELETE_ROUTE, 0, 0, SCOPE_NOWHERE, route));
        } catch (NetlinkException failure) {
            if (failure.errno() != Errno.ESRCH && failure.errno() != Errno.ENODEV) {
                throw explained("Cannot remove the route " + describe(route), failure);
            }
        }
    }

    private NetlinkRequest routeRequest(int type, int flags, int protocol, int scope, Route route)
            throws NetlinkException, DatapathException {
        boolean add = type == NEW_ROUTE;
        String device = route.device();
        NetlinkRequest request = new NetlinkRequest(type, flags | NetlinkRequest.FLAG_ACK)
                .route(
                        FAMILY_IPV4,
                        route.destination().length(),
                        TABLE_MAIN,
                        protocol,
                        scope,
                        device == null ? TYPE_BLACKHOLE : TYPE_UNICAST)
                .bytes(ROUTE_DESTINATION, route.destination().address().toBytes())
                .number(ROUTE_METRIC, (int) route.metric());
        if (device != null) {
            request.number(ROUTE_DEVICE, index(device));
        }
        Ipv4Address source = route.preferredSource();
        if (add && source != null) {
            request.bytes(ROUTE_SOURCE, source.toBytes());
        }
        if (add && route.mtu() > 0) {
            int metrics = request.begin(ROUTE_METRICS);
            request.number(METRIC_MTU, route.mtu()).end(metrics);
        }
        return request;
    }

    private static String describe(Route route) {
        return (route.device() == null ? "blackhole " : "")
                + route.destination()
                + (route.device() == null ? "" : " through " + route.device())
                + (route.preferredSource() == null ? "" : " with source " + route.preferredSource())
                + " and metric "
                + route.metric();
    }

    @Override
    public void setMtu(String device, int mtu) throws DatapathException {
        try {
            netlink.request(new NetlinkRequest(SET_LINK, NetlinkRequest.FLAG_ACK)
                    .link(index(device), 0, 0)
                    .number(LINK_MTU, mtu));
        } catch (NetlinkException failure) {
            throw explained("Cannot set the MTU of " + device + " to " + mtu, failure);
        }
    }

    /**
     * Makes a new IPv4-only device ready: no IPv6 addresses of its own, MTU, queue length in packets, up.
     *
     * @throws DatapathException if the kernel refuses
     */
    public void prepareDevice(String device, int mtu, int queue) throws DatapathException {
        try {
            int index = index(device);
            withoutIpv6Addresses(index);
            netlink.request(new NetlinkRequest(SET_LINK, NetlinkRequest.FLAG_ACK)
                    .link(index, LINK_UP, LINK_UP)
                    .number(LINK_MTU, mtu)
                    .number(LINK_QUEUE, queue));
        } catch (NetlinkException failure) {
            throw explained("Cannot set " + device + " up with an MTU of " + mtu, failure);
        }
    }

    /** Otherwise the kernel gives the device a link-local address and asks for routers through the tunnel. */
    private void withoutIpv6Addresses(int index) throws NetlinkException, DatapathException {
        NetlinkRequest request = new NetlinkRequest(SET_LINK, NetlinkRequest.FLAG_ACK).link(index, 0, 0);
        int families = request.begin(LINK_FAMILIES);
        int ipv6 = request.begin(FAMILY_IPV6);
        request.octet(LINK_IPV6_ADDRESS_GENERATION, NO_ADDRESS_GENERATION).end(ipv6);
        try {
            netlink.request(request.end(families));
        } catch (NetlinkException failure) {
            if (failure.errno() != Errno.EAFNOSUPPORT && failure.errno() != Errno.EINVAL) {
                throw failure;
            }
        }
    }

    /** Packets on their way out of a device that the kernel dropped, for a TUN since its queue was full; 0 if there is no such device. */
    public long droppedBy(String device) {
        try {
            ByteBuffer statistics = link(device).attributes(LINK_FIXED).get(LINK_STATISTICS);
            return statistics == null || statistics.capacity() < SENT_DROPPED_OFFSET + 8
                    ? 0
                    : statistics.getLong(SENT_DROPPED_OFFSET);
        } catch (NetlinkException | DatapathException gone) {
            return 0;
        }
    }

    private int index(String device) throws NetlinkException, DatapathException {
        return link(device).body().getInt(4);
    }

    private NetlinkMessage link(String device) throws NetlinkException, DatapathException {
        for (NetlinkMessage message : netlink.request(new NetlinkRequest(GET_LINK, NetlinkRequest.FLAG_ACK)
                .link(0, 0, 0)
                .text(LINK_NAME, device))) {
            if (message.type() == SET_LINK && message.body().capacity() >= LINK_FIXED) {
                return message;
            }
        }
        throw new NetlinkException(Errno.ENODEV, Errno.describe(Errno.ENODEV));
    }

    private static DatapathException explained(String what, NetlinkException failure) {
        String help =
                switch (failure.errno()) {
                    case Errno.EPERM, Errno.EACCES ->
                        ": the capability CAP_NET_ADMIN is missing; run as root, with"
                                + " AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW (systemd) or --cap-add=NET_ADMIN"
                                + " --cap-add=NET_RAW (container)";
                    case Errno.ENODEV -> ": there is no such device; ip link shows which there are";
                    case Errno.ENETDOWN -> ": the device is down; set it up first (ip link set NAME up)";
                    default -> ": " + failure.getMessage();
                };
        return new DatapathException(what + help, failure);
    }

    @Override
    public Optional<Ipv6Address> sourceTowards(Ipv6Address destination) {
        try (DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET6)) {
            channel.connect(new InetSocketAddress(InetAddress.getByAddress(destination.toBytes()), ANY_PORT));
            InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
            byte[] octets = local.getAddress().getAddress();
            return octets.length == 16
                    ? Optional.of(Ipv6Address.ofBytes(octets, 0)).filter(source -> !source.isUnspecified())
                    : Optional.empty();
        } catch (IOException | UnresolvedAddressException | UnsupportedOperationException unreachable) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<String> readSwitch(String name) {
        return switches.read(name);
    }

    @Override
    public void writeSwitch(String name, String value) throws DatapathException {
        switches.write(name, value);
    }
}
