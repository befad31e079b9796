package io.dstm.datapath.internal.device;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.net.Ipv6Address;
import io.dstm.datapath.internal.nativecode.Errno;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import java.nio.ByteBuffer;
import java.util.Collection;

/**
 * The IPv6 side of a tunnel: receives the IPv6 packets with next header 4 that come to its addresses and sends whole IPv6
 * packets. The kernel reassembles fragments and skips extension headers before it hands a packet over.
 */
public final class Ipv6Device extends NativeDevice {

    /** Enough for some ten thousand small packets while the reader waits for a processor or the garbage collector. */
    private static final int QUEUE_BYTES = 8 << 20;

    private static final int ADDRESS_BYTES = 16;

    private final int receiver;
    private final int sender;
    /** Kept since native code reads it. */
    private final ByteBuffer addresses;

    private final long addressesAddress;
    private final int addressCount;
    private volatile long lastOverflows;

    private Ipv6Device(int receiver, int sender, int wakeFd, Collection<Ipv6Address> localAddresses) {
        super("ipv6", wakeFd);
        this.receiver = receiver;
        this.sender = sender;
        this.addressCount = localAddresses.size();
        this.addresses = ByteBuffer.allocateDirect(Math.max(1, addressCount) * ADDRESS_BYTES);
        int position = 0;
        for (Ipv6Address address : localAddresses) {
            addresses.putLong(position, address.high()).putLong(position + 8, address.low());
            position += ADDRESS_BYTES;
        }
        this.addressesAddress = NativeCalls.address(addresses);
    }

    /**
     * Opens the sockets.
     *
     * @param localAddresses packets to other addresses are dropped and counted; empty for any address of the machine
     * @throws DatapathException if the right or IPv6 itself is missing
     */
    public static Ipv6Device open(Collection<Ipv6Address> localAddresses) throws DatapathException {
        int wake = openWake();
        int receiver = NativeCalls.dstm_raw6_open_receiver(QUEUE_BYTES);
        if (receiver < 0) {
            NativeCalls.dstm_close(wake);
            throw new DatapathException(explainOpen(-receiver));
        }
        int sender = NativeCalls.dstm_raw6_open_sender(QUEUE_BYTES);
        if (sender < 0) {
            NativeCalls.dstm_close(receiver);
            NativeCalls.dstm_close(wake);
            throw new DatapathException(explainOpen(-sender));
        }
        return new Ipv6Device(receiver, sender, wake, localAddresses);
    }

    private static String explainOpen(int errno) {
        return switch (errno) {
            case Errno.EPERM, Errno.EACCES ->
                "Cannot open a raw IPv6 socket without the capability CAP_NET_RAW: run as root,"
                        + " with AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW (systemd) or --cap-add=NET_ADMIN"
                        + " --cap-add=NET_RAW (container)";
            case Errno.EAFNOSUPPORT -> "This kernel has no IPv6: remove ipv6.disable=1 from its command line";
            default -> "Cannot open a raw IPv6 socket: " + Errno.describe(errno);
        };
    }

    @Override
    int receive(Place into, int capacity, int wake, long dropped, int timeoutMillis) {
        return NativeCalls.dstm_raw6_receive(
                receiver,
                wake,
                into.memory(),
                into.memoryBytes(),
                into.batch().memory().slotSize(),
                PacketMemory.HEADROOM,
                addressesAddress,
                addressCount,
                into.entries(),
                capacity,
                dropped,
                timeoutMillis);
    }

    @Override
    int transmit(Place batch) {
        return NativeCalls.dstm_raw6_send(
                sender,
                batch.memory(),
                batch.memoryBytes(),
                batch.entries(),
                batch.batch().count());
    }

    @Override
    void release() {
        NativeCalls.dstm_close(receiver);
        NativeCalls.dstm_close(sender);
    }

    @Override
    String explain(int errno) {
        return "The raw IPv6 socket is unusable: " + Errno.describe(errno);
    }

    /** Packets that came and were dropped by the kernel because nobody fetched them in time. */
    public long overflows() {
        long now = whileOpen(() -> NativeCalls.dstm_raw6_overflows(receiver));
        if (now >= 0) {
            lastOverflows = now;
        }
        return lastOverflows;
    }
}
