package io.dstm.datapath.internal.device;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.net.Ipv6Address;
import io.dstm.datapath.internal.nativecode.Errno;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import java.nio.ByteBuffer;
import java.util.Collection;

/**
 * The IPv6 side of a tunnel: receives the IPv6 packets with next header 4 and the ICMPv6 errors that come to its addresses and
 * sends whole IPv6 packets. The kernel reassembles fragments and skips extension headers before it hands a packet over.
 */
public final class Ipv6Device extends NativeDevice {

    /** Enough for some ten thousand small packets while the reader waits for a processor or the garbage collector. */
    private static final int QUEUE_BYTES = 8 << 20;

    private static final int ADDRESS_BYTES = 16;

    /** No socket for errors. */
    private static final int NONE = -1;

    /** Errors are few and limited in rate by who sends them. */
    private static final int ERROR_QUEUE_BYTES = 256 << 10;

    /** Under full load one call in so many looks for errors; one that has to wait always does. */
    private static final int ERRORS_EACH = 8;

    private final int receiver;
    private final int errors;
    private final int sender;
    /** Calls so far; only the receiving thread touches it. */
    private int turn;
    /** Kept since native code reads it. */
    private final ByteBuffer addresses;

    private final long addressesAddress;
    private final int addressCount;
    private volatile long lastOverflows;

    private Ipv6Device(int receiver, int errors, int sender, int wakeFd, Collection<Ipv6Address> localAddresses) {
        super("ipv6", wakeFd);
        this.receiver = receiver;
        this.errors = errors;
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
     * @param localAddresses packets to other addresses are dropped and counted, errors to others dropped; empty for any address of
     *     the machine
     * @throws DatapathException if the right or IPv6 itself is missing
     */
    public static Ipv6Device open(Collection<Ipv6Address> localAddresses) throws DatapathException {
        return open(localAddresses, 0, 1);
    }

    /**
     * The same for a share of the packets, those that come by some of the processors. Errors go to the first share.
     *
     * @param share from 0
     * @param shares how many there are
     */
    public static Ipv6Device open(Collection<Ipv6Address> localAddresses, int share, int shares)
            throws DatapathException {
        int wake = openWake();
        int receiver = opened(NativeCalls.dstm_raw6_open_receiver(QUEUE_BYTES, share, shares), wake);
        int errors = share > 0 ? NONE : opened(NativeCalls.dstm_raw6_open_errors(ERROR_QUEUE_BYTES), receiver, wake);
        int sender = share > 0
                ? opened(NativeCalls.dstm_raw6_open_sender(QUEUE_BYTES), receiver, wake)
                : opened(NativeCalls.dstm_raw6_open_sender(QUEUE_BYTES), errors, receiver, wake);
        return new Ipv6Device(receiver, errors, sender, wake, localAddresses);
    }

    /** A descriptor that was opened, or the reason why not, after the others were closed. */
    private static int opened(int result, int... others) throws DatapathException {
        if (result >= 0) {
            return result;
        }
        for (int other : others) {
            NativeCalls.dstm_close(other);
        }
        throw new DatapathException(explainOpen(-result));
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
                errors,
                turn++ % ERRORS_EACH == 0 ? 1 : 0,
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
        if (errors != NONE) {
            NativeCalls.dstm_close(errors);
        }
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
