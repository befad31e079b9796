package io.dstm.datapath.internal.device;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.datapath.internal.nativecode.Errno;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A TUN device, or one of its queues: what the kernel routes to it is received, what is sent arrives at the kernel. It exists while it is
 * open. The kernel gives all packets of a flow to one queue.
 */
public final class TunDevice extends NativeDevice {

    /** The clone device, where the kernel documents it. */
    public static final String CLONE_DEVICE = "/dev/net/tun";

    /** IPv4 destinations whose path is known to be narrow; one that is forgotten makes itself known again. */
    private static final int PATHS = 1024;

    private final int fd;
    private volatile int longest;
    /** Kept since native code uses it; all queues share one. */
    private final ByteBuffer paths;

    private final long pathsAddress;

    private TunDevice(String name, int fd, int wakeFd, int longest, ByteBuffer paths) {
        super(name, wakeFd);
        this.fd = fd;
        this.longest = longest;
        this.paths = paths;
        this.pathsAddress = NativeCalls.address(this.paths);
    }

    /**
     * Creates a TUN device of one queue, down and without addresses.
     *
     * @param longest longest packet in bytes that a TCP packet is cut into which the kernel had joined; 0 sends each as it is
     * @throws DatapathException if the module, a right or the name is missing
     */
    public static TunDevice create(String name, int longest) throws DatapathException {
        return create(CLONE_DEVICE, name, longest);
    }

    static TunDevice create(String cloneDevice, String name, int longest) throws DatapathException {
        return queue(cloneDevice, name, longest, 0, 1, ByteBuffer.allocateDirect(PATHS * Long.BYTES));
    }

    /** The same with several queues. */
    public static List<TunDevice> create(String name, int longest, int queues) throws DatapathException {
        ByteBuffer paths = ByteBuffer.allocateDirect(PATHS * Long.BYTES);
        List<TunDevice> opened = new ArrayList<>();
        try {
            for (int queue = 0; queue < queues; queue++) {
                opened.add(queue(CLONE_DEVICE, name, longest, queue, queues, paths));
            }
            return opened;
        } catch (DatapathException refused) {
            opened.forEach(TunDevice::close);
            throw refused;
        }
    }

    private static TunDevice queue(
            String cloneDevice, String name, int longest, int queue, int queues, ByteBuffer paths)
            throws DatapathException {
        int wake = openWake();
        int fd = NativeCalls.dstm_tun_open(cloneDevice);
        if (fd < 0) {
            NativeCalls.dstm_close(wake);
            throw new DatapathException(explainOpen(cloneDevice, -fd));
        }
        int result = NativeCalls.dstm_tun_create(fd, name, queue, queues);
        if (result < 0) {
            NativeCalls.dstm_close(fd);
            NativeCalls.dstm_close(wake);
            throw new DatapathException(explainCreate(name, -result));
        }
        return new TunDevice(name, fd, wake, longest, paths);
    }

    private static String explainOpen(String cloneDevice, int errno) {
        return switch (errno) {
            case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
                cloneDevice
                        + " is missing: load the module (modprobe tun), or give the container the device"
                        + " (--device=/dev/net/tun)";
            case Errno.EACCES, Errno.EPERM ->
                cloneDevice
                        + " may not be opened: run as root or a user with rights on it, and allow the container the device"
                        + " (--device=/dev/net/tun)";
            default -> "Cannot open " + cloneDevice + ": " + Errno.describe(errno);
        };
    }

    private static String explainCreate(String name, int errno) {
        return switch (errno) {
            case Errno.EBUSY ->
                "A network device named " + name
                        + " exists: configure another name for the 4over6 device, or remove that one (ip link delete "
                        + name
                        + ")";
            case Errno.EPERM ->
                "Cannot create the TUN device " + name
                        + " without the capability CAP_NET_ADMIN: run as root, with AmbientCapabilities=CAP_NET_ADMIN"
                        + " CAP_NET_RAW (systemd) or --cap-add=NET_ADMIN --cap-add=NET_RAW (container)";
            case Errno.EINVAL -> "'" + name + "' cannot name a network device";
            default -> "Cannot create the TUN device " + name + ": " + Errno.describe(errno);
        };
    }

    /** Cuts joined packets to another length from the next batch on. */
    public void setLongest(int bytes) {
        longest = bytes;
    }

    @Override
    int receive(Place into, int capacity, int wake, long dropped, int timeoutMillis) {
        return NativeCalls.dstm_tun_receive(
                fd,
                wake,
                into.memory(),
                into.memoryBytes(),
                into.batch().memory().slotSize(),
                PacketMemory.HEADROOM,
                into.entries(),
                capacity,
                dropped,
                pathsAddress,
                PATHS,
                timeoutMillis);
    }

    @Override
    int transmit(Place batch) {
        return NativeCalls.dstm_tun_send(
                fd,
                batch.memory(),
                batch.memoryBytes(),
                batch.entries(),
                batch.batch().count(),
                longest,
                pathsAddress,
                PATHS);
    }

    @Override
    void release() {
        NativeCalls.dstm_close(fd);
    }

    @Override
    String explain(int errno) {
        return "The TUN device " + name() + " is gone (" + Errno.describe(errno) + "): somebody removed it";
    }
}
