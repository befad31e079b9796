package io.dstm.datapath.internal.netlink;

import io.dstm.api.datapath.NetworkControl.InterfaceInfo;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes interfaces out of the kernel's lists of links and addresses. */
final class InterfaceReader {

    private static final int NEW_LINK = 16;
    private static final int NEW_ADDRESS = 20;
    private static final int LINK_FIXED = 16;
    private static final int ADDRESS_FIXED = 8;

    private static final int LINK_NAME = 3;
    private static final int LINK_MTU = 4;
    private static final int UP_AND_RUNNING = 0x41;

    private static final int ADDRESS = 1;
    private static final int ADDRESS_LOCAL = 2;
    private static final int ADDRESS_FLAGS = 8;

    private static final int TEMPORARY = 0x01;
    private static final int DUPLICATE = 0x08;
    private static final int DEPRECATED = 0x20;
    private static final int TENTATIVE = 0x40;
    private static final int OPTIMISTIC = 0x04;

    /** An address with what decides its place in the list: the smaller, the more to be preferred. */
    private record Ranked(Ipv6Address address, int rank) {}

    private InterfaceReader() {}

    /** One interface for every link, in the kernel's order. */
    static List<InterfaceInfo> read(List<NetlinkMessage> links, List<NetlinkMessage> addresses) {
        Map<Integer, List<Ranked>> ipv6 = new HashMap<>();
        Map<Integer, List<Ipv4Address>> ipv4 = new HashMap<>();
        for (NetlinkMessage message : addresses) {
            if (message.type() == NEW_ADDRESS && message.body().capacity() >= ADDRESS_FIXED) {
                collect(message, ipv6, ipv4);
            }
        }
        List<InterfaceInfo> interfaces = new ArrayList<>();
        for (NetlinkMessage message : links) {
            if (message.type() != NEW_LINK || message.body().capacity() < LINK_FIXED) {
                continue;
            }
            Map<Integer, ByteBuffer> attributes = message.attributes(LINK_FIXED);
            ByteBuffer name = attributes.get(LINK_NAME);
            ByteBuffer mtu = attributes.get(LINK_MTU);
            if (name != null && mtu != null && mtu.capacity() >= 4) {
                int index = message.body().getInt(4);
                interfaces.add(new InterfaceInfo(
                        NetlinkMessage.text(name),
                        index,
                        (message.body().getInt(8) & UP_AND_RUNNING) == UP_AND_RUNNING,
                        mtu.getInt(0),
                        sorted(ipv6.getOrDefault(index, List.of())),
                        ipv4.getOrDefault(index, List.of())));
            }
        }
        return interfaces;
    }

    private static void collect(
            NetlinkMessage message, Map<Integer, List<Ranked>> ipv6, Map<Integer, List<Ipv4Address>> ipv4) {
        Map<Integer, ByteBuffer> attributes = message.attributes(ADDRESS_FIXED);
        // Of a point-to-point address the one is the peer's and the other, if there are two, our own.
        ByteBuffer octets = attributes.getOrDefault(ADDRESS_LOCAL, attributes.get(ADDRESS));
        if (octets == null) {
            return;
        }
        byte[] address = new byte[octets.capacity()];
        octets.get(0, address);
        int index = message.body().getInt(4);
        if (address.length == 4) {
            ByteBuffer bigEndian = ByteBuffer.wrap(address);
            ipv4.computeIfAbsent(index, any -> new ArrayList<>()).add(new Ipv4Address(bigEndian.getInt()));
        } else if (address.length == 16) {
            ByteBuffer wide = attributes.get(ADDRESS_FLAGS);
            int flags = wide != null && wide.capacity() >= 4
                    ? wide.getInt(0)
                    : Byte.toUnsignedInt(message.body().get(2));
            boolean unusable = (flags & DUPLICATE) != 0 || (flags & (TENTATIVE | OPTIMISTIC)) == TENTATIVE;
            if (!unusable) {
                Ipv6Address value = Ipv6Address.ofBytes(address, 0);
                ipv6.computeIfAbsent(index, any -> new ArrayList<>()).add(new Ranked(value, rank(value, flags)));
            }
        }
    }

    /** Addresses that cross a router first; of those the lasting before the temporary and both before the deprecated. */
    private static int rank(Ipv6Address address, int flags) {
        return (address.isRoutableUnicast() ? 0 : 4)
                + ((flags & DEPRECATED) != 0 ? 2 : 0)
                + ((flags & TEMPORARY) != 0 ? 1 : 0);
    }

    private static List<Ipv6Address> sorted(List<Ranked> addresses) {
        return addresses.stream()
                .sorted(Comparator.comparingInt(Ranked::rank))
                .map(Ranked::address)
                .toList();
    }
}
