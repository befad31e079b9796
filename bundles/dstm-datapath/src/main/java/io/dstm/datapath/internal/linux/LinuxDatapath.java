package io.dstm.datapath.internal.linux;

import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.datapath.NodePath;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.datapath.internal.bpf.Pins;
import io.dstm.datapath.internal.device.Ipv6Device;
import io.dstm.datapath.internal.device.TunDevice;
import io.dstm.datapath.internal.nativecode.NativeLibraryLoader;
import io.dstm.datapath.internal.netlink.HardwareAddresses;
import io.dstm.datapath.internal.netlink.LinuxNetworkControl;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tunnels between a TUN device and raw IPv6 sockets. */
public class LinuxDatapath implements Datapath, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LinuxDatapath.class);

    /** Packets the kernel keeps for us: some ten milliseconds at the speed of this way, so that a pause drops nothing. */
    private static final int DEVICE_QUEUE = 2048;

    private final @Nullable Path nativeDirectory;
    private final LinuxNetworkControl network;
    private final Set<LinuxTunnel> tunnels = ConcurrentHashMap.newKeySet();

    /**
     * A datapath that touches nothing before the first tunnel is opened.
     *
     * @param nativeDirectory where the native library may be copied to; {@code null} for the temporary directory
     */
    public LinuxDatapath(@Nullable Path nativeDirectory) {
        this.nativeDirectory = nativeDirectory;
        this.network = new LinuxNetworkControl(nativeDirectory);
    }

    @Override
    public Tunnel open(Specification specification, PacketProcessor processor) throws DatapathException {
        NativeLibraryLoader.load(nativeDirectory);
        int count = specification.queues();
        List<TunDevice> ipv4 = TunDevice.create(specification.device(), specification.longestPacket(), count);
        List<Ipv6Device> ipv6 = new ArrayList<>();
        try {
            List<LinuxTunnel.Queue> queues = new ArrayList<>();
            for (int queue = 0; queue < count; queue++) {
                ipv6.add(Ipv6Device.open(specification.localAddresses(), queue, count));
                queues.add(new LinuxTunnel.Queue(ipv4.get(queue), ipv6.get(queue)));
            }
            Pins.of(specification.device()).sweep();
            network.prepareDevice(specification.device(), specification.deviceMtu(), DEVICE_QUEUE);
            LinuxTunnel tunnel = new LinuxTunnel(
                    specification.device(),
                    specification.batch(),
                    queues,
                    processor,
                    System::nanoTime,
                    () -> ipv6.stream().mapToLong(Ipv6Device::overflows).sum()
                            + network.droppedBy(specification.device()),
                    bytes -> ipv4.forEach(queue -> queue.setLongest(bytes)),
                    tunnels::remove);
            tunnels.add(tunnel);
            tunnel.start();
            log.info(
                    "DSTM-6001 Tunnel {} opened: MTU {}, IPv6 addresses {}, at most {} packets a call, {} queue(s)",
                    specification.device(),
                    specification.deviceMtu(),
                    specification.localAddresses().isEmpty() ? "any" : specification.localAddresses(),
                    specification.batch(),
                    count);
            return tunnel;
        } catch (DatapathException | RuntimeException failure) {
            release(ipv4, ipv6);
            throw failure;
        } catch (OutOfMemoryError exhausted) {
            release(ipv4, ipv6);
            throw new DatapathException(
                    "There is no memory for the packets of " + specification.device() + ": lower batch (now "
                            + specification.batch() + ") or the number of queues (now " + count
                            + ") or raise -XX:MaxDirectMemorySize",
                    exhausted);
        }
    }

    private static void release(List<TunDevice> ipv4, List<Ipv6Device> ipv6) {
        ipv4.forEach(TunDevice::close);
        ipv6.forEach(Ipv6Device::close);
    }

    @Override
    public FastPath openFastPath(Tunnel tunnel, Collection<String> devices) throws DatapathException {
        return openFastPath(tunnel, devices, false);
    }

    @Override
    public FastPath openFastPath(Tunnel tunnel, Collection<String> devices, boolean keep) throws DatapathException {
        return openFastPath(tunnel, devices, keep, FastPath.Way.DRIVER);
    }

    @Override
    public FastPath openFastPath(Tunnel tunnel, Collection<String> devices, boolean keep, FastPath.Way way)
            throws DatapathException {
        if (!(tunnel instanceof LinuxTunnel own)) {
            throw new DatapathException("The tunnel " + tunnel.device() + " is another datapath's");
        }
        NativeLibraryLoader.load(nativeDirectory);
        if (!keep) {
            endKept(tunnel.device());
        }
        return FastPathOpener.open(
                own, devices, network, HardwareAddresses.read(nativeDirectory), nativeDirectory, keep, way);
    }

    @Override
    public NodePath openNodePath(Tunnel tunnel) throws DatapathException {
        NativeLibraryLoader.load(nativeDirectory);
        return NodePathOpener.open(tunnel.device(), network, () -> HardwareAddresses.read(nativeDirectory));
    }

    @Override
    public void endKept(String device) {
        Pins.of(device).retain(List.of());
    }

    @Override
    public String description() {
        return "tun";
    }

    /** Closes the tunnels that are still open. */
    @Override
    public void close() {
        List.copyOf(tunnels).forEach(LinuxTunnel::close);
    }
}
