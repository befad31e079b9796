package io.dstm.client.internal.engine;

import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.datapath.NodePath;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketDevice;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Datapath and network control in one: a kernel with devices, addresses, routes and switches, as strict as the real one. */
final class FakeKernel implements Datapath, NetworkControl {

    /** What the rules have put on each side of the open device. */
    final List<byte[]> toIpv4 = new ArrayList<>();

    final List<byte[]> toIpv6 = new ArrayList<>();
    /** Device, then its addresses. */
    final Map<String, List<Ipv4Address>> devices = new LinkedHashMap<>();

    final Map<String, Route> routes = new LinkedHashMap<>();
    final Map<String, String> switches = new TreeMap<>(Map.of("net.ipv4.ip_local_port_range", "32768\t60999"));
    /** The node's IPv6 addresses. */
    List<Ipv6Address> ipv6 = List.of();
    /** Whether programs were without a route, however short. */
    boolean routeLost;
    /** Calls whose text contains this fail. */
    String broken = "";

    Specification opened;
    /** The last one that was opened. */
    @Nullable
    FakeNodePath nodePath;

    private PacketProcessor processor;
    private final LongSupplier nanos;

    FakeKernel(LongSupplier nanos) {
        this.nanos = nanos;
    }

    private void attempt(String what) throws DatapathException {
        if (!broken.isEmpty() && what.contains(broken)) {
            throw new DatapathException(what + " refused");
        }
    }

    @Override
    public Tunnel open(Specification specification, PacketProcessor rules) throws DatapathException {
        attempt("open " + specification.device());
        if (devices.putIfAbsent(specification.device(), new ArrayList<>()) != null) {
            throw new DatapathException(specification.device() + " exists");
        }
        opened = specification;
        processor = rules;
        return new OpenTunnel(specification.device());
    }

    @Override
    public NodePath openNodePath(Tunnel tunnel) throws DatapathException {
        attempt("tc");
        nodePath = new FakeNodePath();
        return nodePath;
    }

    @Override
    public String description() {
        return "fake";
    }

    /** A program sends a packet. */
    void programSends(byte[] packet) {
        judge(packet, true);
    }

    /** A packet comes from the wire. */
    void wireDelivers(byte[] packet) {
        judge(packet, false);
    }

    private void judge(byte[] packet, boolean up) {
        PacketMemory memory = new PacketMemory(1, 1, 2048);
        PacketBatch batch = new PacketBatch(memory, 1);
        memory.bytes().put(memory.slotStart(0), packet);
        batch.add(memory.slotStart(0), packet.length);
        PacketOutput out = new PacketOutput(memory);
        if (up) {
            processor.fromIpv4(batch, out, nanos.getAsLong());
        } else {
            processor.fromIpv6(batch, out, nanos.getAsLong());
        }
        new Side(toIpv4).send(out.toIpv4());
        new Side(toIpv6).send(out.toIpv6());
    }

    Optional<Ipv4Address> preferredSource() {
        return routes.values().stream().findFirst().map(Route::preferredSource);
    }

    /** A faster way that remembers what it was told. */
    final class FakeNodePath implements NodePath {

        /** What it carries; {@code null} while it rests. */
        @Nullable
        Lease lease;

        boolean closed;
        FastPath.Counts counts = FastPath.Counts.NONE;

        @Override
        public void carry(Lease carried) throws DatapathException {
            lease = null;
            attempt("carry");
            lease = carried;
        }

        @Override
        public void rest() {
            lease = null;
        }

        @Override
        public FastPath.Counts counts() {
            return counts;
        }

        @Override
        public String description() {
            return "tc on fake";
        }

        @Override
        public void close() {
            lease = null;
            closed = true;
        }
    }

    private final class OpenTunnel implements Tunnel {

        private final String device;

        OpenTunnel(String device) {
            this.device = device;
        }

        @Override
        public String device() {
            return device;
        }

        @Override
        public PacketDevice ipv4() {
            return new Side(toIpv4);
        }

        @Override
        public PacketDevice ipv6() {
            return new Side(toIpv6);
        }

        @Override
        public Statistics statistics() {
            return new Statistics(0, 0, 0, 0, 0, 0);
        }

        @Override
        public Optional<String> failure() {
            return devices.containsKey(device) ? Optional.empty() : Optional.of("somebody removed it");
        }

        @Override
        public void close() {
            devices.remove(device);
            routes.values().removeIf(route -> device.equals(route.device()));
        }
    }

    private record Side(List<byte[]> sent) implements PacketDevice {

        @Override
        public int receive(PacketBatch into, int timeoutMillis) {
            throw new UnsupportedOperationException("send only");
        }

        @Override
        public int send(PacketBatch batch) {
            for (int i = 0; i < batch.count(); i++) {
                byte[] packet = new byte[batch.length(i)];
                batch.memory().bytes().get(batch.offset(i), packet);
                sent.add(packet);
            }
            return batch.count();
        }

        @Override
        public void wakeUp() {}

        @Override
        public void close() {}
    }

    @Override
    public List<InterfaceInfo> interfaces() throws DatapathException {
        attempt("interfaces");
        return List.of(new InterfaceInfo("eth0", 2, true, 1500, ipv6, List.of()));
    }

    @Override
    public void addAddress(String device, Ipv4Address address, int prefixLength) throws DatapathException {
        attempt("add " + address);
        List<Ipv4Address> addresses = addressesOf(device);
        if (!addresses.contains(address)) {
            addresses.add(address);
        }
    }

    private List<Ipv4Address> addressesOf(String device) throws DatapathException {
        List<Ipv4Address> addresses = devices.get(device);
        if (addresses == null) {
            throw new DatapathException("no device " + device);
        }
        return addresses;
    }

    @Override
    public void removeAddress(String device, Ipv4Address address, int prefixLength) throws DatapathException {
        attempt("remove " + address);
        addressesOf(device).remove(address);
        // As Linux does: routes that prefer an address go with it.
        routeLost |= routes.values().removeIf(route -> address.equals(route.preferredSource()));
    }

    @Override
    public void setRoute(Route route) throws DatapathException {
        attempt("route " + route.preferredSource());
        if (route.preferredSource() != null && !addressesOf(route.device()).contains(route.preferredSource())) {
            throw new DatapathException("preferred source " + route.preferredSource() + " is not local");
        }
        routes.put(route.destination() + " " + route.metric(), route);
    }

    @Override
    public void removeRoute(Route route) {
        routes.remove(route.destination() + " " + route.metric());
    }

    @Override
    public void setMtu(String device, int mtu) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<Ipv6Address> sourceTowards(Ipv6Address destination) {
        return Optional.empty();
    }

    @Override
    public Optional<String> readSwitch(String name) {
        return Optional.ofNullable(switches.get(name));
    }

    @Override
    public void writeSwitch(String name, String value) throws DatapathException {
        attempt("switch " + name);
        switches.put(name, value.replace(' ', '\t'));
    }
}
