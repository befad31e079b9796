package io.dstm.datapath.internal.linux;

import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketDevice;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.datapath.internal.device.CountingDevice;
import io.dstm.datapath.internal.device.RingDevice;
import io.dstm.datapath.internal.device.SocketDevice;
import io.dstm.datapath.internal.nativecode.UntouchedMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Two devices and for each of their queues the two threads between them. Each thread has a memory of its own, so they share no written byte. */
final class LinuxTunnel implements Datapath.Tunnel {

    private static final Logger log = LoggerFactory.getLogger(LinuxTunnel.class);

    /**
     * Room for a reassembled or aggregated IPv4 packet of 65,535 bytes behind an IPv6 header. An odd multiple of 64, so that the
     * headers of neighbouring slots do not fall on the same lines of the processor's cache, as they would with a power of two.
     */
    static final int SLOT_SIZE = 1027 * 64;

    private static final int FEWEST_SPARES = 16;
    private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(5);

    /** One queue of either side. */
    record Queue(CountingDevice ipv4, CountingDevice ipv6) {}

    private final String device;
    private final List<Queue> queues;
    private final LongSupplier overflows;
    private final IntConsumer cutter;
    private final Consumer<LinuxTunnel> onClose;
    private final int batch;
    private final Turns rules;
    private final LongSupplier nanoClock;

    private final SocketLoops.Counts socketCounts = new SocketLoops.Counts();
    private final Set<SocketLoops> sockets = ConcurrentHashMap.newKeySet();
    private final List<PacketLoop> loops = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    LinuxTunnel(
            String device,
            int batch,
            List<Queue> queues,
            PacketProcessor processor,
            LongSupplier nanoClock,
            LongSupplier overflows,
            IntConsumer cutter,
            Consumer<LinuxTunnel> onClose) {
        this.device = device;
        this.queues = List.copyOf(queues);
        this.overflows = overflows;
        this.cutter = cutter;
        this.onClose = onClose;
        this.batch = batch;
        this.rules = new Turns(processor);
        this.nanoClock = nanoClock;
        for (int number = 0; number < queues.size(); number++) {
            Queue queue = queues.get(number);
            PacketProcessor lane = rules.lane(number);
            String end = number == 0 ? "" : "-" + number;
            add("dstm-" + device + "-from-ipv6" + end, queue, queue.ipv6, lane::fromIpv6);
            add("dstm-" + device + "-from-ipv4" + end, queue, queue.ipv4, lane::fromIpv4);
        }
    }

    private void add(String name, Queue queue, CountingDevice source, PacketLoop.Judge judge) {
        PacketLoop loop =
                new PacketLoop(name, memory(batch), source, queue.ipv4, queue.ipv6, judge, this::ended, nanoClock);
        Thread thread = new Thread(loop, name);
        thread.setDaemon(true);
        loops.add(loop);
        threads.add(thread);
    }

    /** How many packets a call moves at most. */
    int batch() {
        return batch;
    }

    /**
     * Takes packets from these sockets, too, until the result is closed.
     *
     * @param opened closed with the result
     * @param ring the same
     */
    AutoCloseable takeFrom(List<SocketDevice> opened, @Nullable RingDevice ring) {
        SocketLoops loops = new SocketLoops(
                device,
                batch,
                opened,
                ring,
                index -> queues.get(index % queues.size()),
                index -> rules.lane(queues.size() + index),
                nanoClock,
                socketCounts);
        sockets.add(loops);
        return () -> {
            if (sockets.remove(loops)) {
                loops.close();
            }
        };
    }

    static PacketMemory memory(int batch) {
        return new PacketMemory(batch, Math.max(FEWEST_SPARES, batch / 2), SLOT_SIZE, UntouchedMemory::take);
    }

    void start() {
        threads.forEach(Thread::start);
    }

    private void ended(String reason) {
        if (failure.compareAndSet(null, reason)) {
            log.error(
                    "DSTM-6003 The tunnel {} moves no more packets: {}. Restart the role that opened it to have it again",
                    device,
                    reason);
        }
        loops.forEach(PacketLoop::stop);
    }

    @Override
    public String device() {
        return device;
    }

    @Override
    public PacketDevice ipv4() {
        return new SendOnly(queues.get(0).ipv4);
    }

    @Override
    public PacketDevice ipv6() {
        return new SendOnly(queues.get(0).ipv6);
    }

    @Override
    public Datapath.Statistics statistics() {
        return new Datapath.Statistics(
                sum(queue -> queue.ipv6.received()) + socketCounts.fromIpv6.sum(),
                sum(queue -> queue.ipv4.received()) + socketCounts.fromIpv4.sum(),
                sum(queue -> queue.ipv6.sent()) + socketCounts.toIpv6.sum(),
                sum(queue -> queue.ipv4.sent()) + socketCounts.toIpv4.sum(),
                sum(queue -> queue.ipv6.refused() + queue.ipv4.refused()),
                sum(queue -> queue.ipv6.calls() + queue.ipv4.calls()),
                sum(queue -> queue.ipv6.tooLong() + queue.ipv6.notOurs() + queue.ipv4.tooLong() + queue.ipv4.notOurs())
                        + loops.stream().mapToLong(PacketLoop::unjudged).sum()
                        + socketCounts.discarded.sum(),
                overflows.getAsLong() + socketCounts.overflows());
    }

    private long sum(ToLongFunction<Queue> what) {
        return queues.stream().mapToLong(what).sum();
    }

    @Override
    public Optional<String> failure() {
        return Optional.ofNullable(failure.get());
    }

    @Override
    public void setLongestPacket(int bytes) {
        cutter.accept(bytes);
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        for (SocketLoops loops : List.copyOf(sockets)) {
            sockets.remove(loops);
            loops.close();
        }
        loops.forEach(PacketLoop::stop);
        threads.forEach(LinuxTunnel::join);
        for (Queue queue : queues) {
            queue.ipv4.close();
            queue.ipv6.close();
        }
        onClose.accept(this);
        log.info("DSTM-6002 Tunnel {} closed", device);
    }

    static void join(Thread thread) {
        if (thread == Thread.currentThread()) {
            return;
        }
        try {
            thread.join(PATIENCE_MILLIS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            log.warn("DSTM-6012 Thread {} did not end in time; its device is closed under it", thread.getName());
        }
    }

    /** A side as others than the tunnel's own threads see it: they may neither take its packets nor close it. */
    private record SendOnly(PacketDevice device) implements PacketDevice {

        @Override
        public int receive(PacketBatch into, int timeoutMillis) throws DatapathException {
            throw new DatapathException("The tunnel's own threads receive its packets");
        }

        @Override
        public int send(PacketBatch batch) throws DatapathException {
            return device.send(batch);
        }

        @Override
        public void wakeUp() {
            // Nobody waits in receive.
        }

        @Override
        public void close() {
            // The tunnel closes its devices.
        }
    }
}
