package io.dstm.api.datapath;

import io.dstm.api.net.Ipv6Address;
import java.util.Collection;
import java.util.Optional;

/** Opens tunnels: a device on the IPv4 side, sockets on the IPv6 side and the threads that move packets through the rules. */
public interface Datapath {

    /**
     * Creates the IPv4 device, opens the IPv6 side and starts to move packets.
     *
     * @throws DatapathException if a right, a device or a name is missing; nothing is left behind
     */
    Tunnel open(Specification specification, PacketProcessor processor) throws DatapathException;

    /**
     * Adds a faster way to an open tunnel: one that forwards common packets without the rules. The caller closes it before the
     * tunnel.
     *
     * @param devices the network devices to forward between; none for all that have an address
     * @throws DatapathException if the kernel, a right or a device does not allow it; the tunnel goes on as it is
     */
    default FastPath openFastPath(Tunnel tunnel, Collection<String> devices) throws DatapathException {
        throw new DatapathException("This datapath has no faster way");
    }

    /**
     * The same, and if {@code keep} then {@link FastPath#leave} and a process that is killed leave it at work: it goes on with what it
     * knew, by the ends of the bindings, until one of the same tunnel device is opened, which takes over without a gap once it was
     * given its bindings.
     */
    default FastPath openFastPath(Tunnel tunnel, Collection<String> devices, boolean keep) throws DatapathException {
        if (keep) {
            throw new DatapathException("This datapath cannot be kept");
        }
        return openFastPath(tunnel, devices);
    }

    /**
     * The same in another way.
     *
     * @param keep not for {@link FastPath.Way#RULES}: these are not kept without a process
     */
    default FastPath openFastPath(Tunnel tunnel, Collection<String> devices, boolean keep, FastPath.Way way)
            throws DatapathException {
        if (way != FastPath.Way.DRIVER) {
            throw new DatapathException("This datapath has no such way");
        }
        return openFastPath(tunnel, devices, keep);
    }

    /** Ends what was left at work by an earlier tunnel of this device; nothing, if there is nothing. */
    default void endKept(String device) {}

    /**
     * Adds a faster way to an open tunnel of a node. It carries nothing before it knows a lease. The caller closes it before the
     * tunnel.
     *
     * @throws DatapathException if the kernel or a right does not allow it; the tunnel goes on as it is
     */
    default NodePath openNodePath(Tunnel tunnel) throws DatapathException {
        throw new DatapathException("This datapath has no faster way for a node");
    }

    /** How packets are moved and why so, for the status: {@code tun}, and what a faster way would need. */
    String description();

    /**
     * What to open.
     *
     * @param device name of the IPv4 device to create, 1 to 15 characters
     * @param deviceMtu its MTU in bytes, 68 to 65535
     * @param localAddresses the tunnel's own IPv6 addresses: packets to others are not ours; empty for any
     * @param batch how many packets one native call moves at most, 1 to 1024
     * @param longestPacket longest IPv4 packet in bytes that a client sends through the tunnel, 68 to 65535: a TCP packet that is
     *     longer is one that a kernel or a network card had joined from several, and is cut to this where it leaves
     * @param queues how many threads move packets of each direction, each with a queue of its own on either side, 1 to 16
     */
    record Specification(
            String device,
            int deviceMtu,
            Collection<Ipv6Address> localAddresses,
            int batch,
            int longestPacket,
            int queues) {

        /** With one queue. */
        public Specification(
                String device, int deviceMtu, Collection<Ipv6Address> localAddresses, int batch, int longestPacket) {
            this(device, deviceMtu, localAddresses, batch, longestPacket, 1);
        }

        /** Where no packet that is longer than the device's MTU is a whole one. */
        public Specification(String device, int deviceMtu, Collection<Ipv6Address> localAddresses, int batch) {
            this(device, deviceMtu, localAddresses, batch, deviceMtu);
        }

        /** Checks name and ranges. */
        public Specification {
            if (!device.matches("[A-Za-z0-9_.-]{1,15}") || device.equals(".") || device.equals("..")) {
                throw new IllegalArgumentException(
                        "device name '" + device + "' must be 1 to 15 letters, digits, '_', '.' or '-'");
            }
            if (deviceMtu < 68 || deviceMtu > 65535) {
                throw new IllegalArgumentException("device MTU " + deviceMtu + " is not within 68 to 65535");
            }
            if (batch < 1 || batch > 1024) {
                throw new IllegalArgumentException("batch " + batch + " is not within 1 to 1024");
            }
            if (longestPacket < 68 || longestPacket > 65535) {
                throw new IllegalArgumentException("longest packet " + longestPacket + " is not within 68 to 65535");
            }
            if (queues < 1 || queues > 16) {
                throw new IllegalArgumentException("number of queues " + queues + " is not within 1 to 16");
            }
            localAddresses = java.util.Set.copyOf(localAddresses);
        }
    }

    /** An open tunnel. */
    interface Tunnel extends AutoCloseable {

        /** The name of the IPv4 device. */
        String device();

        /** The IPv4 side, for packets that do not come from the rules. Send only. */
        PacketDevice ipv4();

        /** The IPv6 side, for packets that do not come from the rules. Send only. */
        PacketDevice ipv6();

        /** What was moved so far. */
        Statistics statistics();

        /** Why no packets are moved any more, for instance since somebody removed the device; empty while they are. */
        default Optional<String> failure() {
            return Optional.empty();
        }

        /** Changes {@link Specification#longestPacket} while packets flow. */
        default void setLongestPacket(int bytes) {}

        /** Stops the threads and removes the device. Returns after the last packet was judged. */
        @Override
        void close();
    }

    /**
     * What a tunnel moved.
     *
     * @param fromIpv6 packets taken from the IPv6 side
     * @param fromIpv4 packets taken from the IPv4 side
     * @param toIpv6 packets the IPv6 side took
     * @param toIpv4 packets the IPv4 side took
     * @param refused packets a side did not take: queue full, no route, too big
     * @param calls native calls that moved packets, a measure of batching
     * @param discarded packets that came and no rule judged: longer than a slot, to an address that is not the tunnel's, or the
     *     rules failed on their batch
     * @param overflows packets the kernel dropped since they were not fetched in time
     */
    record Statistics(
            long fromIpv6,
            long fromIpv4,
            long toIpv6,
            long toIpv4,
            long refused,
            long calls,
            long discarded,
            long overflows) {

        /** Statistics of a datapath that neither discards nor overflows. */
        public Statistics(long fromIpv6, long fromIpv4, long toIpv6, long toIpv4, long refused, long calls) {
            this(fromIpv6, fromIpv4, toIpv6, toIpv4, refused, calls, 0, 0);
        }
    }
}
