package io.dstm.datapath.internal.device;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.datapath.internal.nativecode.Errno;
import io.dstm.datapath.internal.nativecode.NativeCalls;

/** A TUN device: what the kernel routes to it is received, what is sent arrives at the kernel. It exists while it is open. */
public final class TunDevice extends NativeDevice {

    /** The clone device, where the kernel documents it. */
    public static final String CLONE_DEVICE = "/dev/net/tun";

    private final int fd;

    private TunDevice(String name, int fd, int wakeFd) {
        super(name, wakeFd);
        this.fd = fd;
    }

    /**
     * Creates a TUN device, down and without addresses.
     *
     * @throws DatapathException if the module, a right or the name is missing
     */
    public static TunDevice create(String name) throws DatapathException {
        return create(CLONE_DEVICE, name);
    }

    static TunDevice create(String cloneDevice, String name) throws DatapathException {
        int wake = openWake();
        int fd = NativeCalls.dstm_tun_open(cloneDevice);
        if (fd < 0) {
            NativeCalls.dstm_close(wake);
            throw new DatapathException(explainOpen(cloneDevice, -fd));
        }
        int result = NativeCalls.dstm_tun_create(fd, name);
        if (result < 0) {
            NativeCalls.dstm_close(fd);
            NativeCalls.dstm_close(wake);
            throw new DatapathException(explainCreate(name, -result));
        }
        return new TunDevice(name, fd, wake);
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
                timeoutMillis);
    }

    @Override
    int transmit(Place batch) {
        return NativeCalls.dstm_tun_send(
                fd,
                batch.memory(),
                batch.memoryBytes(),
                batch.entries(),
                batch.batch().count());
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
