package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.datapath.NodePath;
import io.dstm.api.net.Ipv6Address;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Programs for tc: one on the 4over6 interface, which puts into the tunnel what is sent there, and one on the devices that tunnelled
 * packets come by. Descriptors are all that holds them: with these, at the latest when the JVM ends, they judge no packet any more.
 */
public final class TcNodePath implements NodePath {

    private static final String OBJECT = "/bpf/node.o";
    private static final int LEASES = 64;
    private static final int LEASE_BYTES = 72;
    private static final int DECAPSULATED = 0;
    private static final int ENCAPSULATED = 1;
    private static final int COUNTS = 2;

    /** The devices by which packets to one of this node's addresses come, by their index. */
    @FunctionalInterface
    public interface Devices {

        /** As they are now; at least one. */
        Map<Integer, String> of(Ipv6Address node) throws DatapathException;
    }

    private final String tunnelDevice;
    private final int tunnelIndex;
    private final int lookupDevice;
    private final Devices devices;
    private final ProcessorCounts processors = new ProcessorCounts();
    private final List<Integer> opened = new ArrayList<>();
    private final int leasesMap;
    private final int currentMap;
    private final int countsMap;
    private final BpfObject object;
    private final int receive;
    private final Placed sender;
    // All below is guarded by this.
    private final Map<Integer, Placed> placed = new HashMap<>();
    private int slot;
    private boolean closed;
    private FastPath.Counts last = FastPath.Counts.NONE;

    /**
     * Has the kernel check the programs and puts one on the 4over6 interface; it leaves all packets to the rules yet.
     *
     * @param tunnelDevice the name of the 4over6 interface
     * @param tunnelIndex its index
     * @param lookupDevice the index of a device that forwards IPv6 in the kernel's eyes, as which the way to the TEP is looked up
     * @throws DatapathException if the kernel or our rights do not allow it; nothing is left behind
     */
    public TcNodePath(String tunnelDevice, int tunnelIndex, int lookupDevice, Devices devices)
            throws DatapathException {
        this.tunnelDevice = tunnelDevice;
        this.tunnelIndex = tunnelIndex;
        this.lookupDevice = lookupDevice;
        this.devices = devices;
        this.object = BpfObject.resource(OBJECT);
        try {
            leasesMap = opened(Bpf.createMap("dstm_leases", Bpf.ARRAY, 4, LEASE_BYTES, LEASES, 0));
            currentMap = opened(Bpf.createMap("dstm_current", Bpf.ARRAY, 4, 4, 1, 0));
            countsMap = opened(Bpf.createMap("dstm_node", Bpf.PER_CPU_ARRAY, 4, ProcessorCounts.BYTES, COUNTS, 0));
            int send = load("send");
            receive = load("receive");
            sender = put(send, tunnelIndex, tunnelDevice, Bpf.Place.TC_OUT);
        } catch (DatapathException refused) {
            opened.forEach(NativeCalls::dstm_close);
            throw refused;
        }
    }

    private int opened(int fd) {
        opened.add(fd);
        return fd;
    }

    private int load(String program) throws DatapathException {
        Map<String, Integer> maps = Map.of("leases", leasesMap, "current", currentMap, "counts", countsMap);
        return opened(Bpf.load("dstm_" + program, Bpf.Place.TC_IN, object.instructions("tc/" + program, maps)));
    }

    private Placed put(int program, int device, String name, Bpf.Place place) throws DatapathException {
        return new Placed.Placement(Seat.FOR_TC, place, tunnelDevice, null).put(program, name, device);
    }

    /** A program by its name, to be tried. */
    synchronized int program(String name) throws DatapathException {
        return load(name);
    }

    @Override
    public synchronized void carry(Lease lease) throws DatapathException {
        if (closed) {
            return;
        }
        try {
            follow(devices.of(lease.node()));
        } catch (DatapathException | RuntimeException impossible) {
            rest();
            throw impossible;
        }
        ByteBuffer value = direct(LEASE_BYTES);
        value.putLong(0, lease.endNanos());
        value.putLong(8, lease.pathEndNanos());
        value.put(16, lease.node().toBytes());
        value.put(32, lease.tep().toBytes());
        value.put(48, lease.address().toBytes());
        value.putInt(52, tunnelIndex);
        value.putInt(56, lookupDevice);
        value.putShort(60, (short) lease.tunnelMtu());
        value.putShort(62, (short) lease.pathMtu());
        value.putShort(64, (short) lease.firstReserved());
        value.put(66, (byte) lease.hopLimit());
        value.put(67, (byte) lease.outerMask());
        enter(value);
    }

    /** Puts the program on devices that are new and takes it from those that are none any more. */
    private void follow(Map<Integer, String> wanted) throws DatapathException {
        placed.entrySet().removeIf(present -> {
            boolean gone = !wanted.containsKey(present.getKey());
            if (gone) {
                present.getValue().hold().close();
            }
            return gone;
        });
        for (Map.Entry<Integer, String> device : wanted.entrySet()) {
            if (!placed.containsKey(device.getKey())) {
                placed.put(device.getKey(), put(receive, device.getKey(), device.getValue(), Bpf.Place.TC_IN));
            }
        }
    }

    @Override
    public synchronized void rest() {
        if (closed) {
            return;
        }
        try {
            enter(direct(LEASE_BYTES));
        } catch (DatapathException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void enter(ByteBuffer value) throws DatapathException {
        slot = (slot + 1) % LEASES;
        Bpf.update(leasesMap, slot, value);
        Bpf.update(currentMap, 0, direct(4).putInt(0, slot));
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    @Override
    public synchronized FastPath.Counts counts() {
        if (!closed) {
            long[] in = processors.sum(countsMap, DECAPSULATED);
            long[] out = processors.sum(countsMap, ENCAPSULATED);
            last = new FastPath.Counts(in[0], in[1], out[0], out[1]);
        }
        return last;
    }

    @Override
    public synchronized String description() {
        List<Placed> all = new ArrayList<>();
        all.add(sender);
        placed.values().stream().sorted(Comparator.comparing(Placed::device)).forEach(all::add);
        return "tc on " + Placed.describe(all);
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        rest();
        counts();
        closed = true;
        sender.hold().close();
        placed.values().forEach(device -> device.hold().close());
        opened.forEach(NativeCalls::dstm_close);
    }
}
