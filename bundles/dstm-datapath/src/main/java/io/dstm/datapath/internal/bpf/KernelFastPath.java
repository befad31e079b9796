package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.tep.Binding;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A program for XDP or tc on some devices, with its tables. The descriptors are all that holds it: with them, at the latest when the JVM
 * ends, it judges no packet any more; unless it is to be kept, then names on a BPF file system hold it. Tables are exchanged together with
 * the program that reads them, and so are those of a process before this one.
 */
public final class KernelFastPath implements FastPath {

    private static final int LINKS = 256;
    private static final int LINK_BYTES = 12;
    private static final int EXIT_BYTES = 12;
    private static final int EXITS = 16;
    /** Receive queues of a device whose packets can be handed over. */
    public static final int QUEUES = 8;

    private static final int ROUTES = 4096;
    private static final int ROUTE_BYTES = 24;
    /** Half of the marks of next hops: before a mark comes round, all are cleared. */
    private static final int MARKS = 1 << 11;

    private static final int ADDRESS_BYTES = 6;
    private static final int SETTINGS_BYTES = 24 + 16 * BindingArray.MOST_RANGES;
    private static final int RANGES = 24;
    /** An offset that no port set has: the range is known as inside, and that is all. */
    private static final int NO_PLACES = 0xFF;

    private static final int DECAPSULATED = 0;
    private static final int ENCAPSULATED = 1;
    private static final int LOST = 2;
    private static final int COUNTS = 3;

    /** How packets are judged: when they come; the same, but they leave as if they had been asked for ahead; ahead. */
    private static final byte AT_ONCE = 0;

    private static final byte ONE_MAP = 1;
    private static final byte AHEAD = 2;
    private static final int JUDGING = 22;

    private static final long SECOND = 1_000_000_000L;

    /**
     * A device to forward from and to.
     *
     * @param name its name
     * @param index its index
     * @param address its hardware address, in the lower 48 bits
     */
    public record Device(String name, int index, long address) {}

    private final BpfObject object;
    private final Program program;
    private final String tunnel;
    private final int lookupDevice;
    private final LongSupplier nanoClock;
    private final ProcessorCounts processors = new ProcessorCounts();
    private final int settingsMap;
    private final int linksMap;
    private final int countsMap;
    private final int devicesMap;
    private final int exitsMap;
    private final int routesMap;
    private final int socketsMap;
    private final int waysMap;
    /** Null where packets are judged at once, always. */
    private final @Nullable Ahead ahead;

    private final Truth truth;
    private final List<Placed> placed = new ArrayList<>();
    private final List<Device> prepared = new ArrayList<>();
    private @Nullable Pins pins;
    private final List<Integer> exits = new ArrayList<>();
    /** Held while the hops of the bindings are cleared or the bindings are exchanged: never for long. */
    private final Object hops = new Object();

    private AutoCloseable watch = () -> {};
    private AutoCloseable loops = () -> {};
    private String besides = "";
    // All below is guarded by this.
    private BindingArray bindings;
    private int loaded;
    private Settings settings = new Settings(Ipv4Address.PLACEHOLDER, 1280, 0, 64, 0xFF);
    private long epoch;
    private boolean closed;
    private boolean gone;
    private Counts last = Counts.NONE;
    private long lastLost;
    private byte judging = AT_ONCE;

    /**
     * Makes the tables and has the kernel check the program; it is on no device yet.
     *
     * @param tunnel the tunnel's device, for whose names on devices and file systems others look
     * @param lookupDevice the index of a device that forwards IPv6 in the kernel's eyes, as which next hops are looked up
     * @param nanoClock {@link System#nanoTime}'s clock, which is the kernel's monotonic one
     * @param way what the program does
     * @throws DatapathException if the kernel or our rights do not allow it; nothing is left behind
     */
    public KernelFastPath(String tunnel, int lookupDevice, LongSupplier nanoClock, Way way) throws DatapathException {
        this.tunnel = tunnel;
        this.program = Program.of(way);
        this.object = BpfObject.resource(program.object());
        this.lookupDevice = lookupDevice;
        this.nanoClock = nanoClock;
        List<Integer> opened = new ArrayList<>();
        try {
            settingsMap = opened(opened, Bpf.createMap("dstm_settings", Bpf.ARRAY, 4, SETTINGS_BYTES, 1, 0));
            linksMap = opened(opened, Bpf.createMap("dstm_links", Bpf.ARRAY, 4, LINK_BYTES, LINKS, 0));
            countsMap = opened(
                    opened, Bpf.createMap("dstm_counts", Bpf.PER_CPU_ARRAY, 4, ProcessorCounts.BYTES, COUNTS, 0));
            devicesMap = opened(opened, Bpf.createMap("dstm_devices", Bpf.DEVICES, 4, 4, EXITS, 0));
            exitsMap = opened(opened, Bpf.createMap("dstm_exits", Bpf.ARRAY, 4, EXIT_BYTES, EXITS, 0));
            routesMap = opened(opened, Bpf.createMap("dstm_routes", Bpf.PER_CPU_ARRAY, 4, ROUTE_BYTES, ROUTES, 0));
            socketsMap = opened(opened, Bpf.createMap("dstm_sockets", Bpf.SOCKETS, 4, 4, EXITS * QUEUES, 0));
            waysMap = opened(opened, Bpf.createMap("dstm_ways", Bpf.ARRAY, 4, 4, 1, 0));
            truth = Truth.create();
            opened.add(truth.map());
            bindings = BindingArray.create(List.of());
            Ahead second = program.gathers() ? aheadIfPossible(bindings) : null;
            ahead = second;
            try {
                loaded = load(bindings);
                writeSettings();
            } catch (DatapathException refused) {
                bindings.close();
                if (second != null) {
                    second.close();
                }
                throw refused;
            }
        } catch (DatapathException refused) {
            opened.forEach(NativeCalls::dstm_close);
            throw refused;
        }
    }

    private static int opened(List<Integer> all, int fd) {
        all.add(fd);
        return fd;
    }

    private @Nullable Ahead aheadIfPossible(BindingArray with) {
        try {
            return Ahead.create(object, EXITS, maps(with));
        } catch (DatapathException tooOld) {
            // Slower with many bindings, and nothing else.
            return null;
        }
    }

    private int load(BindingArray with) throws DatapathException {
        return BpfObject.load("dstm_forward", program.place(), object.instructions(program.section(), maps(with)));
    }

    private Map<String, Integer> maps(BindingArray with) {
        Map<String, Integer> maps = new HashMap<>();
        maps.put("settings", settingsMap);
        maps.put("links", linksMap);
        maps.put("counts", countsMap);
        maps.put("devices", devicesMap);
        maps.put("exits", exitsMap);
        maps.put("routes", routesMap);
        maps.put("truth", truth.map());
        maps.put("sockets", socketsMap);
        maps.put("ways", waysMap);
        maps.put("bindings", with.map());
        maps.put("tunnels", with.tunnelsMap());
        // The program names it, but uses it only where there is a second one.
        maps.put("followed", devicesMap);
        if (ahead != null) {
            ahead.name(maps);
        }
        return maps;
    }

    /** Makes a device known to the program, which is put on it once there are bindings. */
    public synchronized void prepare(Device device) throws DatapathException {
        know(device);
        prepared.add(device);
    }

    /** Has programs stay at work without this process. Before any is on a device. */
    public synchronized void keep(Pins kept) {
        pins = kept;
    }

    /**
     * Makes a device known to the program and puts the program on it, where that is best.
     *
     * @throws DatapathException if it is not possible; the device is left alone
     */
    public synchronized void attach(Device device) throws DatapathException {
        know(device);
        placed.add(new Placed.Placement(program.seats(), program.place(), tunnel, pins)
                .put(loaded, device.name(), device.index()));
    }

    /** Lets the program take packets from a device and send to it. */
    synchronized void know(Device device) throws DatapathException {
        ByteBuffer value = direct(LINK_BYTES);
        int key = device.index() & LINKS - 1;
        if (Bpf.lookUp(linksMap, key, value) && value.getInt(0) != 0 && value.getInt(0) != device.index()) {
            throw new DatapathException("The device " + device.name()
                    + " cannot be told from another: their indexes are alike but for multiples of " + LINKS);
        }
        int exit = exits.indexOf(device.index());
        if (exit < 0) {
            if (exits.size() == EXITS) {
                throw new DatapathException("Packets can be forwarded between " + EXITS + " devices at most");
            }
            exit = exits.size();
            exits.add(device.index());
        }
        ByteBuffer by = direct(EXIT_BYTES);
        value.putInt(0, device.index()).putShort(4 + ADDRESS_BYTES, (short) exit);
        for (int i = 0; i < ADDRESS_BYTES; i++) {
            byte octet = (byte) (device.address() >>> 8 * (ADDRESS_BYTES - 1 - i));
            value.put(4 + i, octet);
            by.put(i, octet);
        }
        by.putInt(8, device.index());
        Bpf.update(exitsMap, exit, by);
        Bpf.update(devicesMap, exit, direct(4).putInt(0, device.index()));
        if (ahead != null) {
            ahead.follow(exit, device.index());
        }
        Bpf.update(linksMap, key, value);
    }

    /**
     * The number by which the programs know a device that they were told of.
     *
     * @throws IllegalArgumentException if they were not
     */
    public synchronized int exit(Device device) {
        int exit = exits.indexOf(device.index());
        if (exit < 0) {
            throw new IllegalArgumentException("nothing is known of " + device.name());
        }
        return exit;
    }

    /** What it is that forwards. */
    public Program program() {
        return program;
    }

    /** Hands packets of a receive queue to a socket, from when the program is on the device. */
    public synchronized void handTo(int exit, int queue, int socket) throws DatapathException {
        Bpf.update(socketsMap, exit * QUEUES + queue, direct(4).putInt(0, socket));
    }

    /** The ring of packets that a program leaves to the rules when it is too late for a socket; -1 if there is none. */
    public int ring() {
        return ahead == null ? -1 : ahead.left();
    }

    /** How long the ring is. */
    public static int ringBytes() {
        return Ahead.RING_BYTES;
    }

    /** Hands over what takes packets from the sockets and the ring, to be closed last when this is closed. */
    public synchronized void setLoops(AutoCloseable loops) {
        this.loops = loops;
        if (ahead != null) {
            ahead.isRead();
            writeSettingsOrStop();
        }
        besides = program.requiresSockets() ? "" : ", af_xdp for what it leaves";
    }

    /** There is nothing that takes packets from sockets, and that is why. */
    public synchronized void setRefusal(String reason) {
        besides = " (no af_xdp: " + reason + ")";
    }

    /** Hands over what tells of changes of next hops, to be closed first when this is closed. */
    public synchronized void setWatch(AutoCloseable watch) {
        this.watch = watch;
    }

    /** Next hops that the program has noted may be wrong: it asks the kernel again. */
    public void nextHopsChanged() {
        synchronized (hops) {
            if (gone) {
                return;
            }
            int generation = truth.generation() + 1;
            if (generation % MARKS == 0) {
                bindings.clearHops();
            }
            truth.setGeneration(generation);
        }
    }

    /** Next hops that the program notes hold until then, if nothing else is said. */
    public void nextHopsHold(long untilNanos) {
        synchronized (hops) {
            if (!gone) {
                truth.setUntil(untilNanos);
            }
        }
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /** Runs the program on a frame as if it had come from a device that it knows. */
    synchronized Bpf.Tested test(int device, byte[] frame) throws DatapathException {
        Bpf.Tested tested = program.test(loaded, device, frame);
        return ahead == null ? tested : ahead.test(tested, device);
    }

    /** Has packets judged in two steps, however few bindings there are. */
    synchronized void judgeInTwoSteps() throws DatapathException {
        if (ahead == null) {
            // Says why.
            Ahead.create(object, EXITS, maps(bindings)).close();
            return;
        }
        ahead.setWorthIt(0);
        ahead.isRead();
        writeSettings();
    }

    @Override
    public synchronized void configure(Settings changed) {
        settings = changed;
        writeSettingsOrStop();
        // Next hops are noted where the longest packet fits.
        nextHopsChanged();
    }

    @Override
    public synchronized void setClock(long secondsSince1970) {
        long now = secondsSince1970 - Math.floorDiv(nanoClock.getAsLong(), SECOND);
        // The two clocks do not tick together: a step to and fro each second would be no gain.
        if (Math.abs(now - epoch) > 1) {
            epoch = now;
            writeSettingsOrStop();
        }
    }

    private void writeSettingsOrStop() {
        if (closed) {
            return;
        }
        try {
            writeSettings();
        } catch (DatapathException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void writeSettings() throws DatapathException {
        boolean two = ahead != null && ahead.isUsed(bindings.places());
        if (two && judging == AT_ONCE) {
            // What is gathered with packets that were judged leaves as they do: none may be among them that was not.
            writeSettings(ONE_MAP);
            NativeCalls.dstm_bpf_settle();
        }
        judging = two ? AHEAD : AT_ONCE;
        writeSettings(judging);
    }

    private void writeSettings(byte how) throws DatapathException {
        ByteBuffer value = direct(SETTINGS_BYTES);
        value.putLong(0, epoch);
        value.putInt(8, settings.ipv4Address().value());
        value.putInt(12, lookupDevice);
        value.putShort(16, (short) settings.tunnelMtu());
        value.putShort(18, (short) settings.tcpMss());
        value.put(20, (byte) settings.hopLimit());
        value.put(21, (byte) settings.outerMask());
        value.put(JUDGING, how);
        int at = RANGES;
        for (BindingArray.Range range : bindings.ranges()) {
            value.putInt(at, range.first());
            value.putInt(at + 4, range.last());
            value.putInt(at + 8, range.base());
            value.put(at + 12, (byte) range.psidLength());
            value.put(at + 13, (byte) (range.hasPlaces() ? range.offset() : NO_PLACES));
            at += 16;
        }
        Bpf.update(settingsMap, 0, value);
    }

    @Override
    public synchronized void replace(Collection<Ipv4Range> served, Collection<Binding> wanted)
            throws DatapathException {
        if (closed) {
            return;
        }
        BindingArray next = BindingArray.create(BindingArray.plan(served, wanted));
        wanted.forEach(next::put);
        BindingArray before = bindings;
        int old = loaded;
        int late = -1;
        Map<String, Integer> maps = maps(next);
        try {
            if (ahead != null) {
                late = ahead.load(maps);
            }
            loaded = load(next);
        } catch (DatapathException refused) {
            next.close();
            NativeCalls.dstm_close(late);
            throw refused;
        }
        // No packet may look up the new places in the old table: for a moment there are no ranges at all.
        Bpf.update(settingsMap, 0, direct(SETTINGS_BYTES).put(JUDGING, judging == AHEAD ? ONE_MAP : AT_ONCE));
        for (Placed device : placed) {
            device.hold().exchange(loaded);
        }
        if (ahead != null) {
            ahead.exchange(late, maps);
        }
        synchronized (hops) {
            bindings = next;
        }
        writeSettings();
        NativeCalls.dstm_close(old);
        before.close();
        for (Device device : prepared) {
            attach(device);
        }
        Pins kept = pins;
        if (kept != null && !prepared.isEmpty()) {
            kept.retain(placed.stream().map(Placed::index).toList());
        }
        prepared.clear();
    }

    @Override
    public synchronized boolean change(Collection<LeaseKey> removed, Collection<Binding> added) {
        if (closed) {
            return true;
        }
        removed.forEach(bindings::remove);
        boolean good = true;
        for (Binding binding : added) {
            good &= bindings.put(binding);
        }
        return good;
    }

    @Override
    public synchronized Counts counts() {
        if (!closed) {
            long[] decapsulated = processors.sum(countsMap, DECAPSULATED);
            long[] encapsulated = processors.sum(countsMap, ENCAPSULATED);
            last = new Counts(decapsulated[0], decapsulated[1], encapsulated[0], encapsulated[1]);
        }
        return last;
    }

    /** Packets that the program left to the rules too late for a socket, and for which there was no place in the ring. */
    public synchronized long lost() {
        if (!closed) {
            lastLost = processors.sum(countsMap, LOST)[0];
        }
        return lastLost;
    }

    @Override
    public synchronized String description() {
        return program.key() + " on " + Placed.describe(placed) + (judging == AHEAD ? " in two steps" : "") + besides;
    }

    @Override
    public void close() {
        end(false);
    }

    @Override
    public void leave() {
        end(true);
    }

    private void end(boolean leave) {
        try {
            watchToClose().close();
        } catch (Exception impossible) {
            throw new IllegalStateException(impossible);
        }
        if (!leave) {
            unpin();
        }
        release(leave);
        try {
            loopsToClose().close();
        } catch (Exception impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private synchronized AutoCloseable loopsToClose() {
        return loops;
    }

    private synchronized void unpin() {
        Pins kept = pins;
        if (kept != null && !closed) {
            placed.forEach(device -> kept.release(device.index(), device.seat()));
        }
    }

    private synchronized AutoCloseable watchToClose() {
        return watch;
    }

    private synchronized void release(boolean leave) {
        if (closed) {
            return;
        }
        counts();
        lost();
        closed = true;
        synchronized (hops) {
            gone = true;
            truth.close();
        }
        boolean stays = leave && pins != null;
        for (Placed device : placed) {
            if (stays) {
                device.hold().release();
            } else {
                device.hold().close();
            }
        }
        NativeCalls.dstm_close(loaded);
        bindings.close();
        if (ahead != null) {
            ahead.close();
        }
        for (int map :
                new int[] {settingsMap, linksMap, countsMap, devicesMap, exitsMap, routesMap, socketsMap, waysMap}) {
            NativeCalls.dstm_close(map);
        }
    }
}
