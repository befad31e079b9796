package io.dstm.tep.internal.control;

import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.datapath.PacketDevice;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.Binding;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A kernel, a datapath and a clock that do what the test says. */
final class Fakes implements InstantSource {

    static final Ipv6Address TUNNEL = Ipv6Address.parse("2001:db8::1");

    /** Seconds since the test began. */
    private Duration elapsed = Duration.ofSeconds(1000);

    final FakeDatapath datapath = new FakeDatapath();
    final FakeNetwork network = new FakeNetwork();
    final FakeControl control = new FakeControl();

    Tep.Surroundings surroundings() {
        return new Tep.Surroundings(datapath, network, control, this, () -> elapsed.toNanos(), 42);
    }

    @Override
    public Instant instant() {
        return Instant.EPOCH.plus(elapsed);
    }

    /** Runs tasks at once, and those for later when their time comes. */
    final class FakeControl implements Control {

        private record Later(Instant at, Runnable task) {}

        private final List<Later> later = new ArrayList<>();

        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public void after(Duration delay, Runnable task) {
            later.add(new Later(instant().plus(delay), task));
        }

        void pass(Duration time) {
            Instant end = instant().plus(time);
            while (true) {
                Optional<Later> next =
                        later.stream().filter(task -> !task.at.isAfter(end)).min(Comparator.comparing(Later::at));
                if (next.isEmpty()) {
                    break;
                }
                elapsed = Duration.between(Instant.EPOCH, next.get().at);
                later.remove(next.get());
                next.get().task.run();
            }
            elapsed = Duration.between(Instant.EPOCH, end);
        }
    }

    final class FakeDatapath implements Datapath {

        final List<Specification> opened = new ArrayList<>();
        final List<FakeTunnel> open = new ArrayList<>();
        final List<FakeFastPath> fastPaths = new ArrayList<>();
        final List<String> ended = new ArrayList<>();
        String refusal = "";
        String fastPathRefusal = "";
        final Map<FastPath.Way, String> impossible = new EnumMap<>(FastPath.Way.class);

        @Override
        public Tunnel open(Specification specification, PacketProcessor processor) throws DatapathException {
            if (!refusal.isEmpty()) {
                throw new DatapathException(refusal);
            }
            opened.add(specification);
            FakeTunnel tunnel = new FakeTunnel(specification.device(), processor);
            open.add(tunnel);
            return tunnel;
        }

        @Override
        public FastPath openFastPath(Tunnel tunnel, Collection<String> devices) throws DatapathException {
            if (!fastPathRefusal.isEmpty()) {
                throw new DatapathException(fastPathRefusal);
            }
            FakeFastPath path = new FakeFastPath(List.copyOf(devices));
            fastPaths.add(path);
            return path;
        }

        @Override
        public FastPath openFastPath(Tunnel tunnel, Collection<String> devices, boolean keep) throws DatapathException {
            openFastPath(tunnel, devices);
            FakeFastPath path = fastPaths.get(fastPaths.size() - 1);
            path.kept = keep;
            return path;
        }

        @Override
        public FastPath openFastPath(Tunnel tunnel, Collection<String> devices, boolean keep, FastPath.Way way)
                throws DatapathException {
            String why = impossible.get(way);
            if (why != null) {
                throw new DatapathException(why);
            }
            openFastPath(tunnel, devices, keep);
            FakeFastPath path = fastPaths.get(fastPaths.size() - 1);
            path.way = way;
            return path;
        }

        @Override
        public void endKept(String device) {
            ended.add(device);
        }

        @Override
        public String description() {
            return "fake";
        }
    }

    /** Remembers what it was told; the counts are the test's. */
    static final class FakeFastPath implements FastPath {

        final List<String> devices;
        final Map<LeaseKey, Binding> bindings = new HashMap<>();
        final List<Ipv4Range> served = new ArrayList<>();
        FastPath.Settings settings = new FastPath.Settings(Ipv4Address.PLACEHOLDER, 0, 0, 0, 0);
        FastPath.Counts counts = FastPath.Counts.NONE;
        int replaced;
        long clock;
        boolean full;
        boolean closed;
        boolean kept;
        FastPath.Way way = FastPath.Way.DRIVER;
        boolean left;

        private FakeFastPath(List<String> devices) {
            this.devices = devices;
        }

        @Override
        public void configure(Settings changed) {
            settings = changed;
        }

        @Override
        public void replace(Collection<Ipv4Range> newServed, Collection<Binding> wanted) {
            replaced++;
            served.clear();
            served.addAll(newServed);
            bindings.clear();
            wanted.forEach(binding -> bindings.put(binding.key(), binding));
        }

        @Override
        public boolean change(Collection<LeaseKey> removed, Collection<Binding> added) {
            removed.forEach(bindings::remove);
            added.forEach(binding -> bindings.put(binding.key(), binding));
            return !full;
        }

        @Override
        public void setClock(long secondsSince1970) {
            clock = secondsSince1970;
        }

        @Override
        public FastPath.Counts counts() {
            return counts;
        }

        @Override
        public String description() {
            return "xdp on eth0";
        }

        @Override
        public void close() {
            closed = true;
        }

        @Override
        public void leave() {
            left = kept;
            closed = !kept;
        }
    }

    final class FakeTunnel implements Datapath.Tunnel {

        final PacketProcessor processor;
        private final String device;
        String failure = "";

        private FakeTunnel(String device, PacketProcessor processor) {
            this.device = device;
            this.processor = processor;
        }

        @Override
        public String device() {
            return device;
        }

        @Override
        public PacketDevice ipv4() {
            throw new UnsupportedOperationException();
        }

        @Override
        public PacketDevice ipv6() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Datapath.Statistics statistics() {
            return new Datapath.Statistics(0, 0, 0, 0, 0, 0);
        }

        @Override
        public Optional<String> failure() {
            return failure.isEmpty() ? Optional.empty() : Optional.of(failure);
        }

        @Override
        public void close() {
            datapath.open.remove(this);
            // As a kernel does it.
            network.routes.removeIf(route -> device.equals(route.device()));
        }
    }

    static final class FakeNetwork implements NetworkControl {

        final Set<Route> routes = new LinkedHashSet<>();
        final Map<String, String> switches = new HashMap<>(Map.of("net.ipv4.ip_forward", "0"));
        final List<Ipv6Address> addresses = new ArrayList<>(List.of(TUNNEL));
        String refusal = "";

        @Override
        public List<InterfaceInfo> interfaces() {
            return List.of(new InterfaceInfo("eth0", 2, true, 1500, addresses, List.of()));
        }

        @Override
        public void addAddress(String device, Ipv4Address address, int prefixLength) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void removeAddress(String device, Ipv4Address address, int prefixLength) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void setRoute(Route route) throws DatapathException {
            if (!refusal.isEmpty()) {
                throw new DatapathException(refusal);
            }
            routes.add(route);
        }

        @Override
        public void removeRoute(Route route) throws DatapathException {
            if (!refusal.isEmpty()) {
                throw new DatapathException(refusal);
            }
            routes.remove(route);
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
        public void writeSwitch(String name, String value) {
            switches.put(name, value);
        }
    }
}
