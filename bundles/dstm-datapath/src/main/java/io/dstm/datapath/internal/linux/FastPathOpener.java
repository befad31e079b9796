package io.dstm.datapath.internal.linux;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.datapath.NetworkControl.InterfaceInfo;
import io.dstm.api.net.Ipv6Address;
import io.dstm.datapath.internal.bpf.KernelFastPath;
import io.dstm.datapath.internal.bpf.Pins;
import io.dstm.datapath.internal.device.RingDevice;
import io.dstm.datapath.internal.device.SocketDevice;
import io.dstm.datapath.internal.netlink.RouteWatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the devices of a fast path and puts it there. */
final class FastPathOpener {

    /** In every network the first device. */
    private static final int LOOPBACK = 1;

    private FastPathOpener() {}

    /**
     * Makes a fast path for all the devices, or none. It goes on them once it has bindings.
     *
     * @param tunnel the tunnel
     * @param names the devices; none for all that have an address that crosses a router
     * @param hardware the addresses of Ethernet devices by their index
     * @param keep whether it stays at work without this process
     * @param way what it does
     */
    static FastPath open(
            LinuxTunnel tunnel,
            Collection<String> names,
            NetworkControl network,
            Map<Integer, Long> hardware,
            @Nullable Path nativeDirectory,
            boolean keep,
            FastPath.Way way)
            throws DatapathException {
        List<InterfaceInfo> present = network.interfaces();
        required(present, tunnel.device());
        List<KernelFastPath.Device> devices = new ArrayList<>();
        for (String name : names) {
            devices.add(device(required(present, name), hardware));
        }
        if (names.isEmpty()) {
            for (InterfaceInfo found : present) {
                if (found.up() && hardware.containsKey(found.index()) && routes(found)) {
                    devices.add(device(found, hardware));
                }
            }
        }
        if (devices.isEmpty()) {
            throw new DatapathException("no Ethernet device that is up has an address");
        }
        // For a next hop, the kernel asks whether the device a packet came from forwards IPv6. With that of the machine
        // itself this changes nothing else, and it outlives the tunnel.
        network.writeSwitch("net.ipv6.conf.lo.forwarding", "1");
        KernelFastPath path = new KernelFastPath(tunnel.device(), LOOPBACK, System::nanoTime, way);
        if (keep) {
            path.keep(Pins.of(tunnel.device()));
        }
        try {
            for (KernelFastPath.Device device : devices) {
                path.prepare(device);
            }
            if (path.program().knowsSockets()) {
                takeWhatIsLeft(tunnel, path, devices);
            }
            path.setWatch(RouteWatch.open(
                    nativeDirectory,
                    devices.stream().map(KernelFastPath.Device::index).toList(),
                    new RouteWatch.Listener() {
                        @Override
                        public void changed() {
                            path.nextHopsChanged();
                        }

                        @Override
                        public void holds(Duration time) {
                            path.nextHopsHold(System.nanoTime() + time.toNanos());
                        }
                    }));
            return path;
        } catch (DatapathException | RuntimeException refused) {
            path.close();
            throw refused;
        }
    }

    private static void takeWhatIsLeft(LinuxTunnel tunnel, KernelFastPath path, List<KernelFastPath.Device> devices)
            throws DatapathException {
        try {
            path.setLoops(loops(tunnel, path, devices));
        } catch (DatapathException refused) {
            if (path.program().requiresSockets()) {
                throw refused;
            }
            path.setRefusal(String.valueOf(refused.getMessage()));
        }
    }

    private static AutoCloseable loops(LinuxTunnel tunnel, KernelFastPath path, List<KernelFastPath.Device> devices)
            throws DatapathException {
        List<SocketDevice> opened = sockets(path, devices, tunnel.batch());
        RingDevice ring = null;
        try {
            if (path.ring() >= 0) {
                ring = RingDevice.open("ring", path.ring(), KernelFastPath.ringBytes(), path::lost);
            }
            return tunnel.takeFrom(opened, ring);
        } catch (DatapathException refused) {
            opened.forEach(SocketDevice::close);
            throw refused;
        } catch (OutOfMemoryError exhausted) {
            opened.forEach(SocketDevice::close);
            if (ring != null) {
                ring.close();
            }
            throw new DatapathException(
                    "there is no memory for the packets of " + opened.size() + " queues: lower batch (now "
                            + tunnel.batch() + ") or raise -XX:MaxDirectMemorySize",
                    exhausted);
        }
    }

    /** A socket for each receive queue, as many as the programs have places for; all, or none. */
    private static List<SocketDevice> sockets(KernelFastPath path, List<KernelFastPath.Device> devices, int batch)
            throws DatapathException {
        List<SocketDevice> opened = new ArrayList<>();
        try {
            for (KernelFastPath.Device device : devices) {
                int exit = path.exit(device);
                for (int queue = 0; queue < queues(device.name()); queue++) {
                    SocketDevice socket =
                            SocketDevice.open(device.name(), device.index(), device.address(), exit, queue, batch);
                    opened.add(socket);
                    path.handTo(exit, queue, socket.descriptor());
                }
            }
            return opened;
        } catch (DatapathException | RuntimeException refused) {
            opened.forEach(SocketDevice::close);
            throw refused;
        }
    }

    private static int queues(String device) {
        String[] found =
                Path.of("/sys/class/net", device, "queues").toFile().list((directory, name) -> name.startsWith("rx-"));
        return found == null ? 1 : Math.max(1, Math.min(found.length, KernelFastPath.QUEUES));
    }

    private static InterfaceInfo required(List<InterfaceInfo> present, String name) throws DatapathException {
        return present.stream()
                .filter(found -> found.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new DatapathException("there is no network device " + name));
    }

    private static KernelFastPath.Device device(InterfaceInfo found, Map<Integer, Long> hardware)
            throws DatapathException {
        Long address = hardware.get(found.index());
        if (address == null) {
            throw new DatapathException("the device " + found.name() + " is no Ethernet");
        }
        return new KernelFastPath.Device(found.name(), found.index(), address);
    }

    private static boolean routes(InterfaceInfo device) {
        return !device.ipv4().isEmpty() || device.ipv6().stream().anyMatch(Ipv6Address::isRoutableUnicast);
    }
}
