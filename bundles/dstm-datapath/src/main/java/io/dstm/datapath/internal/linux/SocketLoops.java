package io.dstm.datapath.internal.linux;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketDevice;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.datapath.internal.device.CountingDevice;
import io.dstm.datapath.internal.device.DeviceGoneException;
import io.dstm.datapath.internal.device.RingDevice;
import io.dstm.datapath.internal.device.SocketDevice;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads that take packets from sockets (AF_XDP), one each, have them judged as those of the tunnel's own devices, and send what comes
 * out: round the kernel where the way is known, else by the tunnel's devices.
 */
final class SocketLoops implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SocketLoops.class);
    private static final int IPV6 = 6;

    /** What all sockets of a tunnel have moved, those that were closed included. */
    static final class Counts {

        final LongAdder fromIpv6 = new LongAdder();
        final LongAdder fromIpv4 = new LongAdder();
        final LongAdder toIpv6 = new LongAdder();
        final LongAdder toIpv4 = new LongAdder();
        /** Packets that came and no rule judged. */
        final LongAdder discarded = new LongAdder();
        // Guarded by this.
        private final Set<SocketLoops> open = new HashSet<>();
        private long overflowsBefore;

        /** Packets the kernel dropped since they were not fetched in time. */
        synchronized long overflows() {
            return overflowsBefore
                    + open.stream().mapToLong(SocketLoops::overflows).sum();
        }

        private synchronized void opened(SocketLoops loops) {
            open.add(loops);
        }

        private synchronized void closing(SocketLoops loops) {
            overflowsBefore += loops.overflows();
            open.remove(loops);
        }
    }

    private final Counts counts;
    private final List<SocketDevice> sockets;
    private final @Nullable RingDevice ring;
    private final List<PacketLoop> loops = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    /**
     * Starts them.
     *
     * @param tunnel the device of the tunnel, for names
     * @param sockets whose packets to take, and by which to send
     * @param ring from which to take packets, too, all of which leave slowly
     * @param slow by which packets of each socket leave that go nowhere that is known
     * @param lanes the rules for the thread of each socket
     */
    SocketLoops(
            String tunnel,
            int batch,
            List<SocketDevice> sockets,
            @Nullable RingDevice ring,
            IntFunction<LinuxTunnel.Queue> slow,
            IntFunction<PacketProcessor> lanes,
            LongSupplier nanoClock,
            Counts counts) {
        this.sockets = sockets;
        this.ring = ring;
        this.counts = counts;
        for (SocketDevice socket : sockets) {
            LinuxTunnel.Queue queue = slow.apply(loops.size());
            List<SocketDevice> ways = waysOf(socket, sockets);
            add(
                    tunnel,
                    batch,
                    socket,
                    new Outlet(ways, socket, queue.ipv4(), counts.toIpv4),
                    new Outlet(ways, socket, queue.ipv6(), counts.toIpv6),
                    lanes,
                    nanoClock);
        }
        if (ring != null) {
            LinuxTunnel.Queue queue = slow.apply(loops.size());
            add(tunnel, batch, ring, queue.ipv4(), queue.ipv6(), lanes, nanoClock);
        }
        counts.opened(this);
        threads.forEach(Thread::start);
    }

    private long overflows() {
        return sockets.stream().mapToLong(SocketDevice::overflows).sum() + (ring == null ? 0 : ring.overflows());
    }

    private void add(
            String tunnel,
            int batch,
            CountingDevice source,
            PacketDevice ipv4,
            PacketDevice ipv6,
            IntFunction<PacketProcessor> lanes,
            LongSupplier nanoClock) {
        PacketProcessor lane = lanes.apply(loops.size());
        String name = "dstm-" + tunnel + "-from-" + source.name();
        PacketLoop loop = new PacketLoop(
                name,
                LinuxTunnel.memory(batch),
                source,
                ipv4,
                ipv6,
                (in, out, nanos) -> judge(in, out, nanos, lane),
                reason -> log.warn(
                        "DSTM-6015 The tunnel {} takes no more packets from {}: {}. The kernel is handed them again",
                        tunnel,
                        source.name(),
                        reason),
                nanoClock);
        Thread thread = new Thread(loop, name);
        thread.setDaemon(true);
        loops.add(loop);
        threads.add(thread);
    }

    /** Those of the same queue of other devices first, so that no two threads want the same. */
    private static List<SocketDevice> waysOf(SocketDevice own, List<SocketDevice> all) {
        return all.stream()
                .sorted(Comparator.comparing(other -> other.queue() != own.queue()))
                .toList();
    }

    /** A batch is of one side: the version of its first packet is that of all. */
    private void judge(PacketBatch in, PacketOutput out, long nanos, PacketProcessor rules) {
        if (in.memory().bytes().get(in.offset(0)) >> 4 == IPV6) {
            counts.fromIpv6.add(in.count());
            rules.fromIpv6(in, out, nanos);
        } else {
            counts.fromIpv4.add(in.count());
            rules.fromIpv4(in, out, nanos);
        }
    }

    /** One side as packets of one socket leave for it. */
    private record Outlet(List<SocketDevice> sockets, SocketDevice from, PacketDevice slow, LongAdder sent)
            implements PacketDevice {

        @Override
        public int receive(PacketBatch into, int timeoutMillis) throws DatapathException {
            throw new DeviceGoneException("Nothing is received here");
        }

        @Override
        public int send(PacketBatch batch) throws DatapathException {
            int count = batch.count();
            for (SocketDevice socket : sockets) {
                socket.sendNoted(batch, from);
            }
            int taken = count - batch.count();
            if (taken > 0) {
                sent.add(taken);
            }
            return taken + slow.send(batch);
        }

        @Override
        public void wakeUp() {
            // Nobody waits in receive.
        }

        @Override
        public void close() {
            // The sockets and the tunnel close their own.
        }
    }

    /** Stops the threads and closes the sockets. */
    @Override
    public void close() {
        loops.forEach(PacketLoop::stop);
        threads.forEach(LinuxTunnel::join);
        loops.forEach(loop -> counts.discarded.add(loop.unjudged()));
        counts.closing(this);
        for (SocketDevice socket : sockets) {
            counts.discarded.add(socket.tooLong());
            socket.close();
        }
        if (ring != null) {
            counts.discarded.add(ring.tooLong());
            ring.close();
        }
    }
}
